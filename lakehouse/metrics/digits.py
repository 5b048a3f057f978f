"""How many digits decimals have that a metric view's own query makes, so that what is computed of them has room on each engine.

A name of the query has the digits that all that it is given to there have, columns of its tables among them; of a name that means
decimals of several types they are not known. What a query makes is cast to them, as engines give sums and products other types.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp

from libs.sql.decimals import Digits, digits_of
from libs.sql.verbatim import Verbatim
from libs.tables import Column

ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod)


@dataclass(frozen=True)
class Decimals:
    """What names of a query are.

    types: of whole numbers and decimals, as SQL writes them, by name in small letters. unknown: names of decimals of several types.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()


def decimals_of(sql: str, columns: Sequence[Column]) -> Decimals:
    """Those of a query over tables with these columns."""
    found = _Found(_given(columns), _made(sqlglot.parse_one(sql, dialect=Verbatim)))
    while found.goes_on():
        pass
    return Decimals(found.known, found.unknown())


def with_digits(sql: str, types: Mapping[str, str]) -> str:
    """The query with a cast to the digits of what it makes, given those of its names."""
    query = sqlglot.parse_one(sql, dialect=Verbatim)
    for alias in [alias for alias in query.find_all(exp.Alias) if isinstance(alias.parent, exp.Select)]:
        digits, is_made = digits_of(alias.this, types), not isinstance(alias.this.unnest(), exp.Column | exp.Cast | exp.Literal)
        if is_made and digits is not None and not digits.is_whole:
            alias.set("this", exp.Cast(this=alias.this.copy(), to=exp.DataType.build(_named(digits))))
    return str(query.sql(dialect=Verbatim))


def of_unknown_digits(sql: str, unknown: frozenset[str]) -> list[str]:
    """A text for each name of `unknown` that is computed with, or added up, not as a `cast` of it."""
    parsed = sqlglot.parse_one(sql, dialect=Verbatim)
    parts = [node for node in parsed.walk() if isinstance(node, ARITHMETIC) or _is_sum(node)]
    within = [node for part in parts for node in part.walk(prune=lambda node: isinstance(node, exp.Cast | exp.Query))]
    names = dict.fromkeys(node.name for node in within if isinstance(node, exp.Column) and node.name.lower() in unknown)
    return [
        f"{name} means decimals of several types in the query, and how many digits a result has is not known: "
        f"give one of them another name, or write cast({name} as decimal(…, …)) under one"
        for name in names
    ]


def _is_sum(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "sum"


def _given(columns: Sequence[Column]) -> dict[str, set[str]]:
    """The types that the tables give each name."""
    found: dict[str, set[str]] = {}
    for column in columns:
        found.setdefault(column.name.lower(), set()).add(column.type.upper().replace(",", ", "))
    return found


def _made(query: exp.Expr) -> dict[str, list[exp.Expr]]:
    """What the query's selects give names to; parts of a union give theirs to the names of its first."""
    found: dict[str, list[exp.Expr]] = {}
    for select in query.find_all(exp.Select):
        for name, value in zip(_names(select), select.expressions, strict=False):
            inner = value.this if isinstance(value, exp.Alias) else value
            if name and not (isinstance(inner, exp.Column) and inner.name.lower() == name):
                found.setdefault(name, []).append(inner)
    return found


def _names(select: exp.Select) -> list[str]:
    whole: exp.Expr = select
    while isinstance(whole.parent, exp.SetOperation):
        whole = whole.parent
    first = whole
    while isinstance(first, exp.SetOperation):
        first = first.this
    return [part.alias_or_name.lower() for part in first.expressions]


@dataclass
class _Found:
    given: Mapping[str, set[str]]
    made: Mapping[str, list[exp.Expr]]

    def __post_init__(self) -> None:
        alone = {name: types for name, types in self.given.items() if name not in self.made}
        self.known = {name: next(iter(types)) for name, types in alone.items() if len(types) == 1}

    def goes_on(self) -> bool:
        """Whether a further name is known now."""
        new = {name: type_ for name in self.made if name not in self.known and (type_ := self._type_of(name))}
        self.known |= new
        return bool(new)

    def _type_of(self, name: str) -> str | None:
        """The one type of all that has the name; what is computed of a column of that name is taken to be of its type."""
        given = self.given.get(name, set())
        with_own = self.known | ({name: next(iter(given))} if len(given) == 1 else {})
        digits = {digits_of(value, with_own) for value in self.made[name]}
        types = {None if found is None else _named(found) for found in digits} | given
        return next(iter(types)) if len(types) == 1 else None

    def unknown(self) -> frozenset[str]:
        found: set[str] = {name for name in self._unsure() if any(map(_is_decimal, self.given.get(name, ())))}
        while more := {name for name in self._unsure() if name not in found and self._may_be(name, found)}:
            found |= more
        return frozenset(found)

    def _unsure(self) -> Iterator[str]:
        return (name for name in {*self.given, *self.made} if name not in self.known)

    def _may_be(self, name: str, unknown: set[str]) -> bool:
        for value in self.made.get(name, ()):
            digits = digits_of(value, self.known)
            if digits is not None and not digits.is_whole:
                return True
            if digits is None and _is_computed_of(value, unknown):
                return True
        return False


def _is_computed_of(value: exp.Expr, names: set[str]) -> bool:
    """Whether it is one of them, or made of one without a type of its own."""
    if isinstance(value, exp.Cast | exp.Div | exp.Predicate):
        return False
    if isinstance(value, exp.Column):
        return value.name.lower() in names
    return any(_is_computed_of(part, names) for part in value.iter_expressions())


def _is_decimal(type_: str) -> bool:
    return type_.startswith("DECIMAL")


def _named(digits: Digits) -> str:
    if not digits.is_whole:
        return f"DECIMAL({digits.all}, {digits.behind})"
    return "BIGINT" if digits.all > 10 else "INT"
