"""A new champion or a new version of a table is served without a failed request, and one that may not be used is refused in a line."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from libs.errors import StoreUnreachable
from libs.settings.config import Settings
from libs.store.handles import Handles
from libs.store.published import Published
from tests.ml.serving.lakehouses import made_champion, registered, trained, write, write_customers, write_features
from tests.ml.serving.running import Running

pytest.importorskip("fastapi")
pytest.importorskip("mlflow")


@contextmanager
def asking(service: Running, threads: int = 4) -> Iterator[list[tuple[int, str]]]:
    """Requests without pause for as long as the block runs; yields their statuses and model versions as they come."""
    answers: list[tuple[int, str]] = []
    is_over = threading.Event()

    def ask(n: int) -> None:
        import requests

        with requests.Session() as session:
            while not is_over.is_set():
                answer = session.post(f"{service.url}/predict", json={"user_id": f"u{n}"}, timeout=30)
                answers.append((answer.status_code, answer.json().get("model_version")))

    running = [threading.Thread(target=ask, args=(n,)) for n in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        for thread in running:
            thread.join()


def test_no_request_fails_while_a_new_champion_and_new_features_take_over(
    copied: Settings, serve: Callable[..., Running]
) -> None:
    service = serve()
    with asking(service) as answers:
        while len(answers) < 20:
            pass
        made_champion(copied, "2")
        assert service.look() == [
            "now served: churn_prediction version 2",
            "now served: 600 users scored by version 2, as of 2025-03-01",
        ]
        during = len(answers)
        write_features(copied, 500, date(2025, 4, 1))
        assert service.look() == ["now served: 500 users scored by version 2, as of 2025-04-01"]
        while len(answers) < during + 20:
            pass
    assert {status for status, _ in answers} == {200}
    versions = [version for _, version in answers]
    assert set(versions) == {"1", "2"} and versions[0] == "1" and versions[-1] == "2"
    assert service.metric('lakehouse_model_version{version="2"}') == 1
    assert service.metric('lakehouse_model_version{version="1"}') == 0


def _tampered(folder: Path) -> None:
    content = bytearray((folder / "model.ubj").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.ubj").write_bytes(content)


def _with_pickle(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(b"cos\nsystem\n.")


def _gone(folder: Path) -> None:
    shutil.rmtree(folder)


def test_a_champion_that_was_changed_is_refused_once_and_the_former_goes_on(
    copied: Settings, serve: Callable[..., Running], tmp_path: Path
) -> None:
    service = serve()
    number, folder = registered(copied, trained(300, seed=9))
    shutil.copytree(folder, tmp_path / "good")
    damages = {"was changed after": _tampered, "it has a pickle": _with_pickle, "can't be read": _gone}
    for said, damage in damages.items():
        damage(folder)
        (line,) = service.look()
        assert said in line and f"version {number} is refused" in line and line.endswith("; what was served before goes on")
        assert service.look() == [], "it is said once"
        assert service.predict({"user_id": "u1"}).json()["model_version"] == "1"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "good", folder)
    assert service.get("/ready").status_code == 200
    assert service.metric('lakehouse_reloads_total{result="refused"}') == 6
    assert len(service.look()) == 2, "once it is whole, it is served"
    assert service.predict({"user_id": "u1"}).json()["model_version"] == number


def test_a_champion_of_other_features_is_refused(
    copied: Settings, serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve()
    made_champion(copied, "2")
    monkeypatch.setattr("ml.serving.loading.definitions", lambda: "others")
    (line,) = service.look()
    assert "version 2 is refused: its features are defined otherwise" in line
    assert service.predict({"user_id": "u1"}).json()["model_version"] == "1"


def test_features_that_lack_a_column_are_refused_and_the_former_scores_go_on(
    copied: Settings, serve: Callable[..., Running]
) -> None:
    service = serve()
    rows = write_features(copied, 10, date(2025, 5, 1))
    write(copied, "gold.churn_features", rows.drop_columns(["recency_days"]))
    (line,) = service.look()
    assert "the model reads recency_days, which gold.churn_features does not have" in line
    assert service.predict({"user_id": "u20"}).json()["cutoff"] == "2025-03-01"


def test_a_table_that_can_not_be_read_is_a_line_and_its_former_rows_go_on(
    copied: Settings, serve: Callable[..., Running]
) -> None:
    service = serve()
    before = service.get("/customers/u0").json()
    write_customers(copied, {"u0": "lost"})
    for file in (Path(copied.lakehouse_root) / "gold" / "recommendations").glob("*.parquet"):
        file.write_bytes(b"no Parquet")
    lines = service.look()
    assert len(lines) == 3 and len([line for line in lines if line.startswith("now served")]) == 2
    (line,) = [line for line in lines if line.startswith("gold.recommendations can't be read: ")]
    assert line.endswith("; what was served before goes on") and "\n" not in line
    now = service.get("/customers/u0").json()
    assert now["recommendations"] == before["recommendations"] and now["segment"]["rfm_segment"] == "lost"
    log = Path(copied.lakehouse_root) / "gold" / "churn_features" / "_delta_log"
    (log / "00000000000000000001.json").write_text("{no JSON")
    assert len(service.look()) == 1
    assert service.predict({"user_id": "u1"}).status_code == 200


def test_a_store_that_is_away_keeps_no_request_waiting() -> None:
    """Some calls of delta-rs keep the whole interpreter for as long as they wait."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
    storage = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "x", "AWS_ALLOW_HTTP": "true"}
    storage |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "max_retries": "50", "retry_timeout": "2s"}
    raised: list[Exception] = []

    def look() -> None:
        time.sleep(0.2)
        try:
            Published("s3a://nowhere", handles=Handles(storage)).newest("gold.churn_features")
        except StoreUnreachable as error:
            raised.append(error)

    looking, longest, last = threading.Thread(target=look), 0.0, time.monotonic()
    began = last
    looking.start()
    while looking.is_alive():
        time.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert len(raised) == 1 and last - began > 1, "it waited"
    assert longest < 1


def test_nothing_new_loads_nothing(serve: Callable[..., Running]) -> None:
    service = serve()
    before = service.served.current.parts
    assert service.look() == []
    assert all(part is before[name] for name, part in service.served.current.parts.items())


def test_a_registry_that_went_away_does_not_stop_new_features(copied: Settings, serve: Callable[..., Running]) -> None:
    service = serve()
    (Path(copied.lakehouse_root) / "_mlflow" / "mlflow.db").unlink()
    write_features(copied, 10, date(2025, 5, 1))
    lines = service.look()
    assert "now served: 10 users scored by version 1, as of 2025-05-01" in lines
    assert any(line.startswith("there is no champion") for line in lines)


def test_what_is_served_of_tables_is_what_they_declare() -> None:
    from lakehouse.catalogue.discovery import catalogue
    from ml.serving.loading import TABLES

    for name, (columns, order) in TABLES.items():
        assert {*columns, *order, "user_id"} <= set(catalogue()[name].table.column_names), name
