"""Expected and actual purchases in held-out days of a real shop are those that DuckDB and the paper's equation give."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from libs.errors import InputError
from ml.value import bg_nbd, gamma_gamma
from ml.value.calibration import Calibration, calibrated
from ml.value.declaration import ValueSection
from ml.value.gamma_gamma import Spending
from ml.value.history import Histories
from ml.value.page import lines, render
from tests.lakehouse.random_rows import Row
from tests.ml.value.lakehouse import QUARTER, Lakehouse, line, random_lines
from tests.ml.value.test_horizon import equation_10

AS_OF = datetime(2011, 12, 9, tzinfo=UTC)
CUTOFF, DAYS = date(2011, 6, 12), 180
# An invoice is an order, and its lines are sold together; those that begin with C are credit notes, with A no sales.
INVOICES = """
create table invoices as select InvoiceNo as invoice, CustomerID as customer, min(InvoiceDate) as sold_at,
    sum(Quantity * UnitPrice)::decimal(18, 6) as amount, InvoiceNo like 'C%' as is_credit
from (select distinct * from read_parquet($1)) where CustomerID is not null and InvoiceNo not like 'A%' group by all
"""
HISTORIES = f"""
with days as (
    select customer, sold_at::date as d, bool_or(not is_credit) as bought, sum(amount)::double as net
    from invoices where sold_at < date '{AS_OF:%Y-%m-%d}' group by all
), known as (
    select customer, min(d) as first, max(d) as last, count(*) - 1 as x from days where bought and d < date '{CUTOFF}' group by all
)
select x, (last - first) / 7 as t, (date '{CUTOFF}' - first - 1) / 7 as age,
    coalesce(sum(net) filter (d > first and d < date '{CUTOFF}'), 0) as spend,
    count(*) filter (bought and d >= date '{CUTOFF}') as bought,
    count(*) filter (bought and d >= date '{CUTOFF}' - {DAYS} and d < date '{CUTOFF}') as before,
    coalesce(sum(net) filter (d >= date '{CUTOFF}'), 0) as net
from known join days using (customer) group by customer, x, first, last
"""


@pytest.fixture
def shop(reference_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        database.execute(INVOICES, [str(reference_data / "online_retail" / "online_retail_2010_2011.parquet")])
        yield database


def order_lines(shop: duckdb.DuckDBPyConnection) -> list[Row]:
    def row(invoice: str, customer: Any, at: datetime, amount: Decimal, is_credit: bool) -> Row:
        ids = {"order_item_id": f"{invoice} {at}", "order_id": invoice, "user_id": str(customer)}
        return {**ids, "sold_at": at.replace(tzinfo=UTC), "sale_price": amount, "status": "Returned" if is_credit else "Complete"}

    return [row(*found) for found in shop.execute("select * from invoices").fetchall()]


def held_out(lakehouse: Lakehouse, section: ValueSection) -> Calibration:
    with lakehouse.filling() as filling:
        return calibrated(filling, section)


@pytest.mark.reference_data
def test_the_held_out_half_year_of_online_retail(lakehouse: Lakehouse, shop: duckdb.DuckDBPyConnection) -> None:
    lakehouse.has(AS_OF, order_lines(shop))
    found = held_out(lakehouse, ValueSection(horizon_days=DAYS))
    x, t, age, spend, bought, before, net = (
        np.array(column, dtype=float) for column in zip(*shop.execute(HISTORIES).fetchall(), strict=True)
    )
    fit = bg_nbd.Parameters.at(bg_nbd.fitted(Histories.of(x, t, age)).at)
    expected = equation_10(fit, x, t, age, DAYS / 7)
    again = (x > 0) & (spend > 0)
    spends = gamma_gamma.Parameters.at(gamma_gamma.fitted(Spending.of(x[again], spend[again])).at)
    value = expected * spends.p * (spends.v + spend.clip(0)) / (spends.p * x + spends.q - 1)

    assert (found.cutoff, [group.frequency for group in found.groups]) == (CUTOFF, ["0", "1", "2", "3", "4", "5", "6", "7+"])
    for number, group in enumerate(found.groups):
        of_it = x == number if number < 7 else x >= 7
        assert (group.customers, group.actual) == (of_it.sum(), bought[of_it].sum())
        assert (group.expected, group.expected_value) == pytest.approx((expected[of_it].sum(), value[of_it].sum()), rel=1e-3)
        assert group.actual_value == pytest.approx(net[of_it].sum(), rel=1e-9)
    assert found.purchase_error == pytest.approx(expected.sum() / bought.sum() - 1, abs=1e-3)
    assert found.value_error == pytest.approx(value.sum() / net.sum() - 1, abs=1e-3)
    assert found.customer_error == pytest.approx(math.sqrt(((bought - expected) ** 2).mean()), rel=1e-3)
    assert found.persistence_error == pytest.approx(math.sqrt(((bought - before) ** 2).mean()), rel=1e-9)
    # As it is: the shop's season is in the half year that is held out, and the model knows none.
    assert found.purchase_error == pytest.approx(-0.107, abs=0.001)


@pytest.mark.parametrize(
    ("rows", "section", "said"),
    [
        (
            [],
            ValueSection(horizon_days=30),
            "before 2024-03-02, the first of 30 days held out, nothing is estimated: 0 of 0 buyers",
        ),
        (
            [line(n, day, "5") for n in range(60) for day in (0, n % 30 + 1)],
            ValueSection(horizon_days=30),
            "nobody of 60 buyers bought in the 30 days held out, from 2024-03-02 on: there is nothing to compare",
        ),
    ],
    ids=["no lines", "nobody later"],
)
def test_what_can_not_be_compared_is_one_line(rows: list[Row], section: ValueSection, said: str, lakehouse: Lakehouse) -> None:
    lakehouse.has(QUARTER, rows)

    with pytest.raises(InputError, match=said):
        held_out(lakehouse, section)


def test_the_page_states_the_errors_and_shows_the_groups(lakehouse: Lakehouse) -> None:
    lakehouse.has(QUARTER, random_lines("5"))
    found = held_out(lakehouse, ValueSection(horizon_days=30))
    page = render(found)

    assert "<script" not in page and "Purchases per buyer in the 30 days held out" in page
    assert all(text.replace("'", "&#39;") in page for text in lines(found))
    expected, actual = (sum(values) for values in zip(*[(g.expected, g.actual) for g in found.groups], strict=True))
    way = "more" if expected > actual else "less"
    assert f"{expected:,.0f} expected, {actual:,.0f} made, {abs(expected / actual - 1):.1%}".replace("%", " %") in lines(found)[1]
    assert f"{way} expected than made" in lines(found)[1]
