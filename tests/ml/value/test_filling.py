"""gold.customer_value holds the models' estimates, and is empty, with a remark, where the data give none."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from lakehouse.gold import user_activity_daily
from ml.value import bg_nbd, gamma_gamma
from ml.value.declaration import ValueSection
from ml.value.filling import fill
from ml.value.history import Histories
from ml.value.horizon import expected
from tests.lakehouse.random_rows import Row, frame
from tests.ml.value import cdnow
from tests.ml.value.lakehouse import QUARTER, Lakehouse, line, random_lines

AS_OF = datetime(1997, 10, 1, tzinfo=UTC)
SECTION = ValueSection(horizon_days=39 * 7)
NAME = "gold.customer_value"


def filled(lakehouse: Lakehouse, section: ValueSection = SECTION) -> list[dict[str, object]]:
    with lakehouse.filling() as filling:
        fill(filling, section)
    return lakehouse.rows(NAME)


@pytest.mark.both_engines
@pytest.mark.reference_data
def test_the_estimates_of_cdnow(lakehouse: Lakehouse, reference_data: Path) -> None:
    lakehouse.has(AS_OF, cdnow.order_lines(reference_data))
    rows = {row["user_id"]: row for row in filled(lakehouse)}
    bought = cdnow.purchases(reference_data)
    known = cdnow.summaries(bought)

    assert {user: (row["frequency"], row["recency_days"], row["age_days"]) for user, row in rows.items()} == {
        user: summary[:3] for user, summary in known.items()
    }
    state = lakehouse.store.last_commit(NAME).state or {}
    assert [round(state["bg_nbd"][name], 3) for name in ("r", "alpha", "a", "b")] == [0.243, 4.414, 0.793, 2.426]
    assert round(state["bg_nbd"]["log_likelihood"], 1) == -9582.4
    assert (state["bg_nbd"]["customers"], state["bg_nbd"]["repeat_buyers"], state["gamma_gamma"]["customers"]) == (2357, 946, 946)
    assert [round(state["gamma_gamma"][name], 2) for name in ("p", "q", "v")] == [6.25, 3.74, 15.44]
    assert (state["cutoff_date"], state["horizon_days"], lakehouse.said) == ("1997-10-01", 273, [])
    _assert_as_by_hand(rows, known)

    version = lakehouse.store.version(NAME)
    filled(lakehouse)
    assert lakehouse.store.version(NAME) == version


def _assert_as_by_hand(rows: dict[object, dict[str, object]], known: dict[str, tuple[int, int, int, Decimal]]) -> None:
    """Each row is what both models expect of its customer alone, and its interval 1.96 standard deviations of the logarithm."""
    found = bg_nbd.Parameters(0.24259, 4.4136, 0.79292, 2.42591)
    p, q, v = 6.24957, 3.74422, 15.4435
    for user in list(known)[::97]:
        x, recency, age, spend = known[user]
        row = rows[user]
        alone = Histories.of([x], [recency / 7], [age / 7])
        purchases = expected(found.free, None, alone, 39).purchases[0]
        value = p * (v + float(spend)) / (p * x + q - 1)
        assert row["expected_purchases"] == pytest.approx(purchases, rel=1e-3, abs=2e-6)
        assert row["expected_order_value"] == pytest.approx(value, rel=1e-3)
        assert row["expected_value"] == pytest.approx(purchases * value, rel=1e-3, abs=1e-5)
        assert row["mean_order_value"] == (pytest.approx(float(spend) / x) if x else None)
        assert row["cutoff_date"] == date(1997, 10, 1)


@pytest.mark.reference_data
def test_intervals_are_of_both_models_together(lakehouse: Lakehouse, reference_data: Path) -> None:
    lakehouse.has(AS_OF, cdnow.order_lines(reference_data))
    rows = [row for row in filled(lakehouse) if row["frequency"] == 0]
    fits = (
        bg_nbd.fitted(cdnow.histories(cdnow.purchases(reference_data))),
        gamma_gamma.fitted(cdnow.spending(cdnow.purchases(reference_data))),
    )
    assert fits[0].covariance is not None and fits[1].covariance is not None
    for row in rows[::200]:
        variance = expected(fits[0].at, fits[0].covariance, Histories.of([0], [0], [int(str(row["age_days"])) / 7]), 39).variance
        assert variance is not None
        # Without a purchase after the first, spend is that of the population, the third value that its fit is in.
        both = np.exp(1.95996 * np.sqrt(variance[0] + fits[1].covariance[2, 2]))
        assert row["expected_value_high"] == pytest.approx(float(str(row["expected_value"])) * both, rel=1e-5)
        assert row["expected_value_low"] == pytest.approx(float(str(row["expected_value"])) / both, rel=1e-5)


@pytest.mark.parametrize(
    ("rows", "remark"),
    [
        ([], "nothing is estimated: 0 of 0 buyers bought on more than one day, a fit needs 50"),
        ([line(1, 0, "5")], "nothing is estimated: 0 of 1 buyers bought on more than one day, a fit needs 50"),
        (
            [line(n, 0, "5") for n in range(90)],
            "nothing is estimated: 0 of 90 buyers bought on more than one day, a fit needs 50",
        ),
        (
            [line(n, day, "5") for n in range(49) for day in (0, n + 1)],
            "nothing is estimated: 49 of 49 buyers bought on more than one day, a fit needs 50",
        ),
    ],
    ids=["no lines", "one buyer", "one day", "one too few"],
)
def test_too_few_who_bought_again_leave_the_table_empty(rows: list[Row], remark: str, lakehouse: Lakehouse) -> None:
    lakehouse.has(QUARTER, rows)

    assert filled(lakehouse) == []
    assert lakehouse.said == [f"{NAME}: {remark} (min_repeat_buyers of conf/models.yaml)"]


def test_rows_of_before_go_where_nothing_can_be_estimated_any_more(lakehouse: Lakehouse) -> None:
    lakehouse.has(QUARTER, random_lines("5"))
    assert len(filled(lakehouse)) == 300

    assert filled(lakehouse, ValueSection(min_repeat_buyers=400)) == []


def test_without_revenue_purchases_are_estimated_and_no_value(lakehouse: Lakehouse) -> None:
    lakehouse.has(QUARTER, random_lines("0"))
    rows = filled(lakehouse)

    assert len(rows) == 300 and all(float(str(row["expected_purchases"])) > 0 for row in rows)
    assert {row["expected_value"] for row in rows} == {row["expected_order_value"] for row in rows} == {None}
    assert any("no value is estimated: 0 who bought again have net revenue, a fit needs 50" in line for line in lakehouse.said)


def test_equal_prices_and_customers_have_an_end_too(lakehouse: Lakehouse) -> None:
    """All of the same age, with the same days and the same spend: nothing differs that a model could tell apart."""
    lakehouse.has(QUARTER, [line(n, day, "5") for n in range(60) for day in (0, 30, 60)])
    rows = filled(lakehouse)

    assert len(rows) == 60 and len(lakehouse.said) >= 1
    assert [row["expected_order_value"] for row in rows] == [pytest.approx(5.0, rel=0.01)] * 60


def test_without_a_table_of_order_lines_none_is_made(lakehouse: Lakehouse) -> None:
    table = user_activity_daily.TABLE
    lakehouse.store.overwrite(table, frame(lakehouse.store.spark, table), {"as_of": QUARTER.isoformat()})
    with lakehouse.filling() as filling:
        fill(filling, SECTION)

    assert lakehouse.said == [f"{NAME}: not filled, as there is no silver.order_items"]
    assert not lakehouse.store.exists(NAME)


def test_a_part_of_a_day_is_not_looked_at(lakehouse: Lakehouse) -> None:
    lines = [*random_lines("5"), line(1, 91, "5"), line(1000, 91, "5")]
    lakehouse.has(datetime(2024, 4, 1, 18, tzinfo=UTC), lines)
    rows = filled(lakehouse)

    assert {row["cutoff_date"] for row in rows} == {date(2024, 4, 1)}
    assert "1000" not in {row["user_id"] for row in rows}
