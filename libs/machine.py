"""Checks what this machine must have, each with its fix.

Standard library only: it runs before anything is installed. What is hard to test is passed in as `Probes`.
"""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from libs.engines.jars import expected_jars_folder
from libs.engines.java import FIX as JAVA_FIX
from libs.engines.java import JavaError, checked_java, java_version_text
from libs.packages.stamps import digest, installed
from libs.settings.memory import GIGABYTE
from libs.settings.project import PROJECT_ROOT

PYTHONS = ((3, 11), (3, 13))
MEMORY_BESIDE_SPARK = 2  # gigabytes: the system, Python and its workers


@dataclass(frozen=True)
class Finding:
    """One check: whether it passed, what was found, and the fix if it did not."""

    name: str
    ok: bool
    seen: str
    fix: str = ""


@dataclass(frozen=True)
class Needs:
    """What the settings require of the machine, in gigabytes; the defaults apply while the settings can't be read.

    extra: the one of pyproject.toml whose packages they need, `base` for those that are always needed.
    engine: what computes the tables; Java and jars are needed for certain by `spark` alone.
    """

    lakehouse_root: str = "var/lakehouse"
    free_disk: float = 5
    driver_memory: float = 4
    ports: Mapping[str, int] = field(default_factory=dict)
    extra: str = "base"
    engine: str = "spark"


def port_is_taken(port: int) -> bool:
    """Return whether something listens on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def memory_bytes() -> int | None:
    """Return the physical memory of this machine in bytes, or None where the system does not report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


@dataclass(frozen=True)
class Probes:
    """How the machine is examined."""

    root: Path = PROJECT_ROOT
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    python: tuple[int, int] = sys.version_info[:2]
    java_version: Callable[[str], str] = java_version_text
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    memory: Callable[[], int | None] = memory_bytes
    port_is_taken: Callable[[int], bool] = port_is_taken


def examine(needs: Needs, probes: Probes) -> list[Finding]:
    """Return every finding, in the order in which they are best fixed."""
    checks = (_python, _environment, _java, _jars, _disk, _memory)
    found = [*(check(needs, probes) for check in checks), *_ports(needs, probes)]
    return [replace(finding, fix="") if finding.ok else finding for finding in found]


def _python(needs: Needs, probes: Probes) -> Finding:
    oldest, newest = ("{}.{}".format(*version) for version in PYTHONS)
    fits = PYTHONS[0] <= probes.python <= PYTHONS[1]
    seen = "{}.{}".format(*probes.python)
    return Finding("python", fits, seen, f"install a Python from {oldest} to {newest}, then `make setup PYTHON=path`")


def _environment(needs: Needs, probes: Probes) -> Finding:
    """Set-up writes a stamp for each extra that it installed."""
    stamps, wanted = installed(probes.root / ".venv"), digest(probes.root / "requirements.lock")
    names = ", ".join(stamps)
    if needs.extra not in stamps:
        seen = f"{names} installed, not {needs.extra}" if stamps else "not installed"
        return Finding("packages", False, seen, f"run `make setup EXTRAS={needs.extra}`" if stamps else "run `make setup`")
    old = [extra for extra, taken in stamps.items() if taken != wanted]
    seen = f"{', '.join(old)} older than requirements.lock" if old else f"{names} match requirements.lock"
    return Finding("packages", not old, seen, "run `make setup`")


def _java(needs: Needs, probes: Probes) -> Finding:
    try:
        return Finding("java", True, checked_java(probes.env, probes.java_version))
    except JavaError as error:
        if needs.engine != "spark":
            return Finding("java", True, "none, which engine native does without")
        return Finding("java", False, str(error).removesuffix(f": {JAVA_FIX}"), JAVA_FIX)


def _jars(needs: Needs, probes: Probes) -> Finding:
    folder = expected_jars_folder(root=probes.root)
    count = len(list(folder.glob("*.jar")))
    if not count and needs.engine != "spark":
        return Finding("jars", True, "none: Spark fetches them when it starts, and engine native needs none")
    return Finding("jars", count > 0, f"{count} in {folder.relative_to(probes.root)}", "run `make setup`")


def _disk(needs: Needs, probes: Probes) -> Finding:
    if "://" in needs.lakehouse_root:
        return Finding("disk", True, f"{needs.lakehouse_root} is not on this machine")
    folder = probes.root / needs.lakehouse_root
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        return Finding(
            "disk",
            False,
            f"{existing} is not writable",
            "change its owner, or name another folder in LAKEHOUSE_ROOT",
        )
    free = probes.free_bytes(existing) / GIGABYTE
    return Finding(
        "disk",
        free >= needs.free_disk,
        f"{free:.1f} GB free at {existing}, {needs.free_disk:g} required",
        "free some space, or name a folder on another disk in LAKEHOUSE_ROOT",
    )


def _memory(needs: Needs, probes: Probes) -> Finding:
    total = probes.memory()
    if total is None:
        return Finding("memory", True, "this system does not report its memory")
    wanted = needs.driver_memory + MEMORY_BESIDE_SPARK
    return Finding(
        "memory",
        total / GIGABYTE >= wanted,
        f"{total / GIGABYTE:.1f} GB, {wanted:g} required: {needs.driver_memory:g} for Spark and the rest",
        "lower it with LAKEHOUSE_DRIVER_MEMORY=2g, or close other programs",
    )


def _ports(needs: Needs, probes: Probes) -> list[Finding]:
    return [
        Finding(
            f"port {port}",
            not taken,
            f"{'in use' if taken else 'free'}, for {service}",
            f"end what uses it, or set ports.{service} to another",
        )
        for service, port in needs.ports.items()
        for taken in [probes.port_is_taken(port)]
    ]
