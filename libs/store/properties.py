"""What the commit that makes a table says of it, whichever engine writes it."""

from libs.tables import Table


def table_properties(table: Table) -> dict[str, str]:
    """The table's properties, by Delta's names."""
    return {"delta.enableChangeDataFeed": str(table.has_change_data).lower()} | _statistics(table.skipping_columns)


def _statistics(columns: list[str]) -> dict[str, str]:
    """Statistics of every column, Delta's default, would cost more than the writing of texts itself."""
    return {"delta.dataSkippingStatsColumns": ",".join(columns)} if columns else {"delta.dataSkippingNumIndexedCols": "0"}
