"""What the main job's user reads when the input is bad: one line that says where and what to do, and no trace."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.sql import SparkSession

from jobs import demo
from jobs.refresh import main
from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters
from libs.settings.project import PROJECT_ROOT
from tests.jobs.whole_runs import Job
from tests.stores import store_at

Spoil = Callable[[Path], object]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files") / "export"
    generate(Parameters(users=3), folder)
    return folder


def _no_orders(data: Path) -> None:
    (data / "orders-00000.csv").unlink()


def _broken_gzip(data: Path) -> None:
    whole = gzip.compress((data / "orders-00000.csv").read_bytes())
    (data / "orders-00000.csv.gz").write_bytes(whole[: len(whole) // 2])
    (data / "orders-00000.csv").unlink()


def _half_a_parquet(data: Path) -> None:
    pd.read_csv(data / "orders-00000.csv", dtype=str).to_parquet(data / "orders-00000.parquet")
    whole = (data / "orders-00000.parquet").read_bytes()
    (data / "orders-00000.parquet").write_bytes(whole[: len(whole) // 2])
    (data / "orders-00000.csv").unlink()


def _without_status(data: Path) -> None:
    pd.read_csv(data / "orders-00000.csv", dtype=str).drop(columns="status").to_csv(data / "orders-00000.csv", index=False)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_no_orders, ["orders", "no file"]),
        (_broken_gzip, ["orders-00000.csv.gz"]),
        (_half_a_parquet, ["orders-00000.parquet"]),
        (_without_status, ["orders-00000.csv", "status"]),
    ],
)
def test_files_that_cannot_be_taken(
    job: Job, spark: SparkSession, export: Path, capsys: pytest.CaptureFixture[str], spoil: Spoil, told: list[str]
) -> None:
    data = job.folder / "data"
    data.mkdir()
    for path in export.glob("*-*.csv"):
        (data / path.name).write_bytes(path.read_bytes())
    spoil(data)

    status = main(["--data", str(data), "--source", "thelook"])

    said = capsys.readouterr().err
    assert status == 1
    assert len(said.splitlines()) == 1 and "Traceback" not in said, said
    assert all(word in said for word in told), said
    assert not store_at(str(job.root), spark).exists("bronze.thelook_orders")


@pytest.mark.parametrize(
    ("prefix", "told"),
    [
        ("", "source thelook: id_prefix: online_retail is in "),
        ("t-", "source thelook: currency: its amounts are in USD, those of online_retail in "),
    ],
)
def test_two_sources_whose_ids_or_money_would_mix(
    job: Job,
    spark: SparkSession,
    export: Path,
    capsys: pytest.CaptureFixture[str],
    prefix: str,
    told: str,
) -> None:
    declared = job.folder / "conf" / "sources" / "thelook.yaml"
    declared.parent.mkdir(parents=True, exist_ok=True)
    text = (PROJECT_ROOT / "conf" / "sources" / "thelook.yaml").read_text()
    declared.write_text(text.replace('id_prefix: ""', f'id_prefix: "{prefix}"'))
    write_deltalake(str(job.root / "bronze" / "online_retail_invoice_lines"), pa.table({"invoice_no": ["1"]}))

    assert main(["--data", str(export), "--source", "thelook"]) == 1

    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1
    assert not store_at(str(job.root), spark).exists("bronze.thelook_orders")


def test_a_column_that_no_table_takes_is_refused_before_anything_is_written(
    job: Job, spark: SparkSession, export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = job.folder / "conf" / "sources" / "thelook.yaml"
    declared.parent.mkdir(parents=True, exist_ok=True)
    text = (PROJECT_ROOT / "conf" / "sources" / "thelook.yaml").read_text()
    declared.write_text(
        text.replace("reported_items: num_of_item", "item_count: num_of_item").replace(
            "reported_items > 0", "order_id is not null"
        )
    )

    assert main(["--data", str(export), "--source", "thelook"]) == 1

    said = capsys.readouterr().err
    assert "thelook.yaml:" in said and "silver.orders takes no item_count from a feed; it takes order_id, " in said
    assert len(said.splitlines()) == 1
    assert not store_at(str(job.root), spark).exists("bronze.thelook_orders")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--data", "/no/such/folder"], "/no/such/folder: no such folder"),
        (["--data", ".", "--source", "nobody"], "SOURCE=nobody: not declared"),
        (["--data", "."], "no file of a declared source is here"),
    ],
)
@pytest.mark.usefixtures("job")
def test_wrong_names(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--data", "/no/such/folder"], ["--data", "/no/such/folder", "--source", "thelook"], ["--data", "."]]
)
def test_generated_tables_are_not_set_aside_for_files_that_do_not_exist(
    arguments: list[str], job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.root.mkdir()
    (job.root / demo.MARK).write_text("users-400")
    assert demo.main(arguments) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and ("no such folder" in said or "no file of a declared source" in said)
    assert (job.root / demo.MARK).read_text() == "users-400"


def test_a_moment_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--as-of", "yesterday"])
    assert end.value.code == 2
    assert "AS_OF=yesterday: write a date" in capsys.readouterr().err
