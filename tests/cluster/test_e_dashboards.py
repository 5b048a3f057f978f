"""The dashboards as people see them: in a browser, by Superset's own interface, with the Thrift server behind."""

import re
from decimal import Decimal

import pytest

from jobs.dashboards import ASSETS
from lakehouse.dashboards.files import read_assets, slugs
from libs.settings.config import load_settings
from libs.store.published import Published
from libs.store.snapshot import Snapshot
from libs.superset.browser import Dashboard, SupersetBrowser

pytestmark = [pytest.mark.cluster, pytest.mark.browser]
NOTHING_SHOWN = re.compile("No results|No data|no information|Data error|Unexpected error|Waiting on", re.IGNORECASE)


@pytest.fixture(params=slugs(ASSETS))
def dashboard(browser: SupersetBrowser, request: pytest.FixtureRequest) -> Dashboard:
    opened = browser.open(request.param)
    request.addfinalizer(opened.shut)
    return opened


def test_every_chart_shows_data_and_no_error(dashboard: Dashboard) -> None:
    slug = dashboard.page.url.split("/dashboard/")[1].split("/")[0]
    placed = [p["meta"] for p in read_assets(ASSETS)[f"dashboards/{slug}.yaml"]["position"].values() if _is_chart(p)]
    wanted = [meta.get("sliceNameOverride", meta["sliceName"]) for meta in placed]
    shown = dashboard.charts()
    assert sorted(shown) == sorted(wanted)
    assert dashboard.errors() == []
    assert {title: text for title, text in shown.items() if NOTHING_SHOWN.search(text)} == {}
    assert [status for _, status in dashboard.queries if status != 200] == []
    assert len(dashboard.queries) >= len(wanted)


def test_the_net_revenue_tile_is_golds_and_a_filter_changes_it(browser: SupersetBrowser) -> None:
    commerce = browser.open("commerce")
    everywhere = _number(commerce.charts()["Net revenue"])
    assert everywhere == _of_gold()
    commerce.choose("Country", "China")
    assert commerce.errors() == []
    in_china = _number(commerce.charts()["Net revenue"])
    assert 0 < in_china < everywhere
    commerce.shut()


def _is_chart(place: object) -> bool:
    return isinstance(place, dict) and place["type"] == "CHART"


def _number(tile: str) -> Decimal:
    """The number on a tile, whatever is above and below it."""
    found = re.search(r"(?m)^-?[\d,]+\.\d\d$", tile)
    assert found, tile
    return Decimal(found.group(0).replace(",", ""))


def _of_gold() -> Decimal:
    with Snapshot.of(Published.of(load_settings()), ["gold.revenue_daily"]) as gold:
        total = gold.rows("select cast(round(sum(net_revenue), 2) as varchar) as total from gold.revenue_daily")
    return Decimal(total["total"][0])
