"""A value that breaks the SQL of a source costs its row, and no other."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.contract.conform import conform
from lakehouse.contract.loading import load_source
from lakehouse.contract.outcome import accepted, latest
from lakehouse.silver import events, orders
from libs.settings.layers import ConfigError

HITS = """
source: hits
tables:
  hits:
    fields: [hit, client, at, total, parts]
    feeds:
      events:
        columns:
          event_id: hit
          anonymous_id: client
          event_type: {value: view}
          occurred_at: {sql: "timestamp_micros(cast(at as bigint))"}
          sequence_number: {sql: "cast(total as bigint) * cast(parts as bigint)"}
          page: {sql: "if(coalesce(cast(total as bigint), 0) > 9, 'large', 'small')"}
        required: [event_id, occurred_at]
        rules: {many: sequence_number < 100}
        where: "total <> '0' and if(parts rlike '[.]', cast(parts as double) > cast(1 as double), cast(parts as bigint) > 0)"
"""


@pytest.mark.both_engines
def test_a_value_that_breaks_an_expression_costs_its_row_alone(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "hits.yaml").write_text(HITS)
    source = load_source(tmp_path / "hits.yaml", tmp_path, alike=True)
    rows = [
        ("good", "c", "1773655200000000", "2", "3"),
        ("no moment", "c", "five", "2", "3"),
        ("too many", "c", "1773655200000000", "50", "3"),
        ("beyond", "c", "1773655200000000", "9000000000000000000", "3"),
        ("beyond time", "c", "9000000000000000000", "1", "1"),
        ("no digits", "c", "1773655200000000", "two", "3"),
        ("left out", "c", "1773655200000000", "2", "0"),
        ("no number", "c", "1773655200000000", "2", "some"),
        ("no number, no total", "c", "soon", None, "some"),
        ("of none", "c", "1773655200000000", "2", None),
    ]
    given = [(*row, None, None, "hits.csv", datetime(2026, 4, 1, tzinfo=UTC), 0) for row in rows]
    names = (
        "hit string, client string, at string, total string, parts string, _extra string, _malformed string, _source_file string"
    )
    bronze = spark.createDataFrame(given, f"{names}, _ingested_at timestamp, _batch_id long")
    found = conform(bronze, source, source.tables["hits"].feeds["events"], events.TABLE, "key").collect()
    pages = {row["event_id"]: row["page"] for row in found}
    assert (pages["good"], pages["too many"], pages["no digits"]) == ("small", "large", None)
    assert {row["event_id"]: (row["sequence_number"], list(row["_reasons"])) for row in found} == {
        "no digits": (None, []),
        "good": (6, []),
        "no moment": (6, ["missing_occurred_at"]),
        "too many": (150, ["many"]),
        "beyond": (None, []),
        "beyond time": (1, ["bad_occurred_at"]),
        # Of these nothing else is said: whether they are the feed's is not known.
        "no number": (None, ["bad_where"]),
        "no number, no total": (None, ["bad_where"]),
    }


TWO = """
source: hits
tables:
  hits:
    fields: [hit, client, at, total]
    feeds:
      events:
        columns: {event_id: hit, user_id: client, session_id: client, event_type: {value: view}, occurred_at: at}
      orders:
        columns: {order_id: hit, user_id: client, status: {value: Complete}, created_at: at}
        where: cast(total as bigint) > 0
"""


@pytest.mark.both_engines
def test_a_row_of_which_a_value_breaks_one_feeds_where_is_no_row_of_another_feed(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "hits.yaml").write_text(TWO)
    source = load_source(tmp_path / "hits.yaml", tmp_path, alike=True)
    feeds = source.tables["hits"].feeds
    rows = [("sale", "20"), ("view", "0"), ("empty", None), ("broken", "five")]
    given = [
        (name, "c", "2026-03-01", total, None, None, "hits.csv", datetime(2026, 4, 1, tzinfo=UTC), 0) for name, total in rows
    ]
    names = "hit string, client string, at string, total string, _extra string, _malformed string, _source_file string"
    bronze = spark.createDataFrame(given, f"{names}, _ingested_at timestamp, _batch_id long")
    others = [(feeds["orders"], orders.TABLE)]
    found = conform(bronze, source, feeds["events"], events.TABLE, "key", others=others).collect()
    assert {row["event_id"]: list(row["_reasons"]) for row in found} == {"sale": [], "view": [], "empty": []}
    found = conform(bronze, source, feeds["orders"], orders.TABLE, "key", others=[(feeds["events"], events.TABLE)]).collect()
    assert {row["order_id"]: list(row["_reasons"]) for row in found} == {"sale": [], "broken": ["bad_where"]}


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("cast(total as int) is null", {"empty"}),
        ("coalesce(cast(total as int), 7) > 3", {"sale", "empty"}),
        ("nvl(cast(total as int), 7) > 3", {"sale", "empty"}),
        ("ifnull(cast(total as int), 7) > 3", {"sale", "empty"}),
        ("case when cast(total as int) > 3 then false else true end", {"view", "empty"}),
        # It is read as a bigint.
        ("case total when 20 then false else true end", {"view", "empty", "too large"}),
        ("nullif(total, 0) is not null", {"sale", "too large"}),
        ("length(total) > 1 and total > 3", {"sale", "too large"}),
    ],
)
def test_a_value_that_breaks_a_where_which_asks_for_nulls_is_none_of_them(
    spark: SparkSession, tmp_path: Path, where: str, kept: set[str]
) -> None:
    (tmp_path / "hits.yaml").write_text(TWO.replace("cast(total as bigint) > 0", where))
    source = load_source(tmp_path / "hits.yaml", tmp_path, alike=True)
    rows = [("sale", "20"), ("view", "0"), ("empty", None), ("no number", "five"), ("too large", "3000000000")]
    given = [
        (name, "c", "2026-03-01", total, None, None, "hits.csv", datetime(2026, 4, 1, tzinfo=UTC), 0) for name, total in rows
    ]
    names = "hit string, client string, at string, total string, _extra string, _malformed string, _source_file string"
    bronze = spark.createDataFrame(given, f"{names}, _ingested_at timestamp, _batch_id long")
    found = conform(bronze, source, source.tables["hits"].feeds["orders"], orders.TABLE, "key").collect()
    expected: dict[str, list[str]] = {name: ["bad_where"] for name in ("no number", "too large")} | {name: [] for name in kept}
    assert {row["order_id"]: list(row["_reasons"]) for row in found} == expected


@pytest.mark.both_engines
@pytest.mark.parametrize("where", ["total", "total = true", "not (not total)", "total is true"])
def test_a_field_may_decide_by_itself_and_is_true_or_false_by_its_word(spark: SparkSession, tmp_path: Path, where: str) -> None:
    (tmp_path / "hits.yaml").write_text(TWO.replace("cast(total as bigint) > 0", where))
    source = load_source(tmp_path / "hits.yaml", tmp_path, alike=True)
    rows = [("yes", "Yes"), ("one", "1"), ("no", "false"), ("zero", "0"), ("neither", "20"), ("empty", None)]
    given = [
        (name, "c", "2026-03-01", total, None, None, "hits.csv", datetime(2026, 4, 1, tzinfo=UTC), 0) for name, total in rows
    ]
    names = "hit string, client string, at string, total string, _extra string, _malformed string, _source_file string"
    bronze = spark.createDataFrame(given, f"{names}, _ingested_at timestamp, _batch_id long")
    found = conform(bronze, source, source.tables["hits"].feeds["orders"], orders.TABLE, "key").collect()
    expected: dict[str, list[str]] = {"yes": [], "one": [], "neither": ["bad_where"]}
    assert {row["order_id"]: list(row["_reasons"]) for row in found} == expected


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("versions", "latest_one"),
    [
        (["9", "10", "2"], "10"),
        (["999.5", "1000.25", "1000.3"], "1000.3"),
        (["1772359200", "999999999", None], "1772359200"),
        (["2026-03-09", "2026-03-10T01:00:00Z", "2026-03-10"], "2026-03-10T01:00:00Z"),
        (["b", "a", None], "b"),
    ],
)
def test_of_several_rows_the_one_with_the_greatest_number_is_the_latest_though_fields_are_text(
    spark: SparkSession, tmp_path: Path, versions: list[str | None], latest_one: str
) -> None:
    keeping = TWO.replace("        where: cast(total as bigint) > 0", "        keep: {latest: total}").replace(
        "status: {value: Complete}", "status: {sql: \"coalesce(total, 'none')\"}"
    )
    (tmp_path / "hits.yaml").write_text(keeping)
    source = load_source(tmp_path / "hits.yaml", tmp_path, alike=True)
    feed = source.tables["hits"].feeds["orders"]
    given = [
        ("sale", "c", "2026-03-01", total, None, None, "hits.csv", datetime(2026, 4, 1, tzinfo=UTC), 0, number)
        for number, total in enumerate(versions)
    ]
    names = "hit string, client string, at string, total string, _extra string, _malformed string, _source_file string"
    bronze = spark.createDataFrame(given, f"{names}, _ingested_at timestamp, _batch_id long, _row_number long")
    rows = latest(accepted(conform(bronze, source, feed, orders.TABLE, "key")), orders.TABLE, feed)
    assert [row["status"] for row in rows.collect()] == [latest_one]


def test_sql_that_would_end_every_run_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "hits.yaml").write_text(TWO.replace("cast(total as bigint) > 0", "regexp_extract(total, '[0-9]+') = '1'"))
    with pytest.raises(ConfigError, match=r"hits.yaml:11: tables.hits.feeds.orders.where: regexp_extract\(\) takes group 1"):
        load_source(tmp_path / "hits.yaml", tmp_path, alike=True)


def test_a_key_that_is_made_of_others_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "hits.yaml").write_text(TWO + "        undecided: 'true'\n")
    with pytest.raises(ConfigError, match=r"hits.yaml:12: tables.hits.feeds.orders.undecided: unknown key"):
        load_source(tmp_path / "hits.yaml", tmp_path)
