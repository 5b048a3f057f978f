"""Reading the files that declare metric views; what is wrong is refused with file and line."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lakehouse.catalogue.entry import Catalogue
from lakehouse.metrics.consistency import faults, table_faults
from lakehouse.metrics.declaration import Metrics, View
from libs.settings.config import Settings
from libs.settings.layers import ConfigError
from libs.settings.located import read_located
from libs.settings.project import PROJECT_ROOT

FOLDER = Path("lakehouse") / "metrics"


def load_metrics(settings: Settings, catalogue: Catalogue) -> Metrics:
    """Return the views of `lakehouse/metrics/`, over which `metrics/*.yaml` of the own declarations are laid, by file name.

    A function that engines compute differently is refused unless Spark computes everything. Raises ConfigError, as `read_metrics`.
    """
    return read_metrics(_files(settings), catalogue, settings.project_root, settings.engine != "spark")


def declared_metrics(settings: Settings) -> Metrics:
    """Return the views that `load_metrics` does, by what the files alone say: good for words, names and wrong questions.

    Whether their SQL fits the tables is not looked at, as the catalogue imports the code of every table. Raises ConfigError.
    """
    return read_metrics(_files(settings), None, settings.project_root)


def check_asked(view: View, settings: Settings, catalogue: Catalogue) -> None:
    """Raise ConfigError, as `load_metrics` does, when the SQL of the view, or of own declarations, does not fit the tables.

    Whichever engine computes the tables, DuckDB answers: the view may have no function that it computes differently.
    """
    for file in _files(settings):
        is_own = settings.overlay is not None and file.is_relative_to(settings.overlay)
        if is_own or file.stem == view.view:
            read_view(file, catalogue, settings.project_root, settings.engine != "spark" or file.stem == view.view)


def read_metrics(
    files: Iterable[Path], catalogue: Catalogue | None, project_root: Path = PROJECT_ROOT, alike: bool = True
) -> Metrics:
    """Return the views that the files declare; with a catalogue, after their SQL was checked against its tables.

    alike: whether functions that engines compute differently are refused.

    Raises ConfigError, one line that names file, line and key of each fault in a file, or of a metric that is declared twice.
    """
    views: list[View] = []
    owners: dict[str, Path] = {}
    for file in files:
        view = read_view(file, catalogue, project_root, alike)
        for name in [view.name, *view.metrics]:
            if name in owners:
                raise ConfigError(f"{file}: {name} is declared by {owners[name]} too; a metric has one definition: rename one")
            owners[name] = file
        views.append(view)
    return Metrics(tuple(views))


def read_view(file: Path, catalogue: Catalogue | None, project_root: Path = PROJECT_ROOT, alike: bool = True) -> View:
    """Return the view that the file declares; raises ConfigError, one line with every fault."""
    located = read_located(file, project_root)
    view = located.validated(View)
    places = [*faults(view), *(table_faults(view, catalogue, alike) if catalogue is not None else [])]
    found = [located.problem(place, message) for place, message in places]
    if view.view != file.stem:
        found.append(located.problem(("view",), f"{view.view} is declared in {file.name}: name the file {view.view}.yaml"))
    if found:
        raise ConfigError("; ".join(found))
    return view


def _files(settings: Settings) -> Iterator[Path]:
    files = {file.name: file for file in (settings.project_root / FOLDER).glob("*.yaml")}
    files |= {Path(name).name: file for name, file in settings.conf_files("metrics/*.yaml").items()}
    return (files[name] for name in sorted(files))
