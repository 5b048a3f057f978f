"""Packages that come with an extra of pyproject.toml alone: what is said where it is not installed."""

from importlib.util import find_spec

from libs.errors import PackagesMissing


def require(module: str, extra: str, what: str) -> None:
    """Make sure that `module`, which `extra` brings, can be imported for `what`. Raises PackagesMissing, which names the command."""
    if find_spec(module) is None:
        raise PackagesMissing(f"{what} needs the package {module}, which is not installed: run `make setup EXTRAS={extra}`")
