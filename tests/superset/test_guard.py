"""Queries that the guard accepts and refuses. It is installed into Superset's environment; it needs only sqlglot."""

from collections.abc import Callable

import pytest

from tests.superset.plugin import plugin_module

SCHEMAS = {"gold", "metrics"}
FUNCTIONS = {"java_method", "reflect", "current_user", "version"}


@pytest.fixture(scope="module")
def refusal() -> Callable[..., str | None]:
    module = plugin_module("guard")
    return lambda sql: module.refusal(sql, SCHEMAS, FUNCTIONS)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT country AS country, MEASURE(`net_revenue`) AS net_revenue FROM metrics.revenue WHERE day >= CAST('2025-01-01' AS DATE)"
        " GROUP BY country ORDER BY net_revenue DESC LIMIT 100",
        "SELECT date_trunc('month', day) AS day, MEASURE(`orders`) AS orders FROM metrics.revenue GROUP BY date_trunc('month', day)",
        "WITH a AS (SELECT * FROM gold.paths) SELECT * FROM a",
        "SELECT * FROM (select c.user_id from gold.cross_sell_candidates c) AS virtual_table LIMIT 10",
        "SHOW VIEWS IN `metrics`",
        "SHOW FUNCTIONS",
        "DESCRIBE gold.paths",
        "EXPLAIN SELECT 1",
        "SELECT max_by(seconds, started_at) FROM gold.refresh_results",
    ],
)
def test_what_dashboards_and_the_editor_ask_is_taken(refusal: Callable[..., str | None], sql: str) -> None:
    assert refusal(sql) is None


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT java_method('java.lang.System', 'getenv') FROM gold.paths", "function java_method"),
        ("SELECT REFLECT('java.lang.Runtime', 'x')", "function reflect"),
        ("SELECT sum(x) FROM (SELECT `java_method`('a', 'b') x)", "function java_method"),
        ("SELECT current_user()", "function current_user"),
        ("SELECT * FROM csv.`/etc/passwd`", "is not in gold, metrics"),
        ("SELECT * FROM `/etc/passwd`", "is not in gold, metrics"),
        ("SELECT * FROM delta.`s3a://lakehouse/silver/users`", "is not in gold, metrics"),
        ("SELECT * FROM bronze.thelook_users", "is not in gold, metrics"),
        (
            "SELECT * FROM gold.paths WHERE (1 = 1) OR user IN (SELECT raw FROM quarantine.thelook_users)",
            "is not in gold, metrics",
        ),
        ("SELECT * FROM spark_catalog.bronze.thelook_users", "is not in gold, metrics"),
        ("SELECT TRANSFORM (a) USING 'cat' AS (b) FROM gold.paths", "TRANSFORM|can't be parsed"),
        ("DROP TABLE gold.paths", "only queries that read"),
        ("INSERT INTO gold.paths SELECT * FROM gold.paths", "only queries that read"),
        ("SET spark.sql.ansi.enabled = false", "only queries that read"),
        ("ADD JAR '/tmp/x.jar'", "only queries that read"),
        ("CREATE FUNCTION f AS 'x.Y'", "only queries that read"),
        ("SELECT 1; DROP TABLE gold.paths", "only queries that read"),
        ("CACHE TABLE gold.paths", "only queries that read"),
        ("SELECT FROM WHERE (", "can't be parsed"),
    ],
)
def test_what_reaches_outside_is_refused(refusal: Callable[..., str | None], sql: str, why: str) -> None:
    import re

    said = refusal(sql)
    assert said is not None
    assert re.search(why, said), said
