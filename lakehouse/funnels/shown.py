"""The steps of a funnel and its actors, as text and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from lakehouse.funnels.explain import Entries, StepCount, counted, steps


@dataclass(frozen=True)
class Shown:
    """Lines for a reader, and the same as JSON."""

    lines: Sequence[str]
    as_json: Mapping[str, object]


def _days(entries: Entries) -> str:
    return str(entries.first) if entries.first == entries.last else f"{entries.first}..{entries.last}"


def _of_breakdown(entries: Entries) -> str:
    return f" with {'='.join(entries.breakdown)}" if entries.breakdown else ""


def _asked(entries: Entries) -> dict[str, object]:
    breakdown = dict([entries.breakdown]) if entries.breakdown else {}
    return {"funnel": entries.funnel.name, "date": _days(entries), **({"breakdown": breakdown} if breakdown else {})}


def shown_actors(entries: Entries, position: int) -> Shown:
    """Who reached the step."""
    step, found = entries.funnel.row_names[position], counted(entries, position)
    at = "%H:%M:%S" if entries.first == entries.last else "%Y-%m-%d %H:%M:%S"
    lines = [f"  {c.kind} {c.actor}  entered {c.entered_at:{at}} UTC, {step} after {c.seconds:g} s" for c in found]
    actors = [asdict(one) | {"entered_at": one.entered_at.isoformat()} for one in found]
    shown = {**_asked(entries), "step": step, "converted": len(found), "actors": actors}
    head = f"{entries.funnel.name}, entered on {_days(entries)}{_of_breakdown(entries)}: {len(found)} reached {step}"
    return Shown([head, *lines], shown)


def shown_steps(entries: Entries) -> Shown:
    """How many actors reached each step, each counted once."""
    name, days, found = entries.funnel.name, _days(entries) + _of_breakdown(entries), steps(entries)
    lines = [f"  {s.step}: {s.converted:,} of {s.entrants:,} ({_share(s)}){_after(s)}" for s in found]
    head = f"{name}, entered on {days}, each {entries.funnel.unit} once:" if found else f"{name}: nobody entered on {days}"
    late = [] if entries.is_mature else ["the window of some who entered has not ended yet: their conversion may still rise"]
    shown = {**_asked(entries), "is_mature": entries.is_mature, "steps": [asdict(s) for s in found]}
    return Shown([head, *lines, *late], shown)


def _share(step: StepCount) -> str:
    return f"{step.converted / step.entrants:.1%}"


def _after(step: StepCount) -> str:
    return f", median {step.median_seconds:g} s" if step.median_seconds else ""
