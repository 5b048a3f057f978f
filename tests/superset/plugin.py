"""Modules of the package that is installed into Superset's environment, without that environment."""

import importlib.util
from types import ModuleType

from libs.settings.project import PROJECT_ROOT


def plugin_module(name: str) -> ModuleType:
    """The module of that name; what it imports has to be here."""
    file = PROJECT_ROOT / "superset" / "plugin" / "superset_lakehouse" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
