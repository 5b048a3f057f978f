"""The parts of the page, from the data: tiles and tables with bars, independent of HTML."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from lakehouse.report import figures
from lakehouse.report.data import BEST, WINDOW_DAYS, ReportData, rows_of
from lakehouse.report.figures import Figure
from lakehouse.report.numbers import NOTHING, change, day, money, percent, quantity, whole

RECENT = f"last {WINDOW_DAYS} complete days"
BREAKDOWN_ROWS = 8
LONG_TEXT = 40


@dataclass(frozen=True)
class Tile:
    """A key figure: its label, value, unit, change and definition."""

    label: str
    value: str
    unit: str
    change: str
    definition: str


@dataclass(frozen=True)
class Bars:
    """A table whose rows have a bar: `rows` are a label, further cells, and the bar's length in per cent (None without bars)."""

    title: str
    head: Sequence[str]
    rows: Sequence[tuple[Sequence[str], float | None]]
    note: str
    empty: str
    texts: int = 1

    @property
    def is_wide(self) -> bool:
        """Whether a phone has no room for its columns."""
        return len(self.head) > 4 or any(len(text) > LONG_TEXT for texts, _ in self.rows for text in texts[: self.texts])


def stickiness(data: ReportData) -> Bars:
    """Users by their number of active days in the last four complete weeks."""
    users = float(data.stickiness["users"].sum())
    cells = [((str(r.active_days), whole(r.users), percent(r.users / users)), float(r.users)) for r in rows_of(data.stickiness)]
    since = f" from {day(pd.Timestamp(data.stickiness['period_start'].iloc[0]))}" if cells else ""
    note = f"Users with at least one active day in the four complete weeks{since}."
    return bars("Active days in four weeks", ["Days", "Users", "Share"], cells, note, "No complete four weeks yet.")


def tiles(data: ReportData) -> list[Tile]:
    """The key figures in the order of the page."""
    on = f"on {day(figures.last_complete_day(data.about.as_of))}"
    repeat = figures.repeat_share(data)
    return [
        _users_tile(data, "DAU", "dau", 7, f"Identified users with at least one event {on}"),
        _users_tile(data, "WAU", "wau", 7, "Identified users with an event in the last 7 complete days"),
        _users_tile(data, "MAU", "mau", 30, f"Identified users with an event in the {RECENT}"),
        _tile(
            "Net revenue",
            figures.net_revenue(data),
            money,
            data.about.currency or "",
            "the 30 days before",
            f"Gross revenue less returns, {RECENT}",
        ),
        _tile(
            "Order value",
            figures.average_order_value(data),
            money,
            data.about.currency or "",
            "the 30 days before",
            f"AOV: net revenue ÷ orders with net revenue above 0, {RECENT}",
        ),
        _tile("Conversion", figures.conversion(data), percent, "", "", f"Purchase events ÷ sessions, {RECENT}"),
        Tile(
            "Customers",
            whole(figures.customers(data).value),
            "users" if repeat is not None else "",
            f"{percent(repeat)} with repeat orders" if repeat is not None else "",
            "Users with at least one order, over all time",
        ),
    ]


def _users_tile(data: ReportData, label: str, column: str, days: int, definition: str) -> Tile:
    return _tile(label, figures.active_users(data, column, days), whole, "users", f"{days} days earlier", definition)


def _tile(label: str, figure: Figure, form: Callable[[float | None], str], unit: str, compared: str, definition: str) -> Tile:
    said = change(figure.change, compared)
    return Tile(label, form(figure.value), unit if figure.value is not None else "", said, definition)


def breakdowns(data: ReportData) -> list[Bars]:
    """Sessions and conversion by device, country and traffic source."""
    return [
        _breakdown("Device", data.devices),
        _breakdown("Country", data.countries),
        _breakdown("Traffic source", data.traffic_sources),
    ]


def _breakdown(title: str, frame: pd.DataFrame) -> Bars:
    top = frame.head(BREAKDOWN_ROWS)
    rest = frame.iloc[BREAKDOWN_ROWS:]
    rows = [(str(r.value), float(r.sessions), float(r.purchases)) for r in rows_of(top)]
    cells = [((label, whole(s), percent(p / s if s else None)), s) for label, s, p in rows]
    table = bars(title, [title, "Sessions", "Conversion"], cells, "", "No sessions: no source has events.")
    return replace(table, rows=[*table.rows, *_others(rest)])


def _others(rest: pd.DataFrame) -> list[tuple[Sequence[str], None]]:
    """One row for all others, without a bar, which would dwarf the rest."""
    if rest.empty:
        return []
    sessions, purchases = float(rest["sessions"].sum()), float(rest["purchases"].sum())
    return [((f"{len(rest)} others", whole(sessions), percent(purchases / sessions if sessions else None)), None)]


def products(data: ReportData) -> Bars:
    """The products with the highest net revenue."""
    cells = [
        (
            (
                str(r.name),
                _text(r.category),
                quantity(r.units_sold),
                percent(r.conversion_rate),
                whole(r.profit),
                whole(r.net_revenue),
            ),
            float(r.net_revenue),
        )
        for r in rows_of(data.products)
    ]
    head = ["Product", "Category", "Units sold", "Conversion", "Profit", "Net revenue"]
    note = (
        f"The {BEST} products with the highest net revenue, over all time, in {data.about.money}. "
        "Conversion: users who bought ÷ users who viewed."
    )
    return bars("Best products", head, cells, note, "No sales yet.", texts=2)


def cross_sell(data: ReportData) -> Bars:
    """Products viewed and not bought."""
    cells = [
        ((str(r.name), whole(r.users), whole(r.product_views), whole(r.estimated_lost_revenue)), float(r.estimated_lost_revenue))
        for r in rows_of(data.cross_sell)
    ]
    head = ["Product", "Users", "Views", "Estimated lost revenue"]
    note = (
        f"Users who viewed the product and have not bought it. Estimate: list price × conversion rate of the user's group, "
        f"in {data.about.money}: a ranking, not a forecast."
    )
    return bars("Cross-sell: viewed, not bought", head, cells, note, "No products viewed and not bought.")


def reasons(data: ReportData) -> Bars:
    """Reasons of the rows in quarantine."""
    cells = [((str(r.reason), str(r.table), whole(r.rows)), float(r.rows)) for r in rows_of(data.reasons)]
    note = "Rows in quarantine now; a row with two reasons counts under both."
    return bars("Quarantine", ["Reason", "Table", "Rows"], cells, note, "No rows in quarantine.", texts=2)


def refreshed(data: ReportData) -> Bars:
    """The result of the run for each table."""
    cells = []
    for r in data.refreshed:
        numbers = [whole(r.get(k)) if r.get(k) else NOTHING for k in ("rows_in", "rows_out", "quarantined", "rows_seen_before")]
        cells.append(([str(r["table"]), str(r["mode"]), *numbers, f"{float(r.get('seconds') or 0):.1f}"], None))
    head = ["Table", "Refresh", "Rows in", "Rows out", "Quarantined", "Seen before", "Seconds"]
    note = "Rows in: arrivals read. Seen before: arrivals whose key already existed, corrections included."
    return Bars("Rows by table", head, cells, note, "The run refreshed no tables.", texts=2)


def reconciled(data: ReportData) -> Bars:
    """Reconciled figures."""
    cells = [
        ((f"{r.table}: {r.check}", str(r.meaning), _agreement(r), whole(r.published_value), whole(r.recomputed_value)), None)
        for r in rows_of(data.reconciled)
    ]
    note = (
        "Each figure (of a day, a cohort, a product) is recomputed from silver by DuckDB before its table is published; where "
        "one differs, the previous version stays. Arrivals are recomputed from the log of bronze. Sums are of the figures "
        "compared."
    )
    head = ["Figures", "Meaning", "Equal", "Published", "Recomputed"]
    return Bars("Reconciliation", head, cells, note, "No reconciled figures yet.", texts=2)


def _agreement(row: Any) -> str:
    return f"{whole(row.figures - row.different_figures)} of {whole(row.figures)}"


def tables(data: ReportData) -> Bars:
    """All tables of the run."""
    cells = [((str(r.table), str(r.comment), whole(r.rows), str(r.version)), None) for r in rows_of(data.tables)]
    note = "Version: the Delta version that this page was read from."
    return Bars("Tables", ["Table", "Description", "Rows", "Version"], cells, note, "No tables yet.", texts=2)


def bars(
    title: str, head: Sequence[str], cells: Sequence[tuple[Sequence[str], float]], note: str, empty: str, texts: int = 1
) -> Bars:
    """A table whose rows have bars relative to the longest; `cells` are a row's texts and its bar's value."""
    longest = max((value for _, value in cells), default=0.0)
    rows = [(texts_, round(100 * max(value, 0.0) / longest, 1) if longest > 0 else 0.0) for texts_, value in cells]
    return Bars(title, head, rows, note, empty, texts)


def _text(value: str | float | None) -> str:
    return NOTHING if value is None or pd.isna(value) else str(value)
