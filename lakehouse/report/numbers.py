"""How the page formats numbers and days."""

from datetime import date

import pandas as pd

NOTHING = "–"


def whole(value: float | None) -> str:
    """12,345; a dash for a missing value."""
    return NOTHING if value is None or pd.isna(value) else _signed(f"{value:,.0f}")


def quantity(value: float | None) -> str:
    """12,345, with up to three decimals where it is not whole: 0.5."""
    return NOTHING if value is None or pd.isna(value) else _signed(f"{value:,.3f}".rstrip("0").rstrip("."))


def money(value: float | None) -> str:
    """Whole from 1,000 on, below that with cents."""
    if value is None or pd.isna(value):
        return NOTHING
    return _signed(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}")


def _signed(text: str) -> str:
    """With a minus sign as wide as a digit; 0 has no sign."""
    return text.replace("-", "−") if text.strip("-0.,") else text.lstrip("-")


def percent(value: float | None) -> str:
    """12.3 % from the rate 0.123."""
    return NOTHING if value is None or pd.isna(value) else f"{value:.1%}".replace("%", " %")


def rough_percent(value: float) -> str:
    """12 % from the rate 0.123."""
    return f"{value:.0%}".replace("%", " %")


def change(value: float | None, compared: str) -> str:
    """+1.2 % against …; "as …" where it rounds to 0; empty for a missing value."""
    if value is None:
        return ""
    if abs(value) < 0.0005:
        return f"as {compared}"
    return f"{'+' if value > 0 else '−'}{percent(abs(value))} against {compared}"


def elapsed(seconds: float | None) -> str:
    """45 s, 12 min, 3.5 h, 7 days: two digits, to compare."""
    if seconds is None or pd.isna(seconds):
        return NOTHING
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= (2 * size if unit == "days" else size):
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"


def compact(value: float) -> str:
    """1.2k, 3.4M: for the axis of a plot."""
    for size, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + suffix
    return f"{value:g}"


def day(value: date) -> str:
    """3 Mar 2025."""
    return f"{value.day} {value:%b %Y}"
