"""Random rows of bronze, whose texts are often plausible for the field and often of a form that real files hold too."""

import random
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from lakehouse.catalogue.entry import Catalogue
from lakehouse.contract.source import Source
from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, MONEY, STRING, TIMESTAMP

ARRIVED = datetime(2026, 1, 5, tzinfo=UTC)
# Both engines have time zones of their own; the newest of these only one of them knows.
NEWEST = {"America/Coyhaique"}
ZONES = sorted(
    name
    for name in zoneinfo.available_timezones()
    if "/" in name and name.split("/")[0] not in ("posix", "right") and name not in NEWEST
)
TEXTS = [
    *["", " ", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff", "a", " a ", "\ta\t", "\u00a0a\u00a0", "a\r", "a\n", "two\nlines"],
    *[
        "é",
        "e\u0301",
        "ß",
        "ΑΣς",
        "İstanbul",
        "ǅ",
        "日本語",
        "😀",
        "👩‍👩‍👧",
        "Zo\ufffd",
        "\ufffd",
        "a\u0000b",
        "\u0000",
        "\u0001\u001b\u000b",
    ],
    *["O'Brien", 'say "hi"', "back\\slash", "%_", "null", "NULL", "None", "undefined", "\\N", "NaN", "$1", "[0-9]", "{}"],
    *[
        '{"a": 1, "b": [null, "é"]}',
        '{"a": ',
        "[]",
        "\\u001b",
        "x" * 40_000,
        "\u2028",
        "\x7f\x80",
        "a|b",
        "|",
        "/product/7?ref=a",
    ],
]
NUMBERS = [
    *[
        "12",
        "12.0",
        "12.",
        "-3.",
        "+5",
        "007",
        "1e2",
        "1E+2",
        "-1.5e-3",
        "1e400",
        "1E+400",
        "1e-400",
        "0e999",
        "+.5",
        ".5",
        "-.5e1",
    ],
    *["0.1234565", "0.1234564999999", "-0.0000005", "0.0000005", "999999999999.999999", "999999999999.9999995", "1000000000000"],
    *[
        "-0",
        "-0.0",
        "0.0",
        "99999999999999999999",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "2147483648",
    ],
    *["4.9e-324", "2e-324", "1.7976931348623157e308", "0.30000000000000004", "9007199254740993", "1e23", "5e-7", "4.9999999e-7"],
    *[
        "NaN",
        "Infinity",
        "-Infinity",
        "inf",
        "0x10",
        "1_000",
        "1,000",
        "1.000,5",
        "1d",
        "2f",
        "3L",
        "１２",
        "٣",
        "1e",
        "e5",
        "--1",
        "12\n",
    ],
    *["0." + "0" * 400 + "1", "1" + "0" * 400, "0" * 400 + "1.5", "0." + "9" * 60, "1" * 60 + "e-55", "$5", "5 %", "(5)", "1 2"],
]
TIMES = [
    *["2026", "2026-03", "20260301", "12:30", "12:30:00", "T12:30", "yesterday", "now", "today", "epoch", "0", "1767225600"],
    *[
        "2026-02-29",
        "2024-02-29",
        "2026-02-30 10:00",
        "2026-13-01",
        "2026-00-10",
        "0000-01-01",
        "0001-01-01 00:00:00",
        "999-01-01",
    ],
    *["1000-01-01 00:00+18:00", "1582-10-10 10:00", "1899-12-31T23:59:59Z", "1969-12-31 23:59:59.999999", "1677-09-21 00:12:43"],
    *[
        "2262-04-12",
        "9999-12-31",
        "9999-12-31 23:59:59.999999",
        "9999-12-31 23:59:59-02:00",
        "10000-01-01",
        "12026-01-01 00:00:00",
    ],
    *["2026-01-03 24:00", "2026-01-03 24:00:00", "2026-01-03 23:59:60", "2026-01-03 23:60", "2026-01-03 1:2:3", "2026-1-3 01"],
    *[
        "2026-01-03T",
        "2026-01-03 ",
        "2026-01-03  10:00",
        "2026-01-03t10:00",
        "2026-01-03T10:00z",
        "2026/01/03",
        "03.01.2026",
        "1/3/2026",
    ],
    *["2026-01-03 10:00:00.", "2026-01-03 10:00:00.1234567891", "2026-01-03 10:00:00,5", "2026-01-03 10:00 AM", "2026-01-03Z"],
    *["2026-01-03 10:00 EST", "2026-01-03 10:00 IST", "2026-01-03 10:00 CST", "2026-01-03 10:00 BST", "2026-01-03 10:00 CET"],
    *[
        "2026-01-03 10:00 GMT+2",
        "2026-01-03 10:00 UTC+02:00",
        "2026-01-03 10:00 UT",
        "2026-01-03 10:00 utc",
        "2026-01-03 10:00 Zulu",
    ],
    *[
        "2026-01-03 10:00+2",
        "2026-01-03 10:00+2:00",
        "2026-01-03 10:00+19:00",
        "2026-01-03 10:00-18:30",
        "2026-01-03 10:00+01:00:30",
    ],
    *["2026-01-03 10:00 UTC", "2026-01-03 10:00 +0200", "2026-01-03T9:5Z"],
    *["2026-03-29 02:30 Europe/Berlin", "2026-10-25 02:30 Europe/Berlin", "2026-01-03 10:00 Nowhere/City", "２０２６-01-03"],
]
WORDS = ["true", "T", "Yes", "y", "1", "FALSE", "f", "no", "N", "0", "on", "maybe", "2", "truе"]


def moment(chance: random.Random) -> str:
    """A time in one of the documented forms: mostly of a few hours, so that events meet, else of any year."""
    year = 2026 if chance.random() < 0.9 else chance.randrange(1000, 10_000)
    day = (
        f"{year}-01-0{chance.randrange(1, 4)}" if year == 2026 else f"{year}-{chance.randrange(1, 13)}-{chance.randrange(1, 29)}"
    )
    clock = f"{chance.randrange(24):02}:{chance.choice(['00', '15', '30', '59'])}"
    seconds = chance.choice(["", ":00", ":59", f":07.{chance.randrange(10 ** chance.randrange(1, 10))}"])
    offset = f"{chance.choice('+-')}{chance.randrange(15):02}{chance.choice(['', '00', ':30', ':00'])}"
    zone = chance.choice(["", "", "", "Z", "UTC", "GMT", offset, chance.choice(ZONES)])
    blank = chance.choice(["", " "]) if zone else ""
    return chance.choice([day, *[day + chance.choice(" T") + clock + seconds + blank + zone] * 5])


def number(chance: random.Random) -> str:
    """A number in any form, of any size."""
    whole, fraction = chance.randrange(10 ** chance.randrange(1, 14)), chance.randrange(10 ** chance.randrange(1, 10))
    exponent = f"{chance.choice('eE')}{chance.choice(['', '+', '-'])}{chance.randrange(20)}" if chance.random() < 0.2 else ""
    return f"{chance.choice(['', '', '', '', '', '-', '+'])}{chance.choice([str(whole), f'{whole}.{fraction}', f'.{fraction}'])}{exponent}"


PLAUSIBLE: dict[str, Callable[[random.Random], str]] = {
    STRING: lambda chance: str(int(chance.paretovariate(0.5)) % 1000),
    LONG: lambda chance: str(chance.randrange(100)),
    INTEGER: lambda chance: str(chance.randrange(100)),
    DOUBLE: number,
    MONEY: number,
    BOOLEAN: lambda chance: chance.choice(WORDS),
    DATE: moment,
    TIMESTAMP: moment,
}
ODD = {LONG: NUMBERS, INTEGER: NUMBERS, DOUBLE: NUMBERS, MONEY: NUMBERS, BOOLEAN: WORDS, DATE: TIMES, TIMESTAMP: TIMES}
# Words that declarations of the sources look for.
MEANT = {
    "status": ["Complete", "Shipped", "Returned", "Cancelled", "lost"],
    "event_type": ["purchase", "purchase", "view", "cart", "home", "cancel"],
    "InvoiceNo": [*map(str, range(536365, 536395)), "C536379", "C536391", "A563185"],
    "CustomerID": ["17850.0", "17850", "13047.0", "17850.0\n"],
    "uri": ["/product/1", "/product/2?ref=x", "/product/", "/home"],
    "currency": ["USD", "USD", "EUR", "eur", "JPY", "", "coins"],
    "kind": ["note", "sale", "sale", "sale"],
    "state": ["done", "done", "done", "back", "lost"],
    "day": ["2026-01-01", "2026-1-2"],
    "hour": ["10:00", "9:30:05.5", "23:59:59 Europe/Berlin", "00:00Z"],
    "latitude": ["52.5", "-33.9", "91"],
    "longitude": ["13.4", "151.2"],
    "InvoiceDate": ["2026-01-01 10:00:00", "2026-01-02 08:26", "12/1/2010 8:26"],
}


def bronze_rows(source: Source, table: str, catalogue: Catalogue, rows: int, seed: str) -> pa.Table:
    """Random rows of the source's bronze table; keys are few, so that rows meet, and some rows come twice."""
    chance = random.Random(f"{seed} {source.source} {table}")
    types = _types(source, table, catalogue)
    made = [_row(chance, types) for _ in range(rows)]
    made += [dict(chance.choice(made)) | {"_source_file": "again.csv"} for _ in range(rows // 10)]
    return pa.Table.from_pylist(made, _schema(list(types)))


def _types(source: Source, table: str, catalogue: Catalogue) -> dict[str, str]:
    """The type of the column that each field feeds."""
    declared = source.tables[table]
    types = dict.fromkeys(declared.all_fields, STRING)
    for entity, feed in declared.feeds.items():
        silver = {column.name: column.type for column in catalogue[f"silver.{entity}"].table.columns}
        types |= {str(o.field or o.sql): silver[name] for name, o in feed.columns.items() if (o.field or o.sql) in types}
    return types


def _row(chance: random.Random, types: dict[str, str]) -> dict[str, Any]:
    odd = chance.choice([0, 0, 0, 0.02, 0.1, 0.3, 1])
    row: dict[str, Any] = {name: _text(chance, name, type_, odd) for name, type_ in types.items()}
    extra, malformed = chance.choice([None, None, '{"more": "1"}']), "too,many" if chance.random() < 0.02 else None
    arrived = ARRIVED + timedelta(days=chance.randrange(3), microseconds=chance.choice([0, 1]))
    return row | {"_extra": extra, "_malformed": malformed, "_source_file": chance.choice("ab") + ".csv", "_ingested_at": arrived}


def _text(chance: random.Random, name: str, type_: str, odd: float) -> str | None:
    if chance.random() < odd:
        return chance.choice([None, chance.choice(ODD.get(type_, TEXTS)), chance.choice(chance.choice([TEXTS, NUMBERS, TIMES]))])
    if chance.random() < 0.1 and not name.endswith("id"):
        return None
    return chance.choice(MEANT[name]) if name in MEANT else PLAUSIBLE[type_](chance)


def _schema(fields: list[str]) -> pa.Schema:
    texts = [pa.field(name, pa.string()) for name in (*fields, "_extra", "_malformed", "_source_file")]
    return pa.schema([*texts, pa.field("_ingested_at", pa.timestamp("us", tz="UTC"))])
