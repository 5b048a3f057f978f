"""Where a value breaks SQL of declarations: the SQL itself would raise there, and has no value, whatever its tolerant form gives.

A part that breaks breaks what it stands in, also where that asks for nulls (`is null`, `<=>`, `coalesce`), but for what another part
decides: `a or b` with a true `a`, a branch that is not taken, a value of `coalesce` behind one that is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlglot import exp

from libs.sql.kinds import FIRST_OF
from libs.sql.null_forms import BROKEN
from libs.sql.tolerant import rewritten, tolerant
from libs.sql.verbatim import Verbatim

HIDING: Final = (exp.And, exp.Or, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Between, exp.In, exp.If, exp.Case)
HIDING_NULLS: Final = (
    *FIRST_OF,
    "nvl2",
    "concat_ws",
    "isnull",
    "isnotnull",
    "nullif",
    "named_struct",
    "struct",
    "array",
    "map",
    "to_json",
)


def broken(sql: str, types: Mapping[str, str], everything: bool = False, condition: bool = False) -> str | None:
    """SQL, never null, that is true where a value breaks `sql`; None where no value can.

    False where it is null as what it is computed of is null. types, everything and condition: as `tolerant` takes them.
    """
    root = rewritten(sql, types, everything, condition)
    return None if root is None else _breaks(root)


def without_value(sql: str, types: Mapping[str, str], everything: bool = False) -> str:
    """The tolerant form of `sql`, null also where it asks for nulls and a value breaks it: `coalesce(cast(s as int), 1)` is not 1 of `x`.

    As `tolerant` where nothing in it does. types and everything: as `tolerant` takes them.
    """
    made, root = tolerant(sql, types, everything), rewritten(sql, types, everything)
    breaks = None if root is None or not any(map(_hides_null, root.walk())) else _breaks(root)
    return made if breaks is None else f"if({breaks}, null, {made})"


def _hides_null(node: exp.Expr) -> bool:
    """Whether it may have a value though a part of it is null."""
    return isinstance(node, HIDING) or (isinstance(node, exp.Anonymous) and node.name.lower() in HIDING_NULLS)


def _breaks(node: exp.Expr) -> str | None:
    """The same of a node of the rewritten tree."""
    own = f"coalesce({node.meta[BROKEN]}, false)" if BROKEN in node.meta else None
    return _any([own, _breaks_within(node)])


def _breaks_within(node: exp.Expr) -> str | None:
    match node:
        case exp.And():
            return _one_decides(list(node.flatten()), "coalesce({}, true)")
        case exp.Or():
            return _one_decides(list(node.flatten()), "not coalesce({}, false)")
        case exp.If():
            return _first_taken(None, [node], node.args.get("false"))
        case exp.Case():
            return _any([_of(node.this), _first_taken(node.this, node.args["ifs"], node.args.get("default"))])
        case exp.Anonymous() if node.name.lower() in FIRST_OF:
            return _first_there(node.expressions)
        case exp.Anonymous(expressions=[asked, there, other]) if node.name.lower() == "nvl2":
            return _any([_breaks(asked), _chosen(f"({_sql(asked)}) is not null", _breaks(there), _breaks(other))])
        case exp.Lambda():
            # What it is given has a name within it alone.
            return None
        case _:
            return _any(map(_breaks, node.iter_expressions()))


def _one_decides(parts: Sequence[exp.Expr], leaves_open: str) -> str | None:
    """Of `and` and `or`: one part breaks, and none that does not decides alone."""
    found = [_breaks(part) for part in parts]
    one_breaks = _any(found)
    if one_breaks is None:
        return None
    is_open = [leaves_open.format(f"({_sql(part)})") for part in parts]
    if sum(breaks is not None for breaks in found) == 1:
        others = [each for each, breaks in zip(is_open, found, strict=True) if breaks is None]
    else:
        others = [str(_any([breaks, each])) for each, breaks in zip(is_open, found, strict=True)]
    return f"({' and '.join([one_breaks, *others])})"


def _first_taken(value: exp.Expr | None, branches: Sequence[exp.Expr], default: exp.Expr | None) -> str | None:
    """A condition breaks before a branch is taken, or what the branch gives."""
    breaks = _of(default)
    for branch in reversed(branches):
        holds = _sql(branch.this) if value is None else f"({_sql(value)}) = ({_sql(branch.this)})"
        breaks = _any([_breaks(branch.this), _chosen(holds, _breaks(branch.args["true"]), breaks)])
    return breaks


def _first_there(values: Sequence[exp.Expr]) -> str | None:
    breaks = None
    for value in reversed(values):
        breaks = _any([_breaks(value), _chosen(f"({_sql(value)}) is null", breaks, None)])
    return breaks


def _chosen(condition: str, true: str | None, false: str | None) -> str | None:
    return None if true is None and false is None else f"if({condition}, {true or 'false'}, {false or 'false'})"


def _of(node: exp.Expr | None) -> str | None:
    return None if node is None else _breaks(node)


def _any(parts: Iterable[str | None]) -> str | None:
    found = list(dict.fromkeys(part for part in parts if part is not None))
    return f"({' or '.join(found)})" if len(found) > 1 else next(iter(found), None)


def _sql(node: exp.Expr) -> str:
    return str(node.sql(dialect=Verbatim))
