"""What a metric view may declare; what is wrong is refused with file, line and what to do."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlglot

from lakehouse.catalogue.discovery import catalogue
from lakehouse.metrics.declaration import Metrics
from lakehouse.metrics.loading import load_metrics, read_metrics
from lakehouse.metrics.source import COMMERCE, literal, rendered, tables_of
from lakehouse.metrics.views import create_statement, definition
from libs.settings.config import ConfigError, load_settings
from libs.settings.project import PROJECT_ROOT

GOOD = """view: sold
comment: What was sold
source: gold.revenue_daily
time: {expr: order_date, description: day of the sale}
dimensions:
  - {name: had_orders, expr: orders > 0, description: whether anything was ordered}
measures:
  - {name: sold_lines, title: Lines, description: order lines, unit: lines, format: count, owner: me, expr: sum(order_lines)}
  - {name: sold_orders, title: Orders, description: orders, unit: orders, format: count, owner: me, expr: sum(orders)}
  - {name: basket, title: Basket, description: lines of an order, unit: lines, format: number, owner: me,
     ratio: {of: sold_lines, to: sold_orders}}
"""
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Metrics]:
    def reading(*texts: str) -> Metrics:
        files = []
        for number, text in enumerate(texts):
            folder = tmp_path / str(number)
            folder.mkdir(exist_ok=True)
            files.append(folder / f"{text.splitlines()[0].partition(': ')[2]}.yaml")
            files[-1].write_text(text)
        return read_metrics(files, catalogue(), tmp_path)

    return reading


def test_a_view_is_read_with_its_metrics(read: Callable[..., Metrics]) -> None:
    [view] = read(GOOD).views
    assert list(view.metrics) == ["sold_lines", "sold_orders", "basket"]
    assert view.sql_of(view.metrics["basket"]) == "cast(sum(order_lines) as double) / nullif(sum(orders), 0)"
    assert view.grains == ("day", "week", "month")


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("expr: sum(order_lines)", "expr: sum(order_linez)",
         "0/sold.yaml:8: measures.0.expr: column order_linez is not in the source; did you mean order_lines"),
        ("expr: sum(order_lines)", "expr: order_lines",
         "0/sold.yaml:8: measures.0.expr: 'order_lines' is no aggregate: order_lines is outside one"),
        ("expr: sum(order_lines)", "expr: sum(order_lines) + orders", "orders is outside one"),
        ("expr: sum(order_lines)", "expr: sum(order_lines", "measures.0.expr: 'sum(order_lines' is no SQL"),
        ("expr: sum(order_lines)", "expr: sum(order_lines);", "measures.0.expr: 'sum(order_lines);': a semicolon ends it"),
        ("expr: sum(order_lines)", "expr: count_if('a)", "measures.0.expr: \"count_if('a)\" is no SQL"),
        ("expr: orders > 0", "expr: order_date > date '2026-02-30'", "is no day or time"),
        ("expr: sum(order_lines)", "expr: mode(order_lines)",
         "0/sold.yaml:8: measures.0.expr: mode() is not computed alike by every engine: use another; with ENGINE=spark"),
        ("expr: orders > 0", "expr: (orders > 0) = 1", "0/sold.yaml:6: dimensions.0.expr: `(orders > 0) = 1` compares a boolean with a number"),
        ("expr: orders > 0", "expr: my_own(orders)", "0/sold.yaml:6: dimensions.0.expr: my_own() is not computed alike"),
        ("gold.revenue_daily", "select *, initcap('a') as a from gold.revenue_daily", "0/sold.yaml:3: source: initcap() is not"),
        ("expr: sum(order_lines)", "expr: (select 1)", "it holds no query or window"),
        ("expr: orders > 0", "expr: sum(orders) > 0", "0/sold.yaml:6: dimensions.0.expr: 'sum(orders) > 0' is about one row"),
        ("expr: order_date,", "expr: sold_on,", "0/sold.yaml:4: time.expr: column sold_on is not in the source; there are"),
        ("gold.revenue_daily", "gold.revenue_dayly", "0/sold.yaml:3: source: table gold.revenue_dayly is not in the source"),
        ("gold.revenue_daily", "select x.foo from gold.revenue_daily x", "0/sold.yaml:3: source: "),
        ("gold.revenue_daily", "select ${nett} as net from silver.order_items", "no expression of that name; there are"),
        ("of: sold_lines", "of: sold_line", "0/sold.yaml:11: measures.2.ratio.of: sold_line is not there; did you mean sold_lines"),
        ("name: sold_orders", "name: sold_lines", "0/sold.yaml:9: measures.1.name: sold_lines is there already"),
        ("name: had_orders", "name: week", "0/sold.yaml:6: dimensions.0.name: week is there already, or is a grain"),
        ("day of the sale}", "day of the sale, grains: [hour]}", "0/sold.yaml:4: time.grains.0: "),
        ("owner: me, expr: sum(order_lines)", "expr: sum(order_lines)", "0/sold.yaml:8: measures.0.owner: missing"),
        ("comment: What", "colour: red\ncomment: What", "0/sold.yaml:2: colour: unknown key"),
        ("format: count, owner: me, expr: sum(order_lines)", "format: euro, owner: me, expr: sum(order_lines)", "measures.0.format: "),
        ("expr: sum(order_lines)}", "expr: sum(order_lines), dimensions: [country]}", "measures.0.dimensions.0: country is not there; there are"),
        ("expr: sum(order_lines)}", "expr: sum(order_lines), factors: [[sold_orders]]}", "the product of sold_orders is sold_orders, not sold_lines"),
        ("expr: sum(order_lines)}", "expr: sum(order_lines), factors: [[sold_lines, basket]]}", "basket is not a ratio to sold_lines"),
        ("expr: sum(order_lines)}", "expr: sum(order_lines), ratio: {of: sold_lines, to: sold_orders}}", "give either expr"),
        ("dimensions:\n", "each: [colour]\ndimensions:\n", "0/sold.yaml:5: each.0: colour is not there"),
        ("view: sold", "view: Sold", "view: String should match"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_with_file_and_line(
    read: Callable[..., Metrics], was: str, becomes: str, told: str
) -> None:
    assert was in GOOD
    with pytest.raises(ConfigError) as error:
        read(GOOD.replace(was, becomes, 1))
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_every_fault_of_a_file_is_told_at_once(read: Callable[..., Metrics]) -> None:
    with pytest.raises(ConfigError, match=r"sold\.yaml:8: .*; 0/sold\.yaml:9: "):
        read(GOOD.replace("sum(order_lines)", "sum(order_linez)").replace("sum(orders)}", "sum(orderz)}"))


def test_a_metric_has_one_definition(read: Callable[..., Metrics]) -> None:
    with pytest.raises(ConfigError, match=r"metrics\.sold is declared by .* too; a metric has one definition"):
        read(GOOD, GOOD)
    with pytest.raises(ConfigError, match=r"sold_lines is declared by .* too"):
        read(GOOD, GOOD.replace("view: sold", "view: sold_again"))


def test_a_file_is_named_for_its_view(tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(GOOD)
    with pytest.raises(ConfigError, match=r"other.yaml:1: view: sold is declared in other.yaml: name the file sold.yaml"):
        read_metrics([file], catalogue(), tmp_path)


def test_own_views_stand_beside_ours_or_replace_them(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "sold.yaml").write_text(GOOD)
    (tmp_path / "metrics" / "products.yaml").write_text(
        GOOD.replace("view: sold", "view: products").replace("sold_", "our_").replace("basket", "our_basket")
    )
    metrics = load_metrics(load_settings({"CONF": str(tmp_path)}), catalogue())
    assert {"sold_lines", "our_lines", "net_revenue"} <= set(metrics.views_by_metric)
    assert "viewers" not in metrics.views_by_metric


def test_facts_after_the_moment_are_cut_where_the_table_says_when_they_happened() -> None:
    source = "select l.sale_price, p.name from silver.order_items l left join silver.products p on l.product_id = p.product_id"
    sql = rendered(source, catalogue(), AS_OF)
    assert tables_of(source) == ["silver.order_items", "silver.products"]
    [cut] = sqlglot.parse_one(sql, dialect="spark").find_all(sqlglot.exp.Where)
    assert "sold_at < CAST('2026-01-01 00:00:00.000000Z' AS TIMESTAMP)" in cut.sql(dialect="spark")
    assert "silver.products WHERE" not in sql


def test_revenue_is_defined_where_commerce_defines_it() -> None:
    text = (PROJECT_ROOT / "lakehouse" / "metrics" / "revenue.yaml").read_text()
    assert "${net_revenue}" in text and "status" not in text.split("source: |")[1].split("measures:")[0]
    assert "net_revenue" in COMMERCE


def test_every_view_says_what_each_column_means() -> None:
    for view in load_metrics(load_settings({}), catalogue()).views:
        made = create_statement("metrics.x", view, definition(view, catalogue(), AS_OF), "digest")
        assert made.count("` comment '") == len(view.measures) + len(view.dimensions) + len({"day", *view.grains}) * bool(
            view.time
        )


def test_text_ends_no_literal() -> None:
    assert literal("it's \\' \n") == "'it\\'s \\\\\\' \\n'"
