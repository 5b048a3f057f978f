"""Declared funnels: valid ones are read, invalid ones reported."""

from datetime import timedelta
from pathlib import Path

import pytest

from lakehouse.catalogue.digest import digest
from lakehouse.funnels.declaration import Funnels, load_funnels
from libs.settings.config import load_settings
from libs.settings.layers import ConfigError

PURCHASE = """funnels:
  - name: purchase
    unit: user
    window: 7d
    order: ordered
    reentry: best
    steps:
      - {name: viewed, event_type: view}
      - {name: in_cart, event_type: add_to_cart, optional: true}
      - name: bought
        event_type: purchase
        where: "amount > 0 and device rlike '^Chr'"
    exclude:
      - {event_type: cancel, between: [viewed, bought]}
    breakdowns: [device, country]
"""


def read(tmp_path: Path, text: str) -> Funnels:
    file = tmp_path / "funnels.yaml"
    file.write_text(text)
    return load_funnels(file, tmp_path)


def test_a_declaration_has_steps_window_order_exclusions_and_breakdowns(tmp_path: Path) -> None:
    [funnel] = read(tmp_path, PURCHASE).funnels
    assert (funnel.name, funnel.unit, funnel.order, funnel.reentry) == ("purchase", "user", "ordered", "best")
    assert funnel.window == timedelta(days=7)
    assert [(s.name, s.event_type, s.optional) for s in funnel.steps] == [
        ("viewed", "view", False),
        ("in_cart", "add_to_cart", True),
        ("bought", "purchase", False),
    ]
    assert funnel.steps[2].where == "amount > 0 and device rlike '^Chr'"
    assert (funnel.exclude[0].event_type, funnel.exclude[0].between) == ("cancel", ("viewed", "bought"))
    assert funnel.breakdowns == ("device", "country")


def test_the_projects_own_funnels_are_valid_and_a_users_file_replaces_them(tmp_path: Path) -> None:
    own = load_settings({}).conf_file("funnels.yaml")
    assert load_funnels(own).funnels
    (tmp_path / "funnels.yaml").write_text(PURCHASE)
    theirs = load_settings({"CONF": str(tmp_path)}).conf_file("funnels.yaml")
    assert [funnel.name for funnel in load_funnels(theirs).funnels] == ["purchase"]
    assert load_funnels(None) == Funnels()


# Text, its replacement, and the error.
FAULTS = [
    ("window: 7d", "window: 0d", "4: funnels.0.window: a window is longer than 0 and at most 366d"),
    ("window: 7d", "window: -7d", "4: funnels.0.window: '-7d' is not a duration; write a number and a unit"),
    ("window: 7d", "window: 367d", "4: funnels.0.window: a window is longer than 0"),
    ("window: 7d", "window: 9999999999d", "4: funnels.0.window: '9999999999d' is too long"),
    ("unit: user", "unit: account", "3: funnels.0.unit: Input should be 'user' or 'session'"),
    ("    unit: user\n", "", "2: funnels.0.unit: missing"),
    ("reentry: best", "re_entry: best", "6: funnels.0.re_entry: unknown key"),
    ("reentry: best", "order: any", "6: funnels.0.order: set twice, first in line 5"),
    ("reentry: best", "reentry: [best", "7: not valid YAML"),
    (
        "between: [viewed, bought]",
        "between: [viewed, paid]",
        "14: funnels.0.exclude.0.between.1: paid is not a step; the steps are",
    ),
    ("between: [viewed, bought]", "between: [in_cart, bought]", "14: funnels.0.exclude.0.between.0: in_cart is optional"),
    ("between: [viewed, bought]", "between: [bought, viewed]", "14: funnels.0.exclude.0.between: name two steps, the earlier"),
    ("between: [viewed, bought]", "between: [viewed, viewed]", "14: funnels.0.exclude.0.between: name two steps, the earlier"),
    ("event_type: cancel", "event_type: view", "14: funnels.0.exclude.0.event_type: view is the event of a step"),
    ("[device, country]", "[device, planet]", "15: funnels.0.breakdowns.1: planet is not a column of silver.events, which has"),
    ("[device, country]", "[device, device]", "15: funnels.0.breakdowns.1: device is named twice"),
    ("name: in_cart", "name: viewed", "9: funnels.0.steps.1.name: viewed is named twice"),
    ("event_type: view}", "event_type: view, optional: true}", "8: funnels.0.steps.0.optional: the first step is the entry"),
    ("order: ordered", "order: any", "9: funnels.0.steps.1.optional: order: any counts"),
    ("amount > 0 and", "price > 0 and", "12: funnels.0.steps.2.where: price: not a column of silver.events, which has amount"),
    (
        "amount > 0 and",
        "occurred_at > 'noon' and",
        "12: funnels.0.steps.2.where: `occurred_at > 'noon'` compares a date or time with 'noon'",
    ),
    ("amount > 0 and", "e.amount > 0 and", "12: funnels.0.steps.2.where: e.amount: not a column"),
    ("amount > 0 and", "amount > and", "12: funnels.0.steps.2.where: "),
    ("amount > 0 and", "sum(amount) > 0 and", "12: funnels.0.steps.2.where: "),
    ("amount > 0 and", "amount / 2 > 0 and", "12: funnels.0.steps.2.where: "),
    ("amount > 0 and", "soundex(device) = 'C' and", "12: funnels.0.steps.2.where: "),
    ("amount > 0 and", "amount > (select 1) and", "12: funnels.0.steps.2.where: "),
    (
        "amount > 0 and",
        "amount + 1 and",
        "12: funnels.0.steps.2.where: \"amount + 1 and device rlike '^Chr'\": amount + 1 is of type decimal",
    ),
    (
        "amount > 0 and",
        "not device and",
        "12: funnels.0.steps.2.where: \"not device and device rlike '^Chr'\": device is of type string",
    ),
    ("amount > 0 and", "amount > 0) or (", "12: funnels.0.steps.2.where: "),
    ("amount > 0 and", "device = 'a; and", "12: funnels.0.steps.2.where: "),
    ("amount > 0 and", "amount > 1 x; and", "12: funnels.0.steps.2.where: "),
    ("'^Chr'\"", "'^Chr';\"", "12: funnels.0.steps.2.where: \"amount > 0 and device rlike '^Chr';\": a semicolon ends it"),
    ("'^Chr'\"", "'^Chr' as x\"", "12: funnels.0.steps.2.where: "),
    ("amount > 0 and", "amount > 1e39 and", "a comparison of a double is computed alike by every engine only with a double"),
    # Only that one of the engines computes it shows these.
    ("amount > 0 and", "length(amount) > 3 and", " can't be computed: Binder Error"),
    ("amount > 0 and", "year('abc') = 2026 and", " can't be computed: Conversion Error"),
    ("amount > 0 and", "datediff(occurred_at, '2026-02-30') > 1 and", " can't be computed: Conversion Error"),
    ("event_type: purchase", "event_type: ''", "11: funnels.0.steps.2.event_type: String should have at least 1"),
    ("funnels:", "funnel:", "1: funnel: unknown key"),
]


@pytest.mark.parametrize(("said", "instead", "error"), FAULTS)
def test_an_error_is_reported_in_one_line_with_file_line_and_key(tmp_path: Path, said: str, instead: str, error: str) -> None:
    assert said in PURCHASE
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, PURCHASE.replace(said, instead, 1))
    assert (error if error.startswith((" ", "a ")) else f"funnels.yaml:{error}") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_funnels_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = PURCHASE + PURCHASE.removeprefix("funnels:\n")
    with pytest.raises(ConfigError, match=r"^funnels\.yaml:16: funnels\.1\.name: purchase is named twice; name each once$"):
        read(tmp_path, twice)


def test_every_error_is_reported_at_once(tmp_path: Path) -> None:
    text = PURCHASE.replace("[viewed, bought]", "[viewd, bougt]").replace("name: in_cart", "name: bought")
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert [fault.split(": ")[0] for fault in str(refused.value).split("; funnels.yaml")] == ["funnels.yaml:10", ":14", ":14"]


def test_a_changed_declaration_has_another_digest_and_the_same_one_the_same(tmp_path: Path) -> None:
    funnels = read(tmp_path, PURCHASE)
    assert digest(read(tmp_path, PURCHASE + "# a remark\n")) == digest(funnels)
    assert digest(read(tmp_path, PURCHASE.replace("window: 7d", "window: 8d"))) != digest(funnels)
    assert digest(read(tmp_path, PURCHASE.replace("amount > 0", "amount > 1"))) != digest(funnels)


def test_the_funnels_of_some_names_keep_their_own_declarations(tmp_path: Path) -> None:
    funnels = read(tmp_path, PURCHASE + PURCHASE.removeprefix("funnels:\n").replace("name: purchase", "name: other"))
    assert list(funnels.items) == ["purchase", "other"]
    assert funnels.only(frozenset(["other"])).funnels == (funnels.items["other"],)
    assert funnels.only(frozenset()).funnels == ()


@pytest.mark.parametrize(("window", "days"), [("90s", 1), ("24h", 1), ("25h", 2), ("7d", 7)])
def test_the_longest_window_is_rounded_up_to_days(tmp_path: Path, window: str, days: int) -> None:
    assert read(tmp_path, PURCHASE.replace("window: 7d", f"window: {window}")).longest_window_days == days
    assert Funnels().longest_window_days == 0
