"""A value that breaks the SQL of a user's own metrics ends neither an answer nor a metric view, and gives null in both alike."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.catalogue.discovery import catalogue
from lakehouse.metrics.answer import Answering, LastRun
from lakehouse.metrics.declaration import Metrics
from lakehouse.metrics.loading import read_metrics
from lakehouse.metrics.request import Request, checked, sql
from lakehouse.metrics.views import publish_views
from lakehouse.silver import events
from libs.settings.layers import ConfigError
from libs.store.published import Published
from libs.store.spark import SparkStore
from tests.lakehouse.metrics.small_lakehouse import AS_OF, in_columns, write
from tests.lakehouse.random_rows import at

MEASURE = "title: x, description: x, unit: x, format: number, owner: x"
OF_EVENTS = f"""
view: own
comment: sums that may have no room, over texts that may be no numbers
source: silver.events
filter: "source <> 'no source' or sequence_number * sequence_number > 0"
time: {{expr: to_date(occurred_at), description: x}}
dimensions:
  - {{name: device, description: x}}
  - {{name: is_many, description: x, expr: "get_json_object(properties, '$.n') > 5"}}
measures:
  - {{name: numbers, expr: sum(sequence_number), {MEASURE}}}
  - {{name: squares, expr: sum(sequence_number * sequence_number), {MEASURE}}}
  - {{name: cubes, expr: sum(amount * amount * amount), {MEASURE}}}
  - {{name: many, expr: "count_if(get_json_object(properties, '$.n') > 5)", {MEASURE}}}
  - {{name: all_events, expr: count(*), {MEASURE}}}
  - {{name: mean_number, ratio: {{of: numbers, to: all_events}}, {MEASURE}}}
"""
OF_A_QUERY = f"""
view: asked
comment: the same within a query
source: |
  select device, occurred_at, sequence_number * 2 as doubled, amount + amount as twice,
    get_json_object(properties, '$$.n') as n
  from silver.events where user_id > 10 or device is not null
time: {{expr: to_date(occurred_at), description: x}}
dimensions:
  - {{name: of_device, expr: device, description: x}}
measures:
  - {{name: sum_of_doubled, expr: sum(doubled), {MEASURE}}}
  - {{name: sum_of_twice, expr: sum(twice), {MEASURE}}}
  - {{name: large_n, expr: count_if(n > 5), {MEASURE}}}
"""
OF_MADE = f"""
view: made
comment: decimals that the query makes, of which more are made
source: |
  select device as of_device, occurred_at, squared, squared * twice as cubed, twice, huge, on_device, numbers
  from (
    select device, occurred_at, amount * amount as squared, amount + amount as twice,
      cast(amount as decimal(38, 6)) * 80000000000000000000 as huge,
      sum(amount * amount) over (partition by device rows between unbounded preceding and unbounded following) as on_device,
      sum(sequence_number) over (partition by device rows between unbounded preceding and unbounded following) as numbers
    from silver.events
  )
time: {{expr: to_date(occurred_at), description: x}}
dimensions:
  - {{name: device, expr: of_device, description: x}}
measures:
  - {{name: sum_of_squares, expr: sum(squared), {MEASURE}}}
  - {{name: fourth_powers, expr: sum(squared * squared), {MEASURE}}}
  - {{name: sum_of_cubes, expr: sum(cubed), {MEASURE}}}
  - {{name: sum_of_huge, expr: sum(huge), {MEASURE}}}
  - {{name: greatest_huge, expr: max(huge), {MEASURE}}}
  - {{name: squares_on_device, expr: max(on_device) - min(squared), {MEASURE}}}
  - {{name: numbers_on_device, expr: max(numbers), {MEASURE}}}
  - {{name: large_twice, expr: sum(twice) filter (where twice > 5), {MEASURE}}}
"""
LARGEST = Decimal("999999999999.999999")
ROWS: list[Mapping[str, Any]] = [
    {"device": "fits", "sequence_number": 3, "amount": Decimal("2.5"), "properties": '{"n": "7"}'},
    {"device": "fits", "sequence_number": 4, "amount": None, "properties": '{"n": "5.7"}'},
    {"device": "large", "sequence_number": 2**63 - 1, "amount": LARGEST, "properties": '{"n": "many"}'},
    {"device": "large", "sequence_number": 2**63 - 1, "amount": LARGEST, "properties": '{"n": "7", "cut": "of'},
    {"device": "large", "sequence_number": None, "amount": None, "properties": '{"n": 9}'},
]
OWN = ("numbers", "squares", "cubes", "many", "all_events", "mean_number")
ASKED = ("sum_of_doubled", "sum_of_twice", "large_n")
MADE = (
    *("sum_of_squares", "fourth_powers", "sum_of_cubes", "sum_of_huge", "greatest_huge"),
    *("squares_on_device", "numbers_on_device", "large_twice"),
)
# Less the last of its twelve decimals, for which a difference of so many digits has no room.
SQUARE = Decimal("999999999999999998000000")
# By device, by hand. A sum leaves out what is null, and is null where its total is too large.
RIGHT: dict[tuple[str, ...], list[tuple[Any, ...]]] = {
    OWN: [("fits", 7, 25, Decimal("15.625"), 1, 2, 3.5), ("large", None, None, None, 1, 3, None)],
    ASKED: [("fits", 14, Decimal("5"), 1), ("large", None, Decimal("3999999999999.999996"), 1)],
    MADE: [
        (
            *("fits", Decimal("6.25"), Decimal("39.0625"), Decimal("31.25")),
            *(Decimal(200) * 10**18, Decimal(200) * 10**18, Decimal(0), 7, None),
        ),
        (
            *("large", Decimal("1999999999999999996000000.000000000002"), None, None),
            *(None, Decimal("79999999999999999920000000000000"), SQUARE, None, Decimal("3999999999999.999996")),
        ),
    ],
}


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    texts = {"own": OF_EVENTS, "asked": OF_A_QUERY, "made": OF_MADE}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return read_metrics([tmp_path / f"{name}.yaml" for name in texts], catalogue(), tmp_path)


@pytest.fixture
def tables(tmp_path: Path) -> Published:
    same = {"source": "x", "occurred_at": at("2024-01-01 10:00"), "user_id": "none"}
    rows = [{**same, "event_id": str(number), **row} for number, row in enumerate(ROWS)]
    write(tmp_path / "lake", events.TABLE, in_columns(events.TABLE, rows))
    return Published(str(tmp_path / "lake"))


def requests() -> list[Request]:
    return [Request(OWN, ("device",)), Request(ASKED, ("of_device",)), Request(MADE, ("device",))]


def test_answers_are_those_by_hand(metrics: Metrics, tables: Published) -> None:
    answering = Answering(tables, metrics, catalogue(), LastRun("last", AS_OF, {}))
    for request in requests():
        assert [tuple(row.values()) for row in answering.answer(request).rows] == RIGHT[request.metrics]
    by_many = answering.answer(Request(("all_events",), ("is_many",))).rows
    assert [tuple(row.values()) for row in by_many] == [(None, 3), (True, 2)]


CAST = "cast(amount as decimal(38, 6))"


@pytest.mark.parametrize(
    ("source", "measure", "mended_source", "mended_measure"),
    [
        ("select coalesce(cost, 0) as amount from silver.products", "sum(amount * amount)", None, None),
        (
            "select amount from silver.events union all select max(amount * 2) from silver.events",
            "sum(amount)",
            f"select amount from silver.events union all select max({CAST} * 2) from silver.events",
            f"sum({CAST})",
        ),
        (
            "select amount * 2 as twice from (select amount * amount as amount from silver.events)",
            "sum(twice)",
            f"select {CAST} * 2 as twice from (select {CAST} * {CAST} as amount from silver.events)",
            "sum(twice)",
        ),
    ],
)
def test_computing_with_a_name_of_several_types_of_decimals_is_refused_with_its_line(
    tmp_path: Path, source: str, measure: str, mended_source: str | None, mended_measure: str | None
) -> None:
    def read(source: str, measure: str) -> Metrics:
        lines = ["view: own", "comment: x", f"source: {source}", "measures:", f'  - {{name: n, expr: "{measure}", {MEASURE}}}']
        (tmp_path / "own.yaml").write_text("\n".join(lines))
        return read_metrics([tmp_path / "own.yaml"], catalogue(), tmp_path)

    if mended_source is None or mended_measure is None:
        assert read(source, measure).views
    else:
        with pytest.raises(ConfigError, match=r"own.yaml:3: source: amount means decimals of several types in the query"):
            read(source, measure)
        assert read(mended_source, mended_measure).views


def test_of_digits_that_are_not_known_the_measure_is_named_too(tmp_path: Path) -> None:
    lines = ["view: own", "comment: x", "source: select amount from silver.events union all select max(net_revenue) from"]
    lines[2] += " gold.revenue_daily"
    lines += ["measures:", f'  - {{name: n, expr: "sum(amount * 2)", {MEASURE}}}']
    (tmp_path / "own.yaml").write_text("\n".join(lines))
    with pytest.raises(ConfigError, match=r"own.yaml:5: measures.0.expr: amount means decimals of several types in the query"):
        read_metrics([tmp_path / "own.yaml"], catalogue(), tmp_path)


@pytest.mark.only_spark
def test_metric_views_are_those_by_hand(metrics: Metrics, tables: Published, spark: SparkSession) -> None:
    store = SparkStore(tables, spark)
    try:
        store.register(["silver.events"])
        assert publish_views(store, metrics, catalogue(), AS_OF) == ["metrics.own", "metrics.asked", "metrics.made"]
        for request in requests():
            found = spark.sql(sql(request, checked(request, metrics))).collect()
            assert [tuple(row) for row in found] == RIGHT[request.metrics]
    finally:
        spark.sql("drop schema if exists metrics cascade")
        spark.sql("drop table if exists silver.events")
