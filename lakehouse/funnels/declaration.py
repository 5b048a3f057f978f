"""Declared funnels: `conf/funnels.yaml`, read into frozen objects; an invalid one is refused with file and line.

`lakehouse.funnels.chains` computes chains of events from these declarations.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lakehouse.funnels.conditions import COLUMNS, condition, not_a_column
from libs.settings.duration import duration
from libs.settings.located import Place, raise_faults, read_located
from libs.settings.project import PROJECT_ROOT

# A change of an event may change the entrants of as many days before it.
MAX_WINDOW = timedelta(days=366)
# Each step and exclusion is a bit of a 64-bit integer.
MAX_STEPS = 30

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Faults = Iterator[tuple[Place, str]]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _window(window: timedelta) -> timedelta:
    if not timedelta(0) < window <= MAX_WINDOW:
        raise ValueError(f"a window is longer than 0 and at most {MAX_WINDOW.days}d")
    return window


def _column(name: str) -> str:
    if name not in COLUMNS:
        raise ValueError(f"{name} is {not_a_column()}")
    return name


class Step(_Strict):
    """An event that counts: its type, and an SQL condition over its columns. A chain may skip an optional step."""

    name: Name
    event_type: str = Field(min_length=1)
    where: Annotated[str, AfterValidator(condition)] | None = None
    optional: bool = False


class Exclusion(_Strict):
    """An event of this type between the two steps ends the chain."""

    event_type: str = Field(min_length=1)
    between: tuple[str, str]


class Funnel(_Strict):
    """One declared funnel. The first step is never optional: its event is the entry."""

    name: Name
    unit: Literal["user", "session"]
    window: Annotated[timedelta, BeforeValidator(duration), AfterValidator(_window)]
    order: Literal["ordered", "strict", "any"] = "ordered"
    reentry: Literal["best", "first"] = "best"
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MAX_STEPS)
    exclude: tuple[Exclusion, ...] = Field((), max_length=MAX_STEPS)
    breakdowns: tuple[Annotated[str, AfterValidator(_column)], ...] = ()

    @property
    def window_micros(self) -> int:
        """The window in microseconds."""
        return self.window // timedelta(microseconds=1)

    @property
    def step_names(self) -> list[str]:
        """Names of the steps in their order."""
        return [step.name for step in self.steps]

    @property
    def row_names(self) -> list[str]:
        """Name of what is counted at each step: the step, or in any order how many of them."""
        count = len(self.steps)
        return [f"any {n} of {count}" for n in range(1, count + 1)] if self.order == "any" else self.step_names

    @property
    def parts(self) -> tuple[Step | Exclusion, ...]:
        """Everything that an event may fit: the steps, then the exclusions."""
        return (*self.steps, *self.exclude)

    def position(self, step: str) -> int:
        """The position of the step of this name, from 0."""
        return self.step_names.index(step)

    @model_validator(mode="after")
    def _is_consistent(self) -> "Funnel":
        raise_faults("Funnel", [*_step_faults(self), *_exclusion_faults(self), *_twice(self.breakdowns, ("breakdowns",))])
        return self


class Funnels(_Strict):
    """All declared funnels; names are unique."""

    funnels: tuple[Funnel, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> "Funnels":
        raise_faults("Funnels", [*_twice([f.name for f in self.funnels], ("funnels",), "name")])
        return self

    @property
    def longest_window_days(self) -> int:
        """Days of the longest window, rounded up; 0 where no funnel is declared."""
        return max((-(-funnel.window // timedelta(days=1)) for funnel in self.funnels), default=0)

    @property
    def items(self) -> dict[str, Funnel]:
        """The funnels by name."""
        return {funnel.name: funnel for funnel in self.funnels}

    def only(self, names: frozenset[str]) -> "Funnels":
        """Only the funnels of these names."""
        return Funnels(funnels=tuple(funnel for funnel in self.funnels if funnel.name in names))


def load_funnels(file: Path | None, project_root: Path = PROJECT_ROOT) -> Funnels:
    """Return the funnels that `file` declares; none without a file.

    Raises ConfigError, one line that names the file, and the line and key of each error.
    """
    if file is None:
        return Funnels()
    return read_located(file, project_root).validated(Funnels)


def _step_faults(funnel: Funnel) -> Faults:
    yield from _twice(funnel.step_names, ("steps",), "name")
    if funnel.steps[0].optional:
        yield ("steps", 0, "optional"), "the first step is the entry; it can't be optional"
    for position, step in enumerate(funnel.steps):
        if step.optional and funnel.order == "any":
            yield ("steps", position, "optional"), "order: any counts how many steps were taken; no step can be optional"


def _exclusion_faults(funnel: Funnel) -> Faults:
    types = {step.event_type for step in funnel.steps}
    for number, exclusion in enumerate(funnel.exclude):
        if exclusion.event_type in types:
            yield ("exclude", number, "event_type"), f"{exclusion.event_type} is the event of a step; it can't be excluded"
        for place, message in _between_faults(funnel, exclusion.between):
            yield ("exclude", number, "between", *place), message


def _between_faults(funnel: Funnel, between: tuple[str, str]) -> Faults:
    optional = {step.name: step.optional for step in funnel.steps}
    for end, name in enumerate(between):
        if name not in optional:
            yield (end,), f"{name} is not a step; the steps are {', '.join(optional)}"
        elif optional[name]:
            yield (end,), f"{name} is optional; an exclusion must be between required steps"
    if set(between) <= set(optional) and funnel.position(between[0]) >= funnel.position(between[1]):
        yield (), "name two steps, the earlier one first"


def _twice(names: Sequence[str], place: Place, *key: str) -> Faults:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield (*place, position, *key), f"{name} is named twice; name each once"
