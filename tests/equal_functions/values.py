"""A fixed table of values that real data seldom have, a few of each type."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

LARGEST = Decimal("999999999999.999999")
TEXTS = [
    "",
    " a ",
    "Straße",
    "日本語",
    "O'Brien",
    "a,b,,c",
    "%_\\",
    "null",
    "Ünï 12 İ",
    "view",
    "e\u0301 é",
    "A1b22",
    "x\ty\nz",
    None,
]
OTHERS = ["", "a", "S", "本", "'", ",", "_", None, "Ünï", "VIEW", "é", "1", "y", "b"]
WHOLE = [0, 1, -1, 7, -7, 2**53 + 1, -(2**53) - 1, 10, 100, None, 3, -3, 2, 5]
SMALL = [1, 2, -2, 3, 3, 1, 5, -1, 7, 1, None, 2, 4, 12]
REAL = [0.0, -0.0, 1.5, -1.5, 2.5, -2.5, 0.1, 1e15, -1e-7, float("nan"), float("inf"), float("-inf"), None, 1234.5678]
MONEY = ["0", "0.000001", "-0.000001", "1.005", "2.5", "-2.5", "9.99", "-1.5", "100", "0.5", "-0.5", "12.345678", None, "1"]
DAYS = [
    *(date(1970, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(1900, 3, 1), date(2020, 12, 31), date(2021, 1, 3)),
    *(date(2024, 12, 30), date(1700, 1, 1), date(2199, 12, 31), date(2023, 3, 31), date(2024, 1, 1), date(1999, 12, 27), None),
    date(2000, 2, 29),
]
TIMES = ["00:00:00", "23:59:59.999999", "12:00:00", "00:00:00.000001", "06:30:15.5"]


def values() -> pa.Table:
    """s and t are text; i and j whole, j small and never 0; x and y double; m and n money; b and c boolean; d and e days; at and until moments."""
    size = len(TEXTS)
    moments = [None if day is None else _moment(day, n) for n, day in enumerate(DAYS)]
    columns: dict[str, tuple[pa.DataType, list[Any]]] = {
        "id": (pa.int64(), list(range(size))),
        "s": (pa.string(), TEXTS),
        "t": (pa.string(), OTHERS),
        "i": (pa.int64(), WHOLE),
        "j": (pa.int64(), SMALL),
        "x": (pa.float64(), REAL),
        "y": (pa.float64(), REAL[1:] + REAL[:1]),
        "m": (pa.decimal128(18, 6), [None if v is None else Decimal(v) for v in MONEY[:-1]] + [LARGEST]),
        "n": (pa.decimal128(18, 6), [None if v is None else Decimal(v) for v in MONEY[3:] + MONEY[:3]]),
        "b": (pa.bool_(), [True, False, None, True, False, None, True, False, None, True, True, False, False, None]),
        "c": (pa.bool_(), [True, True, True, False, False, False, None, None, None, True, False, True, None, False]),
        "d": (pa.date32(), DAYS),
        "e": (pa.date32(), DAYS[2:] + DAYS[:2]),
        "at": (pa.timestamp("us", tz="UTC"), moments),
        "until": (pa.timestamp("us", tz="UTC"), moments[1:] + moments[:1]),
    }
    return pa.table({name: pa.array(items, kind) for name, (kind, items) in columns.items()})


def _moment(day: date, number: int) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T{TIMES[number % len(TIMES)]}").replace(tzinfo=UTC)
