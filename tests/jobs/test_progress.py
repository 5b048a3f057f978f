"""What a job prints while it works."""

import io

from jobs.progress import Progress


class Writes(io.StringIO):
    """Keeps each write by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.each: list[str] = []

    def write(self, text: str) -> int:
        """Keep `text`."""
        self.each.append(text)
        return len(text)


def test_a_line_is_written_at_once_as_several_threads_print() -> None:
    out = Writes()

    Progress(out).say("gold.funnel_daily full")

    assert out.each == ["gold.funnel_daily full\n"]
