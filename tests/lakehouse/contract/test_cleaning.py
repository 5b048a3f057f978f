"""What does not count is left out of text: blanks of every kind, words that mean nothing, other spellings of an id."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.contract.conform import conform
from lakehouse.contract.outcome import rejected
from lakehouse.contract.provenance import PROVENANCE, SOURCE
from lakehouse.contract.source import Source
from libs.tables import MONEY, STRING, TIMESTAMP, Column, Merge, Table

VISITS = Table(
    name="silver.visits",
    comment="",
    columns=[
        SOURCE,
        Column("visit_id", STRING, "", nullable=False),
        Column("user_id", STRING, ""),
        Column("anonymous_id", STRING, ""),
        Column("word", STRING, ""),
        Column("paid", MONEY, ""),
        Column("seen_at", TIMESTAMP, "", nullable=False),
        Column("until", TIMESTAMP, ""),
        *PROVENANCE,
    ],
    primary_key=["visit_id"],
    event_time="seen_at",
    refresh=Merge(entity="visits"),
)
BUYERS = Table(
    name="silver.buyers",
    comment="",
    columns=[SOURCE, Column("user_id", STRING, "", nullable=False), Column("seen_at", TIMESTAMP, ""), *PROVENANCE],
    primary_key=["user_id"],
    event_time="seen_at",
    refresh=Merge(entity="buyers"),
)
FIELDS = ["nr", "user", "visitor", "word", "paid", "at", "until"]
VISIT: dict[str, Any] = {
    "columns": {
        "visit_id": {"sql": "nr"},
        "user_id": "user",
        "anonymous_id": "visitor",
        "word": "word",
        "paid": "paid",
        "seen_at": "at",
        "until": "until",
    },
    "rules": {"negative": "paid >= 0"},
}
BUYER: dict[str, Any] = {"columns": {"user_id": "user", "seen_at": "at"}, "where": "user is not null and paid is not null"}
GOOD = {"nr": "1", "at": "2026-01-01 10:00"}


def source(**more: Any) -> Source:
    table = {"fields": FIELDS, "feeds": {"visits": VISIT, "buyers": BUYER}}
    return Source.model_validate({"source": "shop", "tables": {"visits": table}, **more})


def bronze(spark: SparkSession, *rows: Mapping[str, str | None]) -> DataFrame:
    given = [
        (*({**GOOD, **row}.get(n) for n in (*FIELDS, "_extra", "_malformed")), "v.csv", datetime(2026, 1, 2, tzinfo=UTC))
        for row in rows
    ]
    names = ", ".join(f"{name} string" for name in (*FIELDS, "_extra", "_malformed", "_source_file"))
    return spark.createDataFrame(given, f"{names}, _ingested_at timestamp")


def visits(rows: DataFrame, declared: Source) -> DataFrame:
    return conform(rows, declared, declared.tables["visits"].feeds["visits"], VISITS, "key")


def taken(spark: SparkSession, column: str, field: str, texts: list[str], **more: Any) -> list[str | None]:
    rows = bronze(spark, *({"nr": f"n{n}", field: text} for n, text in enumerate(texts)))
    found = {row.visit_id: row[column] for row in visits(rows, source(**more)).collect()}
    return [found[f"n{n}"] for n in range(len(texts))]


BLANK = [
    "\t",
    " ",
    "\u00a0",
    "\u200b",
    "\r",
    "\n",
    "\ufeff",
    "\u3000",
    "\u2028",
    "\u202f",
    "\u2060",
    " \t\u00a0",
    "\u200e",
    "\u200f \u202c",
    "\u2069",
    "\xad",
]


def test_blanks_of_every_kind_around_a_value_are_left_out(spark: SparkSession) -> None:
    texts = [f"{blank}a b{blank}" for blank in BLANK] + BLANK

    assert taken(spark, "word", "word", texts) == ["a b"] * len(BLANK) + [None] * len(BLANK)


@pytest.mark.parametrize("field", ["user", "nr"])
def test_an_id_has_one_form(spark: SparkSession, field: str) -> None:
    same = {
        "1001.0": "1001",
        "1001.000": "1001",
        " 1001 ": "1001",
        "-7.0": "-7",
        "1.2345678E7": "12345678",
        "1001.": "1001",
        "+1001": "1001",
        "+1001.0": "1001",
        "-7.": "-7",
        "+1.2345678E7": "12345678",
        "-1.2345678e+07": "-12345678",
        "550E8400-E29B-41D4-A716-446655440000": "550e8400-e29b-41d4-a716-446655440000",
        "{550e8400-e29b-41d4-a716-44665544000F}": "550e8400-e29b-41d4-a716-44665544000f",
        "1.0E7": "10000000",
        "1.5e+1": "15",
        "1.2345678e+07": "12345678",
        "1.001000E+03": "1001",
        "1e+07": "10000000",
        "1E+10": "10000000000",
        "1.234567E+11": "123456700000",
        '"u1"': "u1",
        '="007"': "007",
        '"550E8400-E29B-41D4-A716-446655440000"': "550e8400-e29b-41d4-a716-446655440000",
        "%22u1%22": "u1",
        "'1001": "1001",
        "9.007199254740991E15": "9007199254740991",
    }
    kept = [
        "1001",
        "1e5",
        "007.0",
        "1.5",
        "1.25E1",
        "1.25e+01",
        "1e07",
        "1e+7",
        "1e+16",
        "1.0.0",
        "v1.0",
        "+007",
        "007.",
        "+-7",
        "--7.",
        "++7",
        "+7a",
        "+49 30 1",
        '{"id": 1}',
        "550e8400-e29b-41d4-a716-44665544000g",
        "550E8400E29B41D4A716446655440000",
        "{ABC}",
        "[1001.0]",
        "1.0E99",
        "12.5E3",
        "ab-12.0x",
        "1,001.0",
        "O'Neill",
        'a"b"',
        "'tis",
    ]
    rows = bronze(spark, *({"visitor": f"n{n}", "nr": f"n{n}", field: text} for n, text in enumerate([*same, *kept])))
    column = "user_id" if field == "user" else "visit_id"
    found = {row.anonymous_id: (row[column], row._left_out) for row in visits(rows, source()).collect()}

    assert [found[f"n{n}"][0] for n in range(len(found))] == [*same.values(), *kept]
    if field == "user":
        assert [("respelled" in found[f"n{n}"][1]) for n in range(len(found))] == [True] * len(same) + [False] * len(kept)


def canonical_by_hand(text: str) -> str | None:
    """The canonical form of an id, by the rule as README says it, without patterns; None of one that a spreadsheet cut."""
    mantissa, mark, exponent = text.lower().partition("e")
    sign, digits = (mantissa[0], mantissa[1:]) if mantissa[:1] in ("+", "-") else ("", mantissa)
    whole, point, decimals = digits.partition(".")
    minus = "-" if sign == "-" else ""
    if not (whole + decimals).isdigit() or not whole or (whole[0] == "0" and whole != "0"):
        return text
    if not mark:
        return text if decimals.strip("0") else minus + whole
    power, digits_of_power = exponent.removeprefix("+"), len(exponent.removeprefix("+"))
    is_padded = exponent.startswith("+") and digits_of_power == 2
    is_written_so = (bool(decimals) and power == str(int(power))) or is_padded if power.isdigit() else False
    if "E+" in text and power.isdigit() and 16 <= int(power) < 100 and len(whole) == 1 and whole != "0" and len(decimals) < 6:
        return None if decimals or not point else text
    if not is_written_so or len(whole) > 1 or whole == "0" or (point and not decimals) or int(power) > 15:
        return text
    if "E+" in text and int(power) > 10 and len(decimals) < 6:
        return None
    value = Decimal(f"{whole}.{decimals or 0}e{power}")
    return minus + str(int(value)) if value == int(value) else text


def test_ids_of_every_form_of_a_number_are_those_of_the_rule_by_hand(spark: SparkSession) -> None:
    signs, wholes, decimals = ("", "+", "-"), ("1", "7", "10", "1001", "07"), ("", ".", ".0", ".000", ".5", ".25", ".10")
    exponents = ("", "e5", "E7", "e+7", "e+07", "e+05", "E07", "e-1", "e+16", "E15", "e1", "E+11", "E+17", "E+10")
    texts = ["".join(parts) for parts in product(signs, wholes, decimals, exponents)]
    assert taken(spark, "user_id", "user", texts, no_one=[]) == [canonical_by_hand(text) for text in texts]


NOBODY = [
    "anonymous",
    "GUEST",
    "0",
    "0.0",
    "0.",
    "+0",
    "-0",
    "000",
    "00000000-0000-0000-0000-000000000000",
    "[object Object]",
    "{}",
    "[]",
    "0x0",
    "0X0000000000000000000000000000000000000000",
    "0e+00",
    "0.000000E+00",
    "-0.0e-00",
    "anonymous\u00a0user",
    "Anonymous  User",
    "anonymous\u2009\u3000user",
    "AAAAAAAAAAAAAAAAAAAAAA==",
    # Fields that no value was put in place of.
    *("{{user_id}}", "${user_id}", "%7Bid%7D", "<user_id>", "[USER_ID]", "%USER_ID%", "{{ user.id }}", '{"id":null}'),
    # Words of both kinds, several of them, and other signs around and between.
    *(
        "user_undefined",
        "undefined undefined",
        "null-null",
        "[undefined]",
        '"anonymous"',
        "'Guest'",
        "anonymous_user",
        "guest-user",
    ),
    *(
        "[object Undefined]",
        "Optional(nil)",
        "not logged in",
        "NotLoggedIn",
        "(unknown user)",
        "\u201cnull\u201d",
        "null,",
        "NA",
    ),
    *("?", "--", "...", "%00", "00:00:00:00:00:00", "{00000000-0000-0000-0000-000000000000}", "02:00:00:00:00:00", "lmy47d"),
    *("urn:uuid:00000000-0000-0000-0000-000000000000", "F" * 32, "1.23457E+17", "-1", '"-1"'),
]


SOMEBODY = [
    *("10", "0x", "0x01", "0e0", "0e+01", "0.5e+00", "anonymous users", "anonymous-user1", "AAAAAAAA=="),
    *(
        "user_0",
        "user 10",
        "guest1",
        "nullify",
        "idun",
        "user@id.example",
        "%D0%98%D0%B2",
        "\u0410\u043d\u043d\u0430 id",
        "Ann Guest",
    ),
    *("{1001}", '{"id":"a"}', "id:a", "-10", "%41", "admin", "1.23457E17"),
]


def test_ids_that_prove_no_identity_are_left_out_of_users_and_visitors_alone(spark: SparkSession) -> None:
    assert taken(spark, "user_id", "user", [*NOBODY, *SOMEBODY]) == [None] * len(NOBODY) + SOMEBODY
    assert taken(spark, "anonymous_id", "visitor", NOBODY) == [None] * len(NOBODY)
    words = [word for word in NOBODY if word not in ("--", "1.23457E+17")]
    assert taken(spark, "word", "word", words) == words
    assert taken(spark, "user_id", "user", ["guest", "0"], no_one=[]) == ["guest", "0"]
    mine = taken(
        spark, "user_id", "user", ["Walk-in customer", "walk_in_customer", "7", "0", "guest"], no_one=["walk in customer", "7"]
    )
    assert mine == [None, None, None, None, "guest"]


def test_a_number_that_a_spreadsheet_cut_is_no_key(spark: SparkSession) -> None:
    rows = bronze(spark, {"nr": "1.23457E+17", "user": "u"}, {"nr": "123456789012345678", "user": "1.23457E+11"})
    found = {row.user_id: (row.visit_id, list(row._reasons), row._left_out) for row in visits(rows, source()).collect()}
    assert found == {"u": (None, ["missing_visit_id"], ""), None: ("123456789012345678", [], ",nobody")}


NOTHING = [
    "null",
    "NULL",
    "undefined",
    "NaN",
    "None",
    "\\N",
    "(not set)",
    "n/a",
    "#N/A",
    "-",
    "<NA>",
    "NaT",
    "[NULL]",
    "<nil>",
    '""',
    '"null"',
    "'Undefined'",
    *(
        '"None"',
        "'nan'",
        "--",
        "\N{EM DASH}",
        "(nil)",
        "-NaN",
        "-1.#IND",
        "#N/A N/A",
        "\\\\N",
        "Invalid date",
        "0000-00-00 00:00:00",
    ),
]


def test_words_that_mean_nothing_are_empty_values(spark: SparkSession) -> None:
    kept = ["nullable", "---", "Nonesuch", "n", '"', "'null", '"a"', "NA"]
    assert taken(spark, "word", "word", [*NOTHING, *kept]) == [None] * len(NOTHING) + kept
    ids = ["nullable", None, "Nonesuch", "n", None, None, "a", None]
    assert taken(spark, "user_id", "user", [*NOTHING, *kept]) == [None] * len(NOTHING) + ids
    assert taken(spark, "word", "word", ["null", "leer"], null_words=["leer"]) == ["null", None]


def test_what_was_left_out_of_a_row_is_said(spark: SparkSession) -> None:
    rows = bronze(
        spark,
        {"nr": "a", "user": "anonymous"},
        {"nr": "b", "word": "null"},
        {"nr": "c", "user": " 5"},
        {"nr": "d", "user": "undefined", "visitor": "0", "word": ""},
        {"nr": "e", "user": "5", "word": " w "},
    )
    found = {row.visit_id: set(row._left_out.split(",")) - {""} for row in visits(rows, source()).collect()}

    assert found == {"a": {"nobody"}, "b": {"nothing"}, "c": {"respelled"}, "d": {"nobody", "nothing"}, "e": set()}


def test_times_before_the_earliest_and_beyond_what_engines_read_are_rejected_with_their_reason(spark: SparkSession) -> None:
    at = {
        "0001-01-01T00:00:00Z": ["past"],
        "1970-01-01": ["past"],
        "1989-12-31 23:59:59.999999": ["past"],
        "1990-01-01": [],
        "0000-00-00": ["missing_seen_at"],
        "2026-01-09 00:00:01": ["future"],
        "9999-12-31": ["future"],
    }
    rows = bronze(spark, *({"nr": f"n{n}", "at": text} for n, text in enumerate(at)), {"nr": "u", "until": "9999-12-31"})
    found = {row.visit_id: list(row._reasons) for row in visits(rows, source()).collect()}

    assert [found[f"n{n}"] for n in range(len(at))] == list(at.values())
    assert found["u"] == ["future"]


def test_zones_that_the_source_declares_are_read(spark: SparkSession) -> None:
    texts = ["2026-07-01 10:00:00 EDT", "2026-07-01 10:00 EDT", "2026-07-01 10:00:00EDT", "2026-07-01 10:00:00 BST"]
    rows = bronze(spark, *({"nr": f"n{n}", "at": text} for n, text in enumerate(texts)))
    declared = source(zones={"EDT": "-04:00"}, future_tolerance="400d")
    found = {
        r.visit_id: (r.at, list(r._reasons))
        for r in visits(rows, declared).selectExpr("*", "cast(seen_at as string) as at").collect()
    }

    assert [found[f"n{n}"] for n in range(4)] == [("2026-07-01 14:00:00", [])] * 3 + [(None, ["bad_seen_at"])]


def test_a_row_that_one_feed_rejects_is_no_row_of_another(spark: SparkSession) -> None:
    declared = source()
    feeds = declared.tables["visits"].feeds
    rows = bronze(
        spark,
        {"nr": "a", "user": "1", "paid": "5"},
        {"nr": "b", "user": "2", "paid": "-5"},
        {"nr": "c", "user": "3", "paid": "five"},
        {"nr": None, "user": "4", "paid": "5"},
        {"nr": "e", "user": "5", "paid": "5", "at": "noon"},
        {"nr": "f", "user": "6", "paid": None, "at": "noon"},
    )
    buyers = conform(rows, declared, feeds["buyers"], BUYERS, "key", others=[(feeds["visits"], VISITS)])

    assert sorted(row.user_id for row in buyers.where("size(_reasons) = 0").collect()) == ["1"]
    assert sorted(row.key for row in rejected(buyers, BUYERS).collect()) == ["5"], "what the feed itself rejects stays its own"
    of_visits = conform(rows, declared, feeds["visits"], VISITS, "key", others=[(feeds["buyers"], BUYERS)])
    assert {row.visit_id: list(row._reasons) for row in of_visits.collect()} == {
        "a": [],
        "b": ["negative"],
        "c": ["bad_paid"],
        None: ["missing_visit_id"],
        "e": ["bad_seen_at"],
        "f": ["bad_seen_at"],
    }
