"""Logging in to Superset by its form, in a real browser; the pages are of the test, as Superset's own come only with a cluster."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from shutil import which

import pytest

from libs.errors import InputError
from libs.superset.browser import superset_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(which("chromium") is None and which("google-chrome") is None, reason="Chromium was not found"),
]
FORM = b"<form method='post'><input name='username'><input name='password' type='password'><button>Log in</button></form>"


@contextmanager
def superset(rejected: int) -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server that rejects so many log-ins before it takes one, and what was sent to it."""
    sent: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(FORM if self.path == "/login/" else b"welcome")

        def do_POST(self) -> None:
            sent.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(302)
            self.send_header("Location", "/login/" if len(sent) <= rejected else "/superset/welcome/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("rejected", [0, 1])
def test_a_form_that_was_rejected_once_is_sent_again(rejected: int) -> None:
    with superset(rejected) as (address, sent), superset_browser(address) as browser:
        browser.log_in("viewer", "secret")

    assert sent == [b"username=viewer&password=secret"] * (rejected + 1)


def test_a_password_that_is_rejected_twice_is_one_line_without_it() -> None:
    with (
        superset(rejected=9) as (address, sent),
        superset_browser(address) as browser,
        pytest.raises(InputError, match="rejects the name or password of viewer") as raised,
    ):
        browser.log_in("viewer", "secret")

    assert len(sent) == 2 and "secret" not in str(raised.value)
