"""The ground truth of an export: what was planted and the expected results, counted on the clean rows.

Money is summed in whole cents (prices) and thousandths of a dollar (costs), so that totals are exact.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from lakehouse.synthetic.catalogue import Catalogue
from lakehouse.synthetic.events import EVENT_TYPES, Events
from lakehouse.synthetic.flaws import Malformation
from lakehouse.synthetic.orders import CANCELLED, RETURNED, STATUSES, Orders
from lakehouse.synthetic.parameters import SECONDS_PER_DAY, Parameters, calendar_date
from lakehouse.synthetic.planted import planted
from lakehouse.synthetic.rows import Rows
from lakehouse.synthetic.sessions import ANONYMOUS, Sessions
from lakehouse.synthetic.users import Users

COUNTS = (
    *("signups", "dau", "sessions", "events", "identified_events", "orders", "items"),
    *("gross_cents", "net_cents", "profit_mills"),
)


class Truth:
    """Sums over the chunks of users; per day of the span where that makes sense."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._days = parameters.end_day - parameters.first_day
        self._daily = {name: np.zeros(self._days, np.int64) for name in COUNTS}
        self._valid: Counter[str] = Counter()
        self._duplicates: Counter[str] = Counter()
        self._malformed: dict[str, Counter[str]] = {}
        self._late = 0
        self._totals: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._event_types: Counter[str] = Counter()

    def add_traffic(self, users: Users, sessions: Sessions, events: Events) -> None:
        """Counts the clean users, sessions and events of a chunk."""
        user = sessions.user[events.session]
        is_identified = user != ANONYMOUS
        day = self._day(events.occurred_at)
        active = np.unique(user[is_identified] * self._days + day[is_identified])
        self._count("signups", self._day(users.created_at))
        self._count("dau", active % self._days)
        self._count("sessions", self._day(sessions.started_at))
        self._count("events", day)
        self._count("identified_events", day[is_identified])
        self._totals["identified_sessions"] += int((sessions.user != ANONYMOUS).sum())
        self._totals["churned_users"] += int(users.has_churned.sum())
        self._event_types.update(_named(EVENT_TYPES, events.event_type))

    def add_orders(self, placed: Orders, catalogue: Catalogue) -> None:
        """Counts the clean orders of a chunk and sums their money."""
        day = self._day(placed.created_at)
        item_day, item_status = day[placed.item_order], placed.status[placed.item_order]
        price = catalogue.price_cents[placed.item_product]
        profit = price * 10 - catalogue.cost_mills[placed.item_product]
        is_gross = item_status != CANCELLED
        is_net = is_gross & (item_status != RETURNED)
        self._count("orders", day)
        self._count("items", item_day)
        self._sum("gross_cents", item_day[is_gross], price[is_gross])
        self._sum("net_cents", item_day[is_net], price[is_net])
        self._sum("profit_mills", item_day[is_net], profit[is_net])
        self._statuses.update(_named(STATUSES, placed.status))

    def add_rows(self, table: str, clean: int, copies: int) -> None:
        """Counts the valid unique rows of `table` and their exact copies."""
        self._valid[table] += clean
        self._duplicates[table] += copies

    def add_late(self, events: Rows) -> None:
        """Counts the events that arrive after their own day; their copies are not counted again."""
        self._late += int(events.is_late.sum())

    def add_malformed(self, kind: Malformation, rows: int) -> None:
        """Counts malformed rows of one kind."""
        self._malformed.setdefault(kind.table, Counter())[kind.reason] += rows

    def report(self, rows_by_folder: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
        """The truth as plain values; `rows_by_folder` has the rows written, by folder and table."""
        written: Counter[str] = Counter()
        for rows in rows_by_folder.values():
            written.update(rows)
        return {
            "parameters": {name: _plain(value) for name, value in asdict(self._parameters).items()},
            "planted": planted(),
            "tables": {table: self._table(table, rows) for table, rows in written.items()},
            "folders": {folder: dict(rows) for folder, rows in sorted(rows_by_folder.items())},
            "late_events": self._late,
            "totals": self._report_totals(),
            "daily": [self._report_day(position) for position in range(self._days)],
        }

    def _report_totals(self) -> dict[str, Any]:
        totals = _dollars({name: int(values.sum()) for name, values in self._daily.items() if name != "dau"})
        identified = self._totals["identified_sessions"]
        return {
            **totals,
            "identified_sessions": identified,
            "anonymous_sessions": totals["sessions"] - identified,
            "churned_users": self._totals["churned_users"],
            "orders_by_status": dict(self._statuses),
            "events_by_type": dict(self._event_types),
        }

    def _report_day(self, position: int) -> dict[str, Any]:
        values = {name: int(values[position]) for name, values in self._daily.items()}
        return {"date": calendar_date(self._parameters.first_day + position).isoformat(), **_dollars(values)}

    def _table(self, table: str, rows_written: int) -> dict[str, Any]:
        return {
            "rows_written": rows_written,
            "valid_unique_rows": self._valid[table],
            "exact_duplicates": self._duplicates[table],
            "malformed": dict(self._malformed.get(table, {})),
        }

    def _day(self, seconds: np.ndarray) -> np.ndarray:
        return seconds // SECONDS_PER_DAY - self._parameters.first_day

    def _count(self, name: str, day: np.ndarray) -> None:
        self._daily[name] += np.bincount(day, minlength=self._days)

    def _sum(self, name: str, day: np.ndarray, amounts: np.ndarray) -> None:
        np.add.at(self._daily[name], day, amounts)


def _named(names: tuple[str, ...], positions: np.ndarray) -> dict[str, int]:
    return dict(zip(names, np.bincount(positions, minlength=len(names)).tolist(), strict=True))


def _dollars(values: dict[str, int]) -> dict[str, Any]:
    """The same values with the money in dollars."""
    money = {
        "gross_revenue": values.pop("gross_cents") / 100,
        "net_revenue": values.pop("net_cents") / 100,
        "profit": values.pop("profit_mills") / 1000,
    }
    return {**values, **money}


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int | float | str) else str(value)
