"""Dashboards of Superset in a headless browser: log in, open one, wait for its charts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from libs.chromium import WINDOW, chromium
from libs.errors import InputError

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Response

PATIENCE = 180_000
CHART = "[data-test='dashboard-component-chart-holder']"
TITLE = "[data-test='editable-title']"
LOADING = "[data-test='loading-indicator'], .loading"
USER = "input[name='username'], #username"
PASSWORD = "input[name='password'], #password"
ERRORS = ".ant-alert-error, [data-test='error-message'], [data-test='ErrorAlert']"


@dataclass
class Dashboard:
    """An open dashboard; `queries` are the requests for rows that it made, with their answers' status, in order."""

    page: "Page"
    queries: list[tuple[Mapping[str, Any], int]] = field(default_factory=list)

    def wait(self) -> None:
        """Wait until every chart has been drawn."""
        from playwright.sync_api import expect

        self.page.wait_for_load_state("networkidle", timeout=PATIENCE)
        # Not by a script: Superset's content security policy refuses to evaluate one.
        expect(self.page.locator(LOADING)).to_have_count(0, timeout=PATIENCE)
        # Lines and bars are animated for a second.
        self.page.wait_for_timeout(1500)

    def charts(self) -> dict[str, str]:
        """The text of every chart by its title; notes beside them have none."""
        holders = self.page.locator(CHART).filter(has=self.page.locator(TITLE)).all()
        return {h.locator(TITLE).first.inner_text(): h.inner_text() for h in holders}

    def errors(self) -> list[str]:
        """The errors shown on the page."""
        return [alert.inner_text() for alert in self.page.locator(ERRORS).all()]

    def choose(self, name: str, value: str) -> None:
        """Choose one value of a filter, and wait for the charts that it affects."""
        box = self.page.locator("[data-test='filter-bar'] [data-test='form-item-value']", has=self.page.get_by_label(name)).first
        box.click()
        self.page.keyboard.type(value)
        self.page.locator(f".ant-select-item-option[title='{value}']").first.click()
        self.page.keyboard.press("Escape")
        self.page.locator("[data-test='filter-bar__apply-button']").click()
        self.wait()

    def picture(self, file: Path) -> None:
        """Write the dashboard, down to the last chart, as a PNG."""
        boxes = [chart.bounding_box() for chart in self.page.locator(CHART).all()]
        bottom = ceil(max((box["y"] + box["height"] for box in boxes if box), default=WINDOW["height"])) + 24
        if bottom > WINDOW["height"]:
            self.page.set_viewport_size({"width": WINDOW["width"], "height": bottom})
            self.wait()
        self.page.screenshot(path=file, clip={"x": 0, "y": 0, "width": WINDOW["width"], "height": bottom})

    def shut(self) -> None:
        """Close the page."""
        self.page.close()


class SupersetBrowser:
    """A browser in which a user is logged in."""

    def __init__(self, address: str, new_page: Any) -> None:
        self.address = address
        self.new_page = new_page

    def log_in(self, user: str, password: str) -> None:
        """Fill in the form of the log-in page; raises InputError when Superset rejects it twice.

        A form that is still being drawn may be drawn again, empty: it is sent without what was typed before, and rejected.
        """
        page = self.new_page()
        for _ in range(2):
            page.goto(f"{self.address}/login/", wait_until="networkidle", timeout=PATIENCE)
            page.fill(USER, user)
            page.fill(PASSWORD, password)
            with page.expect_navigation(wait_until="commit", timeout=PATIENCE):
                page.press(PASSWORD, "Enter")
            if "/login" not in page.url:
                page.close()
                return
        raise InputError(f"Superset at {self.address} rejects the name or password of {user}")

    def open(self, slug: str, query: str = "") -> Dashboard:
        """Open a dashboard and wait for its charts."""
        page = self.new_page()
        opened = Dashboard(page)
        page.on("response", lambda response: _note(response, opened.queries))
        page.goto(f"{self.address}/superset/dashboard/{slug}/{query}", timeout=PATIENCE)
        page.wait_for_selector(CHART, timeout=PATIENCE)
        opened.wait()
        return opened


def _note(response: "Response", queries: list[tuple[Mapping[str, Any], int]]) -> None:
    request: Request = response.request
    if "/api/v1/chart/data" in request.url and request.method == "POST":
        queries.append((request.post_data_json or {}, response.status))


@contextmanager
def superset_browser(address: str) -> Iterator[SupersetBrowser]:
    """A headless Chromium for Superset; raises as `chromium` does."""
    with chromium("a page of Superset") as new_page:
        yield SupersetBrowser(address, new_page)
