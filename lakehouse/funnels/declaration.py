"""Declared funnels: `conf/funnels.yaml`, read into frozen objects; what is wrong is refused with file and line.

How chains of events are told from these declarations stands in `lakehouse.funnels.chains`.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import sqlglot
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from sqlglot import exp

from lakehouse.silver import events
from libs.duration import duration
from libs.layers import ConfigError
from libs.located import Place, read_located
from libs.project import PROJECT_ROOT

# A change of an event may change the entrants of as many days before it.
MAX_WINDOW = timedelta(days=366)
# Each step and exclusion is a bit of a 64-bit integer.
MAX_STEPS = 30
COLUMNS = frozenset(events.TABLE.column_names)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Faults = Iterator[tuple[Place, str]]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _window(window: timedelta) -> timedelta:
    if not timedelta(0) < window <= MAX_WINDOW:
        raise ValueError(f"a window is longer than nothing and at most {MAX_WINDOW.days}d")
    return window


def _condition(sql: str) -> str:
    """Refuse what is no condition over the columns of one event."""
    try:
        parsed = sqlglot.parse_one(sql, dialect="spark")
    except sqlglot.ParseError as error:
        found = error.errors[0] if error.errors else {"description": str(error)}
        raise ValueError(f"{sql!r} is no SQL condition: {found['description']}") from None
    if next(parsed.find_all(exp.Query, exp.AggFunc, exp.Window), None) is not None:
        raise ValueError(f"{sql!r}: a condition is about one event; it holds no query, aggregate or window")
    unknown = sorted({c.sql() for c in parsed.find_all(exp.Column) if c.table or c.name.lower() not in COLUMNS})
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: not a column of {events.TABLE.name}, which has {', '.join(sorted(COLUMNS))}")
    return sql


def _column(name: str) -> str:
    if name not in COLUMNS:
        raise ValueError(f"{name} is not a column of {events.TABLE.name}, which has {', '.join(sorted(COLUMNS))}")
    return name


class Step(_Strict):
    """An event that counts: its type, and an SQL condition over its columns. An optional step may be left out by a chain."""

    name: Name
    event_type: str = Field(min_length=1)
    where: Annotated[str, AfterValidator(_condition)] | None = None
    optional: bool = False


class Exclusion(_Strict):
    """An event of this type ends a chain that stands between these two steps."""

    event_type: str = Field(min_length=1)
    between: tuple[str, str]


class Funnel(_Strict):
    """One declared funnel. The first step is never optional: an event of it is an entry."""

    name: Name
    unit: Literal["user", "session"]
    window: Annotated[timedelta, BeforeValidator(duration), AfterValidator(_window)]
    order: Literal["ordered", "strict", "any"] = "ordered"
    reentry: Literal["best", "first"] = "best"
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MAX_STEPS)
    exclude: tuple[Exclusion, ...] = Field((), max_length=MAX_STEPS)
    breakdowns: tuple[Annotated[str, AfterValidator(_column)], ...] = ()

    @property
    def step_names(self) -> list[str]:
        """Names in their order."""
        return [step.name for step in self.steps]

    def position(self, step: str) -> int:
        """Which of the steps, from 0, bears the name."""
        return self.step_names.index(step)

    @model_validator(mode="after")
    def _is_consistent(self) -> "Funnel":
        _raise_all("Funnel", [*_step_faults(self), *_exclusion_faults(self), *_twice(self.breakdowns, ("breakdowns",))])
        return self


class Funnels(_Strict):
    """All declared funnels, each under a name of its own."""

    funnels: tuple[Funnel, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> "Funnels":
        _raise_all("Funnels", [*_twice([f.name for f in self.funnels], ("funnels",), "name")])
        return self

    @property
    def digest(self) -> str:
        """Changes whenever a declaration does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def load_funnels(file: Path | None, project_root: Path = PROJECT_ROOT) -> Funnels:
    """Return the funnels that `file` declares; none where there is no file.

    Raises ConfigError, one line that names the file, and the line and key of each fault.
    """
    if file is None:
        return Funnels()
    located = read_located(file, project_root)
    try:
        return Funnels.model_validate(located.values)
    except ValidationError as error:
        problems = [located.problem(e["loc"], _words(e["type"], e["msg"])) for e in error.errors(include_url=False)]
        raise ConfigError("; ".join(problems)) from None


def _step_faults(funnel: Funnel) -> Faults:
    yield from _twice(funnel.step_names, ("steps",), "name")
    if funnel.steps[0].optional:
        yield ("steps", 0, "optional"), "the first step is the entry; it can't be optional"
    for position, step in enumerate(funnel.steps):
        if step.optional and funnel.order == "any":
            yield ("steps", position, "optional"), "in any order it is counted how many steps were taken; none is optional"


def _exclusion_faults(funnel: Funnel) -> Faults:
    steps = {step.name: step for step in funnel.steps}
    for number, exclusion in enumerate(funnel.exclude):
        place: Place = ("exclude", number)
        for end, name in enumerate(exclusion.between):
            if name not in steps:
                yield (*place, "between", end), f"{name} is no step; the steps are {', '.join(steps)}"
            elif steps[name].optional:
                yield (*place, "between", end), f"{name} is optional; an exclusion lies between steps that are not"
        if all(name in steps for name in exclusion.between) and len({*exclusion.between}) < 2:
            yield (*place, "between"), "name two different steps"
        elif all(name in steps for name in exclusion.between) and funnel.position(exclusion.between[0]) > funnel.position(
            exclusion.between[1]
        ):
            yield (*place, "between"), "name the earlier step first"
        if exclusion.event_type in {step.event_type for step in funnel.steps}:
            yield (*place, "event_type"), f"{exclusion.event_type} events are a step; what is excluded is none"


def _twice(names: Sequence[str], place: Place, *key: str) -> Faults:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield (*place, position, *key), f"{name} is there already; name each once"


def _raise_all(title: str, faults: Sequence[tuple[Place, str]]) -> None:
    """Raise every fault at its own place, so that each is told with its own line."""
    if faults:
        errors = [InitErrorDetails(type=PydanticCustomError("funnel", "{m}", {"m": m}), loc=p, input=None) for p, m in faults]
        raise ValidationError.from_exception_data(title, errors)


def _words(kind: str, message: str) -> str:
    known: dict[str, Callable[[], str]] = {"extra_forbidden": lambda: "unknown key", "missing": lambda: "missing"}
    return known[kind]() if kind in known else message.removeprefix("Value error, ")
