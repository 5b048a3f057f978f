"""The SQL that a source may have: what Spark and Sail compute alike over the text of its fields."""

from collections.abc import Iterator

from sqlglot.errors import ParseError, TokenError

from lakehouse.contract.source import Feed, Source
from libs.settings.located import Place
from libs.store.allowed import faults_in_source


def sql_faults(source: Source) -> Iterator[tuple[Place, str]]:
    """The place of each expression that can't be read, or that the engines would compute differently, and why."""
    for name, table in source.tables.items():
        for entity, feed in table.feeds.items():
            for place, sql in _expressions(feed):
                for fault in _faults_of(sql):
                    yield ("tables", name, "feeds", entity, *place), fault


def _expressions(feed: Feed) -> Iterator[tuple[Place, str]]:
    yield from ((("columns", name, "sql"), origin.sql) for name, origin in feed.columns.items() if origin.sql)
    yield from ((("rules", name), sql) for name, sql in feed.rules.items())
    yield from ((("pseudonymise", name), sql) for name, sql in feed.pseudonymise.items())
    yield from [(("keep", "latest"), feed.keep.latest)] if feed.keep.latest else []
    yield from [(("where",), feed.where)] if feed.where else []


def _faults_of(sql: str) -> list[str]:
    try:
        return [f"{fault}: use another, or ENGINE=spark" for fault in faults_in_source(sql)]
    except (ParseError, TokenError) as error:
        return [f"{sql!r} is no SQL: {str(error).splitlines()[0]}"]
