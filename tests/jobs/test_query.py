"""The asking job, and the explanation of a change, as their user meets them."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from jobs.explain import main as explain
from jobs.query import main
from jobs.report import main as report
from tests.lakehouse.metrics.small_lakehouse import AS_OF, NASTY, make

PERIODS = ("--from", "2024-01-01..2024-01-31", "--to", "2024-02-01..2024-02-29")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    make(folder).close()
    return folder


@pytest.fixture
def lakehouse(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAKEHOUSE_ROOT", str(root))
    monkeypatch.delenv("CONF", raising=False)
    return root


def test_it_prints_a_table_its_definition_and_what_was_read(lakehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--metric", "customers,revenue_per_customer", "--by", "engagement_tier"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["engagement_tier", "customers", "revenue_per_customer"]
    assert "customers: identified users [users; owner growth; metrics.customers]" in lines
    assert "read: gold.customer_metrics version 0" in lines
    assert "cut at 2024-03-10 12:00 UTC, as run last left the tables" in lines
    assert lines[-1].startswith("query: select * from (select `engagement_tier`, measure(`customers`)")


def test_it_draws_bars_and_tells_cut_periods(lakehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--metric", "net_revenue", "--by", "week", "--since", "2024-01-10", "--chart"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Net revenue [currency]\n2024-01-08")
    assert "█" in out
    assert "in part only: the weeks of 2024-01-08" in out


def test_a_value_from_outside_is_a_value_alone(lakehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strangers = ("x') or ('1'='1", "x\\", "'; drop schema metrics cascade; --", "$$")
    where = [argument for value in (NASTY, *strangers) for argument in ("--where", f"country={value}")]
    assert main(["--metric", "orders", "--by", "country", *where, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["country"] for row in told["rows"]] == [NASTY]
    assert told["versions"] == {"silver.order_items": 0, "silver.products": 0, "silver.users": 0}
    assert told["metrics"][0]["unit"] == "orders"


@pytest.mark.parametrize(
    ("job", "arguments", "told"),
    [
        (main, ("--metric", "net_revenu"), "query: metric net_revenu: not declared; did you mean net_revenue"),
        (
            main,
            ("--metric", "dau", "--by", "product"),
            "query: dau can't be asked by product; it can be asked by day",
        ),
        (main, ("--metric", "orders", "--order", "orders:up"), "query: order orders:up: write NAME, or NAME:desc"),
        (main, ("--describe", "aop"), "query: metric aop: not declared; did you mean aov?"),
        (explain, ("change", "net_revenu", *PERIODS), "explain: metric net_revenu: not declared"),
        (explain, ("change", "aov", *PERIODS, "--by", "brand"), "explain: aov can't be asked by brand"),
        (
            explain,
            ("change", "net_revenue", *PERIODS, "--product", "buyers,aov"),
            "is not declared as the product of buyers,aov; it",
        ),
        (explain, ("change", "orders", *PERIODS), "orders is declared as no product of others; split it by a dimension: country"),
    ],
)
def test_a_question_that_cant_be_answered_is_wrong_usage_told_in_one_line(
    job: Callable[[list[str]], int], arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job(list(arguments)) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line


@pytest.mark.parametrize(
    ("job", "arguments"),
    [
        (main, ()),
        (main, ("--metric", "orders", "--since", "yesterday")),
        (main, ("--metric", "orders", "--where", "country")),
        (explain, ("change", "net_revenue", "--from", "2024-01-31..2024-01-01", "--to", "2024-02-01")),
        (explain, ("change", "net_revenue", "--from", "january", "--to", "2024-02-01")),
    ],
)
def test_arguments_that_are_none_are_wrong_usage(job: Callable[[list[str]], int], arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as left:
        job(list(arguments))
    assert left.value.code == 2


def test_without_a_run_there_is_nothing_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAKEHOUSE_ROOT", str(tmp_path))
    assert main(["--metric", "orders"]) == 1
    assert "there is no finished run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("job", "arguments"),
    [(main, ["--metric", "orders"]), (explain, ["change", "net_revenue", *PERIODS]), (report, [])],
)
def test_tables_of_an_older_version_are_not_read_and_a_line_says_what_to_do(
    job: Callable[[list[str]], int],
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = {"run_id": ["a"], "table": ["silver.users"], "version": [0], "ran_at": [AS_OF], "as_of": [AS_OF]}
    write_deltalake(str(tmp_path / "gold" / "refresh_results"), pa.table(log))
    monkeypatch.setenv("LAKEHOUSE_ROOT", str(tmp_path))
    monkeypatch.setenv("REPORT", str(tmp_path / "report.html"))
    assert job(arguments) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert f"gold.refresh_results: the tables at {tmp_path} were made by an older version" in line
    assert line.endswith("run python -m jobs.refresh")


def test_metrics_are_listed_and_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert "  net_revenue              gross revenue less what came back" in capsys.readouterr().out
    assert main(["--describe", "aov"]) == 0
    assert "  definition: net_revenue / paying_orders" in capsys.readouterr().out
    assert main(["--list", "--json"]) == 0
    assert {view["view"] for view in json.loads(capsys.readouterr().out)} >= {"revenue", "activity"}


SOLD = """view: sold
comment: What was sold
source: gold.revenue_daily
measures:
  - {name: sold_items, title: Items, description: items, unit: items, format: count, owner: me, expr: sum(itemz)}
"""


@pytest.fixture
def declare(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lays a view of one's own over the declared ones; takes the text of its file."""
    (tmp_path / "metrics").mkdir()
    monkeypatch.setenv("CONF", str(tmp_path))
    monkeypatch.setenv("LAKEHOUSE_ROOT", str(root))

    def laid(text: str) -> None:
        (tmp_path / "metrics" / "sold.yaml").write_text(text)

    return laid


def test_what_does_not_fit_its_table_is_listed_and_described_and_never_answered(
    declare: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    declare(SOLD)
    assert main(["--list"]) == main(["--describe", "sold_items"]) == 0
    assert "  definition: sum(itemz)" in capsys.readouterr().out
    assert main(["--metric", "sold_items"]) == 1
    assert "sold.yaml:5: measures.0.expr: column itemz is not in the source" in capsys.readouterr().err
    assert main(["--metric", "orders"]) == 1, "a file that is wrong answers no other metric either"


def test_what_duckdb_would_compute_differently_is_not_answered_with_spark_either(
    declare: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAKEHOUSE_ENGINE", "spark")
    declare(SOLD.replace("sum(itemz)", "mode(order_lines)"))
    assert main(["--metric", "sold_items"]) == 1
    assert "sold.yaml:5: measures.0.expr: mode() is not computed alike by every engine" in capsys.readouterr().err
    assert main(["--metric", "orders"]) == 0, "Spark's catalogue takes it, so that others are answered"


@pytest.mark.parametrize(
    ("was", "becomes", "line"),
    [
        ("expr: sum(itemz)", "ratio: {of: sold_items, to: sold_itemz}", "sold.yaml:5: measures.0.ratio.of: sold_items is not"),
        ("gold.revenue_daily", "select from where", "sold.yaml:3: source: 'select from where' is no SQL"),
        ("owner: me, ", "", "sold.yaml:5: measures.0.owner: missing"),
    ],
)
def test_a_file_that_is_wrong_by_itself_is_not_listed_either(
    declare: Callable[[str], None], capsys: pytest.CaptureFixture[str], was: str, becomes: str, line: str
) -> None:
    declare(SOLD.replace(was, becomes))
    assert main(["--list"]) == 1
    assert line in capsys.readouterr().err


def test_a_change_is_told_in_parts_that_sum_to_it(lakehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(["change", "converted_sessions", *PERIODS, "--product", "sessions,session_conversion", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert sum(part["amount"] for part in told["parts"]) == told["change"] != 0
    assert told["versions"] == {"silver.sessions": 0}
    assert explain(["change", "net_revenue", *PERIODS, "--by", "country"]) == 0
    head, _, _, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("net_revenue: ") and "(2024-01-01..2024-01-31) -> " in head
    assert any("change" in line for line in lines)
