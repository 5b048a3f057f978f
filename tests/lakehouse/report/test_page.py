import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lakehouse.report import ReportData, build_report
from lakehouse.report.page import render

Made = Callable[..., ReportData]
VOID = {"meta", "br", "wbr"}


class Nesting(HTMLParser):
    """Remembers what was opened, and complains of what was not closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass


def test_the_page_fetches_nothing_and_runs_nothing(made_data: Made) -> None:
    page = render(made_data())
    assert re.findall(r"https?://|//\w|<script|<link|<img|<iframe|@import|url\(|\son\w+=", page) == []


@pytest.mark.parametrize("days", [1, 90, 1000])
def test_what_is_opened_is_closed(made_data: Made, days: int) -> None:
    nesting = Nesting()
    nesting.feed(render(made_data(days=days)))
    assert nesting.open == []


def test_names_from_the_data_are_text(made_data: Made) -> None:
    products = made_data().products
    products.loc[0, "name"] = "<script>alert('x')</script>"
    page = render(made_data(products=products))
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page


def test_the_tiles_show_the_frames_figures(made_data: Made) -> None:
    data = made_data()
    tiles = render(data).split('class="tiles"')[1].split("</section>")[0]
    assert "1,<wbr>000" in tiles
    page = re.sub(r"<[^>]+>|\s+", " ", tiles.replace("<wbr>", ""))
    last = data.active_users[data.active_users["is_complete"]].iloc[-1]
    recent = data.revenue.iloc[-31:-1]["net_revenue"].sum()
    text = re.sub(r"\s+", " ", page)
    for shown in (
        f"DAU {last.dau:,} users",
        f"WAU {last.wau:,}",
        f"MAU {last.mau:,}",
        f"Net revenue {recent:,.0f}",
        "7.5 %",
        "1,000 users",
    ):
        assert shown in text


def test_a_source_of_orders_alone_says_what_is_missing(orders_only: ReportData) -> None:
    page = render(orders_only)
    for said in (
        "No user activity: no source has events.",
        "No sessions: no source has events.",
        "No products viewed and not bought.",
        "No cohort has a complete month after its first one yet.",
        "No complete four weeks yet.",
        "No daily metrics yet.",
        "No session began in the last 30 complete days.",
        "No day of entry with entrants has a complete window yet.",
        "No rows in quarantine.",
        "No tables checked yet.",
    ):
        assert said in page
    assert page.count("<figure>") == 1
    assert "nan" not in page.lower().split("</style>")[1]


def test_nothing_at_all_still_makes_a_page(orders_only: ReportData) -> None:
    bare = {
        name: getattr(orders_only, name).iloc[:0]
        for name in ("revenue", "products", "segments", "tiers", "cohort_revenue", "tables")
    }
    page = render(replace(orders_only, refreshed=[], **bare))
    assert "<figure>" not in page
    assert page.count('class="empty"') >= 9


def test_unmet_expectations_are_listed_with_their_meaning_and_count(made_data: Made) -> None:
    page = render(made_data())
    assert "1 of 2" in page
    assert '<code>age between 0 and 120</code><br><span class="note">implausible age</span>' in page
    assert 'href="data_docs/index.html"' in page


def test_reconciled_figures_say_how_many_are_equal(made_data: Made) -> None:
    page = render(made_data()).replace("<wbr>", "")
    assert re.search(r"gold.lifecycle: active_users</td>.*118 of 120</td>.*5,000</td>.*4,990</td>", page)
    assert re.search(r"gold.revenue_daily: net_revenue</td>.*90 of 90</td>", page)


def test_a_page_is_replaced_whole(made_data: Made, tmp_path: Path) -> None:
    path = tmp_path / "report" / "index.html"
    build_report(made_data(days=30), path)
    first = path.read_text()
    build_report(made_data(days=60), path)
    assert path.read_text() != first
    assert [p.name for p in path.parent.iterdir()] == ["index.html"]


def test_retention_shows_the_weighted_average_and_leaves_open_months_empty(made_data: Made) -> None:
    heat = render(made_data()).split('class="heat"')[1].split("</table>")[0]
    rows = [re.sub(r"<[^>]+>", "|", row) for row in heat.split("<tr>")[1:]]
    texts = [[cell for cell in row.split("|") if cell.strip()] for row in rows]
    assert texts[0] == ["Cohort", "Users", "1", "2", "3"]
    # 100, 200 and 300 users, of whom 30 are active again after a month.
    assert texts[1] == ["All cohorts", "15.0 %", "13.3 %", "10.0 %"]
    assert texts[2] == ["Nov 2025", "300", "10.0 %"]
    assert texts[4] == ["Sep 2025", "100", "30.0 %", "20.0 %", "10.0 %"]


def test_weeks_are_stacked_by_where_users_came_from(made_data: Made) -> None:
    page = render(made_data())
    for style in ("new", "returning", "resurrecting"):
        assert page.count(f'class="fill {style}"') == 20 + 1, "a bar a week, and one in the legend"


def test_anomalies_are_marked_and_listed(made_data: Made) -> None:
    section = render(made_data()).split('id="anomalies"')[1].split("</section>")[0]
    assert section.count('class="mark" style=') == 1
    table = section.split("Anomalous days</h3>")[1].split("<tbody>")[1]
    cells = re.findall(r"<td[^>]*>([^<]*)", table)
    assert cells == ["22 Dec 2025", "Daily active users", "20", "98", "80 to 116", "−15.2"]


def test_users_are_listed_by_engagement_tier_with_their_revenue(made_data: Made) -> None:
    section = render(made_data()).split("Users by engagement</h3>")[1].split("</table>")[0]
    rows = [re.findall(r"<td[^>]*>([^<]*)", row) for row in section.split("<tr>")[2:]]
    assert rows == [
        ["high: 10 active days or more", "1,500", "75.0 %", "66.7 %", "80.00", "120,000"],
        ["none: never active", "500", "25.0 %", "0.0 %", "0.00", "0"],
    ]
