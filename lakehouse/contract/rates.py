"""Amounts in other currencies, converted by declared daily rates.

`conf/rates.csv` has a line a day and pair of currencies, `day,from,to,rate`: one unit of `from` is `rate` units of `to` on that
day (UTC). On a day without a rate, such as a holiday, the last one of the seven days before holds. A feed that gives a silver
table's `reported_currency` has its amounts converted into the source's currency, the amount as it came is kept beside them, and
a row without a rate is rejected (`no_rate`): amounts of several currencies are never added up.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce
from pathlib import Path

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.source import Rate, Source
from libs.settings.layers import ConfigError
from libs.tables import DATE, MONEY, STRING

CURRENCY = "reported_currency"
NO_RATE = "_no_rate"
HEADER = ["day", "from", "to", "rate"]
HOLDS_FOR = timedelta(days=7)
# With an amount's 18 digits these stay within the 38 that a product may have, so that engines round nothing before the end.
RATE = "decimal(18,10)"


def load_rates(file: Path | None) -> tuple[Rate, ...]:
    """The rates that the file declares; without one, none. Raises ConfigError, one line with file and line."""
    if file is None:
        return ()
    with file.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.reader(lines)
        if next(reader, None) != HEADER:
            raise ConfigError(f"{file}:1: its columns are not {','.join(HEADER)}: write this line first")
        return tuple(_rate(file, reader.line_num, row) for row in reader if row)


def _rate(file: Path, line: int, row: list[str]) -> Rate:
    try:
        day, given, to, rate = row
        found = Rate(day=date.fromisoformat(day), of=given, to=to, rate=Decimal(rate))
    except (ValueError, InvalidOperation):
        raise ConfigError(f"{file}:{line}: {','.join(row)} is no rate: write a line as 2026-03-21,JPY,USD,0.0067") from None
    return found


def is_converted(columns: Iterable[str]) -> bool:
    """Whether a feed that gives these columns says what its amounts are in."""
    return CURRENCY in columns


def converted(typed: DataFrame, names: list[str], source: Source, converts: Mapping[str, str], event_time: str) -> DataFrame:
    """Typed rows, whose columns are `names`, with amounts in the source's currency, and a column NO_RATE: whether none is known for it.

    converts: the columns of amounts, each with the one that keeps the amount as it came. event_time: the rate is of its day.
    """
    currency = F.upper(F.col(CURRENCY))
    is_other = currency.isNotNull() if source.currency is None else F.coalesce(currency != source.currency, F.lit(False))
    rated = _with_rate(typed, source, currency, F.col(event_time).cast(DATE))
    amounts = {name: F.when(is_other, (F.col(name) * F.col("_rate")).try_cast(MONEY)).otherwise(F.col(name)) for name in converts}
    changed = amounts | {CURRENCY: currency} | {kept: F.col(name) for name, kept in converts.items()}
    columns = [changed[name].alias(name) if name in changed else F.col(name) for name in names]
    has_amount = reduce(Column.__or__, [F.col(name).isNotNull() for name in converts])
    return rated.select(*columns, (is_other & has_amount & F.col("_rate").isNull()).alias(NO_RATE))


def _with_rate(typed: DataFrame, source: Source, currency: Column, day: Column) -> DataFrame:
    rates = daily(source)
    if not rates:
        return typed.withColumn("_rate", F.lit(None).cast(RATE))
    rows = [(of, on, str(rate)) for (of, on), rate in rates.items()]
    known = typed.sparkSession.createDataFrame(rows, f"_of {STRING}, _on {DATE}, _rate {STRING}")
    known = known.withColumn("_rate", F.col("_rate").cast(RATE))
    return typed.join(F.broadcast(known), on=(currency == F.col("_of")) & (day == F.col("_on")), how="left")


def daily(source: Source) -> dict[tuple[str, date], Decimal]:
    """Into the source's currency, the rate of each other one on each day on which one holds."""
    declared = sorted((rate for rate in source.rates if rate.to == source.currency), key=lambda rate: (rate.of, rate.day))
    found: dict[tuple[str, date], Decimal] = {}
    for rate in declared:
        for days in range(HOLDS_FOR.days + 1):
            found[rate.of, rate.day + timedelta(days=days)] = rate.rate
    return found
