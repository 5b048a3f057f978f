import json
from pathlib import Path

from lakehouse.bronze.checkpoints import taken_by_stream


def checkpoint(root: Path, files: dict[str, list[tuple[int, str]]], offsets: dict[int, int], commits: list[int]) -> None:
    """Lists of (number, path as a URL) by file, up to which list each batch goes, and the batches that were finished."""
    written = {
        f"sources/0/{name}": [json.dumps({"path": p, "timestamp": 1, "batchId": n}) for n, p in f] for name, f in files.items()
    }
    written |= {f"offsets/{number}": ["{}", json.dumps({"logOffset": until})] for number, until in offsets.items()}
    written |= {f"commits/{number}": ["{}"] for number in commits}
    for name, lines in written.items():
        path = root / "_checkpoints" / "shop_notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["v1", *lines]))
        path.with_name(f".{path.name}.crc").write_bytes(b"\xff\xfe")


def test_paths_are_read_from_compact_lists_and_others(tmp_path: Path) -> None:
    early = [(0, "file:///a/one%20two%25+.csv"), (1, "file:///a/2.csv")]
    checkpoint(
        tmp_path,
        {"0": early[:1], "1.compact": early, "2": [(2, "s3a://bucket/a%5B1%5D.csv")], "3": [(3, "file:///a/open.csv")]},
        {0: 0, 1: 1, 2: 2, 3: 3},
        [1, 2],
    )
    taken = ["/a/one two%+.csv", "/a/2.csv", "s3a://bucket/a[1].csv"]
    assert taken_by_stream(str(tmp_path), "shop_notes", 2) == taken
    assert taken_by_stream(str(tmp_path), "shop_notes", 3) == [*taken, "/a/open.csv"]
    assert taken_by_stream(str(tmp_path), "shop_rumours", 2) == []


def test_of_a_stream_that_finished_no_batch_nothing_is_taken(tmp_path: Path) -> None:
    checkpoint(tmp_path, {"0": [(0, "file:///a/1.csv")]}, {0: 0}, [])
    assert taken_by_stream(str(tmp_path), "shop_notes", -1) == []
