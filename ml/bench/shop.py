"""The facts that the models' benchmark reads: silver tables of users who come for a while and then stay away.

A user signs up at some day of the span, has a lifetime and a rate of sessions that are drawn exponentially, and orders in some
sessions. What happened before HISTORY arrived with the first run; later sessions arrive on their day, some of them days late.

python -m ml.bench.shop ROOT USERS
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from lakehouse.silver import events, order_items, products, users
from libs.engines.opening import opened
from libs.settings.config import load_settings
from libs.store.arrow_rows import arrow_schema
from libs.tables import Table
from ml.features.cutoffs import Cutoff, for_training
from ml.features.declaration import Churn

CUTOFFS = 12
CHURN = Churn(cutoffs=CUTOFFS)
END = datetime(2026, 1, 1, tzinfo=UTC)
# Every cutoff has facts of the longest window before it.
START = END - timedelta(days=CUTOFFS * CHURN.step_days + CHURN.horizon_days + CHURN.active_window_days)
HISTORY = START + (END - START) / 2
PRODUCTS = 2000
# Users whose rows are generated at once, and rows that are written at once.
AT_ONCE = ROWS_AT_ONCE = 100_000

# Draws are functions of what they are for, so that each part of a table, and each table, is generated alone. The outer hash makes
# those of one user independent: a hash of two values is the exclusive or of theirs.
PREPARED = f"""
create macro drawn(one, what) as (hash(hash(one, what)) >> 11)::double / 9007199254740992;
create macro exponential(one, what) as -ln(1 - drawn(one, what));
create macro one_of(given, share) as given[1 + least(len(given) - 1, floor(share * len(given)))::int];
create macro arrives(moment, late_days) as case when moment < timestamp '{HISTORY:%Y-%m-%d}' then timestamp '{HISTORY:%Y-%m-%d}'
    else date_trunc('day', moment) + interval 86399 seconds + to_days(late_days::int) end;
create macro people(first, beyond) as table
    select i, 'u' || i as user_id, drawn(i, 'traffic') as traffic,
        one_of(['Search', 'Search', 'Search', 'Organic', 'Facebook', 'Email', 'Display'], traffic) as traffic_source,
        one_of(['desktop', 'phone', 'phone', 'tablet'], drawn(i, 'device')) as device,
        one_of(['China', 'United States', 'Brasil', 'Germany', 'Japan', 'Spain'], sqrt(drawn(i, 'country'))) as country,
        one_of(['F', 'M'], drawn(i, 'gender')) as gender, 12 + (58 * drawn(i, 'age'))::bigint as age,
        timestamp '{START:%Y-%m-%d}' + to_seconds(drawn(i, 'sign-up') * 86400 * {(END - START).days - 1}) as created_at,
        least(exponential(i, 'life') * 90 / (1 + 1.5 * traffic), epoch(timestamp '{END:%Y-%m-%d}' - created_at) / 86400) as days
    from range(first, beyond) numbers(i);
create macro visits(first, beyond) as table
    select *, 's' || i || '-' || j as session_id, hash(i, j) as visit,
        created_at + to_seconds(if(j = 0, 0, days * 86400 * drawn(visit, 'when'))) as began_at,
        if(drawn(visit, 'other device') < 0.1, 'desktop', device) as visit_device,
        if(drawn(visit, 'late') < 0.02, 1 + 5 * drawn(visit, 'how late'), 0) as late_days
    from (select *, unnest(range(0, 1 + (days * 0.06 * exponential(i, 'rate'))::bigint)) as j from people(first, beyond));
"""
EVENTS = """
select session_id || '-' || k as event_id, user_id, session_id,
    one_of(['page_view', 'page_view', 'view', 'view', 'view', 'add_to_cart', 'purchase'], drawn(act, 'type')) as event_type,
    began_at + to_seconds(40 * k) as occurred_at, cast(occurred_at as date) as event_date, k as sequence_number,
    if(event_type = 'page_view', null, 'p' || (%(products)d * drawn(act, 'product') ** 2)::int) as product_id,
    visit_device as device, country, traffic_source, arrives(occurred_at, late_days) as _ingested_at
from (select *, unnest(range(0, 1 + least(40, 4 * exponential(visit, 'length'))::bigint)) as k, hash(visit, k) as act
    from visits($1, $2)) where occurred_at < timestamp '%(end)s'"""
LINES = """
select 'l' || session_id || '-' || k as order_item_id, 'o' || session_id as order_id, user_id,
    'p' || (%(products)d * drawn(line, 'product') ** 2)::int as product_id,
    one_of(['Complete', 'Complete', 'Complete', 'Shipped', 'Cancelled', 'Returned'], drawn(line, 'status')) as status, 1 as quantity,
    (2 + 40 * exponential(line, 'price'))::decimal(12, 2) as sale_price, began_at as sold_at,
    if(status = 'Returned', sold_at + to_seconds(86400 * (2 + 25 * drawn(line, 'returned'))), null) as returned_at,
    arrives(sold_at, late_days) as _ingested_at
from (select *, unnest(range(0, 1 + (1.2 * exponential(visit, 'lines'))::bigint)) as k, hash(visit, 'line', k) as line
    from visits($1, $2) where drawn(visit, 'orders') < 0.15) where sold_at < timestamp '%(end)s'"""
USERS = (
    "select user_id, created_at, age, gender, country, traffic_source, arrives(created_at, 0) as _ingested_at from people($1, $2)"
)
GOODS = """
select 'p' || i as product_id, 'category ' || i %% 26 as category, (5 + 95 * drawn(i, 'price'))::decimal(12, 2) as retail_price,
    timestamp '%(history)s' as _ingested_at
from range(0, %(products)d + 1) numbers(i) where $1 = 0 and $2 > 0"""
VALUES = {"products": PRODUCTS, "end": f"{END:%Y-%m-%d}", "history": f"{HISTORY:%Y-%m-%d}"}
QUERIES = {
    events.TABLE.name: EVENTS % VALUES,
    order_items.TABLE.name: LINES % VALUES,
    products.TABLE.name: GOODS % VALUES,
    users.TABLE.name: USERS,
}
TABLES = (events.TABLE, order_items.TABLE, products.TABLE, users.TABLE)


def cutoffs() -> Sequence[Cutoff]:
    """The cutoffs that features are computed for, oldest first."""
    return for_training(END, CHURN, START.date())


def batches(table: Table, part: str) -> Iterator[pa.RecordBatch]:
    """Rows of the table, of the users from one number to another, `first-beyond`; what the query has no column for is empty."""
    first, beyond = map(int, part.split("-"))
    schema = arrow_schema(table)
    with duckdb.connect() as connection:
        connection.execute(PREPARED)
        query = f"select *, 'shop' as source from ({QUERIES[table.name]})"
        for batch in connection.sql(query, params=[first, beyond]).to_arrow_reader(ROWS_AT_ONCE):
            given = dict(zip(batch.schema.names, batch.columns, strict=True))
            columns = [given[f.name].cast(f.type) if f.name in given else pa.nulls(len(batch), f.type) for f in schema]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def main(root: Path, number: int) -> None:
    """Write the tables of so many users below `root`."""
    store = opened(load_settings().model_copy(update={"lakehouse_root": str(root)}), "native", "bench of models")
    parts = [f"{first}-{min(first + AT_ONCE, number)}" for first in range(0, number, AT_ONCE)]
    for table in TABLES:
        store.append(table, store.from_parts(parts, partial(batches, table), arrow_schema(table)), {})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
