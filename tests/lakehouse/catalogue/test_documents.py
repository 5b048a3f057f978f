from lakehouse.catalogue.discovery import catalogue
from lakehouse.catalogue.documents import data_dictionary, refresh_in_words
from lakehouse.catalogue.entry import Catalogue
from libs.tables import Full, Merge, Slices


def test_every_table_and_column_is_described() -> None:
    page = data_dictionary(catalogue())
    for name, entry in catalogue().items():
        assert f"\n### {name}\n" in page
        assert all(f"| `{c.name}` | {c.type} |" in page for c in entry.table.columns)


def test_a_table_shows_its_docstring_key_refresh_and_columns() -> None:
    one: Catalogue = {name: entry for name, entry in catalogue().items() if name == "gold.quality_results"}
    page = data_dictionary(one)
    assert "Grain: one row per run, table and expectation" in page
    assert "- Primary key: `run_id`, `table`, `expectation`\n- Refresh: Every run appends rows.\n" in page
    assert "| `unexpected_count` | bigint | rows | rows that did not meet it |" in page
    assert "| `passed` | boolean |  | whether every row met it (never empty) |" in page


def test_the_kinds_of_refresh_are_described() -> None:
    assert refresh_in_words(Full(on_as_of=False)) == "Recomputed in full when a source changed."
    assert "`events`" in refresh_in_words(Merge(entity="events"))
    assert "the 29 days after each" in refresh_in_words(Slices(by="activity_date", lookback_days=29))
    assert "the 7 days before each" in refresh_in_words(Slices(by="entry_date", lookahead_days=7))
    assert "before each whose declared window includes it" in refresh_in_words(Slices(by="day", lookahead_days=lambda funnels: 1))
