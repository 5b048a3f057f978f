"""How long a fit to millions of customers takes, and how much memory: `python -m tests.ml.value.scale --customers 10000000`.

Customers are made by the models, over two years; what the engine computes of order lines is not measured.
"""

import argparse
import resource
import sys
import time
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ml.value import bg_nbd, gamma_gamma
from ml.value.estimates import HISTORY, WEEK, histories, of_histories
from ml.value.fitting import fit
from ml.value.gamma_gamma import Spending
from ml.value.maximum import Floats
from tests.ml.value import simulated

DAYS = 730


def main(arguments: Sequence[str]) -> int:
    """Print seconds and the peak of memory."""
    parser = argparse.ArgumentParser(prog="python -m tests.ml.value.scale", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    groups, spent = _made(parser.parse_args(arguments).customers)
    print(f"{groups.num_rows:,} distinct histories; {_peak():.1f} GB so far")
    began = time.monotonic()
    known, spending = histories(groups), Spending.of(*spent)
    found = fit(known, spending, 50)
    fitted = time.monotonic()
    assert found.purchases is not None
    rows = of_histories(found.purchases, known, 90).num_rows
    print(
        f"fitted in {fitted - began:.1f} s, {rows:,} histories estimated in {time.monotonic() - fitted:.1f} s, peak {_peak():.1f} GB"
    )
    print(found.said())
    return 0


def _made(customers: int) -> tuple[pa.Table, tuple[Floats, Floats]]:
    """The groups as the engine gives them, and purchases and spend of who bought again."""
    age = np.random.default_rng(0).integers(0, DAYS, customers)
    frequency, recency = simulated.histories(bg_nbd.Parameters(0.5, 6.0, 0.8, 2.5), age / WEEK, 1)
    days = np.ceil(recency * WEEK).astype(np.int32)
    rows = pa.table({"frequency": frequency.astype(np.int32), "recency_days": days, "age_days": age.astype(np.int32)})
    groups = rows.group_by(list(HISTORY)).aggregate([([], "count_all")]).rename_columns([*HISTORY, "customers"])
    again = frequency > 0
    return groups, (frequency[again], simulated.spend(gamma_gamma.Parameters(6.25, 3.74, 15.44), frequency[again], 2))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
