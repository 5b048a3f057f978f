"""Event types that look like known ones and are others: `PURCHASE` stays as it came, and is no purchase of any figure.

Known are the types that tables count (TYPES), the words that a source's `map` names, and the types of declared funnels.
"""

from collections.abc import Iterable, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.bronze.remarks import names
from lakehouse.catalogue.declarations import Declaration
from lakehouse.funnels.declaration import Funnel
from lakehouse.refresh.fed import Fed

# Those of which silver and gold count; every other is kept as it came.
TYPES = ("page_view", "view", "add_to_cart", "purchase", "cancel", "click")
COLUMN = "event_type"
# Signs between words, as in `Add to cart` and `add-to-cart`.
BETWEEN = " -"


def of_funnels(declarations: Mapping[str, Declaration]) -> set[str]:
    """The event types that declared funnels ask for."""
    declared = [item for declaration in declarations.values() for item in declaration.items.values()]
    return {part.event_type for funnel in declared if isinstance(funnel, Funnel) for part in funnel.parts}


def unlike_known(events: DataFrame, feeds: Sequence[Fed], further: Iterable[str] = ()) -> list[str]:
    """A line for each source with events whose type differs from a known one by capitals, or signs between words, alone.

    events: rows with `source` and `event_type`; further: known types besides those of the tables and of the source's own feed.
    """
    others = tuple(further)
    return [line for fed in feeds if COLUMN in fed.feed.columns for line in _of_source(events, fed, others)]


def _of_source(events: DataFrame, fed: Fed, others: Sequence[str]) -> list[str]:
    origin = fed.feed.columns[COLUMN]
    meant = {word: word for word in (*origin.map.values(), *others, *TYPES)} | dict(origin.map)
    looks = {_alike(word): meaning for word, meaning in meant.items()}
    is_other = (F.col("source") == fed.source.source) & _alike_in(F.col(COLUMN)).isin(*looks) & ~F.col(COLUMN).isin(*meant)
    counted = events.where(is_other).groupBy(COLUMN).count().orderBy(F.desc("count"), COLUMN).collect()
    if not counted:
        return []
    found = names(f"{row[COLUMN]} ({row['count']:,}), not {looks[_alike(row[COLUMN])]}" for row in counted)
    return [
        f"{fed.source.source}: event types that look like known ones stay as they came, which are others: {found}; {_fix(fed)}"
    ]


def _fix(fed: Fed) -> str:
    origin = fed.feed.columns[COLUMN]
    if origin.map or not origin.field:
        return f"where those are meant, name them in the `map` of {COLUMN} in the feed {fed.entity} of the source"
    lower = f"lower({origin.field})"
    return (
        f"where those are meant, declare `{COLUMN}: {{sql: {lower}}}` in the source, and {lower} in each `where` that asks for it"
    )


def _alike(word: str) -> str:
    return word.lower().translate(str.maketrans(BETWEEN, "_" * len(BETWEEN)))


def _alike_in(word: Column) -> Column:
    return F.translate(F.lower(word), BETWEEN, "_" * len(BETWEEN))
