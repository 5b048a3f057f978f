"""How often the check of drift alarms on generated users whom no drift was planted in, on each of many days.

python -m tests.ml.drift.unchanged_days ROOT [--days 200]    of a generated lakehouse, by the native engine

Features of all days are computed in one pass, as the job computes those of one; the model is of the days before, and its
reference, as in a training, is of the users of the two newest cutoffs whose horizon is over.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from libs.engines.opening import opened
from libs.settings.config import load_settings
from libs.store.port import Store
from ml.declared import Declared
from ml.drift.check import asks_for_training, checked, counted
from ml.drift.declaration import Drift
from ml.drift.histogram import Histogram
from ml.drift.reference import SCORE, reference, unpacked
from ml.features.cutoffs import for_training, past
from ml.features.labels import churn_labels
from ml.features.manifest import Manifest
from ml.registry.artifact import ChurnModel
from ml.training.data import Part, Split
from ml.training.fitting import Samples, fitted
from ml.training.tuning import Local

References = Mapping[str, Histogram]


@dataclass(frozen=True)
class Check:
    """What the check of a day found: names with an alarm, and whether they ask for training."""

    day: date
    users: int
    alarms: Sequence[str]
    asks: bool


@dataclass(frozen=True)
class Users:
    """Features and scores of users by cutoff."""

    by_day: Mapping[date, pa.Table]
    model: ChurnModel
    declared: Declared

    def reference(self, day: date) -> References:
        """That of a model which is trained on the day."""
        churn = self.declared.churn
        last = day - timedelta(days=churn.horizon_days)
        rows = pa.concat_tables([self.by_day[last - timedelta(days=churn.step_days)], self.by_day[last]])
        return unpacked(reference(rows, rows[SCORE].to_numpy(), self.model.encoding))

    def check(self, day: date, references: References, drift: Drift) -> Check:
        """The users of the day against the reference."""
        rows = self.by_day[day]
        found = checked(references, counted(references, rows.to_batches()), drift, "1", _midnight(day))
        alarms = sorted(str(row["name"]) for row in found if row["is_alarm"])
        return Check(day, rows.num_rows, alarms, asks_for_training(found, drift) is not None)


def users_of(store: Store, declared: Declared, days: Sequence[date], first_fact: date) -> Users:
    """The users of all `days` and of the references that checks on them may have."""
    churn = declared.churn
    back = timedelta(days=churn.horizon_days), timedelta(days=churn.horizon_days + churn.step_days)
    spine = sorted({*days, *(day - gap for day in days for gap in back)})
    trained = for_training(_midnight(spine[0]), churn, first_fact)
    learned_from = [cutoff.day for cutoff in trained]
    manifest = Manifest.of(store, [past(day, churn) for day in sorted({*spine, *learned_from})], churn)
    features = manifest.features(store).toArrow().combine_chunks()
    by_day = {
        day: features.filter(pc.equal(features["cutoff"], pa.scalar(day))) for day in pc.unique(features["cutoff"]).to_pylist()
    }
    model = _model(store, by_day, learned_from, manifest, declared)
    scored = {day: by_day[day].append_column(SCORE, pa.array(model.probabilities(by_day[day]))) for day in spine}
    return Users(scored, model, declared)


def _model(
    store: Store, by_day: Mapping[date, pa.Table], days: Sequence[date], manifest: Manifest, declared: Declared
) -> ChurnModel:
    rows = pa.concat_tables([by_day[day] for day in days])
    judged = store.spark.createDataFrame(rows.select(["user_id", "cutoff"]))
    labels = churn_labels(judged, manifest.facts(store), days, declared.churn).select("user_id", "cutoff", "churned").toArrow()
    both = rows.join(labels, keys=["user_id", "cutoff"]).sort_by([("cutoff", "ascending"), ("user_id", "ascending")])

    def part(*of: date) -> Part:
        chosen = both.filter(pc.is_in(both["cutoff"], pa.array(of, pa.date32())))
        return Part(chosen.drop_columns(["churned"]), chosen["churned"].to_numpy().astype(np.int8))

    *older, stop, test = days
    split, training = Split(part(*older), part(stop), part(test)), declared.training.model_copy(update={"trials": 0})
    return fitted(split, Samples.of(split, training), training, manifest, Local()).model


def fresh(users: Users, days: Sequence[date], drift: Drift) -> Iterator[Check]:
    """Each day against the reference of a model that is trained on it: what chance alone alarms, but for 30 to 60 days."""
    return (users.check(day, users.reference(day), drift) for day in days)


def obeyed(users: Users, days: Sequence[date], drift: Drift) -> Iterator[Check]:
    """Each day against the reference of the newest training: that of the first day, and then whenever a check asks for one."""
    references = users.reference(days[0])
    for day in days:
        check = users.check(day, references, drift)
        yield check
        if check.asks:
            references = users.reference(day)


def kept(users: Users, days: Sequence[date], drift: Drift) -> Iterator[Check]:
    """Each day against the reference of the first."""
    references = users.reference(days[0])
    return (users.check(day, references, drift) for day in days)


WAYS: Mapping[str, Callable[[Users, Sequence[date], Drift], Iterator[Check]]] = {"fresh": fresh, "obeyed": obeyed, "kept": kept}


def last_days(store: Store, count: int) -> tuple[list[date], date]:
    """The last `count` days of a lakehouse, oldest first, and the first one that has facts."""
    spine = store.arrow("gold.user_activity_daily").to_table(["activity_date"])["activity_date"]
    last, first = pc.max(spine).as_py(), pc.min(spine).as_py()
    return [last - timedelta(days=n) for n in reversed(range(count))], first


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def main(arguments: Sequence[str]) -> int:
    """Print, for each way, on how many days there was an alarm, and on how many training was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.ml.drift.unchanged_days", description=__doc__)
    parser.add_argument("root")
    parser.add_argument("--days", type=int, default=200)
    asked = parser.parse_args(arguments)
    store = opened(load_settings({"LAKEHOUSE_ROOT": asked.root, "LAKEHOUSE_ENGINE": "native"}), "native", "unchanged_days")
    days, first = last_days(store, asked.days)
    users = users_of(store, Declared(), days, first)
    for name, way in WAYS.items():
        found = list(way(users, days, Declared().drift))
        print(f"{name}: {said(found)}")
    return 0


def said(checks: Sequence[Check]) -> str:
    """In words."""
    alarming = [check for check in checks if check.alarms]
    names = pc.value_counts(pa.array([name for check in checks for name in check.alarms], pa.string())).to_pylist()
    most = ", ".join(f"{c['values']} {c['counts']}" for c in sorted(names, key=lambda c: -c["counts"])[:8])
    return (
        f"{len(alarming)} of {len(checks)} days with an alarm, {sum(check.asks for check in checks)} that ask for training; "
        f"{min(check.users for check in checks):,} to {max(check.users for check in checks):,} users{'; ' if most else ''}{most}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
