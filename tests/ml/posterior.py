"""The best that can be known of who leaves, in generated data: a posterior that knows the planted laws, but no user's own rate.

A user of hazard h (per day) leaves after an exponential time; until then sessions come at a rate of its own, gamma distributed with
shape a over users, times the season. After x visits in S seasonal days the chance of none is (b / (b + S))^(x + a): the rate is
integrated out, and so is the moment of leaving, numerically.

python -m tests.ml.posterior ROOT    of a generated lakehouse: the AUC of the posterior and of recency on the last cutoff, that of each model,
                                     and the calibration error of the newest version
"""

import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from lakehouse.synthetic.churn import RATE_SHAPE, TRAFFIC_SOURCES, expected_seasonal_days, hazard_per_day
from lakehouse.synthetic.parameters import SECONDS_PER_DAY, Parameters
from lakehouse.synthetic.places import COUNTRY_SHARES
from lakehouse.synthetic.seasonality import traffic_clock
from lakehouse.synthetic.sessions import IDENTIFIED_SESSIONS_PER_USER
from libs.store.published import Published
from ml.evaluation.figures import auc

STEPS = 400
Numbers = NDArray[Any]


def churn_probabilities(tables: Published, cutoff: date, horizon_days: int) -> tuple[list[str], Numbers, Numbers]:
    """Users judged at the cutoff, whether they have left, and the posterior probability that they do."""
    with duckdb.connect() as connection:
        for name in ("users", "sessions"):
            connection.register(name, tables.arrow(f"silver.{name}"))
        connection.register("labels", tables.arrow("gold.churn_labels"))
        found = connection.execute(
            """select user_id, any_value(churned) as churned, any_value(users.country) as country, any_value(users.traffic_source) as source,
                any_value(age) as age, epoch(any_value(created_at)) as born, epoch(max(started_at)) as last, count(*) - 1 as visits
            from labels join users using (user_id) join sessions using (user_id)
            where cutoff = ? and started_at < ? group by user_id order by user_id""",
            [cutoff, datetime.combine(cutoff, time.min, UTC)],
        ).fetchnumpy()
    source = np.array([TRAFFIC_SOURCES.index(s) for s in found["source"]])
    country = np.array([list(COUNTRY_SHARES).index(c) for c in found["country"]])
    hazard = hazard_per_day(source, country, np.asarray(found["age"], dtype=np.int64))
    until = datetime.combine(cutoff, time.min, UTC).timestamp()
    born, last = (np.asarray(found[name], dtype=np.float64) for name in ("born", "last"))
    visits = np.asarray(found["visits"], dtype=np.float64)
    return list(found["user_id"]), np.asarray(found["churned"]), _posterior(born, last, visits, hazard, until, horizon_days)


def _posterior(born: Numbers, last: Numbers, visits: Numbers, hazard: Numbers, until: float, horizon_days: int) -> Numbers:
    clock = traffic_clock(Parameters())
    rate = (IDENTIFIED_SESSIONS_PER_USER - 1) / expected_seasonal_days(clock)
    power, scale, zero = (visits + RATE_SHAPE)[:, None], RATE_SHAPE / rate, clock.seasonal_days_until(born)[:, None]
    exposed = scale + clock.seasonal_days_until(np.array([until])) - zero
    shares = np.linspace(0, 1, STEPS)[None, :]

    def relative(moments: Numbers) -> Numbers:
        """The likelihood of the visits with an exposure until then, by that with an exposure until the cutoff."""
        return (exposed / (scale + clock.seasonal_days_until(moments) - zero)) ** power

    def left(start: Numbers, end: Numbers) -> Numbers:
        """The weight of having left between both moments, by that of still being there at the cutoff."""
        moments = start + (end - start) * shares
        density = hazard[:, None] * np.exp(-hazard[:, None] * (moments - until) / SECONDS_PER_DAY) * relative(moments)
        return np.trapezoid(density, moments / SECONDS_PER_DAY, axis=1)

    end = until + horizon_days * SECONDS_PER_DAY
    cutoff, ends = np.full((len(born), 1), until), np.full((len(born), 1), end)
    silent = np.exp(-hazard * horizon_days) * relative(ends)[:, 0]
    before = left(last[:, None], cutoff)
    return (before + left(cutoff, ends) + silent) / (before + 1)


def aucs(root: str) -> dict[str, float]:
    """The AUC of the posterior and of recency on the last cutoff that has labels."""
    tables = Published(root)
    cutoff = max(tables.arrow("gold.churn_labels").to_table(["cutoff"])["cutoff"].to_pylist())
    users, churned, posterior = churn_probabilities(tables, cutoff, 30)
    rows = tables.arrow("gold.churn_features").to_table(["user_id", "cutoff", "recency_days"]).to_pylist()
    recency = {row["user_id"]: row["recency_days"] for row in rows if row["cutoff"] == cutoff}
    ones = np.ones(len(users))
    by_recency = np.array([recency[user] for user in users], dtype=np.float64)
    return {"posterior": auc(churned, posterior, ones), "recency": auc(churned, by_recency, ones)}


def of_models(root: str) -> dict[str, float]:
    """The held-out AUC of the newest version and of what it is compared with, and the version's expected calibration error."""
    with duckdb.connect() as connection:
        for name in ("model_performance", "model_curves"):
            connection.register(name, Published(root).arrow(f"gold.{name}"))
        newest = "model_version::int = (select max(model_version::int) from model_performance where kind = 'held_out')"
        by_model = connection.execute(
            f"select model, value from model_performance where metric = 'roc_auc' and kind = 'held_out' and {newest} order by model"
        ).fetchall()
        error = connection.execute(
            f"select sum(users * abs(y - x)) / sum(users) from model_curves where curve = 'calibration' and {newest}"
        ).fetchall()[0][0]
    return {**dict(by_model), "calibration_error": error}


if __name__ == "__main__":
    asked = str(Path(sys.argv[1]).resolve())
    print(aucs(asked), of_models(asked))
