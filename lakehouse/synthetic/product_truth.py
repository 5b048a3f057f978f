"""The truth of an export of product events, counted on the clean rows: the expected result of stitching and sessions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.synthetic.parameters import SECONDS_PER_DAY, Parameters, calendar_date
from lakehouse.synthetic.product_events import EVENT_TYPES, NOBODY, ProductEvents
from lakehouse.synthetic.product_visits import Visits
from lakehouse.synthetic.rows import Rows

TABLE = "product_events"
DAILY = ("dau", "sessions", "identified_sessions", "events", "identified_events", "purchases", "revenue_cents")


class ProductTruth:
    """Sums over the chunks of users; per day of the span where that makes sense. Identified counts are those after stitching."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._days = parameters.end_day - parameters.first_day
        self._daily = {name: np.zeros(self._days, np.int64) for name in DAILY}
        self._totals: Counter[str] = Counter()
        self._event_types: Counter[str] = Counter()
        self._rows: Counter[str] = Counter()
        self._malformed: Counter[str] = Counter()

    def add_events(self, visits: Visits, events: ProductEvents, whose: pa.Table) -> None:
        """Count the clean events of a chunk; `whose` is the user of each browser."""
        day = events.occurred_at // SECONDS_PER_DAY - self._parameters.first_day
        is_users = events.user != NOBODY
        first = np.unique(events.session, return_index=True)[1]
        self._count("dau", np.unique(events.user[is_users] * self._days + day[is_users]) % self._days)
        self._count("sessions", day[first])
        self._count("identified_sessions", day[first][is_users[first]])
        self._count("events", day)
        self._count("identified_events", day[is_users])
        self._count("purchases", day[events.cents > 0])
        np.add.at(self._daily["revenue_cents"], day, events.cents)
        self._event_types.update(dict(zip(EVENT_TYPES, np.bincount(events.event_type, minlength=5).tolist(), strict=True)))
        stitched = int((is_users & ~events.names_user).sum())
        browsers = whose.num_rows - pc.count(whose["user_id"], mode="only_null").as_py()
        self._totals.update(
            users=visits.users,
            users_with_events=len(np.unique(events.user[is_users])),
            stitched_events=stitched,
            stitched_anonymous_ids=browsers,
            unstitched_anonymous_ids=visits.visitors,
            ambiguous_anonymous_ids=visits.shared_browsers,
        )

    def add_rows(self, clean: Rows, copies: Rows, malformed: Mapping[str, Rows]) -> None:
        """Count the valid unique rows, those of them that arrive after their day, their exact copies and malformed rows."""
        self._rows.update(clean=clean.count, late=int(clean.is_late.sum()), copies=copies.count)
        self._malformed.update({reason: rows.count for reason, rows in malformed.items()})

    def report(self, rows_by_folder: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
        """The truth as plain values; `rows_by_folder` has the rows written, by folder and table."""
        totals = {name: int(values.sum()) for name, values in self._daily.items() if name != "dau"}
        table = {
            "rows_written": sum(rows[TABLE] for rows in rows_by_folder.values()),
            "valid_unique_rows": self._rows["clean"],
            "exact_duplicates": self._rows["copies"],
            "malformed": dict(self._malformed),
        }
        return {
            "parameters": {n: v if isinstance(v, int | float | None) else str(v) for n, v in asdict(self._parameters).items()},
            "tables": {TABLE: table},
            "folders": {folder: dict(rows) for folder, rows in sorted(rows_by_folder.items())},
            "late_events": self._rows["late"],
            "totals": {**_currency(totals), **self._totals, "events_by_type": dict(self._event_types)},
            "daily": [self._of_day(position) for position in range(self._days)],
        }

    def _of_day(self, position: int) -> dict[str, Any]:
        values = {name: int(values[position]) for name, values in self._daily.items()}
        return {"date": calendar_date(self._parameters.first_day + position).isoformat(), **_currency(values)}

    def _count(self, name: str, day: np.ndarray) -> None:
        self._daily[name] += np.bincount(day, minlength=self._days)


def _currency(values: dict[str, int]) -> dict[str, Any]:
    """The same values with the revenue in currency units."""
    return {**{n: v for n, v in values.items() if n != "revenue_cents"}, "revenue": values["revenue_cents"] / 100}
