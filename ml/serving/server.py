"""The service as a process: one socket, one event loop, one thread beside it that loads, and an end on SIGTERM."""

import errno
import signal
import socket
import sys

import uvicorn

from libs.errors import InputError
from libs.settings.config import Settings
from ml.serving.app import application
from ml.serving.declaration import Serving
from ml.serving.limits import Keys
from ml.serving.metrics import Metrics
from ml.serving.reloading import Reloading
from ml.tables import Say

LOOPBACK = "127.0.0.1"
# Requests under way at the end have so long to be answered.
LAST_SECONDS = 10
# How long the thread that loads may keep the interpreter while a request waits for it. With Python's own, ten times as long, the
# longest hundredth of waits during a reload was 1.4 ms, and not 0.7.
SWITCH_SECONDS = 0.0005


def serve(settings: Settings, serving: Serving, say: Say) -> None:
    """Serve until SIGTERM or SIGINT. Raises InputError, one line, where it can't listen."""
    keys = Keys(settings.api_keys.get_secret_value() if settings.api_keys else None)
    host = serving.host if len(keys) else LOOPBACK
    with listening(host, serving.port) as listener:
        say(_address(listener, keys, serving))
        metrics = Metrics()
        served = Reloading(settings, serving.reload_seconds, say, metrics)
        server = uvicorn.Server(
            uvicorn.Config(
                application(served, serving, keys, metrics),
                access_log=False,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=LAST_SECONDS,
            )
        )
        _run(server, listener, served)
    say("stopped")


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections. Raises InputError where the port is in use or the address is not this machine's."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} is in use: name another by --port, or serving.port in conf/models.yaml") from None
        raise InputError(f"can't listen on {host} port {port}: {error.strerror or error}") from None
    # Its connections inherit it. asyncio sets it only for sockets that name their protocol, which this one does not: without it
    # an answer, whose head and body are two writes, would wait 40 ms for the client's acknowledgement of the first.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _run(server: uvicorn.Server, listener: socket.socket, served: Reloading) -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    # The server raises the signal that ended it once more, for handlers from before: it has done what was asked.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    stop = served.start()
    try:
        server.run(sockets=[listener])
    finally:
        stop()


def _address(listener: socket.socket, keys: Keys, serving: Serving) -> str:
    host, port = listener.getsockname()[:2]
    where = f"listening on http://{f'[{host}]' if ':' in host else host}:{port}, its page at /docs"
    if len(keys):
        return f"{where}; {len(keys)} API keys"
    ignored = "" if serving.host == LOOPBACK else f", not on {serving.host}"
    return f"{where}; without LAKEHOUSE_API_KEYS on this machine alone{ignored}"
