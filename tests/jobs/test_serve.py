"""The service as a process: what it says, how it ends, and what keeps it from starting."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from jobs import serve
from libs.settings.config import load_settings
from libs.settings.project import PROJECT_ROOT

pytest.importorskip("fastapi")
pytest.importorskip("mlflow")


@contextmanager
def process(root: Path, *words: str, **env: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A service of a lakehouse, and its first line."""
    known = {"PATH": "/usr/bin:/bin", "HOME": str(root), "LAKEHOUSE_ROOT": str(root), "PYTHONPATH": str(PROJECT_ROOT), **env}
    command = [sys.executable, "-m", "jobs.serve", *words]
    with subprocess.Popen(
        command, env=known, cwd=PROJECT_ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as started:
        try:
            assert started.stdout is not None
            yield started, started.stdout.readline()
        finally:
            started.kill()


def port_of(line: str) -> int:
    found = re.search(r"http://127\.0\.0\.1:(\d+),", line)
    assert found, line
    return int(found[1])


def ended(started: "subprocess.Popen[str]") -> str:
    """Stop it by SIGTERM; returns the rest of what it said, once it has ended with status 0."""
    started.send_signal(signal.SIGTERM)
    rest, _ = started.communicate(timeout=60)
    assert started.returncode == 0, rest
    return rest


def test_it_lives_before_there_is_a_champion_and_ends_on_sigterm_with_requests_answered(tmp_path: Path) -> None:
    with process(tmp_path, "--port", "0") as (started, line):
        assert line.endswith("without LAKEHOUSE_API_KEYS on this machine alone\n")
        url = f"http://127.0.0.1:{port_of(line)}"
        assert requests.get(f"{url}/health", timeout=30).json() == {"status": "ok"}
        assert requests.get(f"{url}/ready", timeout=30).status_code == 503
        statuses: list[int] = []
        # Its body is still on its way when the service is told to end.
        slow = threading.Thread(
            target=lambda: statuses.append(requests.post(f"{url}/predict", _slowly(), timeout=30).status_code)
        )
        slow.start()
        time.sleep(0.5)
        rest = ended(started)
        slow.join()
    assert statuses == [422]
    assert rest.splitlines()[-1] == "serve: stopped" and "Traceback" not in rest


def _slowly() -> Iterator[bytes]:
    for _ in range(10):
        yield b" "
        time.sleep(0.2)


def test_keys_open_it_to_others_and_are_printed_nowhere(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("serving: {host: 0.0.0.0}\n")
    with process(tmp_path, "--port", "0", CONF=str(tmp_path), LAKEHOUSE_API_KEYS="key-1, key-2") as (started, line):
        found = re.search(r"listening on http://0\.0\.0\.0:(\d+), its page at /docs; 2 API keys\n", line)
        assert found, line
        url = f"http://127.0.0.1:{found[1]}/customers/1"
        assert requests.get(url, timeout=30).status_code == 401
        assert requests.get(url, headers={"X-API-Key": "key-2"}, timeout=30).status_code == 503
        assert "key-" not in line + ended(started)
    with process(tmp_path, "--port", "0", CONF=str(tmp_path)) as (started, line):
        assert "127.0.0.1" in line and line.endswith("on this machine alone, not on 0.0.0.0\n")


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with process(tmp_path, "--port", str(port)) as (started, line):
            rest, _ = started.communicate(timeout=60)
    assert line == f"serve: port {port} is in use: name another by --port, or serving.port in conf/models.yaml\n"
    assert (started.returncode, rest) == (1, "")


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_head() -> None:
    from ml.serving.server import listening

    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_of_another_machine_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models.yaml").write_text("serving: {host: 203.0.113.7}\n")
    monkeypatch.setenv("CONF", str(tmp_path))
    monkeypatch.setenv("LAKEHOUSE_API_KEYS", "key")
    assert serve.main(["--port", "0"]) == 1
    assert re.fullmatch(r"serve: can't listen on 203\.0\.113\.7 port 0: .+\n", capsys.readouterr().err)


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_there_is_not_is_wrong_usage(port: str) -> None:
    with pytest.raises(SystemExit) as ending:
        serve.main([f"--port={port}"])
    assert ending.value.code == 2


def test_keys_are_secrets_of_the_settings() -> None:
    settings = load_settings({"LAKEHOUSE_API_KEYS": "key-1,key-2"})
    assert settings.api_keys is not None and settings.api_keys.get_secret_value() == "key-1,key-2"
    assert "key-1" not in repr(settings)
