from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, sync_playwright

from lakehouse.report import ReportData, build_report

pytestmark = pytest.mark.browser
CHROMIUM = which("chromium") or which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
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


def test_the_colours_follow_the_readers_choice(browser: Browser, made_data: Callable[..., ReportData], tmp_path: Path) -> None:
    build_report(made_data(), tmp_path / "index.html")
    seen = {}
    for scheme in ("light", "dark"):
        page = browser.new_context(color_scheme=scheme).new_page()
        page.goto((tmp_path / "index.html").as_uri())
        seen[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert seen == {"light": "rgb(251, 251, 249)", "dark": "rgb(21, 23, 26)"}
