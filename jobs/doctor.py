"""Prints what is missing or wrong on this machine, and the fix.

Exit status 0: all is well; 1: something is wrong; 2: wrong usage. Runs before anything is installed: the settings,
whose libraries come with the set-up, are imported only once they are there.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from libs.machine import Finding, Needs, Probes, examine
from libs.settings.memory import GIGABYTE, bytes_of

if TYPE_CHECKING:
    from libs.settings.config import Settings


def main(arguments: Sequence[str] | None = None, probes: Probes | None = None) -> int:
    """Examine the machine that `probes` looks at, print the findings, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="jobs.doctor", description="Prints what is missing or wrong on this machine, and the fix."
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    options = parser.parse_args(arguments)
    looked = probes or Probes()
    needs, settings_finding = needs_from_settings(looked)
    findings = [*examine(needs, looked), *_services(looked), settings_finding]
    ok = all(finding.ok for finding in findings)
    print(
        json.dumps({"ok": ok, "findings": [asdict(finding) for finding in findings]}, indent=2)
        if options.json
        else as_text(findings)
    )
    return 0 if ok else 1


def needs_from_settings(probes: Probes) -> tuple[Needs, Finding]:
    """Return what the settings ask of the machine, and whether they could be read; without them, defaults."""
    try:
        from libs.settings.config import ConfigError, load_settings
    except ImportError:
        return _defaults(probes.env), Finding("settings", True, "not read yet: their libraries come with `make setup`")
    try:
        settings = load_settings(probes.env, probes.root)
    except ConfigError as error:
        return _defaults(probes.env), Finding("settings", False, str(error), "fix that file or variable")
    needs = Needs(
        settings.lakehouse_root,
        settings.free_disk_gigabytes,
        gigabytes(settings.spark.driver_memory),
        {} if _is_up(settings) else settings.ports,
        "cluster" if settings.workers else "s3" if "://" in settings.lakehouse_root else "base",
        settings.engine,
    )
    return needs, Finding("settings", True, f"profile {settings.profile}")


def _is_up(settings: "Settings") -> bool:
    """The ports of services that run are theirs."""
    if settings.workers is None:
        return False
    from libs.cluster.native import is_up

    return is_up(settings)


def _services(probes: Probes) -> list[Finding]:
    """What the services of the cluster's profile need; nothing for other profiles, or while the settings can't be read."""
    try:
        from libs.cluster.examine import examine_cluster
        from libs.settings.config import ConfigError, load_settings
    except ImportError:
        return []
    try:
        settings = load_settings(probes.env, probes.root)
    except ConfigError:
        return []
    return examine_cluster(settings) if settings.workers else []


def gigabytes(memory: str) -> float:
    """Return gigabytes for memory as Spark writes it: 0.5 for "512m"."""
    return bytes_of(memory) / GIGABYTE


def as_text(findings: Sequence[Finding]) -> str:
    """Return a line for each finding, and under each wrong one its fix."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{'ok   ' if finding.ok else 'WRONG'} {finding.name:<{width}}  {finding.seen}")
        if not finding.ok:
            lines.append(f"      {'':<{width}}  -> {finding.fix}")
    return "\n".join(lines)


def _defaults(env: Mapping[str, str]) -> Needs:
    return Needs(lakehouse_root=env.get("LAKEHOUSE_ROOT") or Needs.lakehouse_root)


if __name__ == "__main__":
    sys.exit(main())
