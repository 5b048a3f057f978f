from collections.abc import Callable

import pandas as pd

from lakehouse.report import ReportData
from lakehouse.report.data import COHORT_REVENUE
from lakehouse.report.heat_maps import cohort_revenue

Made = Callable[..., ReportData]


def test_revenue_per_customer_is_averaged_by_size_and_shaded_from_the_lowest_to_the_highest(made_data: Made) -> None:
    found = cohort_revenue(made_data())
    assert found.head == ["Cohort", "Customers", "0", "1", "2", "3"]
    # 100, 200 and 300 customers with 50, 60 and 70 in the month of their first order.
    assert found.rows[0][2][0] == ("63.33", 53.3)
    assert found.rows[1] == ("Nov 2025", "300", [("70.00", 80.0), ("75.00", 100.0), None, None])


def test_without_a_complete_month_there_are_no_rows(made_data: Made) -> None:
    assert cohort_revenue(made_data(cohort_revenue=pd.DataFrame(columns=COHORT_REVENUE))).rows == []
