"""Which way the services run: in containers where Docker's engine answers, else natively."""

from typing import Literal

from libs.cluster.containers import Containers, engine_answers
from libs.cluster.definition import services
from libs.cluster.environment import variables
from libs.cluster.native import Native
from libs.config import Settings

Name = Literal["native", "docker"]


def way(settings: Settings, forced: Name | None = None) -> Native | Containers:
    """The way that `up` took last; before, or where `forced` says another, that one or the one that fits the machine.

    Makes the secrets where there are none. Raises ConfigError when the profile has no cluster.
    """
    kept = settings.cluster_folder / "way"
    name = forced or (kept.read_text() if kept.is_file() else "docker" if engine_answers() else "native")
    made = Containers if name == "docker" else Native
    return made(settings, services(settings.project_root), variables(settings))


def keep(settings: Settings, taken: Native | Containers) -> None:
    """Remember the way for the commands that follow."""
    (settings.cluster_folder / "way").write_text(taken.name)
