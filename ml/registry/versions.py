"""Versions of the churn model in MLflow's registry: `champion` scores, `challenger` is the newest that could take its place."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from libs.errors import InputError
from ml.registry.artifact import BadArtifact, ChurnModel, content_digest

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "churn_prediction"
CHAMPION, CHALLENGER = "champion", "challenger"
# A tag of each version: digest of the files that it is loaded from. One of the model: former champions, the last one last.
DIGEST, FORMER = "content_sha256", "former_champions"
FOLDER = "model"


class Refused(InputError):
    """A version whose files may not be used; the message is one line."""


@dataclass(frozen=True)
class Version:
    """A version of the registry, loaded and found to be what was registered."""

    number: str
    run_id: str
    model: ChurnModel


def register(client: "MlflowClient", folder: Path, run_id: str) -> str:
    """Make the model in `folder`, which is logged to the run as FOLDER, the newest version, and challenger; returns its number."""
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME, description="Probability that a user is not active in the coming days")
    source = f"{client.get_run(run_id).info.artifact_uri}/{FOLDER}"
    made = client.create_model_version(NAME, source, run_id, tags={DIGEST: content_digest(folder)})
    client.set_registered_model_alias(NAME, CHALLENGER, made.version)
    return str(made.version)


def number_of(client: "MlflowClient", alias: str) -> str | None:
    """The version that has the alias, None where none has."""
    found = client.search_registered_models(f"name = '{NAME}'")
    number = found[0].aliases.get(alias) if found else None
    return None if number is None else str(number)


def by_alias(client: "MlflowClient", alias: str) -> Version:
    """The version that has the alias. Raises InputError where none has, Refused where its files may not be used."""
    number = number_of(client, alias)
    if number is None:
        raise InputError(none_has(alias))
    try:
        return load(client, number)
    except Refused as error:
        what = "run `make rollback`, or `make train` and `make promote`" if alias == CHAMPION else "run `make train`"
        raise Refused(f"{error}; {what}") from None


def none_has(alias: str) -> str:
    """What a user reads where no version has the alias."""
    first = "; the first version becomes champion" if alias == CHAMPION else ""
    return f"there is no {alias} of {NAME}: run `make train`{first}"


def load(client: "MlflowClient", number: str) -> Version:
    """A version of the registry. Raises Refused, one line, where its files may not be used: changed, incomplete, a pickle."""
    made = client.get_model_version(NAME, number)
    with tempfile.TemporaryDirectory(prefix="model-") as aside:
        try:
            folder = _fetched(made.source, aside)
            model = ChurnModel.load(folder)
            if content_digest(folder) != made.tags.get(DIGEST):
                raise BadArtifact("its files are not those that were registered")
            model.loaded()
        except BadArtifact as error:
            raise Refused(f"{NAME} version {number} is refused: {error}") from None
    return Version(number, made.run_id, model)


def promote(client: "MlflowClient", number: str) -> None:
    """Make the version champion; the one before is kept, to go back to."""
    before = number_of(client, CHAMPION)
    if before == number:
        return
    if before is not None:
        client.set_registered_model_tag(NAME, FORMER, ",".join([*_former(client), before]))
    client.set_registered_model_alias(NAME, CHAMPION, number)
    if number_of(client, CHALLENGER) == number:
        client.delete_registered_model_alias(NAME, CHALLENGER)


def roll_back(client: "MlflowClient") -> tuple[str, str]:
    """Make the last champion before champion again; returns both numbers, old and new. Raises InputError where there is none.

    The version that is gone back to is loaded first: one that may not be used does not become champion.
    """
    former, now = _former(client), number_of(client, CHAMPION)
    if now is None or not former:
        raise InputError(f"{NAME} has had no other champion to go back to")
    load(client, former[-1])
    client.set_registered_model_alias(NAME, CHAMPION, former[-1])
    client.set_registered_model_tag(NAME, FORMER, ",".join(former[:-1]))
    return now, former[-1]


def _former(client: "MlflowClient") -> list[str]:
    found = client.search_registered_models(f"name = '{NAME}'")
    said = found[0].tags.get(FORMER, "") if found else ""
    return [number for number in said.split(",") if number]


def _fetched(source: str, aside: str) -> Path:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        return Path(download_artifacts(artifact_uri=source, dst_path=aside))
    except (MlflowException, OSError) as error:
        raise BadArtifact(f"its files can't be read: {str(error).strip().splitlines()[0]}") from None
