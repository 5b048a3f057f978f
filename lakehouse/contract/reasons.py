"""Why a row is rejected: codes that name the column or the rule.

`malformed_row` (a wrong number of fields; nothing else is said of such a row), `bad_encoding` (bytes that are no text),
`missing_<column>`, `bad_<column>` (can't be read as the column's type), `unknown_<column>` (not an allowed value),
`future` (later than its arrival by more than the source's tolerance), and the names of the feed's rules.
"""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.contract.source import Feed, Source
from libs.tables import Table

# What a decoder puts where bytes are no text in the declared encoding.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


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
    return F.when(malformed, F.array(F.lit("malformed_row"))).when(reduce(Column.__or__, found.values()), codes).otherwise(none)


def _conditions(source: Source, feed: Feed, table: Table, texts: Mapping[str, str]) -> dict[str, Column]:
    """Each code and the condition, never null, under which it applies."""
    found = {"bad_encoding": F.col("_bad_encoding")}
    never_empty = [c.name for c in table.columns if not c.nullable]
    for name in dict.fromkeys([*never_empty, *feed.required]):
        found[f"missing_{name}"] = F.col(texts.get(name, name)).isNull()
    for name, text in texts.items():
        found[f"bad_{name}"] = F.col(text).isNotNull() & F.col(name).isNull()
    for name, values in feed.allowed.items():
        found[f"unknown_{name}"] = F.coalesce(~F.col(name).isin(*values), F.lit(False))
    if table.event_time:
        found["future"] = _is_future(source, table.event_time)
    for name, rule in feed.rules.items():
        found[name] = F.coalesce(~F.expr(rule), F.lit(False))
    return found


def _is_future(source: Source, event_time: str) -> Column:
    seconds = int(source.future_tolerance.total_seconds())
    limit = F.col("_ingested_at") + F.expr(f"interval {seconds} second")
    return F.coalesce(F.col(event_time) > limit, F.lit(False))
