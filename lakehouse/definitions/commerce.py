"""Revenue, the same way wherever it is counted: SQL expressions over rows of `silver.order_items`.

Gross revenue: the price of lines that were sold and not cancelled. Net revenue: gross less what was returned, be it a
line whose status is Returned or a credit note (a line with a negative price). Profit: net revenue less the cost of the
lines that stayed sold; empty where a cost is not known.
"""

IS_SALE = "(sale_price >= 0 and status <> 'Cancelled')"
IS_CREDIT_NOTE = "(sale_price < 0 and status = 'Returned')"
IS_KEPT = "((sale_price >= 0 and status not in ('Cancelled', 'Returned')) or (sale_price < 0 and status = 'Returned'))"

GROSS_REVENUE = f"case when {IS_SALE} then sale_price else 0 end"
NET_REVENUE = f"case when {IS_KEPT} then sale_price else 0 end"
PROFIT = f"case when {IS_KEPT} then sale_price - cost else 0 end"
UNITS_SOLD = f"case when {IS_SALE} then quantity else 0 end"
UNITS_RETURNED = "case when status = 'Returned' then abs(quantity) else 0 end"
