"""Columns that look like the currency of a row where no feed takes them as such: amounts of several would be added up."""

import re
from collections.abc import Mapping

from lakehouse.bronze.lookalikes import value_in_extra
from lakehouse.contract.source import CURRENCY, Source, SourceTable
from libs.counted import counted
from libs.store.snapshot import Snapshot
from libs.tables import Table

LOOKS_SO = re.compile(r"(iso|reported|order|transaction|payment|presentment)?(currency|curr)(code|iso|id)?")
# Silver columns of money that feeds fill and a currency converts.
AMOUNTS = ("amount", "sale_price", "unit_cost")
LINE = (
    "{} with another currency than {} in the column {} ({}): it is not taken, and their amounts count as {}: "
    f"name it in a field and give `{CURRENCY}` in the feeds with amounts"
)


def remarks(seen: Snapshot, bronze: Table, source: Source, table: SourceTable) -> list[str]:
    """A line for each such column that has other currencies than the source's in rows of bronze."""
    of_money = [feed for feed in table.feeds.values() if set(AMOUNTS) & set(feed.columns)]
    if source.currency is None or not of_money or all(CURRENCY in feed.columns for feed in of_money):
        return []
    lines = []
    for name, value in _columns(seen, bronze, table).items():
        other = f"select upper(trim({value})) as code from {bronze.name}"
        found = seen.answer(
            f"select code, count(*) as n from ({other}) where regexp_full_match(code, '[A-Z]{{3}}') and code <> '{source.currency}'"
            " group by all order by n desc, code"
        )
        if found:
            codes = ", ".join(str(row["code"]) for row in found[:5]) + (" and others" if found[5:] else "")
            count = sum(int(row["n"]) for row in found)
            lines.append(LINE.format(counted(count, "row"), source.currency, name, codes, source.currency))
    return lines


def _columns(seen: Snapshot, bronze: Table, table: SourceTable) -> Mapping[str, str]:
    """Name and SQL of the value of each column that looks so, declared or not."""
    asked = f"select distinct unnest(json_keys(_extra)) as name from {bronze.name} where _extra is not null"
    others = sorted(str(row["name"]) for row in seen.answer(asked))
    columns = {header: f'"{field}"' for field, header in table.all_fields.items()} | {n: value_in_extra(n) for n in others}
    return {name: sql for name, sql in columns.items() if LOOKS_SO.fullmatch(re.sub(r"[\W_]+", "", name).lower())}
