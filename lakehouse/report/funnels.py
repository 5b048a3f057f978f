"""The declared funnels on the page: conversion and time to convert by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from lakehouse.funnels.declaration import Funnel
from lakehouse.report.data import ReportData, rows_of
from lakehouse.report.numbers import day, elapsed, percent, whole
from lakehouse.report.sections import BREAKDOWN_ROWS, Bars, bars

EMPTY = "No day of entry with entrants has a complete window yet."
ORDERS = {"ordered": "steps in order", "strict": "steps in order with nothing between", "any": "steps in any order"}


@dataclass(frozen=True)
class FunnelPart:
    """One funnel: its steps, its breakdowns, and a note on how it is counted and for which days."""

    title: str
    said: str
    steps: Bars
    breakdowns: Sequence[Bars]


def funnels(data: ReportData) -> list[FunnelPart]:
    """The funnels in the order of their declarations."""
    return [_part(funnel, data.funnels[data.funnels["funnel"] == funnel.name]) for funnel in data.about.funnels.funnels]


def _part(funnel: Funnel, rows: pd.DataFrame) -> FunnelPart:
    steps = _steps(funnel, rows[rows["breakdown"] == "all"])
    tables = [_broken_down(name, rows[rows["breakdown"] == name]) for name in funnel.breakdowns]
    return FunnelPart(_words(funnel.name), _said(funnel, rows), steps, [table for table in tables if table.rows])


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _said(funnel: Funnel, rows: pd.DataFrame) -> str:
    said = f"By {funnel.unit}, {ORDERS[funnel.order]}, within {elapsed(funnel.window / timedelta(seconds=1))} of the entry"
    if rows.empty:
        return f"{said}."
    first, last = (pd.Timestamp(rows[name].iloc[0]) for name in ("first_day", "last_day"))
    return f"{said}. Entered {day(first)} to {day(last)}, the last days whose window is complete."


def _steps(funnel: Funnel, rows: pd.DataFrame) -> Bars:
    before, cells = None, []
    for r in rows_of(rows):
        step = funnel.steps[int(r.step_number) - 1]
        optional = funnel.order != "any" and step.optional
        cells.append(
            (
                (
                    f"{r.step_number}. {str(r.step_name).replace('_', ' ')}{' (optional)' if optional else ''}",
                    whole(r.converted),
                    percent(r.converted / r.entrants),
                    percent(r.converted / before) if before else "",
                    elapsed(r.median_seconds) if r.step_number > 1 else "",
                ),
                float(r.converted),
            )
        )
        before = before if optional else r.converted
    head = ["Step", f"{funnel.unit.capitalize()}s", "From entry", "From step before", "Median time"]
    return bars("Steps", head, cells, "", EMPTY)


def _broken_down(breakdown: str, rows: pd.DataFrame) -> Bars:
    """Entrants and the share that reached the last step, by the entry's value; the most frequent values."""
    last = rows[rows["step_number"] == rows["step_number"].max()].sort_values("entrants", ascending=False, kind="stable")
    cells = [
        ((str(r.breakdown_value), whole(r.entrants), percent(r.converted / r.entrants)), float(r.entrants))
        for r in rows_of(last.head(BREAKDOWN_ROWS))
    ]
    return bars(f"By {breakdown.replace('_', ' ')}", [_words(breakdown), "Entered", "Converted"], cells, "", EMPTY)
