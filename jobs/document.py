"""Writes the generated pages from the declarations: data dictionary, metrics, features and the lineage picture. Needs no Spark.

Exit status: 0 done, 1 with --check when a page is stale, 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from jobs.entry import run_job
from lakehouse.catalogue.discovery import catalogue
from lakehouse.catalogue.documents import data_dictionary
from lakehouse.catalogue.lineage import lineage_svg
from lakehouse.metrics.document import metrics_page
from lakehouse.metrics.loading import FOLDER, read_metrics
from libs.settings.config import load_settings
from libs.settings.project import PROJECT_ROOT
from ml.declared import declared
from ml.features.catalogue import features_page


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="document", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs", metavar="DIR", help="default: %(default)s")
    asked = parser.parse_args(arguments)
    return run_job("document", lambda: _check(asked.out) if asked.check else _write(asked.out))


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    said = declared(load_settings({}))
    metrics = read_metrics(sorted((PROJECT_ROOT / FOLDER).glob("*.yaml")), catalogue())
    return {
        "data_dictionary.md": data_dictionary(catalogue()),
        "metrics.md": metrics_page(metrics),
        "features.md": features_page(said.training.monotone, said.churn),
        "lineage.svg": lineage_svg(catalogue()),
    }


def _check(folder: Path) -> int:
    stale = [name for name, text in pages().items() if _there(folder / name) != text]
    for name in stale:
        print(f"document: {folder / name} does not match the declarations: run `make docs` and commit it", file=sys.stderr)
    return 1 if stale else 0


def _there(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _write(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
