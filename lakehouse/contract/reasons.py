"""Why a row is rejected: codes that name the column or the rule.

`malformed_row` (a wrong number of fields) and `bad_where` (a value breaks the feed's `where`, so that whether it is the feed's row is
not known), of which nothing else is said; `bad_encoding` (bytes that are no text),
`missing_<column>`, `bad_<column>` (can't be read as the column's type), `unknown_<column>` (not an allowed value),
`past` (a time before the source's `earliest`), `future` (the row's own time is later than its arrival by more than the source's
tolerance, or another one is beyond what engines can read), `no_rate` (an amount in a currency for which no rate is declared),
and the names of the feed's rules.
"""

from collections.abc import Mapping
from datetime import date
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.contract.parsing import LONG_AGO
from lakehouse.contract.rates import NO_RATE, is_converted
from lakehouse.contract.source import Feed, Source
from libs.tables import TIMESTAMP, Merge, Table

# What a decoder puts where bytes are no text in the declared encoding.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# The column that says whether a value breaks the feed's `where`, for feeds of which one can.
UNDECIDED = "_undecided"
# pandas counts nanoseconds from 1970 in 64 bits.
READABLE_UNTIL = date(2262, 4, 11)


def reasons(source: Source, feed: Feed, table: Table, texts: Mapping[str, str]) -> Column:
    """The codes of all that is wrong with a row, empty for a valid one.

    `texts` names, for each typed column that was read from text, the column that holds the text.
    """
    found = _conditions(source, feed, table, texts)
    # Takes out the nulls; array_compact would too, and keep Spark from compiling the whole.
    codes = F.array_except(
        F.array([F.when(wrong, F.lit(code)) for code, wrong in found.items()]), F.array(F.lit(None).cast("string"))
    )
    none = F.array().cast("array<string>")
    # Always true, and not known to be: else Spark would move conditions on the reasons below everything that they are made
    # of, judge each row twice, and take minutes to plan it.
    opaque = F.spark_partition_id() >= 0
    malformed = F.col("_malformed").isNotNull() & opaque
    # The array is made for bad rows alone: of millions of good ones, each would cost an allocation.
    judged = F.when(malformed, F.array(F.lit("malformed_row")))
    if feed.undecided:
        judged = judged.when(F.col(UNDECIDED), F.array(F.lit("bad_where")))
    return judged.when(reduce(Column.__or__, found.values()), codes).otherwise(none)


def is_rejected(source: Source, feed: Feed, table: Table, texts: Mapping[str, str]) -> Column:
    """Whether anything is wrong with a row, by the fields that it has; a malformed one is none of them."""
    return reduce(Column.__or__, _conditions(source, feed, table, texts).values()) & (F.spark_partition_id() >= 0)


def _conditions(source: Source, feed: Feed, table: Table, texts: Mapping[str, str]) -> dict[str, Column]:
    """Each code and the condition, never null, under which it applies."""
    found = {"bad_encoding": F.col("_bad_encoding")}
    never_empty = [c.name for c in table.columns if not c.nullable]
    for name in dict.fromkeys([*never_empty, *feed.required]):
        found[f"missing_{name}"] = F.col(texts.get(name, name)).isNull()
    assert isinstance(table.refresh, Merge), f"{table.name} is not fed by contracts"
    converts = table.refresh.converts if is_converted(feed.columns) else {}
    times = [c.name for c in table.columns if c.type == TIMESTAMP and c.name in texts]
    for name, text in texts.items():
        is_bad = F.col(text).isNotNull() & F.col(name).isNull()
        if name in converts:
            # Without a rate it is null, too.
            is_bad &= ~F.col(NO_RATE)
        found[f"bad_{name}"] = is_bad & ~F.col(text).rlike(LONG_AGO) if name in times else is_bad
    for name, values in feed.allowed.items():
        found[f"unknown_{name}"] = F.coalesce(~F.col(name).isin(*values), F.lit(False))
    if times:
        found["past"] = reduce(Column.__or__, [_is_past(source, name, texts[name]) for name in times])
        found["future"] = reduce(Column.__or__, [_is_future(source, name, name == table.event_time) for name in times])
    if converts:
        found["no_rate"] = F.col(NO_RATE)
    for name, rule in feed.rules.items():
        found[name] = F.coalesce(~F.expr(rule), F.lit(False))
    return found


def _is_past(source: Source, name: str, text: str) -> Column:
    is_early = F.coalesce(F.col(name) < _midnight(source.earliest), F.lit(False))
    return is_early | (F.col(name).isNull() & F.coalesce(F.col(text).rlike(LONG_AGO), F.lit(False)))


def _is_future(source: Source, name: str, is_event_time: bool) -> Column:
    """Other times than the row's own may be due later, such as the end of a subscription."""
    seconds = int(source.future_tolerance.total_seconds())
    limit = F.col("_ingested_at") + F.expr(f"interval {seconds} second") if is_event_time else _midnight(READABLE_UNTIL)
    return F.coalesce(F.col(name) > limit, F.lit(False))


def _midnight(day: date) -> Column:
    return F.lit(f"{day.isoformat()} 00:00:00").cast(TIMESTAMP)
