"""Declared SQL in which texts that an engine would cast by itself are read in forms that give null where they can't be read.

Engines cast a text beside a number, a day or a truth, as a condition, and as what a function takes; they end a query at one that is
none, and differ in what they cast at all. Where one of several values is taken (`if`, `case`), numbers beside texts become texts.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlglot import exp

from libs.sql.kinds import FIRST_OF, Kind, common, kind_of
from libs.sql.readings import as_text, as_type, is_plain_number, is_word, read_as, whole_number
from libs.sql.taken import TAKEN, as_taken

Types = Mapping[str, str]
COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
NUMBERS: Final = ("small", "whole", "number")
CALCULATIONS: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod)


def explicit(node: exp.Expr, types: Types) -> exp.Expr:
    """The node, of which the parts are explicit already, with explicit casts of its own; itself where it needs none."""
    match node:
        case exp.Neg() if kind_of(node.this, types) == "text":
            return exp.Neg(this=read_as(node.this, "number"))
        case exp.Between():
            return _alike(node, ["this", "low", "high"], types)
        case exp.In() if not node.args.get("query"):
            read = alike([node.this, *node.expressions], types)
            return _with(_with(node, {"this": read[0]}), {"expressions": read[1:]})
        case exp.And() | exp.Or():
            return _with(node, {name: as_condition(node.args[name], types) for name in ("this", "expression")})
        case exp.Not():
            return _with(node, {"this": as_condition(node.this, types)})
        case exp.Is(expression=exp.Boolean()):
            return _with(node, {"this": as_condition(node.this, types)})
        case exp.If():
            return _if(node, types)
        case exp.Case():
            return _case(node, types)
        case exp.Like() | exp.RegexpLike():
            return _with(node, {name: as_taken(node.args[name], "text", types) for name in ("this", "expression")})
        case exp.Substring() if node.args.get("length"):
            return _with(node, {"length": as_taken(node.args["length"], "count", types)})
        case exp.Anonymous():
            return _call(node, types)
        case _ if isinstance(node, CALCULATIONS):
            return _calculation(node, types)
        case _ if isinstance(node, COMPARISONS):
            return _alike(node, ["this", "expression"], types)
        case _:
            return node


def as_condition(node: exp.Expr, types: Types) -> exp.Expr:
    """What decides, as true or false."""
    return read_as(node, "boolean") if kind_of(node, types) == "text" else node


def alike(parts: Sequence[exp.Expr], types: Types) -> list[exp.Expr]:
    """Values that are compared with each other, the texts among them read as what the others are.

    Beside them numbers are doubles, and days beside moments moments: the native engine would make decimals, or nanoseconds, of both.
    """
    kinds = [kind_of(part, types) for part in parts]
    to = common(kind for kind in kinds if kind not in ("text", "interval"))
    is_read = [to != "unknown" and (kind == "text" or _is_read(part, to)) for part, kind in zip(parts, kinds, strict=True)]
    read = [read_as(part, to) if is_text else part for part, is_text in zip(parts, is_read, strict=True)]
    if to == "moment":
        return [as_type(part, "timestamp") if kind == "date" else part for part, kind in zip(read, kinds, strict=True)]
    if to == "number" and any(is_read):
        return [as_type(part, "double") if kind in NUMBERS else part for part, kind in zip(read, kinds, strict=True)]
    return read


def _is_read(part: exp.Expr, to: Kind) -> bool:
    """Whether it is a quoted text that no engine reads so."""
    is_quoted = isinstance(part, exp.Literal) and bool(part.is_string)
    return is_quoted and (to == "boolean" or (to in NUMBERS and not is_plain_number(part)))


def _alike(node: exp.Expr, names: Sequence[str], types: Types) -> exp.Expr:
    return _with(node, dict(zip(names, alike([node.args[name] for name in names], types), strict=True)))


def _calculation(node: exp.Expr, types: Types) -> exp.Expr:
    left, right = kind_of(node.this, types), kind_of(node.expression, types)
    if left == right == "text":
        to: Kind = "whole" if isinstance(node, exp.IntDiv) else "number"
        return _with(node, {"this": read_as(node.this, to), "expression": read_as(node.expression, to)})
    if (left, right) == ("date", "text") and isinstance(node, exp.Add):
        return _with(node, {"expression": whole_number(node.expression, "int")})
    changed = {}
    for name, kind, beside in (("this", left, right), ("expression", right, left)):
        if kind == "text" and beside != "unknown":
            changed[name] = read_as(node.args[name], beside)
    return _with(node, changed)


def _if(node: exp.If, types: Types) -> exp.Expr:
    """A branch of a `case` has no `false`, and none that compares a value has a condition."""
    case = node.parent if isinstance(node.parent, exp.Case) else None
    if case is not None:
        return node if case.this is not None else _with(node, {"this": as_condition(node.this, types)})
    there = [name for name in ("true", "false") if node.args.get(name) is not None]
    values = _of_one_kind([node.args[name] for name in there], types)
    return _with(node, {"this": as_condition(node.this, types), **dict(zip(there, values, strict=True))})


def _case(node: exp.Case, types: Types) -> exp.Expr:
    branches, default = node.args["ifs"], node.args.get("default")
    values = [branch.args["true"] for branch in branches] + ([default] if default is not None else [])
    asked = [node.this, *(branch.this for branch in branches)] if node.this is not None else []
    read, kept = alike(asked, types), _of_one_kind(values, types)
    if _same(read, asked) and _same(kept, values):
        return node
    changed = node.copy()
    for number, branch in enumerate(changed.args["ifs"]):
        branch.set("true", kept[number].copy())
        if asked:
            branch.set("this", read[number + 1].copy())
    if asked:
        changed.set("this", read[0].copy())
    if default is not None:
        changed.set("default", kept[-1].copy())
    return changed


def _of_one_kind(values: Sequence[exp.Expr], types: Types) -> list[exp.Expr]:
    """Values of which one is taken: texts, where one of them is a text."""
    kinds = [kind_of(value, types) for value in values]
    if "text" not in kinds and not any(map(is_word, values)):
        return list(values)
    return [value if kind in ("text", "unknown") else as_text(value) for value, kind in zip(values, kinds, strict=True)]


def _call(node: exp.Anonymous, types: Types) -> exp.Expr:
    name, given = node.name.lower(), list(node.expressions)
    if name in FIRST_OF:
        return _with(node, {"expressions": (_of_one_kind if any(map(is_word, given)) else alike)(given, types)})
    if name == "nullif" and len(given) == 2:
        return _nullif(node, given[0], given[1], types)
    places = TAKEN.get(name)
    if not places:
        return node
    of_places = [places[min(number, len(places) - 1)] for number in range(len(given))]
    return _with(node, {"expressions": [as_taken(part, place, types) for part, place in zip(given, of_places, strict=True)]})


def _nullif(node: exp.Anonymous, value: exp.Expr, other: exp.Expr, types: Types) -> exp.Expr:
    """A text that is not null stays as it is, though it is compared as another kind."""
    read, beside = alike([value, other], types)
    if read is value or kind_of(value, types) != "text":
        return _with(node, {"expressions": [value, beside]})
    differs: exp.Expr = exp.NEQ(this=read, expression=beside.copy())
    if not isinstance(other, exp.Literal | exp.Boolean):
        differs = exp.Or(this=differs, expression=exp.Is(this=other.copy(), expression=exp.null()))
    return exp.If(this=differs, true=value.copy(), false=exp.null())


def _with(node: exp.Expr, parts: Mapping[str, exp.Expr | list[exp.Expr]]) -> exp.Expr:
    """The node with these parts; itself where it has them."""
    changed = None
    for name, part in parts.items():
        before = node.args.get(name)
        if part is before or (isinstance(part, list) and isinstance(before, list) and _same(part, before)):
            continue
        changed = node.copy() if changed is None else changed
        changed.set(name, [each.copy() for each in part] if isinstance(part, list) else part.copy())
    return node if changed is None else changed


def _same(one: Sequence[exp.Expr], other: Sequence[exp.Expr]) -> bool:
    return all(mine is theirs for mine, theirs in zip(one, other, strict=True))
