"""The explaining job as its user meets it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.explain import main
from lakehouse.catalogue.discovery import catalogue
from lakehouse.funnels.declaration import load_funnels
from lakehouse.refresh.derived import refresh_derived
from lakehouse.refresh.run import Run
from lakehouse.silver import events
from libs.settings.project import PROJECT_ROOT
from tests.lakehouse.random_rows import at, event, frame
from tests.stores import store_at

ASKED = ("funnel", "purchase", "--date", "2024-01-01", "--step")


@pytest.fixture
def lakehouse(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAKEHOUSE_ROOT", str(tmp_path))
    monkeypatch.delenv("CONF", raising=False)
    store, funnels = store_at(str(tmp_path), spark), load_funnels(PROJECT_ROOT / "conf" / "funnels.yaml")
    rows = [
        event("2024-01-01 10:00", user_id="1", event_id="a"),
        event("2024-01-01 11:00", "add_to_cart", user_id="1", event_id="b"),
        event("2024-01-01 12:00", user_id=None, anonymous_id="1", event_id="c"),
    ]
    store.overwrite(events.TABLE, frame(spark, events.TABLE, *rows), {})
    run = Run(store, datetime.now(UTC), lambda table, rows: None, at("2024-02-01 00:00"), {"funnels": funnels})
    refresh_derived(run, catalogue()["gold.funnel_daily"], catalogue())
    return tmp_path


def test_it_lists_the_actors_as_lines_or_as_json(lakehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, "in_cart"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "purchase, entered on 2024-01-01: 1 reached in_cart",
        "  user 1  entered 10:00:00 UTC, in_cart after 3600 s",
    ]
    assert main([*ASKED, "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["step"], told["converted"]) == ("viewed", 2)
    assert [(a["kind"], a["actor"], a["entered_at"]) for a in told["actors"]] == [
        ("anonymous", "1", "2024-01-01T12:00:00+00:00"),
        ("user", "1", "2024-01-01T10:00:00+00:00"),
    ]


def test_a_row_of_a_breakdown_is_asked_for_by_its_value(lakehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, "viewed", "--breakdown", "country=unknown"]) == 0
    everyone = capsys.readouterr().out.splitlines()
    assert everyone[0] == "purchase, entered on 2024-01-01 with country=unknown: 2 reached viewed" and len(everyone) == 3
    assert main([*ASKED, "viewed", "--breakdown", "device=Lynx", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["breakdown"], told["converted"]) == ({"device": "Lynx"}, 0)


def test_without_a_step_the_steps_are_counted_over_a_range_each_actor_once(
    lakehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["funnel", "purchase", "--date", "2024-01-01..2024-01-31"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "purchase, entered on 2024-01-01..2024-01-31, each user once:",
        "  viewed: 2 of 2 (100.0%)",
        "  in_cart: 1 of 2 (50.0%), median 3600 s",
        "  bought: 0 of 2 (0.0%)",
        "the window of some who entered has not ended yet: their conversion may still rise",
    ]
    assert main(["funnel", "purchase", "--date", "2024-01-02", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"funnel": "purchase", "date": "2024-01-02", "is_mature": True, "steps": []}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("funnel", "purchas", "--date", "2024-01-01", "--step", "viewed"), "did you mean purchase"),
        ((*ASKED, "buought"), "did you mean bought?"),
        (
            (*ASKED, "bought", "--breakdown", "devise=Chrome"),
            "breakdown of funnel purchase devise: not declared; did you mean device",
        ),
    ],
)
def test_an_unknown_name_is_wrong_usage_told_in_one_line(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_date_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["funnel", "purchase", "--date", "yesterday", "--step", "viewed"])
    assert left.value.code == 2
    assert "--date" in capsys.readouterr().err
