import re
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from libs.quality.counting import counted
from libs.quality.data_docs import offline, write_data_docs
from libs.quality.expectations import Expectations
from libs.tables import LONG, Column, Full, Table, warn
from libs.tables.rules import rules
from tests.libs.store.held import HeldRows

FETCHED = re.compile(r"<script|<link|<img|src=|url\(|@import", re.IGNORECASE)


def test_the_pages_fetch_nothing_and_the_index_leads_to_each_table(tmp_path: Path) -> None:
    checks = Expectations("run-1", datetime(2026, 1, 1, tzinfo=UTC))
    for name in ("gold.one", "gold.two"):
        table = Table(
            name, "", [Column("n", LONG, "n", nullable=False)], ["n"], Full(), expectations=[warn("n < 2", "<b>small</b>")]
        )
        checks.judge(name, counted(table, HeldRows(pa.table({"n": [0, 1, 2]})), rules(table)))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "stale.html").touch()

    index = write_data_docs(checks.context, tmp_path / "docs")

    pages = list((tmp_path / "docs").rglob("*.html"))
    assert not (tmp_path / "docs" / "stale.html").exists()
    assert [page for page in pages if FETCHED.search(page.read_text())] == []
    linked = [index.parent / link for link in re.findall(r'href="(validations/[^"]+)"', index.read_text())]
    assert [page.is_file() for page in linked] == [True, True]
    assert "n &lt; 2: &lt;b&gt;small&lt;/b&gt; (warn)" in linked[0].read_text()


def test_offline_keeps_the_text_and_the_links_that_a_reader_follows() -> None:
    page = '<head><link href="//cdn/x.css"><script src="https://cdn/x.js"></script></head><a href="https://example.org">text</a>'
    assert offline(page).endswith('</head><a href="https://example.org">text</a>')
    assert "cdn" not in offline(page)
