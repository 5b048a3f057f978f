import shutil
from copy import deepcopy
from pathlib import Path

import pytest

from jobs.dashboards import ASSETS
from lakehouse.dashboards.exported import exported_files, slug
from lakehouse.dashboards.files import read_assets
from libs.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ASSETS, tmp_path / "assets"))


def test_nothing_changes_where_nothing_was_edited(folder: Path) -> None:
    assert exported_files(read_assets(ASSETS), folder) == []


def test_edits_made_in_the_browser_reach_their_files(folder: Path) -> None:
    found = deepcopy(read_assets(ASSETS))
    renamed = found["charts/net_revenue.yaml"]
    renamed["slice_name"] = "Revenue, net"
    deleted = found.pop("charts/quick_ratio_by_month.yaml")
    found["charts/Quick_made_77.yaml"] = {**deleted, "uuid": "2b8c5f0a-0000-4000-8000-000000000001", "slice_name": "Quick, made"}
    found["dashboards/growth.yaml"]["metadata"]["shared_label_colors"] = {"x": "#fff"}
    changed = exported_files(found, folder)
    assert sorted(file.name for file in changed) == ["net_revenue.yaml", "quick_made.yaml", "quick_ratio_by_month.yaml"]
    assert not (folder / "charts" / "quick_ratio_by_month.yaml").exists()
    assert read_assets(folder)["charts/net_revenue.yaml"]["slice_name"] == "Revenue, net"
    assert exported_files(found, folder) == []


def test_the_order_in_which_superset_exports_a_filters_target_is_no_edit(folder: Path) -> None:
    found = deepcopy(read_assets(ASSETS))
    for exported_filter in found["dashboards/commerce.yaml"]["metadata"]["native_filter_configuration"]:
        targets = exported_filter["targets"]
        exported_filter["targets"] = [dict(reversed(target.items())) for target in targets]
    assert exported_files(found, folder) == []


def test_an_empty_superset_does_not_empty_the_folder(folder: Path) -> None:
    with pytest.raises(InputError, match="run `make dashboards` first"):
        exported_files({}, folder)
    assert read_assets(folder) == read_assets(ASSETS)


def test_a_name_becomes_a_file() -> None:
    assert slug("Stickiness (DAU / MAU)") == "stickiness_dau_mau"
