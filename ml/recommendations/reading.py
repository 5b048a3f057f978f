"""What users did, read from the published facts."""

import pyarrow as pa
from pyspark.sql import functions as F

from libs.errors import InputError
from ml.recommendations.history import History, daily, day_number, last_day
from ml.tables import Tables

READ = ("gold.product_interest_daily", "silver.order_items", "silver.users")


def read_history(tables: Tables) -> tuple[History, int]:
    """What users did before `as_of`, and the day (since 1970-01-01, UTC) that begins then, or after it where it is within a day.

    Raises InputError where a table does not exist.
    """
    missing = [name for name in READ if not tables.store.exists(name)]
    if missing:
        raise InputError(f"{tables.store.root} has no {missing[0]}: run `make demo` or jobs.refresh first")
    read, as_of = tables.store.read, tables.as_of()
    rows = daily(read("gold.product_interest_daily"), read("silver.order_items"), as_of).toArrow()
    users = read("silver.users").where(F.col("created_at") < as_of).select("user_id").toArrow()
    history = History.of(rows, users["user_id"].combine_chunks().cast(pa.string()))
    return history, day_number(last_day(as_of)) + 1
