"""Amounts in other currencies, converted by declared daily rates.

`conf/rates.csv` has a line a day and pair of currencies, `day,from,to,rate`: one unit of `from` is `rate` units of `to` on that
day (UTC). On a day without a rate, such as a holiday, the last one of the seven days before holds. A feed that gives a silver
table's `reported_currency` has its amounts converted into the source's currency, the amount as it came is kept beside them, and
a row without a rate is rejected (`no_rate`): amounts of several currencies are never added up.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from pathlib import Path

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.source import CURRENCY, Rate, Source
from libs.settings.layers import ConfigError
from libs.tables import DATE, MONEY, STRING

NO_RATE = "_no_rate"
HEADER = ["day", "from", "to", "rate"]
# What values of a line look like: a day, two codes of ISO 4217, a number above 0.
FORMS = [re.compile(form) for form in (r"\d{4}-\d\d-\d\d", "[A-Z]{3}", "[A-Z]{3}", r"[0-9]*\.?[0-9]+([eE][+-]?[0-9]{1,2})?")]
EXAMPLE = "2026-03-21,JPY,USD,0.0067 (codes in capitals; a rate above 0, of at most 8 digits before the point and 10 behind)"
HOLDS_FOR = timedelta(days=7)
# With an amount's 18 digits these stay within the 38 that a product may have, so that engines round nothing before the end.
RATE = "decimal(18,10)"


def load_rates(file: Path | None) -> tuple[Rate, ...]:
    """The rates that the file declares, in UTF-8; without one, none. Blanks around values and empty lines are left out.

    Raises ConfigError, one line with file and line, for what is no rate, and for two that differ for one day and pair.
    """
    if file is None:
        return ()
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: it is not in UTF-8: save it as such") from None
    rows = [[value.strip() for value in next(csv.reader([line]), [])] for line in lines]
    if not rows or rows[0] != HEADER:
        raise ConfigError(f"{file}:1: its columns are not {','.join(HEADER)}: write this line first")
    found: dict[tuple[date, str, str], tuple[int, Rate]] = {}
    for number, row in enumerate(rows[1:], 2):
        if any(row):
            rate = _rate(file, number, row)
            first, known = found.setdefault((rate.day, rate.of, rate.to), (number, rate))
            if known.rate != rate.rate:
                raise ConfigError(
                    f"{file}:{number}: line {first} has another rate of {rate.of} to {rate.to} for {rate.day}: keep one"
                )
    return tuple(rate for _, rate in found.values())


def with_rates(sources: Mapping[str, Source], file: Path | None) -> dict[str, Source]:
    """The sources, by name, with the rates of the file beside their own. Raises ConfigError as `load_rates` does."""
    rates = load_rates(file)
    return {name: source.model_copy(update={"rates": (*source.rates, *rates)}) for name, source in sources.items()}


def _rate(file: Path, line: int, row: list[str]) -> Rate:
    if len(row) == len(HEADER) and all(form.fullmatch(value) for form, value in zip(FORMS, row, strict=True)):
        day, given, to, rate = row
        with suppress(ValueError):
            return Rate(day=date.fromisoformat(day), of=given, to=to, rate=Decimal(format(Decimal(rate), "f")))
    raise ConfigError(f"{file}:{line}: {','.join(row)} is no rate: write a line as {EXAMPLE}")


def is_converted(columns: Iterable[str]) -> bool:
    """Whether a feed that gives these columns says what its amounts are in."""
    return CURRENCY in columns


def converted(typed: DataFrame, names: list[str], source: Source, converts: Mapping[str, str], event_time: str) -> DataFrame:
    """Typed rows, whose columns are `names`, with amounts in the source's currency, and a column NO_RATE: whether none is known for it.

    converts: the columns of amounts, each with the one that keeps the amount as it came. event_time: the rate is of its day.
    """
    currency = F.upper(F.col(CURRENCY))
    is_other = F.coalesce(currency != source.currency, F.lit(False))
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
