"""The parts of the page, from the data: tiles and tables with bars. Nothing here knows HTML."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from lakehouse.report import figures
from lakehouse.report.data import BEST, WINDOW_DAYS, ReportData, rows_of
from lakehouse.report.figures import Figure
from lakehouse.report.numbers import NOTHING, change, day, money, percent, whole

RECENT = f"last {WINDOW_DAYS} complete days"
BREAKDOWN_ROWS = 8
COHORTS = 18
MONTHS = 12


@dataclass(frozen=True)
class Tile:
    """A key figure: what it is, its value and unit, how it changed, and how it is defined."""

    label: str
    value: str
    unit: str
    change: str
    definition: str


@dataclass(frozen=True)
class Bars:
    """A table whose rows carry a bar: `rows` are a label, further cells, and the bar's length in per cent (None without bars)."""

    title: str
    head: Sequence[str]
    rows: Sequence[tuple[Sequence[str], float | None]]
    note: str
    empty: str
    texts: int = 1


@dataclass(frozen=True)
class HeatMap:
    """A table of rates: `rows` are a label, the size, and for each column its text and shade (0 to 100), None where none is."""

    title: str
    head: Sequence[str]
    rows: Sequence[tuple[str, str, Sequence[tuple[str, float] | None]]]
    note: str
    empty: str


def retention(data: ReportData) -> HeatMap:
    """Monthly cohorts, the newest first, below their average weighted by size. Month 0 is left out: all are there."""
    later = data.retention[data.retention["period_number"].between(1, MONTHS)]
    months = sorted(int(n) for n in later["period_number"].unique())
    sums = later.groupby("period_number")[["retained_users", "cohort_size"]].sum()
    mean = _rates(sums, sums.index)
    cohorts = {str(start): _rates(cohort, cohort["period_number"]) for start, cohort in later.groupby("cohort_start")}
    sizes = {str(start): whole(cohort["cohort_size"].iloc[0]) for start, cohort in later.groupby("cohort_start")}
    newest = sorted(cohorts, reverse=True)[:COHORTS]
    highest = max((rate for start in newest for rate in cohorts[start].values()), default=0.0)
    rows = [("All cohorts", "", _cells(mean, months, highest))]
    rows += [(f"{pd.Timestamp(start):%b %Y}", sizes[start], _cells(cohorts[start], months, highest)) for start in newest]
    what = "with an order or a return" if "order" in set(data.retention["activity"]) else "with an event"
    note = (
        f"Users {what}, by the month of their first one: the share that is there again n whole months later. "
        f"The newest {COHORTS} cohorts; the average is of all, weighted by size. Months that are not complete are left out."
    )
    empty = "No cohort has a complete month after its first yet."
    return HeatMap("Retention by monthly cohort", ["Cohort", "Users", *map(str, months)], rows if months else [], note, empty)


def _rates(counts: pd.DataFrame, numbers: Iterable[Any]) -> dict[int, float]:
    """The share that is there again, by period number."""
    shares = counts["retained_users"].astype(float) / counts["cohort_size"].astype(float)
    return {int(n): float(share) for n, share in zip(numbers, shares, strict=True)}


def _cells(rates: Mapping[int, float], months: Sequence[int], highest: float) -> list[tuple[str, float] | None]:
    """Text and shade for each month, shaded in relation to the highest rate."""
    shades = {n: round(100 * rate / highest, 1) if highest > 0 else 0.0 for n, rate in rates.items()}
    return [(percent(rates[n]), shades[n]) if n in rates else None for n in months]


def stickiness(data: ReportData) -> Bars:
    """Users by their number of active days in the last four complete weeks."""
    users = float(data.stickiness["users"].sum())
    cells = [((str(r.active_days), whole(r.users), percent(r.users / users)), float(r.users)) for r in rows_of(data.stickiness)]
    since = f" from {day(pd.Timestamp(data.stickiness['period_start'].iloc[0]))}" if cells else ""
    note = f"Users with at least one active day in the four complete weeks{since}."
    return _bars("Active days in four weeks", ["Days", "Users", "Share"], cells, note, "No four weeks are complete yet.")


def tiles(data: ReportData) -> list[Tile]:
    """The key figures in the order in which they are read."""
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
            f"Sold less cancelled and returned, {RECENT}",
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
            f"{percent(repeat)} ordered again" if repeat is not None else "",
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
    table = _bars(title, [title, "Sessions", "Conversion"], cells, "", "No sessions: no source brought events.")
    return replace(table, rows=[*table.rows, *_others(rest)])


def _others(rest: pd.DataFrame) -> list[tuple[Sequence[str], None]]:
    """One row for all that did not fit, without a bar: it would dwarf the others."""
    if rest.empty:
        return []
    sessions, purchases = float(rest["sessions"].sum()), float(rest["purchases"].sum())
    return [((f"{len(rest)} others", whole(sessions), percent(purchases / sessions if sessions else None)), None)]


def products(data: ReportData) -> Bars:
    """The products that earned the most."""
    cells = [
        (
            (
                str(r.name),
                _text(r.category),
                whole(r.units_sold),
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
    return _bars("Best products", head, cells, note, "No product has been sold.", texts=2)


def segments(data: ReportData) -> Bars:
    """Customers by RFM segment."""
    cells = [
        (
            (
                str(r.rfm_segment),
                whole(r.customers),
                percent(r.repeat_customers / r.customers),
                whole(r.recency_days),
                whole(r.net_revenue),
            ),
            float(r.net_revenue),
        )
        for r in rows_of(data.segments)
    ]
    head = ["Segment", "Customers", "Ordered again", "Days since last order", "Net revenue"]
    note = (
        "Scored 1 to 5 by quintile on recency, frequency and net revenue. Days: mean over the segment. "
        f"Net revenue over all time, in {data.about.money}."
    )
    return _bars("Customers by RFM segment", head, cells, note, "No customer has ordered.")


def cross_sell(data: ReportData) -> Bars:
    """Products viewed and not bought."""
    cells = [
        ((str(r.name), whole(r.users), whole(r.views), whole(r.estimated_lost_revenue)), float(r.estimated_lost_revenue))
        for r in rows_of(data.cross_sell)
    ]
    head = ["Product", "Users", "Views", "Estimated lost revenue"]
    note = (
        f"Users who viewed the product and have not bought it. Estimate: list price × conversion rate of the user's group, "
        f"in {data.about.money}: a ranking, not a forecast."
    )
    return _bars("Cross-sell: viewed, not bought", head, cells, note, "No user has viewed a product without buying it.")


def reasons(data: ReportData) -> Bars:
    """Why rows wait in quarantine."""
    cells = [((str(r.reason), str(r.table), whole(r.rows)), float(r.rows)) for r in rows_of(data.reasons)]
    note = "Rows that wait in quarantine now; a row with two reasons counts under both."
    return _bars("Reasons of quarantine", ["Reason", "Table", "Rows"], cells, note, "No row waits in quarantine.", texts=2)


def refreshed(data: ReportData) -> Bars:
    """What the run did to each table."""
    cells = []
    for r in data.refreshed:
        numbers = [whole(r.get(k)) if r.get(k) else NOTHING for k in ("rows_in", "rows_out", "quarantined", "duplicates")]
        cells.append(([str(r["table"]), str(r["mode"]), *numbers, f"{float(r.get('seconds') or 0):.1f}"], None))
    head = ["Table", "Refresh", "Rows in", "Rows out", "Quarantined", "Seen before", "Seconds"]
    note = "Rows in: arrivals that were read. Seen before: arrivals whose key was there already, corrections among them."
    return Bars("Rows by table", head, cells, note, "The run went through no table.", texts=2)


def tables(data: ReportData) -> Bars:
    """Every table that the page's run knows."""
    cells = [((str(r.table), str(r.comment), whole(r.rows), str(r.version)), None) for r in rows_of(data.tables)]
    note = "Version: the Delta version that this page read."
    return Bars("Tables", ["Table", "What it holds", "Rows", "Version"], cells, note, "There are no tables.", texts=2)


def _bars(
    title: str, head: Sequence[str], cells: Sequence[tuple[Sequence[str], float]], note: str, empty: str, texts: int = 1
) -> Bars:
    longest = max((value for _, value in cells), default=0.0)
    rows = [(texts_, round(100 * max(value, 0.0) / longest, 1) if longest > 0 else 0.0) for texts_, value in cells]
    return Bars(title, head, rows, note, empty, texts)


def _text(value: str | float | None) -> str:
    return NOTHING if value is None or pd.isna(value) else str(value)
