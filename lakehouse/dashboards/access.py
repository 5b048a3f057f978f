"""Who sees which data in Superset, as `superset/access.yaml` declares it: roles with datasets, and row-level rules."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from libs.errors import InputError
from libs.settings.located import read_located
from libs.settings.project import PROJECT_ROOT
from libs.superset.api import Superset


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(_Strict):
    """A role that may read datasets, each `schema.name`."""

    name: str
    datasets: tuple[str, ...] | Literal["all"]


class Rule(_Strict):
    """Rows that the roles see of the datasets: those that meet `clause`, an SQL condition."""

    name: str
    description: str = ""
    roles: tuple[str, ...]
    datasets: tuple[str, ...]
    clause: str


class Access(_Strict):
    """The content of `superset/access.yaml`."""

    roles: tuple[Role, ...] = ()
    row_level_security: tuple[Rule, ...] = ()


def read_access(file: Path) -> Access:
    """Return what the file declares; raises ConfigError, one line with every fault."""
    return read_located(file, PROJECT_ROOT).validated(Access)


def grant(superset: Superset, access: Access) -> None:
    """Update roles and rules to what is declared; raises InputError for a dataset or role that does not exist."""
    datasets = {f"{d['schema']}.{d['table_name']}": d["id"] for d in superset.listed("dataset", ["id", "schema", "table_name"])}
    roles = {role["name"]: role["id"] for role in superset.listed("security/roles", ["id", "name"])}
    permissions = _readable(superset)
    for role in access.roles:
        if role.name not in roles:
            roles[role.name] = superset.post("security/roles/", {"name": role.name})["id"]
        wanted = list(datasets) if role.datasets == "all" else role.datasets
        ids = [permissions[i] for i in _numbers(wanted, datasets, f"role {role.name}: dataset")]
        superset.post(f"security/roles/{roles[role.name]}/permissions", {"permission_view_menu_ids": ids})
    for rule in access.row_level_security:
        _apply(superset, rule, datasets, roles)


def _apply(superset: Superset, rule: Rule, datasets: Mapping[str, int], roles: Mapping[str, int]) -> None:
    content: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "filter_type": "Regular",
        "tables": _numbers(rule.datasets, datasets, f"rule {rule.name}: dataset"),
        "roles": _numbers(rule.roles, roles, f"rule {rule.name}: role"),
        "clause": rule.clause,
    }
    existing = {row["name"]: row["id"] for row in superset.listed("rowlevelsecurity", ["id", "name"])}
    if rule.name in existing:
        superset.put(f"rowlevelsecurity/{existing[rule.name]}", content)
    else:
        superset.post("rowlevelsecurity/", content)


def _readable(superset: Superset) -> dict[int, int]:
    """Id of a dataset -> id of the permission to read it, which Superset names `[database].[name](id:number)`."""
    found = {}
    for row in superset.listed("security/permissions-resources"):
        name = row["view_menu"]["name"]
        if row["permission"]["name"] == "datasource_access" and "(id:" in name:
            found[int(name.rsplit("(id:", 1)[1].rstrip(")"))] = row["id"]
    return found


def _numbers(names: Sequence[str], known: Mapping[str, int], what: str) -> list[int]:
    missing = [name for name in names if name not in known]
    if missing:
        raise InputError(f"superset/access.yaml: {what} {', '.join(missing)} is not in Superset")
    return [known[name] for name in names]
