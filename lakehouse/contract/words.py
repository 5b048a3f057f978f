"""Words that stand where a value or a person is missing, as programs write them; a source may declare others."""

# Instead of a value, in any case.
NULL_WORDS = (
    *(
        "null",
        "undefined",
        "none",
        "nan",
        "nil",
        "\\N",
        "\\\\N",
        "(null)",
        "(none)",
        "(not set)",
        "<null>",
        "[null]",
        "N/A",
        "#N/A",
        "-",
    ),
    # pandas, Go, C and pages of spreadsheets and reports write these.
    *(
        "<NA>",
        "NaT",
        "<none>",
        "<nil>",
        "(nil)",
        "-nan",
        "1.#IND",
        "-1.#IND",
        "1.#QNAN",
        "-1.#QNAN",
        "#NA",
        "--",
        "–",
        "—",
        "#N/A N/A",
    ),
    # Times that are none: of JavaScript's libraries, and MySQL's.
    *("Invalid date", "Invalid DateTime", "0000-00-00", "0000-00-00 00:00:00"),
    # Written as JSON once more than they are read.
    *('""', "''", '"null"', "'null'", '"undefined"', "'undefined'", '"none"', "'none'", '"nan"', "'nan'"),
)
# As the id of somebody whom a client does not know, in any case; a blank stands for blanks, other signs, or nothing. Several of them,
# and signs around and between them, are such too: `user_undefined`, `{{user_id}}`, `"anonymous"`. So are ids of zeros only.
NO_ONE = (
    *("anonymous", "anon", "guest", "unknown", "nobody", "unidentified", "visitor", "na", "unset", "empty", "missing", "-1"),
    *("anonymous user", "no one", "not authenticated", "not logged in", "logged out", "no user", "not set"),
    # The greatest UUID, sixteen bytes of zero as binary values become text, and what spreadsheets write where a formula finds nothing.
    *("ffffffff-ffff-ffff-ffff-ffffffffffff", "f" * 32, "AAAAAAAAAAAAAAAAAAAAAA=="),
    *("#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#DIV/0!", "#SPILL!", "#CALC!"),
    # What many phones call themselves: an emulator's id of Android and its first builds, and the address that apps are given for all.
    *("9774d56d682e549c", "lmy47d", "02:00:00:00:00:00"),
    # Names of fields that no value was put in place of.
    *("distinct id", "user", "user id", "your user id", "customer", "customer id", "visitor id", "anonymous id", "client id"),
    *("device id", "session id", "id", "uid", "uuid", "email"),
    *("true", "false", "object", "optional", "infinity", "inf"),
)
