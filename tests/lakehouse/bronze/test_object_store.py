"""Files on an object store, here as much of one as reading needs: listing a bucket, and objects by ranges of bytes."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from lakehouse.bronze.files import Files
from lakehouse.bronze.ingest import IngestResult, ingest
from lakehouse.contract.source import Source
from tests.lakehouse.bronze.arrow_store import arrow_store

SHOP = Source.model_validate({"source": "shop", "tables": {"notes": {"fields": ["id", "text"]}}})
OBJECTS = {
    "in/notes_10.csv": b"id,text\n10,ten\n",
    "in/notes_9.csv": b"id,text\n9,nine\n",
    "in/_notes.csv": b"hidden",
    "in/notes/a b+%.jsonl": b'{"id": 1, "text": "one"}\n',
    "in/notes_2.csv": b"",
    "in/NOTES_2.CSV": b"id,text\n2,two\n",
    "out/notes_1.csv": b"elsewhere",
}


class S3(BaseHTTPRequestHandler):
    """Answers for the bucket `raw`."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        key = unquote(url.path).removeprefix("/raw").removeprefix("/")
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if not key:
            return self._answer(200, _listing(asked.get("prefix", ""), asked.get("delimiter", "")))
        if key not in OBJECTS:
            return self._answer(404, b"")
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        body = OBJECTS[key][int(first) : int(last) + 1 if last else None]
        return self._answer(206 if "Range" in self.headers else 200, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("ETag", '"e"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def _listing(prefix: str, delimiter: str) -> bytes:
    keys = [key for key in sorted(OBJECTS) if key.startswith(prefix)]
    below = {key: key[len(prefix) :].partition(delimiter)[0] if delimiter else "" for key in keys}
    folders = {prefix + name + delimiter for key, name in below.items() if delimiter and prefix + name != key}
    found = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>&quot;e&quot;</ETag><Size>{len(OBJECTS[key])}</Size></Contents>"
        for key in keys
        if not delimiter or prefix + below[key] == key
    )
    found += "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders))
    return f"<ListBucketResult><Name>raw</Name><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The settings name the store, and have the key to it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), S3) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        conf = tmp_path / "conf"
        conf.mkdir()
        address = f"http://127.0.0.1:{server.server_port}"
        (conf / "base.yaml").write_text(f"s3: {{endpoint: '{address}', region: us-east-1}}\n")
        for name, value in {"CONF": str(conf), "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "hush"}.items():
            monkeypatch.setenv(name, value)
        yield address
        server.shutdown()


@pytest.mark.usefixtures("endpoint")
def test_files_are_found_and_read_by_their_addresses() -> None:
    files = Files.of("s3a://raw/in/")
    found = files.below("s3a://raw/in/", SHOP.patterns("notes"))
    assert [(file.path, file.size) for file in found] == [
        ("s3a://raw/in/notes/a b+%.jsonl", 25),
        ("s3a://raw/in/NOTES_2.CSV", 14),
        ("s3a://raw/in/notes_2.csv", 0),
        ("s3a://raw/in/notes_9.csv", 15),
        ("s3a://raw/in/notes_10.csv", 15),
    ]
    assert {file.modified for file in found} == {datetime(2026, 1, 1, tzinfo=UTC).isoformat()}
    assert files.look(found[0].path) == found[0]
    assert files.digest(found[0].path) == hashlib.sha256(OBJECTS["in/notes/a b+%.jsonl"]).hexdigest()
    with files.open(found[4].path) as file:
        assert file.read() == OBJECTS["in/notes_10.csv"]


@pytest.mark.usefixtures("endpoint")
def test_files_of_an_object_store_are_taken_once(tmp_path: Path) -> None:
    store, moment = arrow_store(str(tmp_path / "lake")), datetime(2026, 1, 1, tzinfo=UTC)
    empty = "notes_2.csv: empty, nothing to take"
    taken = ingest(store, SHOP, "notes", "s3a://raw/in", moment)
    assert taken == IngestResult(4, ("a b+%.jsonl", "NOTES_2.CSV", "notes_9.csv", "notes_10.csv"), (empty,))
    assert ingest(store, SHOP, "notes", "s3a://raw/in", moment) == IngestResult(0, (), (empty,))
