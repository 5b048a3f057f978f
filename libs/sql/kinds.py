"""What kind of value an expression of declared SQL has, as far as that decides which texts an engine would cast by itself."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from sqlglot import exp

from libs.sql.verbatim import Verbatim

# `small` is a whole number of 32 bits that a function gives, `number` one that may have decimals.
Kind = Literal["text", "boolean", "small", "whole", "number", "date", "moment", "interval", "unknown"]
OF_PARTS: Final = (
    "left",
    "right",
    "split_part",
    "substring_index",
    "regexp_extract",
    "get_json_object",
    "ltrim",
    "rtrim",
    "substr",
)
TEXTS: Final = ("concat", "concat_ws", "lower", "upper", "replace", "regexp_replace", "md5", "sha2", "to_json", "trim", *OF_PARTS)
OF_DAYS: Final = ("year", "quarter", "month", "day", "dayofmonth", "dayofyear", "dayofweek", "weekofyear", "datediff")
SMALL: Final = (*OF_DAYS, "hour", "minute", "length", "instr", "locate")
DATES: Final = ("to_date", "last_day", "date_add", "date_sub")
MOMENTS: Final = (
    *("to_timestamp", "try_to_timestamp", "timestamp_micros", "timestamp_millis", "timestamp_seconds"),
    "date_trunc",
)
QUESTIONS: Final = ("contains", "startswith", "endswith", "isnull", "isnotnull")
ADDED_UP: Final = ("try_add", "try_subtract", "try_multiply")
OF_FUNCTIONS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(SMALL, "small"),
    **dict.fromkeys(DATES, "date"),
    **dict.fromkeys(MOMENTS, "moment"),
    **dict.fromkeys(QUESTIONS, "boolean"),
    **dict.fromkeys(("count", "count_if"), "whole"),
    "sqrt": "number",
}
# What functions give is far below 32 bits, and so is the sum of two.
FAR_BELOW: Final = 2**20
# Functions whose value is one of those that they are given, or of its kind.
OF_FIRST: Final = ("sum", "try_sum", "min", "max", "abs", "round", "nullif")
FIRST_OF: Final = ("coalesce", "nvl", "ifnull")
OF_TYPES: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("BIGINT", "INT", "SMALLINT", "TINYINT"), "whole"),
    **dict.fromkeys(("DOUBLE", "FLOAT", "DECIMAL"), "number"),
    "STRING": "text",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "moment",
}
CONDITIONS: Final = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.RegexpLike)


def kind_of(node: exp.Expr, types: Mapping[str, str]) -> Kind:
    """The kind of the value; `types` are those of columns, by their names in small letters. A quoted text may be of any kind."""
    match node.unnest():
        case exp.Column() as column:
            return _of_type(types.get(column.name.lower(), ""))
        case exp.Literal(is_string=False) as literal:
            return "whole" if literal.is_int and int(literal.this) < 2**63 else "number"
        case exp.Neg(this=inner):
            return kind_of(inner, types)
        case exp.Cast() as cast:
            return _of_type(cast.to.sql(dialect=Verbatim))
        case exp.Interval():
            return "interval"
        case exp.Trim() | exp.Substring() | exp.DPipe():
            return "text"
        case exp.StrPosition():
            return "small"
        case exp.Div():
            return "number"
        case exp.IntDiv():
            return "whole"
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Mod() as binary:
            return _calculated([_beside_small(part, types) for part in (binary.this, binary.expression)])
        case exp.If() as chosen:
            return _common([chosen.args["true"], chosen.args.get("false")], types)
        case exp.Case() as case:
            return _common([*(branch.args["true"] for branch in case.args["ifs"]), case.args.get("default")], types)
        case exp.Anonymous() as call:
            return _of_call(call.name.lower(), call.expressions, types)
        case found if isinstance(found, CONDITIONS):
            return "boolean"
        case _:
            return "unknown"


def _beside_small(node: exp.Expr, types: Mapping[str, str]) -> Kind:
    """Of a part of what is calculated: a number that is written is as small as what stands beside it, if that is small."""
    is_written = isinstance(node, exp.Literal) and bool(node.is_int) and int(node.this) < FAR_BELOW
    return "small" if is_written else kind_of(node, types)


def _of_call(name: str, given: list[exp.Expr], types: Mapping[str, str]) -> Kind:
    if name in ADDED_UP:
        return _calculated(kind_of(part, types) for part in given)
    if name in FIRST_OF:
        return _common(given, types)
    return kind_of(given[0], types) if name in OF_FIRST and given else OF_FUNCTIONS.get(name, "unknown")


def _of_type(type_: str) -> Kind:
    return OF_TYPES.get(type_.upper().partition("(")[0], "unknown")


def _calculated(parts: Iterable[Kind]) -> Kind:
    kinds = set(parts)
    if kinds <= {"small"}:
        return "small"
    if kinds <= {"small", "whole"}:
        return "whole"
    if kinds <= {"small", "whole", "number"}:
        return "number"
    if "moment" in kinds or "interval" in kinds:
        return "moment"
    return "date" if "date" in kinds else "unknown"


def _common(values: Iterable[exp.Expr | None], types: Mapping[str, str]) -> Kind:
    """That of values of which one is taken."""
    given = [value for value in values if value is not None and not isinstance(value, exp.Null)]
    return common(kind_of(value, types) for value in given)


def common(parts: Iterable[Kind]) -> Kind:
    """The kind that values of these are read as together; a text is a text, beside whatever it stands."""
    kinds = [kind for kind in parts if kind != "unknown"]
    return next(
        (kind for kind in ("text", "number", "whole", "small", "moment") if kind in kinds), kinds[0] if kinds else "unknown"
    )
