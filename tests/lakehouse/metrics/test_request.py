"""What may be asked for, how it is refused, and the SQL that is made of it. Needs no session."""

from datetime import date

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.catalogue.discovery import catalogue
from lakehouse.metrics.loading import load_metrics
from lakehouse.metrics.request import Request, checked, plain_sql, sql
from libs.errors import InputError
from libs.settings.config import load_settings
from libs.sql.translated import duckdb_of

METRICS = load_metrics(load_settings({}), catalogue())
FUNNEL = {"funnel": ("purchase",), "breakdown": ("all",)}


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (Request(("net_revenu",)), "metric net_revenu: not declared; did you mean net_revenue, "),
        (Request(("net_revenue",), ("cuontry",)), "net_revenue can't be asked by cuontry; did you mean country"),
        (Request(("dau",), ("product",)), "dau can't be asked by product; it can be asked by day"),
        (Request(("mau",)), "mau is one number for each day, and these do not add up: group by day"),
        (Request(("aov",), ("category",)), "aov can't be asked by category; it can be asked by day, week, month, country"),
        (Request(("aov",), where={"category": ("Jeans",)}), "aov can't be asked of one category"),
        (Request(("retention_rate",), ("week",)), "retention_rate can't be asked by week; it can be asked by day, month"),
        (Request(("customers",), ("month",)), "customers can't be asked by month"),
        (Request(("customers",), since=date(2024, 1, 1)), "customers has no time"),
        (
            Request(("net_revenue", "sessions")),
            "are of different views, metrics.revenue and metrics.sessions: query them separately",
        ),
        (Request(("net_revenue", "aov"), ("brand",)), "aov can't be asked by brand"),
        (Request(("orders", "orders")), "name each once"),
        (Request(("orders",), ("day", "week")), "name one grain of time"),
        (
            Request(("orders",), where={"cuntry": ("x",)}),
            "dimension of metrics.revenue cuntry: not declared; did you mean country",
        ),
        (Request(("orders",), since=date(2024, 2, 1), until=date(2024, 1, 1)), "since 2024-02-01 lies after until 2024-01-01"),
        (
            Request(("funnel_conversion",), ("step",)),
            "is one number for each funnel, breakdown, step, and these do not add up: group by funnel, breakdown, or",
        ),
        (Request(("funnel_conversion",), ("step",), where=FUNNEL | {"breakdown": ("all", "device")}), "group by breakdown"),
        (Request(("new_users",), where={"lifecycle_interval": ("week",)}), "group by day"),
        (Request(("orders",), ("country",), order="week"), "column to order by week: not declared"),
        (Request(("orders",), limit=0), "limit 0: at least 1"),
    ],
)
def test_what_a_definition_cant_answer_is_refused_in_one_line(request_: Request, told: str) -> None:
    with pytest.raises(InputError) as error:
        checked(request_, METRICS)
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_request_becomes_measure_sql() -> None:
    request = Request(
        ("net_revenue", "aov"), ("country", "week"), date(2024, 1, 1), date(2024, 1, 31), {"source": ("a", "b")}, "aov", True, 5
    )
    assert sql(request, checked(request, METRICS)) == (
        "select * from (select `country`, `week`, measure(`net_revenue`) as `net_revenue`, measure(`aov`) as `aov` "
        "from metrics.revenue where `day` >= date'2024-01-01' and `day` <= date'2024-01-31' "
        "and cast(`source` as string) in ('a', 'b') group by `country`, `week`) "
        "order by `aov` desc nulls last, `country`, `week` limit 6"
    )


def test_all_of_each_may_be_grouped_or_one_be_named() -> None:
    assert checked(Request(("funnel_conversion",), ("step",), where=FUNNEL), METRICS).name == "metrics.funnels"
    assert checked(Request(("new_users",), ("lifecycle_interval", "day")), METRICS).name == "metrics.lifecycle"


@given(value=st.text(st.sampled_from("a'\"\\;-/*`$\n %)(")))
def test_a_value_is_one_literal_whatever_stands_in_it(value: str) -> None:
    request = Request(("orders",), where={"country": (value,)})
    [statement] = sqlglot.parse(sql(request, checked(request, METRICS)), dialect="spark")
    assert statement is not None
    [condition] = statement.find_all(sqlglot.exp.In)
    assert [literal.this for literal in condition.expressions] == [value]
    assert next(statement.find_all(sqlglot.exp.Table)).sql() == "metrics.revenue"


@given(value=st.text(st.sampled_from("a'\"\\;-/*`$\n %)(")))
def test_a_value_is_one_literal_in_duckdb_too(value: str) -> None:
    request = Request(("orders",), where={"country": (value,)})
    query = duckdb_of(plain_sql(request, checked(request, METRICS), "select 1"))
    [parsed] = duckdb.extract_statements(query)
    [condition] = sqlglot.parse_one(parsed.query, dialect="duckdb").find_all(sqlglot.exp.In)
    assert duckdb.execute(f"select {condition.expressions[0].sql(dialect='duckdb')}").fetchall() == [(value,)]
