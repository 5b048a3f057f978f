"""A headless Chromium, for pages of services as people see them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import which
from typing import TYPE_CHECKING

from libs.errors import InputError
from libs.packages.optional import require

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Charts outside the window are not loaded: a window as high as the whole dashboard shows all.
WINDOW = {"width": 1500, "height": 3000}


class BrowserMissing(InputError):
    """Chromium is not installed."""


@contextmanager
def chromium(what: str) -> "Iterator[Callable[[], Page]]":
    """What opens a page as wide and high as WINDOW; all pages share their sessions. `what` says what is needed.

    Raises BrowserMissing where Chromium is not installed, PackagesMissing without the packages of extra `browser`.
    """
    require("playwright", "browser", what)
    from playwright.sync_api import ViewportSize, sync_playwright

    program = which("chromium") or which("google-chrome")
    if program is None:
        raise BrowserMissing("Chromium was not found: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(viewport=ViewportSize(width=WINDOW["width"], height=WINDOW["height"]), locale="en-US")
        try:
            yield context.new_page
        finally:
            browser.close()
