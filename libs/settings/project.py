"""Where the project's own files (conf, caches) are."""

import os
from collections.abc import Mapping
from pathlib import Path


def find_project_root(env: Mapping[str, str], here: Path = Path(__file__)) -> Path:
    """Return the folder that holds `conf/base.yaml`.

    `LAKEHOUSE_PROJECT_ROOT` in `env` overrides; then the checkout that contains `here`. When the code is run from a
    zip (`--py-files`) neither exists, and it is the working directory.
    """
    if env.get("LAKEHOUSE_PROJECT_ROOT"):
        return Path(env["LAKEHOUSE_PROJECT_ROOT"]).expanduser().resolve()
    checkout = here.resolve().parents[2]
    return checkout if (checkout / "conf" / "base.yaml").is_file() else Path.cwd()


PROJECT_ROOT = find_project_root(os.environ)
