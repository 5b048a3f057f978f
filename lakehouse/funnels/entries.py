"""Entrants of each funnel, recomputed by DuckDB: SQL from the declaration alone, independent of the chains that Spark computes."""

from lakehouse.funnels.conditions import fits
from lakehouse.funnels.declaration import Funnel, Funnels

_ACTOR = {"user": "coalesce('user ' || user_id, 'visitor ' || anonymous_id)", "session": "session_id"}
_NONE = "select null::varchar as funnel, null::date as entry_date, 0 as value where false"


def entry_actors(funnels: Funnels) -> str:
    """A query over silver.events with the columns funnel, entry_date and value: distinct actors with an entry event that day."""
    return " union all ".join(_of(funnel) for funnel in funnels.funnels) or _NONE


def _of(funnel: Funnel) -> str:
    steps = funnel.steps if funnel.order == "any" else funnel.steps[:1]
    is_entry = " or ".join(f"({fits(step.event_type, step.where)})" for step in steps)
    return (
        f"select '{funnel.name}' as funnel, event_date as entry_date, count(distinct {_ACTOR[funnel.unit]}) as value "
        f"from silver.events where {is_entry} group by all having value > 0"
    )
