import re

import numpy as np

from lakehouse.synthetic.text_forms import ip_addresses, timestamps, uuids

FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?P<fraction>\.\d{6})?(?P<utc> UTC)?")


def test_timestamps_come_in_four_forms_of_the_same_moment() -> None:
    texts = timestamps(np.random.default_rng(1), np.full(20_000, 1_700_000_000)).to_pylist()

    matches = [FORM.fullmatch(text) for text in texts]
    forms = {(match["fraction"] is not None, match["utc"] is not None) for match in matches if match}
    assert None not in matches
    assert forms == {(False, False), (False, True), (True, False), (True, True)}
    assert {text[:19] for text in texts} == {"2023-11-14 22:13:20"}


def test_a_missing_timestamp_is_empty() -> None:
    texts = timestamps(np.random.default_rng(1), np.array([0, 0]), np.array([True, False])).to_pylist()

    assert texts[0] == ""
    assert texts[1].startswith("1970-01-01 00:00:00")


def test_session_ids_are_version_four_uuids() -> None:
    texts = uuids(np.random.default_rng(1), 1_000).to_pylist()

    pattern = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert len(set(texts)) == 1_000
    assert all(pattern.fullmatch(text) for text in texts)


def test_addresses_have_four_numbers_below_255() -> None:
    numbers = [list(map(int, text.split("."))) for text in ip_addresses(np.random.default_rng(1), 100).to_pylist()]

    assert all(len(parts) == 4 and all(1 <= part < 255 for part in parts) for parts in numbers)
