from datetime import timedelta
from pathlib import Path

import pytest

from lakehouse.contract.loading import load_source, load_sources
from libs.settings.layers import ConfigError
from libs.settings.project import PROJECT_ROOT

SHOP = """
source: shop
id_prefix: s-
future_tolerance: 2d
tables:
  sales:
    files: ["sales*.csv"]
    fields: [id, amount, {customer: Customer ID}]
    optional_fields: [note]
    feeds:
      orders:
        columns:
          order_id: id
          user_id: customer
          status: {from: note, map: {ok: Complete}, otherwise: empty}
        required: [order_id]
        keep: latest
"""


def declared(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "shop.yaml"
    file.write_text(text)
    return file


def test_a_declaration_says_files_fields_and_feeds(tmp_path: Path) -> None:
    source = load_source(declared(tmp_path, SHOP), tmp_path)
    table = source.tables["sales"]
    assert source.future_tolerance == timedelta(days=2)
    assert dict(table.all_fields) == {"id": "id", "amount": "amount", "customer": "Customer ID", "note": "note"}
    assert table.feeds["orders"].columns["order_id"].field == "id"
    assert dict(table.feeds["orders"].columns["status"].map) == {"ok": "Complete"}
    assert source.patterns("sales") == ("sales*.csv",)
    assert (source.bronze_name("sales"), source.quarantine_name("sales")) == ("bronze.shop_sales", "quarantine.shop_sales")


def test_files_that_are_not_named_are_those_that_begin_like_the_table_or_stand_in_its_folder(tmp_path: Path) -> None:
    source = load_source(declared(tmp_path, SHOP.replace('    files: ["sales*.csv"]\n', "")), tmp_path)
    assert {"sales*.csv", "sales*.csv.gz", "sales*.parquet", "sales*.jsonl.gz", "sales/*.csv"} <= set(source.patterns("sales"))


def test_a_pattern_without_an_ending_stands_for_every_form(tmp_path: Path) -> None:
    source = load_source(declared(tmp_path, SHOP.replace("sales*.csv", "old/sales*.*")), tmp_path)
    assert {"old/sales*.csv", "old/sales*.parquet", "old/sales*.json"} <= set(source.patterns("sales"))


@pytest.mark.parametrize(
    ("was", "becomes", "problem"),
    [
        ("id_prefix: s-", "idprefix: s-", "shop.yaml:3: idprefix: unknown key"),
        ("source: shop", "description: none", "shop.yaml:1: source: missing"),
        ("future_tolerance: 2d", "future_tolerance: soon", "future_tolerance: 'soon' is not a duration"),
        (
            "order_id: id",
            "order_id: nr",
            "shop.yaml:13: tables.sales.feeds.orders.columns.order_id: nr is not among the table's fields",
        ),
        (
            "required: [order_id]",
            "required: [created_at]",
            "shop.yaml:16: tables.sales.feeds.orders.required.0: created_at: not among its columns",
        ),
        ("order_id: id", "order_id: {from: id, sql: id}", "columns.order_id: name a field, or one of `from`, `sql` and `value`"),
        ("{customer: Customer ID}", "Customer ID", "tables.sales.fields: 'Customer ID' can't name a field: give it one of"),
        ("    fields: [id", "    encoding: UTF-9\n    fields: [id", "tables.sales.encoding: UTF-9 is no known encoding"),
        ("    fields: [id", "    escape: ab\n    fields: [id", "tables.sales.escape: String should match pattern"),
        ("    fields: [id", "    escape: ','\n    fields: [id", "tables.sales.escape: the same character as delimiter"),
        (
            "    fields: [id",
            "    escape: '\"'\n    fields: [id",
            "escape: the same character as quote: quotes that are doubled need no",
        ),
        ("    fields: [id", '    quote: "\\n"\n    fields: [id', "tables.sales.quote: a line end can't be one"),
        (
            "    fields: [id",
            "    skip_rows: -1\n    fields: [id",
            "tables.sales.skip_rows: Input should be greater than or equal to 0",
        ),
        ("source: shop", "source: shop\ncurrency: euro", "shop.yaml:3: currency: String should match pattern"),
        ("keep: latest", "keep: latest\n        keep: latest", "shop.yaml:18: tables.sales.feeds.orders.keep: set twice"),
        ("keep: latest", "keep: {latest: id, earliest: order_id}", "keep: name either latest or earliest"),
        ("source: shop", "source: [", "shop.yaml:4: not valid YAML: "),
    ],
)
def test_a_mistake_is_told_in_one_line_with_file_line_and_path(tmp_path: Path, was: str, becomes: str, problem: str) -> None:
    assert was in SHOP
    with pytest.raises(ConfigError) as raised:
        load_source(declared(tmp_path, SHOP.replace(was, becomes)), tmp_path)
    assert problem in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("written", ["tab", r"'\t'", r'"\t"'])
def test_a_tab_can_be_written_as_a_word(tmp_path: Path, written: str) -> None:
    text = SHOP.replace("    fields: [id", f"    delimiter: {written}\n    fields: [id")
    assert load_source(declared(tmp_path, text), tmp_path).tables["sales"].delimiter == "\t"


def test_two_files_may_not_declare_one_source(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(SHOP)
    with pytest.raises(ConfigError, match="shop is declared by another file too"):
        load_sources([declared(tmp_path, SHOP), tmp_path / "other.yaml"], tmp_path)


def test_the_sources_that_come_with_the_project_are_declared_without_mistake() -> None:
    assert {"thelook", "online_retail", "product_events"} <= set(
        load_sources(sorted((PROJECT_ROOT / "conf" / "sources").glob("*.yaml")))
    )


def test_sql_that_engines_compute_differently_is_refused_unless_spark_computes_all(tmp_path: Path) -> None:
    sql = SHOP.replace("order_id: id", 'order_id: {sql: "initcap(id)"}')
    assert sql != SHOP
    file = declared(tmp_path, sql)
    assert load_source(file, tmp_path).tables
    with pytest.raises(ConfigError) as error:
        load_source(file, tmp_path, alike=True)
    assert str(error.value) == (
        f"shop.yaml:{_line(sql, 'initcap')}: tables.sales.feeds.orders.columns.order_id.sql: "
        "initcap() is not computed alike by every engine: use another, or ENGINE=spark"
    )
    broken = declared(tmp_path, SHOP.replace("order_id: id", 'order_id: {sql: "lower(id"}'))
    with pytest.raises(ConfigError, match=r"'lower\(id' is no SQL"):
        load_source(broken, tmp_path, alike=True)


@pytest.mark.parametrize("alike", [True, False])
def test_sql_that_ends_every_run_as_it_is_written_is_refused_on_every_engine(tmp_path: Path, alike: bool) -> None:
    sql = SHOP.replace("order_id: id", 'order_id: {sql: "trim(id); "}')
    with pytest.raises(ConfigError, match=r"shop\.yaml:\d+: .*order_id\.sql: 'trim\(id\); ': a semicolon ends it: leave it out$"):
        load_source(declared(tmp_path, sql), tmp_path, alike=alike)


def _line(text: str, word: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if word in line)
