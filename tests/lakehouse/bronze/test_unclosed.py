import pytest

from lakehouse.contract.source import SourceTable
from tests.lakehouse.bronze.reading_files import rows_of

LINES = SourceTable.model_validate({"fields": ["id", "name", "kind", "day"]})
HEAD = "id,name,kind,day\n1,a,x,mon\n"


@pytest.mark.parametrize(
    ("after_the_first", "malformed", "good"),
    [
        ('2,b,y,"tue\n3,c,z,wed\n4,d,z,thu\n', "2,b,y,tue\n3,c,z,wed\n4,d,z,thu\n", ["1"]),
        ('2,b,y,"tue\r\n3,c,z,wed\r\n', "2,b,y,tue\r\n3,c,z,wed\r\n", ["1"]),
        ('2,b,"y,tue\n3,c,z,wed\n', '2,b,"y,tue\n3,c,z,wed', ["1"]),
        ('2,b,y,"tue\n3,c\n4,d,z,thu\n', "2,b,y,tue\n3,c\n4,d,z,thu\n", ["1"]),
        ('2,b,y,"tu', "2,b,y,tu\n", ["1"]),
        ('2,"b,y,tue\n3,c",z,wed\n4,d,z,thu\n', "2,b,y,tue\n3,c,z,wed", ["1", "4"]),
    ],
    ids=[
        "last column to the end",
        "line ends of Windows",
        "fewer fields",
        "lines of other lengths",
        "cut within a value",
        "closed by a later one",
    ],
)
def test_lines_that_an_unclosed_quote_took_in_are_not_taken_for_a_value(
    after_the_first: str, malformed: str, good: list[str]
) -> None:
    rows = rows_of("lines.csv", (HEAD + after_the_first).encode(), LINES)
    assert [row["_malformed"] for row in rows if row["_malformed"] is not None] == [malformed]
    assert [row["id"] for row in rows if row["_malformed"] is None] == good


def test_text_of_several_lines_is_a_value() -> None:
    rows = rows_of("lines.csv", (HEAD + '2,"b, or\nc, or d",y,"tue\n"\n').encode(), LINES)
    assert [(row["name"], row["_malformed"]) for row in rows] == [("a", None), ("b, or\nc, or d", None)]


@pytest.mark.parametrize("behind", ["", "5,x\n", "5,x,y,z\n", '5,x,y,"z"\n', "5,x,y,z,5\n5,x"])
@pytest.mark.parametrize("end", ["tue\n", "tue", "tue\nwed"])
def test_a_value_of_several_lines_that_is_closed_is_one_wherever_it_stands(end: str, behind: str) -> None:
    rows = rows_of("lines.csv", (HEAD + f'2,b,y,"{end}"\n' + behind).encode(), LINES)
    assert [(row["day"], row["_malformed"]) for row in rows][:2] == [("mon", None), (end, None)]


def test_where_no_value_goes_beyond_its_line_a_broken_quote_costs_its_line_alone() -> None:
    table = SourceTable.model_validate({"fields": ["id", "name", "kind", "day"], "multiline": False})
    lines = [
        '2,b,y,"tue',
        '3,"c",5" pipe,wed',
        '4,d"d,"y,tue',
        '5,"e, or ""f""",z,thu',
        "6,f",
        '7,"g","h',
        "8,h,z,sun",
        '9,"i"", or",,"',
    ]
    rows = rows_of("lines.csv", (HEAD + "\r\n".join(lines) + "\r\n").encode(), table)
    assert [(row["id"], row["name"], row["kind"], row["day"], row["_malformed"]) for row in rows] == [
        ("1", "a", "x", "mon", None),
        ("2", "b", "y", "tue", lines[0]),
        ("3", "c", '5" pipe', "wed", None),
        ("4", 'd"d', "y,tue", None, lines[2]),
        ("5", 'e, or "f"', "z", "thu", None),
        ("6", "f", None, None, lines[4]),
        ("7", "g", "h", None, lines[5]),
        ("8", "h", "z", "sun", None),
        ("9", 'i", or', None, None, lines[7]),
    ]
    assert [row["_row_number"] for row in rows] == list(range(1, 10))
