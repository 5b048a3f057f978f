"""Which way the services run: in containers where Docker's engine answers, else natively."""

import os
from typing import Literal

from libs.cluster.containers import Containers, engine_answers
from libs.cluster.definition import services
from libs.cluster.environment import variables
from libs.cluster.native import Native
from libs.settings.config import Settings

Name = Literal["native", "docker"]


def way(settings: Settings, forced: Name | None = None) -> Native | Containers:
    """The way that `up` took last; before, or where `forced` says another, that one or the one that fits the machine.

    Makes the secrets where there are none. Raises ConfigError when the profile has no cluster.
    """
    name = forced or _kept(settings) or ("docker" if engine_answers() else "native")
    made = Containers if name == "docker" else Native
    return made(settings, services(settings.project_root), variables(settings))


def keep(settings: Settings, taken: Native | Containers) -> None:
    """Remember the way for the commands that follow."""
    (settings.cluster_folder / "way").write_text(taken.name)


def jobs_container(settings: Settings) -> Containers | None:
    """The containers in one of which a job must run to reach the others; None natively, and inside such a container."""
    if _kept(settings) != "docker" or "LAKEHOUSE_CONTAINER" in os.environ:
        return None
    return Containers(settings, services(settings.project_root), variables(settings))


def _kept(settings: Settings) -> str | None:
    file = settings.cluster_folder / "way"
    return file.read_text() if file.is_file() else None
