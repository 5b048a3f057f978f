from datetime import date

import pytest

from lakehouse.synthetic.parameters import Parameters


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ValueError) as raised:
        Parameters(users=0, start=date(2025, 1, 2), end=date(2025, 1, 1), file_format="xml", late=1.5)

    message = str(raised.value)
    assert "users must be 1 or more, not 0" in message
    assert "start 2025-01-02 must be before end 2025-01-01" in message
    assert "format must be one of csv, csv.gz, parquet, jsonl, jsonl.gz, not xml" in message
    assert "late must be a share below 1 or a whole number of rows, not 1.5" in message


@pytest.mark.parametrize("day", [date(2023, 1, 1), date(2026, 1, 1)])
def test_a_split_must_lie_inside_the_span(day: date) -> None:
    with pytest.raises(ValueError, match="split_from"):
        Parameters(split_from=day)


@pytest.mark.parametrize(("users", "chunks"), [(1, 1), (20_000, 1), (20_001, 2), (1_000_000, 50)])
def test_users_are_generated_in_chunks_of_at_most_twenty_thousand(users: int, chunks: int) -> None:
    assert Parameters(users=users).chunks == chunks
