"""Superset's files that are generated from declarations: the database, and a dataset for every gold table and metric view.

Charts and dashboards are edited by people, in files or in the browser; their datasets always follow the definitions.
"""

from collections.abc import Sequence
from typing import Any

import yaml

from lakehouse.catalogue.entry import Catalogue
from lakehouse.dashboards.columns import count_of_rows, joined_columns, metric, table_columns, view_columns
from lakehouse.dashboards.identity import uuid_of
from lakehouse.dashboards.joined import JOINED, Joined
from lakehouse.metrics.declaration import Metrics, View
from libs.tables import Table

VERSION = "1.0.0"
DATABASE = "Lakehouse"
# The Thrift server's address differs between machines: superset_config.py sets this machine's.
ADDRESS = "spark://thrift-server:10000/default"


def generated_assets(catalogue: Catalogue, metrics: Metrics) -> dict[str, str]:
    """Every generated file by its path below `superset/assets`."""
    tables = [entry.table for entry in catalogue.values() if entry.table.layer == "gold"]
    datasets = [_of_table(table) for table in tables]
    datasets += [_of_join(joined, catalogue) for joined in JOINED]
    datasets += [_of_view(view, catalogue) for view in metrics.views]
    named = {f"datasets/{d['schema']}_{d['table_name']}.yaml": d for d in datasets}
    return {path: as_yaml(content) for path, content in {"databases/lakehouse.yaml": _database(), **named}.items()}


def as_yaml(content: dict[str, Any]) -> str:
    """The text of a file."""
    return yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=130)


class _Plain(yaml.SafeDumper):
    """Writes repeated values in full: YAML's references are hard to read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _database() -> dict[str, Any]:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": ADDRESS,
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True, "metadata_cache_timeout": {"schema_cache_timeout": 600}},
        "impersonate_user": False,
        "uuid": uuid_of("database", DATABASE),
        "version": VERSION,
    }


def _of_table(table: Table) -> dict[str, Any]:
    columns = table_columns(table)
    return _dataset(table.layer, table.short_name, table.comment, columns, [count_of_rows()])


def _of_join(joined: Joined, catalogue: Catalogue) -> dict[str, Any]:
    columns = joined_columns(joined, catalogue)
    return {**_dataset("gold", joined.name, joined.comment, columns, [count_of_rows()]), "sql": joined.sql}


def _of_view(view: View, catalogue: Catalogue) -> dict[str, Any]:
    measures = [metric(measure) for measure in view.measures]
    return _dataset("metrics", view.view, view.comment, view_columns(view, catalogue), measures)


def _dataset(schema: str, name: str, comment: str, columns: Sequence[Any], metrics: Sequence[Any]) -> dict[str, Any]:
    """A dashboard's date range applies to the first time column of a table."""
    return {
        "table_name": name,
        "main_dttm_col": next((c["column_name"] for c in columns if c["is_dttm"]), None),
        "description": comment,
        "offset": 0,
        "cache_timeout": None,
        "catalog": None,
        "schema": schema,
        "sql": None,
        "filter_select_enabled": True,
        "extra": None,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": uuid_of("dataset", f"{schema}.{name}"),
        "metrics": list(metrics),
        "columns": list(columns),
        "version": VERSION,
        "database_uuid": uuid_of("database", DATABASE),
    }
