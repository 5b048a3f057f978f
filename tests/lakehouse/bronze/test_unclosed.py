from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.bronze.reading import read_files
from lakehouse.contract.source import SourceTable

LINES = SourceTable.model_validate({"fields": ["id", "name", "kind", "day"]})
HEAD = "id,name,kind,day\n1,a,x,mon\n"


@pytest.mark.parametrize(
    ("after_the_first", "malformed", "good"),
    [
        ('2,b,y,"tue\n3,c,z,wed\n4,d,z,thu\n', "2,b,y,tue\n3,c,z,wed\n4,d,z,thu\n", ["1"]),
        ('2,b,y,"tue\r\n3,c,z,wed\r\n', "2,b,y,tue\r\n3,c,z,wed\r\n", ["1"]),
        ('2,b,"y,tue\n3,c,z,wed\n', '2,b,"y,tue\n3,c,z,wed', ["1"]),
        ('2,"b,y,tue\n3,c",z,wed\n4,d,z,thu\n', "2,b,y,tue\n3,c,z,wed", ["1", "4"]),
    ],
    ids=["last column to the end", "line ends of Windows", "fewer fields", "closed by a later one"],
)
def test_lines_that_an_unclosed_quote_took_in_are_not_taken_for_a_value(
    spark: SparkSession, tmp_path: Path, after_the_first: str, malformed: str, good: list[str]
) -> None:
    (tmp_path / "lines.csv").write_bytes((HEAD + after_the_first).encode())
    rows = read_files(spark, [str(tmp_path / "lines.csv")], "lines", LINES).collect()
    assert [row._malformed for row in rows if row._malformed is not None] == [malformed]
    assert sorted(row.id for row in rows if row._malformed is None) == good


def test_text_of_several_lines_is_a_value(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_bytes((HEAD + '2,"b, or\nc, or d",y,"tue\n"\n').encode())
    rows = read_files(spark, [str(tmp_path / "lines.csv")], "lines", LINES).collect()
    assert [(row.name, row._malformed) for row in rows] == [("a", None), ("b, or\nc, or d", None)]
