"""Signs and values that would end every query are found when the SQL is read."""

import pytest

from libs.sql.written import written_faults


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("s = 'DE';", "a semicolon ends it"),
        ("b; drop table t", "a semicolon ends it"),
        ("s = 'DE' -- Germany and n > 1", "`-- Germany and n > 1` takes in all that follows it in a line"),
        ("n\N{NO-BREAK SPACE}> 1", "a sign that is no blank, U+00A0"),
        ("s in ('a', 'b',)", "a comma before a closing bracket"),
        ("s = :country", "`:country` stands for a value that nobody gives"),
        ("s = ?", "`?` stands for a value that nobody gives"),
        ("s = {{ country }}", "stands for a value that nobody gives"),
        ("n > 0x1F", "is a number to one engine and bytes to another"),
        ("n > 1e400", "is a number of more than 38 digits"),
        (f"n > {'9' * 39}", "is a number of more than 38 digits"),
        ("d = date '2026-02-30'", "`CAST('2026-02-30' AS DATE)` is no day or time"),
        ("t > timestamp '2026-03-01 25:00'", "is no day or time"),
        ("t > cast('yesterday' as timestamp)", "is no day or time"),
        ("cast('x' as int) > n", "`CAST('x' AS INT)` is no number"),
        ("if(b, 1, 'none') = 1", "gives a number or a text"),
        ("case when b then 'x' when n > 1 then 2.5 end = 2.5", "gives a number or a text"),
        ("t + interval 999999999 year > t", "leads out of the years 1 to 9999"),
        ("t - interval '999999999' day > t", "leads out of the years 1 to 9999"),
        ("date_add(d, 2147483647) > d", "leads out of the years 1 to 9999"),
        ("n > 1 = true", "`n > 1` is compared once more"),
    ],
)
def test_what_ends_every_query_is_named(sql: str, found: str) -> None:
    [fault] = written_faults(sql)
    assert found in fault


@pytest.mark.parametrize(
    "sql",
    [
        *(
            "s = 'a;b -- c\N{NO-BREAK SPACE}'",
            "/* of Germany */ s = 'DE'",
            "s = 'DE' -- of Germany\n and n > 1",
            "(n > 1) = true",
            "n > 1e15",
            f"n > {'9' * 38}.5",
        ),
        *(
            "t > timestamp '2026-03-01 10:00:00'",
            "t > timestamp'2026-03-01T10:00:00.5Z'",
            "t > timestamp '2026-03-01 10:00 Europe/Berlin'",
        ),
        *(
            "t + interval 1000 second > t",
            "t - interval 12 month > t",
            "date_add(d, -30) = d",
            "date_add(d, n) = d",
            "s in ('a', 'b')",
        ),
        *(
            "cast('1.5e3' as double) > n",
            "cast(' 12' as bigint) > n",
            "if(b, 1, '2') = 1",
            "case when b then 1 else n end",
            "if(b, 'x', s) = 'x'",
        ),
        # What can't be read at all is told elsewhere.
        *("s = 'DE", "lower(s"),
    ],
)
def test_what_goes_on_is_not(sql: str) -> None:
    assert list(written_faults(sql)) == []
