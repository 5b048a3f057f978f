"""Text as it came, without what does not count: blanks, words that mean nothing, other spellings of an id.

An id has one canonical form: without blanks around it, and where it is a whole number that went through a float or a formatter,
that number: `1001.0`, `1001.` and `+1001` are `1001`, `1.2345678E7` is `12345678`, as is `1.2345678e+07`, and `1e+07` is `10000000`.
Quotes that JSON or a spreadsheet put around it are left out: `"u1"`, `="007"`. A UUID is in small letters without braces, as
RFC 9562 has it: some programs write capitals, and databases give it back in small ones. `1.23457E+11`, of which a spreadsheet showed
the first digits alone, names many: such an id is none.
`1e5`, `007.0` and `1.5` are left as they came: codes may look so, and no program writes a whole number of such a form. So are a
JSON object and a list, such as `{"id": 1}`, save the empty ones, which prove no identity: which of its values is the id is not known.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.forms import canonical, written_fields
from lakehouse.contract.source import Feed, Source

# All that Unicode calls white space, the zero-width characters, the byte order mark, control characters of separators, and the
# invisible ones that say where text runs from right to left, or may be hyphenated.
BLANKS = (
    " \t\n\v\f\r\x00\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
    "\xad\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
# What tables call a country, device or traffic source that is not known: as the value of an event it would stand before a known one.
UNKNOWN = ("unknown", "(unknown)")
# Columns whose ids say who or what visit it was: ids that prove no identity are left out of them.
IDENTITIES = ("user_id", "anonymous_id", "session_id")
# Without decimals other than zeros, with a point or a plus sign; as JSON or a spreadsheet's formula for a text writes it, `"u1"`,
# `="007"`, as JSON within an address, and behind the apostrophe by which spreadsheets mark numbers that are text.
FORMATTED = r"^(?:(-?(?:0|[1-9][0-9]*))[.]0*|[+](0|[1-9][0-9]*)(?:[.]0*)?|=?\"([^\"]+)\"|%22([^%\"]+)%22|'([0-9]+(?:[.]0+)?))\z"
BARE = "$1$2$3$4$5"
# Of a float above 2^53 the last digits are not those of the id any more. With a sign and two digits, as C and Go write the exponent,
# no code looks so, and there may be no point. Of numbers of 12 digits or more spreadsheets write `1.23457E+11`, and the rest is lost.
WITH_EXPONENT = (
    r"^[+-]?[1-9]([.][0-9]{1,15}([eE](1[0-5]|[0-9])|e[+](1[0-5]|[0-9])|E[+]([0-9]|10))"
    r"|([.][0-9]{1,15})?(e[+](0[0-9]|1[0-5])|E[+](0[0-9]|10))|[.][0-9]{6,15}E[+]1[1-5])\z"
)
CUT = r"^[+-]?[1-9]([.][0-9]{1,5})?E[+](1[1-9]|[2-9][0-9])\z"
HEX = "[0-9a-fA-F]"
UUID = rf"^[{{]?{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}[}}]?\z"
# Blanks and signs around and between words, those of an address written as %7B among them, of text in small letters: pages and
# editors put others, or several, in place of one.
BLANK = " \t\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000"
SIGNS = rf"(?:%(?:[01][0-9a-f]|2[0-9a-f]|3[a-f]|40|5[b-f]|60|7[b-f])|[{BLANK}!-/:-@\[-`{{-~‘’“”„«»–—])+"
# One of 1 to 9, but as a sign of an address.
HAS_DIGIT = "(^|[^%])[1-9]"
# With a blank for signs. Also as a number of base 16, such as the address of nobody, and as C and R print a float. An id of signs
# alone is none either.
ZEROS = "(?:(?:0x|urn uuid )[ 0]*0)?[ 0]*| ?0(?: 0+)?e 00"


def stripped(text: Column) -> Column:
    """The text without blanks of any kind around it; empty text is null."""
    return F.nullif(F.btrim(text, F.lit(BLANKS)), F.lit(""))


def cleaned(
    rows: DataFrame, fields: Sequence[str], beside: Sequence[str], ids: Mapping[str, str], feeds: Iterable[Feed], source: Source
) -> DataFrame:
    """The rows with their fields cleaned, and the columns `beside` as they are.

    Empty text, and words that the source says mean nothing, are null; the `ids` (`id_fields`) have their canonical form, and so
    have numbers and times that the `feeds` say are written in another.
    """
    names = (*fields, *beside)
    # A step after the other, each of which takes the text as few times as it can: an engine that puts a condition on a value below
    # these steps writes it out over the text as it came, and its length is the product of these times.
    bare = _with(rows, names, {field: stripped(F.col(field)) for field in fields})
    nothing = in_any_case(source.null_words)
    meant = _with(bare, names, {field: without_words(F.col(field), nothing) for field in fields})
    written = {field: how for field, how in written_fields(feeds).items() if field in fields}
    formed = _with(meant, names, {field: canonical(F.col(field), how) for field, how in written.items()})
    return with_ids(formed, names, ids, source)


def with_ids(rows: DataFrame, names: Sequence[str], ids: Mapping[str, str], source: Source) -> DataFrame:
    """The rows, whose columns are `names`, with the cleaned text of some in the canonical form of an id.

    ids: these columns, each with the silver column that takes it. An identity that proves nobody is null: a word of `no_one`,
    or zeros only.
    """
    proving = [name for name, column in ids.items() if column in IDENTITIES]
    whole = _with(rows, names, {name: F.regexp_replace(F.col(name), FORMATTED, BARE) for name in ids})
    canonical = _with(whole, names, {name: _written_out(F.col(name)) for name in ids})
    return _with(canonical, names, {name: _proven(F.col(name), source) for name in proving})


def id_fields(feeds: Iterable[Feed]) -> dict[str, str]:
    """The fields that a source's table gives as ids as they are, each with a column that takes it, an identity before others."""
    taken = [(o.field, column) for feed in feeds for column, o in feed.columns.items() if o.field and column.endswith("_id")]
    return dict(sorted(taken, key=lambda pair: pair[1] in IDENTITIES))


def _with(rows: DataFrame, names: Sequence[str], changed: Mapping[str, Column]) -> DataFrame:
    """`names` are those of the columns: asked for them, the native engine would look at what the rows are made of."""
    return rows.select(*[changed[n].alias(n) if n in changed else F.col(n) for n in names]) if changed else rows


def _written_out(text: Column) -> Column:
    number = text.try_cast("double")
    is_whole = text.rlike(WITH_EXPONENT) & (number % 1 == 0)
    in_small = F.lower(F.btrim(text, F.lit("{}")))
    as_it_is = F.when(~text.rlike(CUT), text)
    return F.when(is_whole, number.try_cast("bigint").cast("string")).when(text.rlike(UUID), in_small).otherwise(as_it_is)


def _proven(identity: Column, source: Source) -> Column:
    if not source.no_one:
        return identity
    known = {word.lower() for word in (*source.no_one, *source.null_words)}
    numbered = {word for word in known if re.search(HAS_DIGIT, word)}
    words = "|".join(sorted({bare for bare in map(_bare, known - numbered) if len(bare) > 1}))
    # Nearly all ids have a digit, and few of the words: what has one is compared with these alone.
    text = F.lower(identity)
    is_numbered = text.rlike(rf"^(?:{'|'.join(sorted(map(_spaced, numbered)))})\z") if numbered else F.lit(False)
    of_words = rf"^(?:{ZEROS}| ?(?:(?:{words.replace(' ', ' ?')})(?: |\z))+)\z"
    is_of_words = F.regexp_replace(text, SIGNS, " ").rlike(of_words)
    return F.when(~F.when(text.rlike(HAS_DIGIT), is_numbered).otherwise(is_of_words), identity)


def _bare(word: str) -> str:
    return re.sub(SIGNS, " ", word).strip()


def _spaced(word: str) -> str:
    return re.escape(word).replace("\\ ", f"[{BLANK}]+")


def in_any_case(words: Iterable[str]) -> list[Column]:
    """The words for `without_words`, made once for all fields: Spark takes a call for each."""
    return [F.lit(word) for word in sorted({word.lower() for word in words})]


def without_words(text: Column, words: Sequence[Column]) -> Column:
    """The text, null where it is one of the words (`in_any_case`)."""
    return F.when(~F.lower(text).isin(*words), text) if words else text


def means_something(text: Column, nothing: Sequence[Column]) -> Column:
    """Whether a field as it came holds a value; `nothing` are the source's words that mean none."""
    return without_words(stripped(text), nothing).isNotNull()
