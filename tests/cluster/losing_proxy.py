"""A proxy before the object store: passes everything on, but drops the answer of one PUT after the store accepted it."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread


class LosingProxy(ThreadingHTTPServer):
    """Listens on a free port of the loopback address; loses the answers to the first `losing` PUTs whose path holds `part`."""

    daemon_threads = True

    def __init__(self, upstream: str, part: str, losing: int = 1) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream, self.part, self.losing, self.lock = upstream, part, losing, Lock()
        self.lost: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def loses(self, path: str) -> bool:
        """Whether the answer about `path` is to be lost now."""
        with self.lock:
            if self.part not in path or len(self.lost) >= self.losing:
                return False
            self.lost.append(path)
            return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LosingProxy

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        # Host as the client signed it.
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("expect", "connection"):
                upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if self.command == "PUT" and answer.status == 200 and self.server.loses(self.path):
            self.close_connection = True
            self.connection.close()
            return
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def __getattr__(self, name: str) -> object:
        """One for every method: the server asks for `do_GET`, `do_PUT` and so on."""
        if name.startswith("do_"):
            return self._hand_on
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def losing_proxy(upstream: str, part: str) -> Iterator[LosingProxy]:
    """A proxy before `upstream` (host:port) for as long as the block runs."""
    proxy = LosingProxy(upstream, part)
    Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
