"""Forms of SQL that give null where others raise. Each says in SQL where a value breaks it, as the meta BROKEN of its node."""

from typing import Final

from sqlglot import exp

from libs.sql.verbatim import Verbatim

# A form that differs in nothing but what it gives where the other raises.
RENAMED: Final = {
    "element_at": "try_element_at",
    "make_timestamp": "try_make_timestamp",
    "parse_json": "try_parse_json",
    "to_binary": "try_to_binary",
    "to_number": "try_to_number",
    "to_timestamp": "try_to_timestamp",
    "url_decode": "try_url_decode",
}
TYPES_AS_FUNCTIONS: Final = ("bigint", "boolean", "date", "double", "float", "int", "smallint", "timestamp", "tinyint")
# Of how many microseconds one is: a number of them beyond 64 bits is an error.
MOMENTS: Final = {"timestamp_seconds": 1_000_000, "timestamp_millis": 1_000}
# Days between which a number of nanoseconds from 1970 has room in 64 bits.
NANOSECONDS: Final = ("1678-01-01", "2262-01-01")
# Engines differ in whether these are JSON.
NO_JSON: Final = ",[ \t\r\n]*[}\\]]|\\}[ \t\r\n]*\\{"
# Under which a node's meta holds the SQL that is true where a value breaks it.
BROKEN: Final = "broken"


def function(node: exp.Anonymous) -> exp.Expr:
    """The call in a form that gives null; itself where there is none, or no need."""
    name, given = node.name.lower(), node.expressions
    if name in RENAMED:
        # Nothing under a key is no fault of the value.
        return called(RENAMED[name], *given) if name == "element_at" else or_null(RENAMED[name], *given)
    if name in TYPES_AS_FUNCTIONS and len(given) == 1:
        return try_cast(given[0], exp.DataType.build(name, dialect=Verbatim))
    if name == "to_date":
        moment = or_null("try_to_timestamp", *given) if len(given) == 2 else given[0]
        return try_cast(moment, exp.DataType.build("date"))
    if name in MOMENTS:
        most = exp.Literal.number((2**63 - 1) // MOMENTS[name])
        within = exp.Between(this=given[0].copy(), low=exp.Neg(this=most), high=most.copy())
        bounded = exp.If(this=within, true=given[0].copy(), false=exp.null())
        return called(name, broken_where(bounded, is_there(given[0]), exp.Paren(this=within.copy()).not_()))
    return _json(node) if name == "get_json_object" else node


def exact_seconds(number: exp.Expr) -> exp.Expr:
    """The moment so many seconds after 1970, of a number with decimals: the native engine would cut them."""
    most = exp.Literal.number((2**63 - 1) // MOMENTS["timestamp_seconds"])
    within = exp.Between(this=exp.cast(number.copy(), "double"), low=exp.Neg(this=most), high=most.copy())
    micros = exp.Mul(this=exp.Paren(this=number.copy()), expression=exp.Literal.number(MOMENTS["timestamp_seconds"]))
    whole = exp.TryCast(this=micros, to=exp.DataType.build("bigint"), safe=True)
    bounded = exp.If(this=within, true=whole, false=exp.null())
    return called("timestamp_micros", broken_where(bounded, is_there(number), exp.Paren(this=within.copy()).not_()))


def counted_in_nanoseconds(value: exp.Expr, type_: str) -> exp.Expr:
    """The day or moment, null where the native engine can't count it in nanoseconds, as it does to round it down."""
    first, last = (exp.cast(exp.Literal.string(day), type_, dialect=Verbatim) for day in NANOSECONDS)
    within = exp.Between(this=value.copy(), low=first, high=last)
    bounded = exp.If(this=within, true=value.copy(), false=exp.null())
    return broken_where(bounded, is_there(value), exp.Paren(this=within.copy()).not_())


def _json(node: exp.Anonymous) -> exp.Expr:
    """Only of a whole object, as engines may give what is before a cut."""
    text = node.expressions[0]
    is_json = exp.Is(this=called("try_parse_json", text), expression=exp.null()).not_()
    is_one = exp.RegexpLike(this=text.copy(), expression=exp.Literal.string(NO_JSON)).not_()
    is_whole = exp.Like(this=called("rtrim", text), expression=exp.Literal.string("%}"))
    is_object = exp.and_(is_json, is_one, is_whole)
    found = exp.If(this=is_object, true=node.copy(), false=exp.null())
    return broken_where(found, is_there(text), exp.Paren(this=is_object.copy()).not_())


def called(name: str, *given: exp.Expr) -> exp.Expr:
    """A call of the function with copies of what it is given."""
    return exp.Anonymous(this=name, expressions=[part.copy() for part in given])


def or_null(name: str, *given: exp.Expr) -> exp.Expr:
    """A call that is null only where one of what it is given is, or a value breaks it."""
    made = called(name, *given)
    return broken_where(made, *map(is_there, given), exp.Is(this=made.copy(), expression=exp.null()))


def try_cast(value: exp.Expr, to: exp.DataType) -> exp.Expr:
    """The value as that type, null where it is none of it."""
    cast = exp.TryCast(this=value.copy(), to=to.copy(), safe=True)
    return broken_where(cast, is_there(value), exp.Is(this=cast.copy(), expression=exp.null()))


def guarded(value: exp.Expr, *parts: exp.Expr) -> exp.Expr:
    """What `roomy` made of the parts, which a value breaks where it is null though they are not."""
    if not isinstance(value, exp.If):
        return value
    return broken_where(value, *map(is_there, parts), exp.Is(this=value.copy(), expression=exp.null()))


def broken_where(node: exp.Expr, *conditions: exp.Expr) -> exp.Expr:
    """The node, which says that a value breaks it where all of these hold."""
    node.meta[BROKEN] = " and ".join(condition.sql(dialect=Verbatim) for condition in conditions)
    return node


def is_there(value: exp.Expr) -> exp.Expr:
    """Whether it is not null."""
    return exp.Is(this=exp.Paren(this=value.copy()), expression=exp.null()).not_()
