"""Why a table is computed in full, as its commit and its sources say."""

from pathlib import Path

from lakehouse.refresh.run import FIRST
from lakehouse.refresh.state import Mark, State, why_rebuilt
from libs.engines.revisions import REVISIONS
from libs.store.published import Published

AT = {"bronze.a": Mark(0, 3)}


def _why(before: State | None, code: str = "code", now: dict[str, Mark] = AT) -> str | None:
    return why_rebuilt(Published(str(Path(__file__).parent)), before, code, now)


def test_the_first_reason_that_holds_is_said() -> None:
    before = State(AT, None, "code", 0, engines=REVISIONS)

    assert _why(before) is None
    assert _why(None) == FIRST
    assert _why(before, "other code") == "its code or declaration changed"
    # The contract of a source that came is code of the table too.
    assert _why(before, "other code", {**AT, "bronze.b": Mark(0, 0)}) == "it is made of other tables than before"
    assert _why(before, now={"bronze.a": Mark(3, 3)}) == "a source was computed in full"
    older = State(AT, None, "code", 0, engines={engine: revision - 1 for engine, revision in REVISIONS.items()})
    assert _why(older) == "the engine that made it had a fault, which is fixed"
