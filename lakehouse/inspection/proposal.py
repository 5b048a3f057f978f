"""A declaration, as YAML, for files that no source takes: how they are read, and what of them silver's tables may take."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from lakehouse.inspection.guess import Guess
from lakehouse.inspection.looking import FileSeen, fields_for

# For each table of silver the columns that a feed must give, and those that it may, with the names that fields have for them.
FEEDS: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "events": (
        {
            "event_id": "event_?(id|uuid)|uuid|insert_id|message_?id",
            "event_type": "event(_?(type|name))?|action|name",
            "occurred_at": "timestamp|(event_|occurred_|created_)?(time|at)|date|ts",
        },
        {
            "user_id": "user_?id|distinct_id|customer_?id",
            "anonymous_id": "anonymous_?id|visitor_?id|device_?id",
            "session_id": "session_?id",
            "device": "device|browser",
            "country": "country",
            "page": "page|url|uri",
            "amount": "amount|revenue|value",
        },
    ),
    "orders": (
        {
            "order_id": "order_?(id|no|number)?|invoice_?(id|no|number)?",
            "created_at": "(order_?|invoice_?|created_?)(date|at|time)",
        },
        {"user_id": "(user|customer|buyer)_?(id|no)?"},
    ),
    "users": (
        {"user_id": "(user|customer)_?(id|no)", "created_at": "(created|registered|signed_?up|joined)_?(at|on|date)?"},
        {"country": "country", "city": "city", "state": "state|region"},
    ),
    "products": (
        {"product_id": "product_?(id|code|no)|sku|stock_?code"},
        {
            "name": "(product_?)?(name|title|description)",
            "category": "category",
            "brand": "brand",
            "retail_price": "(retail_?|unit_?)?price",
        },
    ),
}


def proposed(files: Iterable[FileSeen]) -> str | None:
    """A source of one table for each group of the files that no source takes, named by the beginning of their names; None without any."""
    free = [file for file in files if file.source is None and file.columns]
    groups: dict[str, FileSeen] = {}
    for file in free:
        groups.setdefault(stem(file.path), file)
    if not groups:
        return None
    head = [
        "# conf/sources/mysource.yaml in a folder of your own, CONF=dir: check names, feeds and id_prefix",
        "source: mysource",
    ]
    head += ['id_prefix: "my-"', "tables:"]
    return "\n".join([*head, *(line for name, file in groups.items() for line in _table(name, file))]) + "\n"


def stem(path: str) -> str:
    """The beginning of a file's name without numbers and ending, as the name of a table."""
    name = PurePosixPath(path).name.split(".")[0].lower()
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[-_ ]*[0-9][-_ 0-9t]*$", "", name)).strip("_")
    return plain if plain[:1].isalpha() else f"t_{plain or 'files'}"


def _table(name: str, file: FileSeen) -> list[str]:
    guess = file.guess or Guess()
    folder = str(PurePosixPath(file.path).parent)
    begin = re.sub(r"[-_ ]*[0-9][-_ 0-9tT]*$", "", PurePosixPath(file.path).name.split(".")[0])
    pattern = f"{'' if folder == '.' else folder + '/'}{begin}*.*"
    lines = [f"  {name}:", f"    files: [{json.dumps(pattern)}]"]
    for key, value in vars(guess).items():
        if value != getattr(Guess(), key):
            lines.append(f"    {key}: {json.dumps(value)}")
    lines += _forms(file)
    fields = fields_for([column.name for column in file.columns])
    named = [field if field == header else f"{{{field}: {json.dumps(header)}}}" for field, header in fields.items()]
    lines.append(f"    fields: [{', '.join(named)}]")
    return lines + _feeds(list(fields))


def _forms(file: FileSeen) -> list[str]:
    """Of several date forms that fit all values the first, and the others in a remark."""
    lines = []
    kinds = [column.kind for column in file.columns]
    decimal = next((kind for kind in kinds if kind.decimal == ","), None) or next((k for k in kinds if k.thousands), None)
    if decimal is not None:
        lines += [f"    decimal: {json.dumps(decimal.decimal)}"] if decimal.decimal != "." else []
        lines += [f"    thousands: {json.dumps(decimal.thousands)}"] if decimal.thousands else []
    forms = [kind.date_forms for kind in kinds if kind.date_forms]
    if forms:
        common = [form for form in forms[0] if all(form in others for others in forms)] or list(forms[0])
        lines.append(f"    date_form: {json.dumps(common[0])}" + (f"  # or {', '.join(common[1:])}" if common[1:] else ""))
    return lines


def _feeds(fields: Sequence[str]) -> list[str]:
    made: list[str] = []
    for entity, (needed, more) in FEEDS.items():
        given = {column: _named(fields, names) for column, names in {**needed, **more}.items()}
        if all(given[column] for column in needed):
            made += [f"      {entity}:", "        columns:"]
            made += [f"          {column}: {field}" for column, field in given.items() if field]
            made += ["          status: {value: Complete}"] if entity == "orders" else []
            made.append(f"        required: [{', '.join(needed)}]")
    return (
        ["    feeds:", *made] if made else ["    feeds: {}  # which columns of silver its fields are: see README, Your own data"]
    )


def _named(fields: Sequence[str], names: str) -> str | None:
    return next((field for field in fields if re.fullmatch(names, _snake(field))), None)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
