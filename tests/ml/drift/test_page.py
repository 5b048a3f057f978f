"""The page of a check, by its content: numbers are those of plain Python, from the same users."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ml.drift.check import asks_for_training, checked, counted
from ml.drift.declaration import Drift
from ml.drift.page import render
from ml.drift.reference import SCORE, reference, unpacked
from ml.drift.shown import ALARM, CHANCE, SMALL, by_verdict, changed, folded, history, performance_by_version, scores, verdicts
from ml.drift.watch import Watched
from ml.training.encoding import Encoding

pytest.importorskip("scipy")
NOW = datetime(2026, 2, 1, tzinfo=UTC)
RULES = Drift()
THEN = (date(2025, 11, 1), date(2025, 12, 1))
COUNTRIES = ["China", "Spain", "<b>Peru</b>"]


def users(rows: int, draw: np.random.Generator, more: float) -> pa.Table:
    """Counts that may change, a money that does not and is missing for many, a text of which some may be new."""
    names = draw.choice([*COUNTRIES, "Chad"], rows, p=[0.4, 0.3, 0.3, 0.0] if more == 1 else [0.4, 0.3, 0.25, 0.05])
    money = np.where(draw.random(rows) < 0.4, np.nan, draw.gamma(1.5, 30, rows))
    orders = draw.poisson(2 * more, rows)
    ids = [str(n) for n in range(rows)]
    return pa.table({"orders_30": orders, "revenue_30": pa.array(money, from_pandas=True), "country": names, "user_id": ids})


def watched(more: float, rules: Drift = RULES) -> tuple[Watched, pa.Table, pa.Table]:
    """A check of users who do `more` times as much, the users it is about, and those of the reference."""
    draw = np.random.default_rng(4)
    made_on, now = users(3000, draw, 1), users(2000, draw, more)
    then_scores, now_scores = draw.random(3000), draw.random(2000) ** more
    references = unpacked(reference(made_on, then_scores, Encoding(["orders_30", "revenue_30"], {"country": []})))
    counts = counted(references, now.append_column(SCORE, pa.array(now_scores)).to_batches())
    rows = checked(references, counts, rules, "3", NOW)
    return Watched(NOW, "3", THEN, references, counts, rows, asks_for_training(rows, rules)), now, made_on


def performance(kind: str, version: str, cutoff: date, auc: float) -> list[Mapping[str, Any]]:
    about = {"model_version": version, "model": "xgboost", "kind": kind, "cutoff": cutoff, "users": 400, "churned": 100}
    own = {**about, "metric": "roc_auc", "value": auc, "low": auc - 0.02, "high": auc + 0.02}
    return [own, {**own, "model": "recency", "value": 0.111}]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html.split("</style>")[1]))


def page(found: Watched, figures: Sequence[Mapping[str, Any]] = (), rules: Drift = RULES) -> str:
    return render(found, rules, 30, figures, found.rows, NOW)


def test_each_feature_stands_beside_what_chance_reaches_and_has_its_verdict() -> None:
    found, now, made_on = watched(1.5)
    tables = by_verdict(found, RULES)
    by_name = {cells[0]: (verdict, cells) for verdict, table in tables.items() for cells, _ in table.rows}
    assert set(by_name) == {"orders_30", "revenue_30", "country", "score"}
    for row in found.rows:
        _, cells = by_name["score" if row["name"] == SCORE else row["name"]]
        assert cells[2:4] == (f"{row['psi']:.3f}", f"{row['psi_by_chance']:.3f}")
    assert by_name["orders_30"][0] == by_name["score"][0] == ALARM and by_name["revenue_30"][0] == CHANCE
    missing = [f"{column['revenue_30'].null_count / column.num_rows:.1%}".replace("%", " %") for column in (made_on, now)]
    assert by_name["revenue_30"][1][5:] == (" → ".join(missing), "")
    assert by_name["country"][1][5:] == ("", str(now["country"].to_pylist().count("Chad")))
    sizes = [float(cells[2]) for cells, _ in tables[ALARM].rows]
    assert sizes == sorted(sizes, reverse=True) and tables[ALARM].rows[0][1] == 100, "the longest bar of all"


def test_what_has_no_alarm_is_folded_and_alarms_are_not() -> None:
    found, _, _ = watched(1.5)
    html = page(found)
    inside = "".join(re.findall(r"<details class=\"more\">.*?</details>", html, re.DOTALL))
    assert "revenue_<wbr>30" in inside and "orders_<wbr>30" not in inside and "orders_<wbr>30" in html
    quiet, _, _ = watched(1.0)
    summaries = re.findall(r"<summary>(\d+) ([^<]+)</summary>", page(quiet))
    assert (str(len(quiet.rows)), f"of {len(quiet.rows)} {CHANCE}") in summaries


def test_of_many_rows_the_newest_are_in_sight() -> None:
    found, _, _ = watched(1.5)
    checks = [{**row, "checked_at": datetime(2026, 1, day, tzinfo=UTC)} for day in range(1, 11) for row in found.rows]
    newest, older = folded(history(checks), 5)
    assert [cells[0] for cells, _ in newest.rows] == [f"{day} Jan 2026, version 3" for day in range(10, 5, -1)]
    assert [cells[0] for cells, _ in older.rows] == [f"{day} Jan 2026, version 3" for day in range(5, 0, -1)]
    html = render(found, RULES, 30, (), checks, NOW)
    assert "<summary>5 earlier checks</summary>" in html
    assert html.index("6 Jan 2026") < html.index("5 earlier checks") < html.index("5 Jan 2026")


def test_a_change_that_is_real_but_small_is_no_alarm() -> None:
    rules = Drift(least_psi=5.0)
    found, _, _ = watched(1.5, rules)
    assert set(verdicts(found, rules)) == {SMALL, CHANCE} and found.why is None
    assert f"{verdicts(found, rules).count(SMALL)} of 4 {SMALL}" in text(page(found, rules=rules))


def test_fewer_alarms_than_ask_for_training_are_said_with_how_many_do() -> None:
    found, _, _ = watched(1.5)
    one = [{**row, "is_alarm": row["name"] == "orders_30"} for row in found.rows]
    assert "1 alarm; it takes 3, or one of the score." in text(page(replace(found, rows=one, why=None)))


def test_shares_then_and_now_are_those_of_the_users() -> None:
    found, now, made_on = watched(1.5)
    charts = {chart.title: chart for _, chart in changed(found)}
    assert next(iter(charts)) == "orders_30" and "revenue_30" not in charts
    edges = found.references["orders_30"].edges
    then_and_now = [
        Counter(sum(edge < value for edge in edges) for value in part["orders_30"].to_pylist()) for part in (made_on, now)
    ]
    for n, row in enumerate(charts["orders_30"].rows):
        assert row[0] == (f"≤ {edges[n]:g}" if n < len(edges) else "more")
        assert row[1:] == [f"{each[n] / sum(each.values()):.0%}".replace("%", " %") for each in then_and_now]
    of_scores = scores(found)
    assert of_scores is not None and [row[1] for row in of_scores.rows] == ["10 %"] * 10


def test_the_page_asks_for_training_and_says_why() -> None:
    found, _, _ = watched(1.5)
    said = text(page(found, performance("held_out", "3", THEN[1], 0.8)))
    assert f"The model is to be trained again: {found.why}." in said and "its scores have drifted" in said
    assert "3,000, of 1 Nov 2025 and 1 Dec 2025" in said and "2,000" in said and "churn_prediction, version 3" in said
    assert "none is over yet" in said, "no scores of the past have come true"


def test_unchanged_users_ask_for_nothing() -> None:
    found, _, _ = watched(1.0)
    said = text(page(found))
    assert "The model need not be trained again: nothing has drifted." in said
    assert "Neither a feature nor the score has an alarm." in said
    assert "No figures yet." in said


def test_what_came_true_stands_beside_what_was_held_out() -> None:
    figures = [*performance("held_out", "9", date(2025, 9, 1), 0.81), *performance("realised", "9", date(2025, 12, 1), 0.74)]
    figures += performance("held_out", "10", date(2025, 12, 1), 0.79)
    table = performance_by_version(figures, 30)
    assert [cells[:2] for cells, _ in table.rows] == [
        ("Version 9, realised", "1 Dec 2025"),
        ("Version 10, held out", "1 Dec 2025"),
        ("Version 9, held out", "1 Sep 2025"),
    ]
    assert table.rows[0][0][2:5] == ("400", "25.0 %", "0.740 (0.720–0.760)")
    found, _, _ = watched(1.0)
    html = page(found, figures)
    assert "0.111" not in html and "0.740" in text(html) and "scored on 1 Dec 2025" in text(html)


def test_checks_are_counted_each_by_itself() -> None:
    found, _, _ = watched(1.5)
    before = [{**row, "checked_at": datetime(2026, 1, 1, tzinfo=UTC), "is_alarm": False} for row in found.rows]
    table = history([*before, *found.rows])
    alarms = sum(row["is_alarm"] for row in found.rows)
    assert [(cells[0], cells[3]) for cells, _ in table.rows] == [
        ("1 Feb 2026, version 3", str(alarms)),
        ("1 Jan 2026, version 3", "0"),
    ]


def test_texts_are_escaped_and_nothing_is_fetched() -> None:
    found, _, _ = watched(1.5)
    country = next(row for row in found.rows if row["name"] == "country")
    html = page(replace(found, rows=[{**row, "is_alarm": row is country or row["is_alarm"]} for row in found.rows]))
    assert "&lt;b&gt;Peru" in html and "<b>Peru" not in html
    assert "<script" not in html and not re.search(r"""(src|href)=["']http""", html)


@pytest.mark.browser
def test_the_page_fits_a_phone_and_a_desk(tmp_path: Path) -> None:
    from shutil import which

    from playwright.sync_api import sync_playwright

    chromium = which("chromium") or which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium was not found")
    found, _, _ = watched(1.5)
    (tmp_path / "drift.html").write_text(page(found, performance("realised", "3", THEN[1], 0.8)), encoding="utf-8")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width in (360, 1280):
            shown = opened.new_page(viewport={"width": width, "height": 844})
            shown.goto((tmp_path / "drift.html").as_uri())
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
            assert width > 400 or shown.evaluate("document.documentElement.scrollHeight") < 5 * 844, "a few screens of a phone"
            shown.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
            tables = shown.locator(".scroll:visible")
            assert tables.count() >= 6
            assert tables.evaluate_all("all => all.filter(t => t.scrollWidth > t.clientWidth).length") == 0, (
                "all columns are seen"
            )
        opened.close()
