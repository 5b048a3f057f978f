"""One small export in two chunks, which the tests of this folder read."""

import json

import pytest

from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters
from tests.lakehouse.synthetic.reading import Export


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """An export with known numbers of flaws."""
    parameters = Parameters(users=6_000, users_per_chunk=3_000, late=300, duplicates=200, malformed=130)
    folder = tmp_path_factory.mktemp("synthetic") / "export"
    generate(parameters, folder)
    truth = json.loads((folder / "truth" / "truth.json").read_text(encoding="utf-8"))
    return Export(folder, parameters, truth)
