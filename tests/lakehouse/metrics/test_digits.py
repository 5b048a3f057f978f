"""How many digits what a query makes may have, by the rules of SQL's decimals, worked out by hand."""

import pytest

from lakehouse.metrics.digits import decimals_of, of_unknown_digits, with_digits
from libs.tables import LONG, MONEY, STRING, Column

# Of two tables: k is another type in each.
COLUMNS = [
    *(Column("m", MONEY, ""), Column("n", MONEY, ""), Column("i", LONG, ""), Column("s", STRING, "")),
    *(Column("k", MONEY, ""), Column("k", "decimal(9,2)", "")),
]


@pytest.mark.parametrize(
    ("query", "name", "type_"),
    [
        ("select m * n as x from t", "x", "DECIMAL(36, 12)"),
        ("select m + n as x from t", "x", "DECIMAL(19, 6)"),
        ("select x * i as y from (select m * n as x, i from t)", "y", "DECIMAL(38, 6)"),
        ("with a as (select m * n as x from t) select sum(x) as y from a", "y", "DECIMAL(38, 12)"),
        ("select sum(m) over (partition by s) as x from t", "x", "DECIMAL(38, 6)"),
        ("select max_by(m, i) as x from t", "x", "DECIMAL(18, 6)"),
        ("select round(m, 2) as x from t", "x", "DECIMAL(15, 2)"),
        ("select count(*) * m as x from t", "x", "DECIMAL(37, 6)"),
        ("select case when s = 'a' then m else 0 end as x from t", "x", "DECIMAL(18, 6)"),
        # The name of what it is made of, and of its type.
        ("select coalesce(m, 0) as m from t", "m", "DECIMAL(18, 6)"),
        ("select m as x from t union all select n from t", "x", None),
    ],
)
def test_a_name_has_the_digits_of_what_it_is_given_to(query: str, name: str, type_: str | None) -> None:
    found = decimals_of(query, COLUMNS)
    assert found.types.get(name) == (type_ or "DECIMAL(18, 6)")
    assert name not in found.unknown


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ("select m * n as m from t", {"m"}),
        ("select m as x from t union all select m * n from t", {"x"}),
        ("select m as x, s from t union all select m, s from (select m * n as m, s from t)", {"m", "x"}),
        ("select cast(m as double) * 2 as x, m / 2 as y, s as z from t", set()),
    ],
)
def test_of_a_name_of_several_types_they_are_not_known(query: str, unknown: set[str]) -> None:
    # A name of two tables with a type in each is such a name, asked for or not.
    assert decimals_of(query, COLUMNS).unknown == unknown | {"k"}


def test_what_a_query_makes_is_cast_to_its_digits_and_nothing_else() -> None:
    query = "SELECT m AS a, m * n AS b, SUM(m) AS c, CAST(m AS DECIMAL(9, 2)) AS d, s AS e, i * i AS f FROM t"
    assert with_digits(query, decimals_of(query, COLUMNS).types) == (
        "SELECT m AS a, CAST(m * n AS DECIMAL(36, 12)) AS b, CAST(SUM(m) AS DECIMAL(38, 6)) AS c, "
        "CAST(m AS DECIMAL(9, 2)) AS d, s AS e, i * i AS f FROM t"
    )


def test_a_name_of_unknown_digits_may_be_asked_for_and_cast_but_not_computed_with() -> None:
    for sql in ("max(k)", "count_if(k > 2)", "sum(cast(k as decimal(18, 6)) * 2)", "sum(m)"):
        assert of_unknown_digits(sql, frozenset({"k"})) == []
    for sql in ("sum(k)", "max(K * 2)", "sum(m - k)", "sum(case when k > 0 then k end)"):
        assert len(of_unknown_digits(sql, frozenset({"k"}))) == 1
