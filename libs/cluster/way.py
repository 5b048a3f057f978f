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
    """The way of the last `up`, unless `forced` names another; before the first, the one that fits the machine.

    Generates missing secrets. Raises ConfigError when the profile has no cluster.
    """
    name = forced or _stored(settings) or ("docker" if engine_answers() else "native")
    made = Containers if name == "docker" else Native
    return made(settings, services(settings.project_root), variables(settings))


def keep(settings: Settings, taken: Native | Containers) -> None:
    """Store the way for later commands."""
    (settings.cluster_folder / "way").write_text(taken.name)


def jobs_container(settings: Settings) -> Containers | None:
    """The containers, where a job must run in one to reach the others; None natively, and inside such a container."""
    if _stored(settings) != "docker" or "LAKEHOUSE_CONTAINER" in os.environ:
        return None
    return Containers(settings, services(settings.project_root), variables(settings))


def _stored(settings: Settings) -> str | None:
    file = settings.cluster_folder / "way"
    return file.read_text() if file.is_file() else None
