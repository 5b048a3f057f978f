"""Expressions over the table of `values`, for each function and operator that is allowed: of rows, aggregates, and of sources alone."""

from libs.sql.broken import broken
from libs.sql.tolerant import tolerant

# Text that is a JSON object, and text that is none.
JSON = (
    *(
        '{"a": "pro", "b": "cut',
        '{"a": "pro"}',
        '{"a": "pro"} x',
        '{"a": "pro",}',
        '{"a": "pro"}{"a": 2}',
        '{"a": "pro"',
        "[1]",
        "1",
    ),
    *("null", "None", "", '{"a": 1,, "b": 2}', '{"a": NaN}', "{\\'a\\': \\'pro\\'}", '{"b": 01, "a": 1}', ' {"a": 1} ', "{}"),
    *('{"b": [1, {"c": tru}], "a": "pro"}', '{"a": "pro", "b": [1}', '{"a": null}', '{"a": true}', '{"a": -7}', '{"a": ""}'),
    *('{"a": "x,}y"}', '{"a": "é"}', '{"a": "nan", "b": "info"}', '{"b": {"a": 1}}'),
)
# s, t text; i, j whole; x, y double; m, n money; b, c boolean; d, e days; at, until moments.
ROWS = (
    *(
        "i = j",
        "x = y",
        "s = t",
        "s <> t",
        "s < t",
        "s <= t",
        "x < y",
        "x > y",
        "m > n",
        "m >= n",
        "d < e",
        "at >= until",
        "b = c",
    ),
    *(
        "s = 'O\\'Brien'",
        "d = date'2024-02-29'",
        "at < timestamp'2024-01-01 00:00:00'",
        "i > 1.5",
        "x > 1",
        "x > cast(0.5 as double)",
        "x in (1, 2)",
        "m = i",
        "m = 1.005",
    ),
    *("b and c", "b or c", "not b", "i is null", "s is not null", "b is true", "b is not true", "i <=> j", "s <=> t", "x <=> y"),
    *("b is distinct from c", "s in ('view', '')", "s in ('view', null)", "i not in (1, 7)", "m in (1.005, 2.5)"),
    *("m between n and 5", "d between date'1970-01-01' and e", "i between -3 and j", "s between 'a' and 'z'"),
    *("case when b then i when c then j end", "case i when 1 then 'one' else 'other' end", "if(b, s, t)", "if(b, 1, 0)"),
    *("case when x > 0 then m else 0 end", "coalesce(s, t, 'u')", "coalesce(i, m)", "nvl(s, t)", "nullif(i, 1)", "nullif(s, '')"),
    *("i + j", "i - j", "j * j", "i * 2", "2 * 3 * m", "m + n", "m - n", "m * 2", "m * n", "m * j", "x + y", "x - y", "x * y"),
    *("-i", "-x", "-m", "i + m", "m - 0.5", "x + i", "x * m", "i % 7", "m % 3", "i % nullif(j, 0)", "abs(i)", "abs(m)", "abs(x)"),
    *("cast(i as double) / 3", "cast(m as double) / nullif(n, 0)", "round(m, 2)", "round(i)"),
    *(
        "sqrt(abs(i))",
        # As conditions become: of numbers below 0 engines differ (`libs.sql.tolerant`).
        "if((i) < 0, null, sqrt(i)) > 1",
        "cast(j as bigint)",
        "cast(b as bigint)",
        "cast(m as decimal(18, 2))",
        "cast(i as decimal(38, 2))",
    ),
    *(
        "cast(m as double)",
        "cast(i as double)",
        "cast(at as date)",
        "cast(m as string)",
        "cast(i as string)",
    ),
    *("cast(b as string)", "cast(d as string)", "trim(s)", "ltrim(s)", "rtrim(s)", "length(s)"),
    *("concat(s, t)", "s || t", "concat_ws('|', s, t, 'z')", "left(s, 2)", "left(s, 0)", "right(s, 2)", "substring(s, 1, 2)"),
    *("substring(s, 0, 2)", "substring(s, 2)", "substr(s, -2, 2)", "instr(s, 'a')", "locate('a', s)", "position('a' in s)"),
    *(
        "contains(s, 'a')",
        "contains(s, t)",
        "startswith(s, t)",
        "endswith(s, 'c')",
        "replace(s, 'a', 'b')",
        "replace(s, ',', '')",
    ),
    *("split_part(s, ',', 1)", "md5(s)", "s like 'a%'", "s like '%\\\\_%'", "s like '%é%'", "s like '_'", "s not like '%1%'"),
    *(
        "s like 'a!%' escape '!'",
        "s rlike '[0-9]+'",
        "s rlike '^[A-Z]'",
        "s rlike 'a|b'",
    ),
    *(
        "regexp_replace(s, '[0-9]', '#')",
        "regexp_replace(s, '([a-z])([0-9])', '$2<$1>')",
        "regexp_extract(s, '([0-9]+)', 1)",
        "regexp_extract(s, '(b)(2)', 2)",
    ),
    *(
        "year(d)",
        "year(at)",
        "quarter(d)",
        "month(d)",
        "day(d)",
        "dayofmonth(d)",
        "dayofyear(d)",
        "dayofweek(d)",
        "weekofyear(d)",
    ),
    *("hour(at)", "minute(at)", "cast(date_trunc('week', d) as date)", "cast(date_trunc('month', d) as date)"),
    *("date_trunc('week', at)", "date_trunc('hour', at)", "to_date(at)", "to_date(d)", "date_add(d, 1)", "date_sub(d, 7)"),
    *("date_add(d, -1)", "datediff(d, e)", "last_day(d)"),
    # What conditions become: `libs.sql.tolerant`.
    *("try_multiply(i, i)", "try_multiply(i, j)", "try_add(i, cast(9223372036854775807 as bigint))", "try_subtract(j, i)"),
    *(tolerant(f"get_json_object('{text}', '$.a')", {}) for text in JSON),
    *(
        tolerant(sql, {"s": "string"})
        for sql in ("get_json_object(s, '$.a')", 'get_json_object(\'{"a": {"b": "z"}}\', \'$.a.b\')')
    ),
)
AGGREGATES = (
    *("count(*)", "count(s)", "count(distinct s)", "count(distinct case when b then s end)", "count(distinct struct(b, c))"),
    *("count(distinct case when b then struct(s, t) end)", "count_if(b)", "count_if(i > 0)", "count_if(s like '%a')"),
    *("sum(i)", "sum(m)", "sum(m - n)", "sum(m * j)", "sum(m * 2)", "sum(case when b then j else 0 end)", "sum(if(b, 1, 0))"),
    *("avg(cast(j as double))", "avg(cast(n as double))", "min(s)", "max(s)", "min(m)", "max(m)", "min(d)", "max(at)", "max(i)"),
    *("max_by(s, id)", "max_by(i, id)", "min_by(i, id)", "max_by(s, m)", "bool_and(b)", "bool_or(c)", "sum(j) filter (where b)"),
    *("cast(sum(m) as double) / nullif(count(distinct s), 0)", "count(*) filter (where b)", "sum(case when j > 1000 then j end)"),
)
# Numbers and moments as people write them, of which not all are taken.
NUMBERS = ("1.5", " 12 ", "1e2", "1E-3", "0x10", "+5", "-0", "1_000", ".5", "5.", "1,5", "", "12 a", "1e400", "\\t7\\n")
MOMENTS = (
    *("2024-01-05", "2024-1-5", "2024", "2024-01", "2024-01-05 10:00", "2024-01-05 10:00:00", "2024-01-05T10:00:00"),
    *("2024-01-05T10:00:00Z", "2024-01-05 10:00:00+02:00", "2024-01-05 10:00:00 UTC", "2024-01-05 10:00:00.123456789"),
    *("2024-02-30", "20240105", " 2024-01-05 ", "1969-12-31 23:59:59.999999", "2024-01-05 24:00:00", "12/1/2010 8:26"),
)
IN_SOURCES = (
    *(f"try_cast('{text}' as double)" for text in NUMBERS),
    *(f"try_cast('{text}' as timestamp)" for text in MOMENTS),
    *(f"try_to_timestamp('{text}')" for text in MOMENTS),
    *(f"try_cast('{text}' as bigint)" for text in (*NUMBERS, "12", "-7", "9223372036854775808", "n/a", "1 2", "007")),
    *(f"try_cast('{text}' as int)" for text in (*NUMBERS, "12", "-7", "2147483648", "n/a", "1 2", "007")),
    *(
        "timestamp_micros(try_cast(s as bigint))",
        "timestamp_micros(1773655200000000)",
        "timestamp_millis(-1)",
        "timestamp_seconds(1773655200)",
        "try_parse_json(s) is null",
    ),
    *(
        tolerant(sql, {})
        for sql in ("timestamp_seconds(1773655200)", "timestamp_millis(-1)", "timestamp_seconds(1773655200000000)")
    ),
    *(
        f"try_multiply(cast(try_cast('{text}' as bigint) as bigint), cast(2 as bigint))"
        for text in ("5", "n/a", "9223372036854775807")
    ),
    *(
        "try_cast(s as double)",
        "try_cast(try_cast(s as double) * 2 as decimal(18, 6))",
        "try_cast(try_cast(s as double) as decimal(18, 6))",
    ),
    # What becomes of the `where` of a feed, and of which rows a value breaks it.
    *(
        made(sql, {"s": "string", "t": "string"}) or "false"
        for made in (tolerant, broken)
        for sql in (
            "cast(s as int) is null",
            "coalesce(cast(s as int), 0) > 3",
            "case when cast(s as int) > 3 then 'a' when t = 'b' then 'b' else 'c' end = 'a'",
            "case s when 7 then true else false end",
            "cast(s as int) <=> null or cast(t as double) is null and t > 'a'",
            "null <=> cast(s as int) or t > 'a' and cast(s as int) is distinct from cast(null as int)",
            "get_json_object(s, '$.a') is null",
            "coalesce(s, 0) > 3 or s in ('1', 2)",
            "abs(s) > 1 and sqrt(s) > 1 and -s < 0",
        )
    ),
    *("try_cast(try_cast('12' as double) * try_cast('2.55' as double) as decimal(18, 6))", "lower(s)", "lower(t)"),
    *(
        "to_json(named_struct('a', s, 'b', t))",
        "upper(t)",
        "sha2(t, 256)",
        "substring_index(s, ',', 1)",
        "substring_index(s, 'a', -1)",
    ),
    *("if(s like '%.0', left(s, length(s) - 2), s)", "left(s, 1) not in ('A', 'C')", "concat_ws(' ', s, t)"),
)
# What texts are read as within functions of sources: tolerant forms, some of which no declaration may ask for itself.
TOLERANT = tuple(
    tolerant(sql, {"s": "string"}).replace("(s", f"('{text}'")
    for sql in ("to_date(s)", "year(s)", "last_day(s)", "hour(s)", "minute(s)", "date_add(s, 1)")
    for text in MOMENTS
    # Fields have no blanks around them.
    if text == text.strip()
)
# Of what is allowed in sources: text that Spark takes for a number or a moment, and Sail does not.
KNOWN_TO_DIFFER = (
    *("try_cast('1d' as double)", "try_cast('1f' as double)", "try_cast('now' as timestamp)", "try_cast('epoch' as timestamp)"),
    *("try_to_timestamp('now')", "try_to_timestamp('epoch')"),
)
