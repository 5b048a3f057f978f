from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from shutil import which

import pandas as pd
import pytest
from playwright.sync_api import Browser, sync_playwright

from lakehouse.report import ReportData, build_report
from lakehouse.report.data import PATHS

pytestmark = pytest.mark.browser
CHROMIUM = which("chromium") or which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium was not found")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [360, 390, 1280])
def test_nothing_overflows_the_page(browser: Browser, made_data: Callable[..., ReportData], tmp_path: Path, width: int) -> None:
    products = made_data().products
    products.loc[0, "name"] = "An_unbroken_name_" * 8
    build_report(made_data(days=400, products=products), tmp_path / "index.html")
    page = browser.new_page(viewport={"width": width, "height": 844})
    wanted: list[str] = []
    page.on("request", lambda request: wanted.append(request.url))
    page.goto((tmp_path / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in wanted if not url.startswith("file:")] == []


def test_a_row_of_a_wide_table_is_a_card_on_a_phone(
    browser: Browser, made_data: Callable[..., ReportData], tmp_path: Path
) -> None:
    build_report(made_data(), tmp_path / "index.html")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((tmp_path / "index.html").as_uri())
    cards = page.locator(".scroll:has(> .cards)")
    assert cards.count() > 3
    assert cards.evaluate_all("all => all.filter(t => t.scrollWidth > t.clientWidth).length") == 0
    best = page.get_by_role("region", name="Best products").locator("tbody tr").first
    heads = best.locator("td").evaluate_all("all => all.map(td => getComputedStyle(td, '::before').content)")
    names = page.get_by_role("region", name="Best products").locator("th").all_text_contents()
    assert len(names) == 6 and heads == ["none", *(f'"{name}"' for name in names[1:])]


def test_the_colours_follow_the_readers_choice(browser: Browser, made_data: Callable[..., ReportData], tmp_path: Path) -> None:
    build_report(made_data(), tmp_path / "index.html")
    seen = {}
    for scheme in ("light", "dark"):
        page = browser.new_context(color_scheme=scheme).new_page()
        page.goto((tmp_path / "index.html").as_uri())
        seen[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert seen == {"light": "rgb(251, 251, 249)", "dark": "rgb(21, 23, 26)"}


@pytest.mark.parametrize("width", [390, 1280])
def test_labels_of_paths_do_not_cover_each_other(
    browser: Browser, made_data: Callable[..., ReportData], tmp_path: Path, width: int
) -> None:
    types = ["add_to_cart", "page_view", "subscription_renewed", "view", "purchase", "search", "cancel"]
    edges = [(1, "(start)", step, 10) for step in types]
    # At each step two sessions end, and the others continue to another.
    edges += [(n, step, "(exit)", 2) for n in range(2, 6) for step in types]
    edges += [(n, step, types[i - 1], 12 - 2 * n) for n in range(2, 6) for i, step in enumerate(types)]
    build_report(made_data(paths=pd.DataFrame(edges, columns=PATHS)), tmp_path / "index.html")
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto((tmp_path / "index.html").as_uri())
    boxes = [box for box in (label.bounding_box() for label in page.locator(".node").all()) if box is not None]
    assert len(boxes) > 20
    for a, b in combinations(boxes, 2):
        is_beside = a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
        assert is_beside or a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1, (a, b)
    assert all(box["x"] + box["width"] <= width for box in boxes)


def test_the_printed_page_fits_the_paper(browser: Browser, made_data: Callable[..., ReportData], tmp_path: Path) -> None:
    build_report(made_data(days=400), tmp_path / "index.html")
    # A4 less Chromium's margins, in CSS pixels.
    page = browser.new_page(viewport={"width": 718, "height": 1000})
    page.emulate_media(media="print")
    page.goto((tmp_path / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 718
