"""What a run says of the rows that it put into quarantine."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from lakehouse.contract.source import CURRENCY
from lakehouse.refresh.fed import Fed
from libs.counted import counted
from libs.store.port import Store
from libs.store.snapshot import Snapshot
from libs.store.staged import Written


def why_quarantined(
    store: Store, name: str, written: Written, feeds: Sequence[Fed], arrived_at: Sequence[datetime] | None = None
) -> list[str]:
    """A line for each feed with how many of its rows are in the table, by reason; a row with two reasons counts under both.

    One more names currencies without a rate. arrived_at: of rows that arrived then; without it, of all.
    """
    arrived, parameters = ("true", []) if arrived_at is None else ("list_contains(?, _ingested_at)", [arrived_at])
    each = f"select entity, unnest(reasons) as reason from {name} where {arrived}"
    by_reason = f"select entity, reason, count(*) as n from ({each}) group by all order by entity, n desc, reason"
    with Snapshot(store, {name: written.version}) as seen:
        found = seen.rows(by_reason, parameters)
        lines = [f"quarantined as {entity}: {_listed(rows.n, rows.reason)}" for entity, rows in found.groupby("entity")]
        without_rate = _without_rate(name, feeds, arrived) if "no_rate" in set(found.reason) else None
        if without_rate is not None:
            of = seen.rows(without_rate, parameters)
            lacking = ", ".join(f"{counted(n, 'row')} in {currency}" for n, currency in zip(of.n, of.currency, strict=True))
            lines.append(f"no rate in rates.csv for the day of {lacking}")
    return lines


def _without_rate(name: str, feeds: Sequence[Fed], arrived: str) -> str | None:
    """SQL: how many rows of the table wait for a rate of each currency, where a field names it; one that two feeds reject is one."""
    given = {fed.entity: fed.feed.columns[CURRENCY].field for fed in feeds if CURRENCY in fed.feed.columns}
    fields = [f"select '{entity}' as entity, '{field}' as field" for entity, field in given.items() if field is not None]
    if not fields:
        return None
    named = """upper(trim(json_extract_string(raw, '$."' || field || '"')))"""
    rows = f"select distinct {named} as currency, _row_hash, _source_file, _row_number from {name}"
    lacking = f"{rows} join ({' union all '.join(fields)}) using (entity) where {arrived} and list_contains(reasons, 'no_rate')"
    return f"select currency, count(*) as n from ({lacking}) group by all order by n desc, currency"


def _listed(counts: Iterable[int], what: Iterable[str]) -> str:
    return ", ".join(f"{n:,} {name}" for n, name in zip(counts, what, strict=True))
