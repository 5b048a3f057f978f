"""MLflow's pages of the runs and of the registry, in a browser."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE = 180_000


def runs(new_page: "Callable[[], Page]", address: str, experiment_id: str, name: str) -> "Page":
    """The page of an experiment, once it shows a run of that name."""
    return _opened(
        new_page(), f"{address}/#/experiments/{experiment_id}/runs", lambda page: page.locator("a[href*='/runs/']", has_text=name)
    )


def versions(new_page: "Callable[[], Page]", address: str, model: str, number: str) -> "Page":
    """The page of a registered model, once it shows that version."""
    return _opened(
        new_page(), f"{address}/#/models/{model}", lambda page: page.get_by_role("link", name=f"Version {number}", exact=True)
    )


def _opened(page: "Page", address: str, wanted: "Callable[[Page], object]") -> "Page":
    """The page without MLflow's assistant, which asks for a language model."""
    page.set_viewport_size({"width": 1500, "height": 640})
    page.goto(address, timeout=PATIENCE)
    wanted(page).last.wait_for(timeout=PATIENCE)  # type: ignore[attr-defined]
    shut = page.get_by_role("button", name="Close", exact=True)
    if shut.count():
        shut.first.click()
    page.wait_for_timeout(2000)
    return page
