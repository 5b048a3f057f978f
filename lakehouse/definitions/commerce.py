"""Revenue, defined once for all tables: SQL expressions over rows of `silver.order_items`.

Gross revenue: the price of lines that were not cancelled: sales, and discounts, which are lines of their own with a negative
price. Net revenue: gross revenue less returns, where a return is a line with status Returned or a credit note (Returned, with a
negative price). Profit: net revenue less the cost of the lines that were not returned; empty where a cost is not known.
Orders, buyers and units are those of sales: a free gift, or a line edited down to no units, is one of price 0.
"""

IS_SALE = "(sale_price >= 0 and status <> 'Cancelled')"
IS_CREDIT_NOTE = "(sale_price < 0 and status = 'Returned')"
IS_DISCOUNT = "(sale_price < 0 and status not in ('Cancelled', 'Returned'))"
IS_KEPT = f"((sale_price >= 0 and status not in ('Cancelled', 'Returned')) or {IS_CREDIT_NOTE} or {IS_DISCOUNT})"

GROSS_REVENUE = f"case when {IS_SALE} or {IS_DISCOUNT} then sale_price else 0 end"
NET_REVENUE = f"case when {IS_KEPT} then sale_price else 0 end"
PROFIT = f"case when {IS_KEPT} then sale_price - cost else 0 end"
UNITS_SOLD = f"case when {IS_SALE} then quantity else 0 end"
UNITS_RETURNED = "case when status = 'Returned' then abs(quantity) else 0 end"
