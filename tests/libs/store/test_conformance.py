"""What every implementation of the store's port does: rows in, rows and counts out, the state in the same commit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.store.conditions import ALWAYS, NEVER, Column, Condition, Equal, Less, Within, any_differs, given, stored
from libs.store.native import NativeStore
from libs.store.port import Store
from libs.store.spark import SparkStore
from libs.store.staged import Written
from libs.tables import DATE, LONG, STRING, Slices, Table, TableError
from libs.tables import Column as Declared

ITEMS = Table(
    name="silver.items",
    comment="Things and their days",
    columns=[
        Declared("item_id", LONG, "the item"),
        Declared("day", DATE, "its day", "UTC day"),
        Declared("label", STRING, "a word"),
    ],
    primary_key=["item_id"],
    refresh=Slices(by="day"),
)
WIDER = replace(ITEMS, columns=[*ITEMS.columns, Declared("size", LONG, "how large", "bytes")])
NAME = ITEMS.name
IMPLEMENTATIONS: dict[str, Callable[[str, SparkSession], Store]] = {
    "native": NativeStore.at,
    "spark": lambda root, spark: replace(SparkStore.at(root, spark), few_rows=0),
}
Rows = Sequence[tuple[int, int, str | None]]
FIRST: Rows = [(1, 1, "one"), (2, 2, "two"), (3, 3, "three")]
RELABELLED = any_differs(["label"])


pytestmark = pytest.mark.both_engines


@pytest.fixture
def store(engine: str, spark: SparkSession, tmp_path: Path) -> Iterator[Store]:
    """A store that holds FIRST in version 0."""
    made = IMPLEMENTATIONS[engine](str(tmp_path), spark)
    assert not made.exists(NAME)
    assert made.overwrite(ITEMS, items(made, FIRST), {"run": "first"}) == Written(0, inserted=3)
    yield made


def items(store: Store, rows: Rows) -> DataFrame:
    """Rows of (item, day of January 2026, label)."""
    return store.spark.createDataFrame([(item, date(2026, 1, day), label) for item, day, label in rows], ITEMS.schema)


def marked(store: Store, rows: Rows, gone: Rows) -> DataFrame:
    """Rows to merge, and rows whose counterparts shall go."""
    here, away = (items(store, part).withColumn("_deleted", F.lit(part is gone)) for part in (rows, gone))
    return here.unionByName(away)


def rows_of(store: Store, version: int | None = None) -> Rows:
    return sorted((row.item_id, row.day.day, row.label) for row in store.read(NAME, version).collect())


def state(store: Store) -> object:
    return store.last_commit(NAME).state


def test_a_table_is_read_at_its_newest_and_at_any_version(store: Store) -> None:
    assert store.overwrite(ITEMS, items(store, [(9, 9, None)]), {"run": "second"}) == Written(1, inserted=1, deleted=3)

    assert (store.exists(NAME), store.version(NAME), state(store)) == (True, 1, {"run": "second"})
    assert rows_of(store) == rows_of(store, 1) == [(9, 9, None)]
    assert rows_of(store, 0) == FIRST
    assert store.arrow(NAME, 0).to_table().num_rows == 3


def test_appended_rows_are_added(store: Store) -> None:
    assert store.append(ITEMS, items(store, [(4, 4, "four"), (4, 4, "again")]), {"run": "more"}) == Written(1, inserted=2)

    assert rows_of(store) == [*FIRST, (4, 4, "again"), (4, 4, "four")]
    assert state(store) == {"run": "more"}


def _numbered(part: str) -> Iterator[pa.RecordBatch]:
    """Rows for each number up to that of the part, a batch each."""
    for number in range(int(part)):
        item = pa.array([number], pa.int64())
        yield pa.RecordBatch.from_pydict({"item_id": item, "day": pa.array([date(2026, 1, int(part))]), "label": [part]})
    if part == "13":
        raise ValueError("part 13: no luck")


NUMBERED = pa.schema([("item_id", pa.int64()), ("day", pa.date32()), ("label", pa.string())])


def test_rows_are_made_of_parts_where_they_are_written(store: Store) -> None:
    rows = store.from_parts(["2", "1", "0"], _numbered, NUMBERED)
    assert store.append(ITEMS, rows, {"run": "parts"}) == Written(1, inserted=3)
    assert rows_of(store) == sorted([*FIRST, (0, 2, "2"), (1, 2, "2"), (0, 1, "1")])
    assert store.append(ITEMS, store.from_parts([], _numbered, NUMBERED), {"run": "no parts"}) == Written(2)


def test_a_part_that_fails_ends_the_write_and_is_told(store: Store) -> None:
    with pytest.raises(Exception, match="ValueError: part 13: no luck"):
        store.append(ITEMS, store.from_parts(["2", "13"], _numbered, NUMBERED), {"run": "bad luck"})
    assert (rows_of(store), store.version(NAME)) == (FIRST, 0)


def test_a_repeated_transaction_does_nothing(store: Store) -> None:
    first = [(4, 4, "four")]
    assert store.append(ITEMS, items(store, first), {"run": "4"}, ("loader", 4)) == Written(1, inserted=1)
    assert store.append(ITEMS, items(store, first), {"run": "repeated"}, ("loader", 4)) == Written(1)
    assert state(store) == {"run": "4"}
    assert store.append(ITEMS, items(store, [(5, 5, "five")]), {"run": "5"}, ("loader", 5)) == Written(2, inserted=1)
    assert store.append(ITEMS, items(store, [(6, 6, "six")]), {"run": "4"}, ("another loader", 4)) == Written(3, inserted=1)
    assert [item for item, _, _ in rows_of(store)] == [1, 2, 3, 4, 5, 6]


def test_an_overwrite_may_change_the_columns(store: Store) -> None:
    wider = items(store, [(7, 7, "seven")]).withColumn("size", F.lit(70).cast("long"))
    assert store.overwrite(WIDER, wider, {}) == Written(1, inserted=1, deleted=3)

    assert store.read(NAME).columns == ["item_id", "day", "label", "size"]
    assert store.read(NAME, 0).columns == ["item_id", "day", "label"]


def test_an_overwrite_may_change_the_type_of_a_column(store: Store) -> None:
    """Sums of more digits than the column held, over a table that an earlier version made."""
    narrow = replace(ITEMS, columns=[*ITEMS.columns, Declared("amount", "decimal(18,6)", "how much")])
    wide = replace(ITEMS, columns=[*ITEMS.columns, Declared("amount", "decimal(38,6)", "how much")])
    store.overwrite(narrow, items(store, FIRST).withColumn("amount", F.expr("cast(1.5 as decimal(18,6))")), {})
    store.overwrite(wide, items(store, FIRST).withColumn("amount", F.expr("cast('1500000000000.25' as decimal(38,6))")), {})
    amounts = [row["amount"] for row in store.read(NAME).select("amount").distinct().collect()]
    assert amounts == [Decimal("1500000000000.250000")]
    assert store.read(NAME).schema["amount"].dataType.simpleString() == "decimal(38,6)"
    before = store.read(NAME, store.version(NAME) - 1)
    assert [row["amount"] for row in before.select("amount").distinct().collect()] == [Decimal("1.500000")]


def test_an_append_adds_columns_that_the_declaration_has_gained(store: Store) -> None:
    store.append(WIDER, items(store, [(7, 7, "seven")]).withColumn("size", F.lit(70).cast("long")))

    assert sorted((row.item_id, row["size"]) for row in store.read(NAME).collect()) == [(1, None), (2, None), (3, None), (7, 70)]


@pytest.mark.parametrize(
    ("where", "rows", "deleted", "left"),
    [
        (Within(Column("day"), [(date(2026, 1, 2), date(2026, 1, 3))]), [(8, 2, "eight")], 2, [(1, 1, "one"), (8, 2, "eight")]),
        (Equal(Column("day"), date(2026, 1, 9)), [(9, 9, "nine")], 0, [*FIRST, (9, 9, "nine")]),
        (Less(Column("day"), date(2026, 1, 3)), [], 2, [(3, 3, "three")]),
        (NEVER, [], 0, FIRST),
    ],
)
def test_exactly_the_rows_that_meet_the_condition_are_replaced(
    store: Store, where: Condition, rows: Rows, deleted: int, left: Rows
) -> None:
    written = store.replace_where(ITEMS, items(store, rows), where, {"run": "replaced"})

    assert written == Written(1, inserted=len(rows), deleted=deleted)
    assert rows_of(store) == left
    assert state(store) == {"run": "replaced"}


def test_a_merge_inserts_updates_and_deletes(store: Store) -> None:
    rows = marked(store, [(1, 1, "one"), (2, 2, "TWO"), (4, 4, "four"), (5, 5, None)], gone=[(3, 1, "any"), (6, 6, "unknown")])

    assert store.merge(ITEMS, rows, RELABELLED, {"run": "merged"}) == Written(1, inserted=2, updated=1, deleted=1)

    assert rows_of(store) == [(1, 1, "one"), (2, 2, "TWO"), (4, 4, "four"), (5, 5, None)]
    assert state(store) == {"run": "merged"}


def test_a_merge_of_new_keys_alone_adds_them(store: Store) -> None:
    assert store.merge(ITEMS, items(store, [(4, 4, "four")]), ALWAYS, {"run": "new"}) == Written(1, inserted=1)
    assert rows_of(store) == [*FIRST, (4, 4, "four")]


@pytest.mark.parametrize("rows", [FIRST, [], [(1, 9, "one")]])
def test_a_merge_that_changes_nothing_commits_its_state(store: Store, rows: Rows) -> None:
    assert store.merge(ITEMS, items(store, rows), RELABELLED, {"run": "same"}) == Written(1)
    assert (rows_of(store), state(store)) == (FIRST, {"run": "same"})


def test_a_merge_updates_where_its_condition_on_given_and_stored_row_holds(store: Store) -> None:
    rows = items(store, [(1, 9, "later"), (2, 1, "earlier"), (3, 3, "the same")])

    assert store.merge(ITEMS, rows, Less(stored("day"), given("day")), {}) == Written(1, updated=1)

    assert rows_of(store) == [(1, 9, "later"), (2, 2, "two"), (3, 3, "three")]


@pytest.mark.parametrize(("where", "left"), [(Equal(Column("label"), "two"), [FIRST[0], FIRST[2]]), (NEVER, FIRST), (ALWAYS, [])])
def test_deleted_are_the_rows_that_meet_the_condition(store: Store, where: Condition, left: Rows) -> None:
    written = store.delete(ITEMS, where, {"run": "deleted"})

    assert (written.inserted, written.updated, written.deleted) == (0, 0, 3 - len(left))
    assert (rows_of(store), state(store)) == (left, {"run": "deleted"})


def test_deleted_are_the_rows_that_equal_a_key(store: Store) -> None:
    store.append(ITEMS, items(store, [(4, 2, "two"), (5, 2, "other")]))
    keys = items(store, [(0, 2, "two"), (0, 2, "two"), (0, 3, "unknown")])

    assert store.delete_matching(ITEMS, keys, ["day", "label"], {"run": "released"}) == Written(2, deleted=2)

    assert rows_of(store) == [(1, 1, "one"), (3, 3, "three"), (5, 2, "other")]
    assert state(store) == {"run": "released"}


def test_a_state_is_committed_alone(store: Store) -> None:
    assert store.commit(ITEMS, {"run": "nothing new"}) == Written(1)

    assert (rows_of(store), state(store)) == (FIRST, {"run": "nothing new"})
    assert store.changed(NAME, "item_id", 0, 1) == []


@pytest.mark.parametrize("way", ["overwrite", "replace_where"])
def test_writing_no_rows_over_none_commits_the_state(store: Store, way: str) -> None:
    store.delete(ITEMS, ALWAYS, {})

    if way == "overwrite":
        store.overwrite(ITEMS, items(store, []), {"run": "again"})
    else:
        store.replace_where(ITEMS, items(store, []), Equal(Column("item_id"), 1), {"run": "again"})

    assert state(store) == {"run": "again"}


def test_every_way_of_writing_leaves_its_changes(store: Store) -> None:
    store.append(ITEMS, items(store, [(4, 4, "four")]))
    store.merge(ITEMS, marked(store, [(1, 1, "ONE"), (5, 5, "five")], gone=[(2, 2, "two")]), RELABELLED, {})
    store.replace_where(ITEMS, items(store, [(8, 3, "eight")]), Equal(Column("day"), date(2026, 1, 3)), {})
    store.delete(ITEMS, Equal(Column("item_id"), 4), {})
    store.delete_matching(ITEMS, items(store, [(5, 5, "five")]), ["item_id"], {})

    expected = {
        1: [("insert", 4)],
        2: [("delete", 2), ("insert", 5), ("update_postimage", 1), ("update_preimage", 1)],
        3: [("delete", 3), ("insert", 8)],
        4: [("delete", 4)],
        5: [("delete", 5)],
    }
    for version, changes in expected.items():
        found = store.changes(NAME, version - 1, version).select("_change_type", "item_id", "_commit_version").collect()
        assert sorted((kind, item) for kind, item, _ in found) == changes
        assert {row["_commit_version"] for row in found} == {version}
        assert sorted(store.changed(NAME, "item_id", version - 1, version)) == sorted({item for _, item in changes})
    assert store.keeps_changes(NAME, 0)
    assert store.changes(NAME, 0, 5).count() == sum(map(len, expected.values()))


def test_columns_keep_their_comments(store: Store) -> None:
    store.append(ITEMS, items(store, [(4, 4, "four")]))
    store.merge(ITEMS, items(store, [(1, 1, "ONE")]), RELABELLED, {})
    store.replace_where(ITEMS, items(store, []), Equal(Column("item_id"), 2), {})
    assert comments(store) == {"item_id": "the item", "day": "its day [UTC day]", "label": "a word"}

    store.overwrite(WIDER, items(store, []).withColumn("size", F.lit(1).cast("long")), {})
    assert comments(store)["size"] == "how large [bytes]"


def comments(store: Store) -> dict[str, str]:
    return {field.name: field.metadata.get("comment", "") for field in DeltaTable(store.path(NAME)).schema().fields}


def test_rows_are_added_and_replaced_also_where_a_column_is_described_in_other_words(store: Store) -> None:
    described = [replace(column, description="reworded") for column in ITEMS.columns]
    reworded = replace(ITEMS, columns=described)
    store.append(reworded, items(store, [(4, 4, "four")]), {})
    store.replace_where(reworded, items(store, [(4, 4, "new")]), Equal(Column("item_id"), 4), {})
    store.merge(reworded, marked(store, [(5, 5, "five")], []), RELABELLED, {})
    assert rows_of(store) == [*FIRST, (4, 4, "new"), (5, 5, "five")]


def test_the_first_commit_says_what_is_kept_about_the_rows(store: Store) -> None:
    store.append(ITEMS, items(store, [(9, 30, "nine")]))
    plain = replace(ITEMS, name="silver.plain", refresh=replace(Slices(by="day"), by="item_id"), has_change_data=False)
    store.append(replace(plain, primary_key=[]), items(store, FIRST))

    assert store.greatest(NAME, "day") == date(2026, 1, 30)
    assert with_statistics(store, NAME) == {"day"}
    assert with_statistics(store, "silver.plain") == {"item_id"}
    assert configuration(store, NAME) == {"delta.enableChangeDataFeed": "true", "delta.dataSkippingStatsColumns": "day"}
    assert configuration(store, "silver.plain") == {
        "delta.enableChangeDataFeed": "false",
        "delta.dataSkippingStatsColumns": "item_id",
    }


def with_statistics(store: Store, name: str) -> set[str]:
    """Columns of which the log knows the greatest value in each file."""
    files = DeltaTable(store.path(name)).get_add_actions(flatten=True)
    return {column.removeprefix("max.") for column in files.column_names if column.startswith("max.")}


def configuration(store: Store, name: str) -> dict[str, str]:
    return DeltaTable(store.path(name)).metadata().configuration


def test_rows_and_sizes_are_known_from_the_log(store: Store) -> None:
    store.append(ITEMS, items(store, [(4, 4, "four")]))

    assert (store.row_count(NAME), store.row_count(NAME, 0)) == (4, 3)
    size = store.size(NAME)
    assert size.rows == 4 and size.files >= 2
    assert size.bytes == sum(Path(store.path(NAME), file).stat().st_size for file in DeltaTable(store.path(NAME)).file_uris())


def test_the_state_is_found_behind_later_commits_that_carry_none(store: Store) -> None:
    for retention in range(1, 11):
        DeltaTable(store.path(NAME)).alter.set_table_properties({"delta.logRetentionDuration": f"interval {retention} days"})

    found = store.last_commit(NAME)

    assert (found.version, found.state) == (0, {"run": "first"})


WAYS: dict[str, Callable[[Store, DataFrame], Written]] = {
    "append": lambda store, rows: store.append(ITEMS, rows),
    "overwrite": lambda store, rows: store.overwrite(ITEMS, rows, {}),
    "replace_where": lambda store, rows: store.replace_where(ITEMS, rows, ALWAYS, {}),
    "merge": lambda store, rows: store.merge(ITEMS, rows, ALWAYS, {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_rows_that_are_not_as_declared_are_refused_with_every_mismatch(store: Store, way: str) -> None:
    wrong = store.spark.range(1).selectExpr("cast(id as int) item_id", "'word' as label", "1 as more")

    with pytest.raises(TableError) as refused:
        WAYS[way](store, wrong)

    assert str(refused.value).splitlines() == [
        "silver.items: column day is missing",
        "silver.items: column more is not declared",
        "silver.items: column item_id is int, declared bigint",
    ]
    assert (store.version(NAME), rows_of(store)) == (0, FIRST)


def test_staged_rows_are_written_as_they_were_counted(store: Store) -> None:
    with store.staging() as staging:
        staged = staging.keep(items(store, [(4, 4, None), (5, 2, "five")]), labelled="count(label)")
        written = store.overwrite(ITEMS, staged, {})

        assert (written.inserted, staged.count, staged.figure("labelled"), staged.arrow().num_rows) == (2, 2, 1, 2)
    assert rows_of(store) == [(4, 4, None), (5, 2, "five")]


def test_rows_that_pass_are_counted_by_the_write(store: Store) -> None:
    with store.staging() as staging:
        passing = staging.passing(items(store, [(4, 4, None), (5, 2, "five")]), labelled="count(label)")
        written = store.append(ITEMS, passing.rows.where("label is null"))

        assert (written.inserted, passing.count, passing.figure("labelled")) == (1, 2, 1)


def test_another_session_writes_the_same_tables(store: Store) -> None:
    other = store.in_own_session()
    other.delete(ITEMS, Equal(Column("item_id"), 1), {"run": "other"})

    assert (store.version(NAME), state(store), rows_of(store)) == (1, {"run": "other"}, FIRST[1:])
