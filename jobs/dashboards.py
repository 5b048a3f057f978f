"""Dashboards as files: `--import` brings Superset in line with `superset/assets`, `--export` brings edits made in the browser back.

`--generate` writes the files that are made from declarations, `--check` says which of them are stale, `--empty-cache` makes
dashboards ask again. Superset is the local cluster's, or the one that SUPERSET_URL names, with its administrator's password in
SUPERSET_ADMIN_PASSWORD.
Exit status: 0 done, 1 Superset has not what the files say or a file is stale, 2 wrong usage.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.entry import run_job
from lakehouse.catalogue.discovery import catalogue
from lakehouse.dashboards.exported import exported_files
from lakehouse.dashboards.files import FOLDER, bundle, parsed, read_assets
from lakehouse.dashboards.generated import generated_assets
from lakehouse.dashboards.readback import differences, strangers
from lakehouse.metrics.loading import load_metrics
from libs.cluster.environment import known_environment
from libs.counted import counted
from libs.settings.config import load_settings
from libs.settings.project import PROJECT_ROOT

if TYPE_CHECKING:
    from libs.superset.api import Superset

ASSETS = PROJECT_ROOT / FOLDER


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="dashboards", description=__doc__.splitlines()[0] if __doc__ else None)
    what = parser.add_mutually_exclusive_group(required=True)
    for name, (_, said) in ACTIONS.items():
        what.add_argument(f"--{name}", action="store_const", const=name, dest="action", help=said)
    action, _ = ACTIONS[parser.parse_args(arguments).action]
    return run_job("dashboards", action)


def services() -> Mapping[str, str]:
    """The environment with addresses and passwords: this process's own, or those of the local cluster."""
    return known_environment(load_settings({**os.environ, "PROFILE": os.environ.get("PROFILE") or "cluster"}))


def _superset() -> "Superset":
    """A session of its administrator."""
    from lakehouse.dashboards.connection import administrator

    return administrator(services())


def generated() -> dict[Path, str]:
    """The files that are made from declarations."""
    files = generated_assets(catalogue(), load_metrics(load_settings({}), catalogue()))
    return {ASSETS / path: text for path, text in files.items()}


def _generate() -> int:
    for file, text in generated().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for file in _stale():
        file.unlink()
    return 0


def _stale() -> list[Path]:
    """Files that do not say what the declarations do, or that no declaration makes any more."""
    wanted = generated()
    there = [file for kind in ("databases", "datasets") for file in (ASSETS / kind).glob("*.yaml")]
    changed = [file for file, text in wanted.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]
    return [*changed, *(file for file in there if file not in wanted)]


def _check() -> int:
    stale = _stale()
    for file in stale:
        print(f"dashboards: {file} does not match the declarations: run `make docs` and commit it", file=sys.stderr)
    return 1 if stale else 0


def _import() -> int:
    from lakehouse.dashboards.access import grant, read_access

    assets = read_assets(ASSETS)
    superset = _superset()
    superset.import_assets(bundle(assets))
    grant(superset, read_access(ASSETS.parent / "access.yaml"))
    superset.empty_cache()
    found = parsed(superset.export_assets())
    faults = differences(assets, found)
    for line in faults:
        print(f"dashboards: {line}", file=sys.stderr)
    for name in strangers(assets, found):
        print(f"dashboards: {name!r} is in Superset and in no file; `make dashboards-export` takes it over")
    print(f"dashboards: {counted(len(assets), 'file')} imported, {counted(len(faults), 'difference')}")
    return 1 if faults else 0


def _export() -> int:
    changed = exported_files(parsed(_superset().export_assets()), ASSETS)
    for file in changed:
        print(file)
    print(f"dashboards: {counted(len(changed), 'file')} changed")
    return 0


def _empty_cache() -> int:
    print(f"dashboards: the kept answers about {_superset().empty_cache()} datasets are forgotten")
    return 0


ACTIONS = {
    "import": (_import, "bring Superset in line with the files, read back and compare"),
    "export": (_export, "write charts and dashboards as they are in Superset into the files"),
    "generate": (_generate, "write the files that are made from declarations"),
    "check": (_check, "write nothing; exit 1 when a generated file is stale"),
    "empty-cache": (_empty_cache, "forget kept answers, after a refresh"),
}


if __name__ == "__main__":
    sys.exit(main())
