"""Events of a source with their users, sessions and what is known of these: for all of its rows, or anew for those that change.

Where the source gives sessions, its users are as it gives them. What its events do not say of their user is then looked for in the
user's other events; of most such sources every event says it, and nothing has to be looked for.
"""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.outcome import wins
from lakehouse.definitions.union import united
from lakehouse.identity import known, stitching
from lakehouse.refresh.counts import Arrived
from lakehouse.refresh.fed import Fed
from lakehouse.refresh.lookups import revisited
from lakehouse.refresh.one_merge import Merging
from libs.store.conditions import Or
from libs.store.dialects import spark_sql


def identified(merging: Merging, source: str, batch: Arrived) -> DataFrame:
    """All rows of the source, not completed by lookups yet, given as they came."""
    if source in merging.unstitched:
        return stitching.stitched(stitching.as_given(batch.rows))
    reported = _reported(_feeds(merging, source))
    # Asked of what came, over these columns alone: whether a row is valid, or the last of its key, would cost more than it saves.
    is_lacking = any(known.any_lacking(known.as_reported(came.uncounted), reported) for came in batch.arrivals)
    rows = known.as_reported(batch.rows)
    return known.with_known(rows) if is_lacking else rows


def identified_anew(merging: Merging, source: str, batch: Arrived) -> DataFrame:
    """The rows of the source in which something computed or looked up may differ now, likewise; those of the batch arrived.

    What follows reads these steps several times, and planning all of it again each time would cost more than the work.
    """
    there = merging.store.read(merging.table.name).where(F.col("source") == source)
    again = [rows.select(*stitching.ACTOR) for fed in _feeds(merging, source) for rows in revisited(merging, fed)]
    others = united(again) if again else None
    if source in merging.unstitched:
        applied = _arrived(merging, source, there, stitching.as_given(batch.rows))
        return merging.staging.without_plan(stitching.recomputed(there, applied, others))
    return _known_anew(merging, source, there, known.as_reported(batch.rows), others)


def _known_anew(merging: Merging, source: str, there: DataFrame, fresh: DataFrame, others: DataFrame | None) -> DataFrame:
    columns = _reported(_feeds(merging, source))
    is_lacking = known.any_lacking(there, columns)
    if not is_lacking:
        # They are counted as they pass, which is once.
        fresh = merging.staging.without_plan(fresh)
        is_lacking = known.any_lacking(fresh, columns)
    if not is_lacking and others is None:
        return fresh
    applied = _arrived(merging, source, there, fresh)
    return merging.staging.without_plan(known.known_anew(there, applied, others, is_lacking))


def _arrived(merging: Merging, source: str, there: DataFrame, fresh: DataFrame) -> DataFrame:
    wins_there = spark_sql(Or(tuple(wins(fed.feed) for fed in _feeds(merging, source))))
    return merging.staging.without_plan(stitching.arrived(there, fresh, wins_there))


def _feeds(merging: Merging, source: str) -> list[Fed]:
    return [fed for fed in merging.feeds if fed.source.source == source]


def _reported(feeds: Sequence[Fed]) -> tuple[str, ...]:
    """The columns with what events of these feeds say of their user."""
    return tuple(f"reported_{name}" for name in known.OF_USER if any(name in fed.feed.columns for fed in feeds))
