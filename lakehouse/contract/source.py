"""Declared sources: which files a shop delivers, their fields, and how they feed the silver tables.

A source is one file `conf/sources/<source>.yaml`. Its tables become `bronze.<source>_<table>`; each table's feeds say how
its rows become rows of silver tables, and what makes a row valid. Another shop needs another file, and no code.
"""

import codecs
import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lakehouse.contract.date_forms import date_form
from lakehouse.contract.words import NO_ONE, NULL_WORDS
from libs.settings.duration import duration
from libs.settings.located import Place, raise_faults

# The silver column that says what a row's own amounts are in.
CURRENCY = "reported_currency"
Zone = Annotated[str, Field(pattern=r"^[A-Z]{2,5}$")]
Offset = Annotated[str, Field(pattern=r"^[+-](0[0-9]|1[0-8]):[0-5][0-9]$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# The forms in which files may come, as `lakehouse.bronze.endings` distinguishes them.
ENDINGS = (
    "csv",
    "csv.gz",
    "tsv",
    "tsv.gz",
    "parquet",
    "pq",
    "parq",
    "jsonl",
    "jsonl.gz",
    "ndjson",
    "ndjson.gz",
    "json",
    "json.gz",
)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(_Strict):
    """Where a silver column's text comes from: a field, an SQL expression over the fields, or a fixed value.

    `map` replaces the words that it lists; `otherwise` says what becomes of the others, `keep` or `empty`.
    """

    field: str | None = Field(None, alias="from")
    sql: str | None = None
    value: str | None = None
    map: Mapping[str, str] = {}
    otherwise: Literal["keep", "empty"] = "keep"

    @model_validator(mode="before")
    @classmethod
    def _field_alone(cls, given: Any) -> Any:
        return {"from": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _has_one_origin(self) -> "Origin":
        if sum(given is not None for given in (self.field, self.sql, self.value)) != 1:
            raise ValueError("name a field, or one of `from`, `sql` and `value`")
        return self


class Keep(_Strict):
    """Which of several valid rows of one key stands: the latest arrival, unless one of these is given.

    latest: SQL over the fields; among rows of one arrival, the one with the greatest value. Fields are text, of which numbers come
    in the order of numbers.
    earliest: a silver column; of all rows ever, the one with the least value.
    first_known: beside `earliest`, silver columns that hold the first value that any row of the key gives, in that order; the
    table has a column `<column>_since` for each.
    """

    latest: str | None = None
    earliest: str | None = None
    first_known: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _latest_arrival(cls, given: Any) -> Any:
        return {} if given == "latest" else given

    @model_validator(mode="after")
    def _has_one_order(self) -> "Keep":
        if self.latest and self.earliest:
            raise ValueError("name either latest or earliest")
        if self.first_known and not self.earliest:
            raise ValueError("first_known needs earliest, the column that says which is first")
        return self


class Written(_Strict):
    """How a field's numbers, or where `date_form` is given its times, are written (`lakehouse.contract.forms`)."""

    decimal: str = "."
    thousands: str | None = None
    date_form: tuple[str, ...] = ()


class Feed(_Strict):
    """How rows of a source's table become rows of the silver table whose refresh bears the feed's name.

    columns: silver column and its origin; silver columns that are not named stay empty.
    required: silver columns that may not be empty. allowed: for a column, the values that it may have.
    rules: a reason code and the SQL condition over silver columns that a row must meet (null counts as met).
    pseudonymise: silver column and the SQL over the fields whose keyed hash it holds.
    where: SQL over the fields; the other rows of the file have no business in this silver table.
    undecided: SQL over the fields for the rows of which a value breaks `where`; it comes from that.
    written: how fields are written that are not in the form that contracts read; it comes from the table's declaration.
    """

    columns: Mapping[str, Origin]
    required: tuple[str, ...] = ()
    allowed: Mapping[str, tuple[str, ...]] = {}
    rules: Mapping[Name, str] = {}
    pseudonymise: Mapping[str, str] = {}
    keep: Keep = Keep()
    where: str | None = None
    undecided: str | None = None
    written: Mapping[str, Written] = {}

    @model_validator(mode="after")
    def _names_its_columns(self) -> "Feed":
        named: list[tuple[Place, str]] = [(("required", n), name) for n, name in enumerate(self.required)]
        named += [(("allowed", name), name) for name in self.allowed]
        named += [(("keep", "earliest"), self.keep.earliest)] if self.keep.earliest else []
        named += [(("keep", "first_known", n), name) for n, name in enumerate(self.keep.first_known)]
        known = {*self.columns, *self.pseudonymise}
        raise_faults("Feed", [(place, f"{name}: not among its columns") for place, name in named if name not in known])
        return self


def _by_name(given: Any) -> Any:
    """`- id` is the field id under the header id; `- {customer_id: Customer ID}` gives a header another name."""
    if not isinstance(given, list):
        return given
    named: dict[str, str] = {}
    for item in given:
        named |= item if isinstance(item, dict) else {str(item): str(item)}
    unfit = [name for name in named if not FIELD.fullmatch(name)]
    if unfit:
        raise ValueError(f"{unfit[0]!r} can't name a field: give it one of letters, digits and _, as in `a_name: {unfit[0]}`")
    return named


Fields = Annotated[Mapping[str, str], BeforeValidator(_by_name)]


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"{name} is no known encoding; common ones are UTF-8, ISO-8859-1 and windows-1252") from None
    return name


def _tab(given: Any) -> Any:
    """The character that YAML needs double quotes for, by its name."""
    return "\t" if given in ("tab", r"\t") else given


def _several(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


def _known_form(form: str) -> str:
    date_form(form)
    return form


DateFormText = Annotated[str, AfterValidator(_known_form)]


class SourceTable(_Strict):
    """One table of a source: its files, relative to the data folder, and their fields.

    files: glob patterns, `**` for any folders; one that ends in `.*` means every form of files (ENDINGS). Capitals are the same
    letters. Text whose name says no form is CSV where a pattern ends in `.txt` or `.txt.gz`.
    fields and optional_fields: name and header of each field that must, or may, be there. In JSON lines, where each line has
    keys of its own, every field may be missing; what a row needs, its feeds say.
    delimiter: a character, or `tab`. escape: a character that is put before quotes and itself inside of quoted values.
    skip_rows: lines before the header, or before the first row, that are left out. header: whether a line names the columns;
    where none does, they are the fields in their order, optional ones last.
    multiline: whether quoted values may hold line breaks; where not, a quote that is not closed costs its line alone.
    decimal, thousands: the signs before decimals and between thousands of its numbers. date_form: the form, or several, of its
    times. They count for the fields that feeds take as they are into columns of numbers or times, and for those of `numbers` and
    `times`, which SQL alone reads.
    optional: whether the source may come without this table.
    """

    files: tuple[str, ...] = ()
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "UTF-8"
    delimiter: Annotated[str, BeforeValidator(_tab)] = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', min_length=1, max_length=1)
    escape: str | None = Field(None, pattern=r"^[!-~]$")
    skip_rows: int = Field(0, ge=0, le=10_000)
    header: bool = True
    multiline: bool = True
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'", "_"] | None = None
    date_form: Annotated[tuple[DateFormText, ...], BeforeValidator(_several)] = ()
    numbers: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    optional: bool = False
    fields: Fields = Field(min_length=1)
    optional_fields: Fields = {}
    feeds: Mapping[Name, Feed] = {}

    @model_validator(mode="after")
    def _signs_differ(self) -> "SourceTable":
        if self.decimal == self.thousands:
            raise_faults("SourceTable", [(("thousands",), "the same sign as decimal")])
        signs = {"delimiter": self.delimiter, "quote": self.quote, "escape": self.escape}
        ends = [name for name, sign in signs.items() if sign in ("\n", "\r")]
        raise_faults("SourceTable", [((name,), "a line end can't be one") for name in ends])
        for one, other in (("delimiter", "quote"), ("delimiter", "escape"), ("quote", "escape")):
            if signs[one] == signs[other]:
                said = f"the same character as {one}" + (": quotes that are doubled need no escape" if other == "escape" else "")
                raise_faults("SourceTable", [((other,), said)])
        return self

    @model_validator(mode="after")
    def _feeds_from_its_fields(self) -> "SourceTable":
        origins = {("feeds", n, "columns", c): origin for n, feed in self.feeds.items() for c, origin in feed.columns.items()}
        unknown: dict[Place, str] = {
            place: o.field for place, o in origins.items() if o.field is not None and o.field not in self.all_fields
        }
        for name in ("numbers", "times"):
            unknown |= {(name, n): field for n, field in enumerate(getattr(self, name)) if field not in self.all_fields}
        raise_faults("SourceTable", [(place, f"{field} is not among the table's fields") for place, field in unknown.items()])
        return self

    def written(self, numbers: Iterable[str], times: Iterable[str]) -> dict[str, Written]:
        """How the fields are written that hold these numbers and times, and those that it names itself; none in contracts' own form."""
        number = Written(decimal=self.decimal, thousands=self.thousands)
        time = Written(date_form=self.date_form)
        found = dict.fromkeys([*numbers, *self.numbers], number) | dict.fromkeys([*times, *self.times], time)
        return {field: written for field, written in found.items() if written != Written()}

    @property
    def all_fields(self) -> Mapping[str, str]:
        """Name and header of every field, required ones first."""
        return {**self.fields, **self.optional_fields}


Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Rate(_Strict):
    """On that day (UTC) one unit of the currency `of` is `rate` units of the currency `to`."""

    day: date
    of: Currency
    to: Currency
    rate: Decimal = Field(gt=0, max_digits=18, decimal_places=10)


class Source(_Strict):
    """A declared source. `id_prefix` is put before every id, so that ids of several sources do not collide.

    null_words: words that mean no value, in any case; such values are empty. no_one: ids that prove no identity, in any case (see
    NO_ONE); users, visitors and sessions with such an id, or one of zeros only, have none. An empty list turns either off.
    zones: abbreviations of time zones that its times have, each with its offset from UTC; others are not read.
    earliest: rows with a time before this day are quarantined.
    currency: what its amounts of money are in, as ISO 4217 writes it (USD); sources of two currencies share no lakehouse.
    rates: daily rates by which amounts in other currencies are converted, beside those of `conf/rates.csv`.
    A fact later than its arrival by more than `future_tolerance` is quarantined.
    """

    source: Name
    description: str = ""
    id_prefix: str = ""
    currency: Currency | None = None
    rates: tuple[Rate, ...] = ()
    future_tolerance: Annotated[timedelta, BeforeValidator(duration)] = timedelta(days=7)
    null_words: tuple[str, ...] = NULL_WORDS
    no_one: tuple[str, ...] = NO_ONE
    zones: Mapping[Zone, Offset] = {}
    earliest: date = date(1990, 1, 1)
    tables: Mapping[Name, SourceTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _knows_what_to_convert_into(self) -> "Source":
        feeds = [
            (("tables", t, "feeds", n, "columns", CURRENCY), f)
            for t, table in self.tables.items()
            for n, f in table.feeds.items()
        ]
        without = [place for place, feed in feeds if CURRENCY in feed.columns and self.currency is None]
        raise_faults(
            "Source", [(place, "declare the source's `currency`, into which amounts are converted") for place in without]
        )
        return self

    def patterns(self, table: str) -> tuple[str, ...]:
        """Where the table's files are below the data folder, as glob patterns."""
        named = self.tables[table].files or (f"{table}*.*", f"{table}/*.*")
        return tuple(p for pattern in named for p in _in_every_form(pattern))

    def bronze_name(self, table: str) -> str:
        """The bronze table that holds what came."""
        return f"bronze.{self.source}_{table}"

    def quarantine_name(self, table: str) -> str:
        """The table that holds the rejected rows."""
        return f"quarantine.{self.source}_{table}"


def _in_every_form(pattern: str) -> Iterable[str]:
    return [pattern[:-1] + ending for ending in ENDINGS] if pattern.endswith(".*") else [pattern]
