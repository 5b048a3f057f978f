"""Where a value breaks SQL of declarations: there its tolerant form (`libs.store.tolerant`) is null, and not for want of a value."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from libs.store.null_forms import BROKEN
from libs.store.tolerant import rewritten
from libs.store.verbatim import Verbatim


def broken(sql: str, types: Mapping[str, str], everything: bool = False) -> str | None:
    """SQL, never null, that is true where `sql` has no value since a value breaks it; None where no value can.

    False where it is null as what it is computed of is null, where another part decides (`a or b` with a true `a`), and where what
    breaks stands in a branch that is not taken. types and everything: as `tolerant` takes them.
    """
    root = rewritten(sql, types, everything)
    if root is None:
        return None
    parts = list(dict.fromkeys(_taken_and_broken(node) for node in root.walk() if BROKEN in node.meta))
    return f"({_sql(root.this)}) is null and coalesce({' or '.join(parts)}, false)" if parts else None


def _taken_and_broken(node: exp.Expr) -> str:
    conditions = [*_branches(node), node.meta[BROKEN]]
    return f"({' and '.join(conditions)})"


def _branches(node: exp.Expr) -> Iterator[str]:
    """What must hold for the node to be computed, of each `if` and `case` that it stands in."""
    while node.parent is not None:
        inner, node = node, node.parent
        if isinstance(node, exp.If):
            yield from _of_if(node, str(inner.arg_key))
        elif isinstance(node, exp.Case):
            before = node.args["ifs"] if inner.arg_key == "default" else node.args["ifs"][: inner.index or 0]
            yield from [_does_not_hold(node, branch) for branch in before if inner.arg_key != "this"]


def _of_if(node: exp.If, part: str) -> Iterator[str]:
    case = node.parent if isinstance(node.parent, exp.Case) else None
    if part == "true":
        yield _holds(case, node)
    elif part == "false":
        yield _does_not_hold(case, node)


def _holds(case: exp.Expr | None, branch: exp.Expr) -> str:
    value = case.args.get("this") if case is not None else None
    condition = _sql(branch.this) if value is None else f"({_sql(value)}) = ({_sql(branch.this)})"
    return f"coalesce({condition}, false)"


def _does_not_hold(case: exp.Expr | None, branch: exp.Expr) -> str:
    return f"not {_holds(case, branch)}"


def _sql(node: exp.Expr) -> str:
    return str(node.sql(dialect=Verbatim))
