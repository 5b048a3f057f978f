"""SQL as declarations write it, Spark's, in the language of DuckDB. What it may hold is on the list of `libs.sql.allowed`."""

import re
from collections.abc import Mapping
from functools import cache

import sqlglot
from sqlglot import exp

# What sqlglot alone would give another meaning.
OTHERWISE = (
    *(exp.CountIf, exp.ArgMax, exp.ArgMin, exp.Like, exp.Mul, exp.TsOrDsAdd, exp.DayOfWeek, exp.Substring),
    *(exp.JSONExtractScalar, exp.Anonymous, exp.SafeAdd, exp.SafeSubtract, exp.SafeMultiply, exp.RegexpReplace),
)
# What DuckDB reads as JSON and the others do not: a comma behind the last item, and numbers that are none.
NO_JSON = r",\s*[}\]]|[:\[,]\s*-?([nN][aA][nN]|[iI][nN][fF])"
# Within more bits than the result has: what is beyond it is null.
CALCULATED: Mapping[type[exp.Expr], type[exp.Binary]] = {
    exp.SafeAdd: exp.Add,
    exp.SafeSubtract: exp.Sub,
    exp.SafeMultiply: exp.Mul,
}


@cache
def duckdb_of(expression: str) -> str:
    """The expression or query in DuckDB's SQL. Raises sqlglot.errors.ParseError where it can't be read."""
    # The inner ones first, so that each is seen once, whatever it is put into.
    whole = exp.Paren(this=sqlglot.parse_one(expression, dialect="spark"))
    for called in reversed(list(whole.find_all(exp.Anonymous))):
        if called.name.lower() == "try_sum":
            _put_sum(called)
    for node in reversed(list(whole.find_all(*OTHERWISE))):
        node.replace(_as_spark_means_it(node.copy(), isinstance(node.parent, exp.Escape)))
    return str(whole.this.sql(dialect="duckdb"))


def _as_spark_means_it(node: exp.Expr, is_escaped: bool) -> exp.Expr:
    match node:
        case exp.CountIf(this=condition):
            # Of no row 0, where DuckDB's own says null.
            return exp.Count(this=exp.Case(ifs=[exp.If(this=condition, true=exp.Literal.number(1))]))
        case exp.ArgMax(this=value, expression=by):
            # Null where the greatest row's value is, which DuckDB's own would pass over.
            return exp.func("arg_max_null", value, by)
        case exp.ArgMin(this=value, expression=by):
            return exp.func("arg_min_null", value, by)
        case exp.Like() if not is_escaped:
            return exp.Escape(this=node, expression=exp.Literal.string("\\"))
        case exp.Mul():
            # A literal would have the least type that holds it, and a decimal times it no room for the product.
            return exp.Mul(this=_with_room(node.this), expression=_with_room(node.expression))
        case exp.TsOrDsAdd():
            return exp.cast(node, "date")
        case exp.DayOfWeek(this=day):
            # From 1, Sunday, to 7.
            return exp.Paren(this=exp.Add(this=exp.DayOfWeek(this=day), expression=exp.Literal.number(1)))
        case exp.SafeAdd() | exp.SafeSubtract() | exp.SafeMultiply():
            exact = CALCULATED[type(node)](this=exp.cast(node.this, "int128"), expression=exp.cast(node.expression, "int128"))
            return exp.TryCast(this=exact, to=exp.DataType.build("bigint"), safe=True)
        case exp.JSONExtractScalar(this=text):
            # Text that is no JSON would end the whole query.
            return _where_json(text, node)
        case exp.Anonymous() if node.name.lower() == "try_parse_json":
            return _where_json(node.expressions[0], node.expressions[0])
        case exp.RegexpReplace(args={"replacement": exp.Literal() as put}):
            node.set("replacement", exp.Literal.string(re.sub(r"\$([0-9])", r"\\\1", put.name)))
            return node
        case exp.Substring(this=text, args={"start": exp.Literal(this="0")}):
            return exp.Substring(this=text, start=exp.Literal.number(1), length=node.args.get("length"))
        case _:
            return node


def _put_sum(node: exp.Anonymous) -> None:
    """In place of `try_sum` one that does not overflow: of whole numbers, or of decimals of a type that is named."""
    whole: exp.Expr = node
    while isinstance(whole.parent, exp.Filter | exp.Window) and whole.arg_key == "this":
        whole = whole.parent

    def total(of: exp.Expr) -> exp.Expr:
        """The sum with what it is filtered and partitioned by."""
        made = exp.func("sum", of.copy())
        return whole.copy().transform(lambda part: made if isinstance(part, exp.Anonymous) and part == node else part)

    value = node.expressions[0]
    if not (isinstance(value, exp.Cast) and value.to.is_type(exp.DataType.Type.DECIMAL)):
        whole.replace(exp.TryCast(this=total(value), to=exp.DataType.build("bigint"), safe=True))
        return
    # Decimals apart: what is before the point has their digits for room.
    cut = exp.func("trunc", value.copy())
    before, behind = total(cut), total(exp.Sub(this=value.copy(), expression=cut.copy()))
    carried = exp.func("trunc", behind.copy())
    fitting = exp.TryCast(this=exp.Add(this=before, expression=carried), to=value.to.copy(), safe=True)
    rest = exp.Paren(this=exp.Sub(this=behind, expression=carried.copy()))
    whole.replace(exp.Paren(this=exp.Add(this=fitting, expression=rest)))


def _where_json(text: exp.Expr, value: exp.Expr) -> exp.Expr:
    """The value where the text is JSON, else null."""
    is_json = exp.func("json_valid", text.copy())
    is_other = exp.func("regexp_matches", text.copy(), exp.Literal.string(NO_JSON))
    return exp.Case(ifs=[exp.If(this=exp.and_(is_json, exp.not_(is_other)), true=value)])


def _with_room(factor: exp.Expr) -> exp.Expr:
    if not isinstance(factor, exp.Literal) or not factor.is_int:
        return factor
    # One beyond 64 bits is a decimal.
    return exp.cast(factor, "bigint" if int(factor.this) < 2**63 else f"decimal({len(factor.this)}, 0)")
