"""Looks at a folder of files and writes nothing: which source takes them, how they are read, what would be rejected.

Exit status: 0 done, 1 the folder or a declaration can't be read, 2 wrong usage.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from jobs.entry import leave, run_job
from libs.errors import InputError
from libs.settings.config import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="inspect_files", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", metavar="DIR", required=True, help="folder of raw files")
    parser.add_argument("--source", metavar="NAME", help="look at the files of this declared source alone")
    parser.add_argument("--json", action="store_true", help="print what was seen as JSON")
    given = parser.parse_args(arguments)
    return run_job("inspect_files", lambda: _inspect(given, load_settings()))


def _inspect(given: argparse.Namespace, settings: Settings) -> int:
    from lakehouse.contract.loading import load_sources
    from lakehouse.contract.rates import with_rates
    from lakehouse.inspection.judged import judged
    from lakehouse.inspection.looking import looked_at
    from lakehouse.inspection.proposal import proposed
    from lakehouse.inspection.shown import shown

    sources = with_rates(load_sources(settings.conf_files("sources/*.yaml").values()), settings.conf_file("rates.csv"))
    if given.source is not None and given.source not in sources:
        raise InputError(f"SOURCE={given.source}: not declared; declared are {', '.join(sources)} (conf/sources/)")
    asked = [sources[given.source]] if given.source else list(sources.values())
    folder = looked_at(given.data, asked, lambda rows, source, table: judged(rows, source, table, settings))
    proposal = proposed(folder.files)
    print(json.dumps(asdict(folder) | {"proposal": proposal}, default=str) if given.json else shown(folder, proposal))
    return 0


if __name__ == "__main__":
    leave(main())
