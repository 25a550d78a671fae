"""Lets the emulator remember what it made of a statement that it has seen before.

It parses each statement about twenty times and translates it anew in every job.
"""

import copy
import sys

from bqemulator.jobs import executor
from bqemulator.sql.catalog_schema import build_catalog_schema
from sqlglot.dialects.dialect import Dialect

# These look at a statement and leave it as it is.
READERS = ("/bqemulator/jobs/", "/bqemulator/catalog/", "/sql/catalog_schema.py")

parse = Dialect.parse
parsed = {}


def parse_once(dialect, sql, **options):
    """What a text was parsed to; a copy for those who change it."""
    key = (type(dialect), sql, repr(options))
    if key not in parsed:
        parsed[key] = parse(dialect, sql, **options)
    frame = sys._getframe(1)
    while "/sqlglot/" in frame.f_code.co_filename:
        frame = frame.f_back
    looks = any(part in frame.f_code.co_filename for part in READERS)
    return parsed[key] if looks else copy.deepcopy(parsed[key])


Dialect.parse = parse_once

translate = executor.rewrite_and_translate_statement
translated = {}


async def translate_once(sql, *, project_id, ctx, caller, translator):
    """What a statement was translated to when its tables had the same columns."""
    schema = build_catalog_schema(sql, project_id=project_id, catalog=ctx.catalog)
    key = (sql, project_id, repr(schema))
    # That schema is about all tables, and is asked for by none of their names.
    if key not in translated or "information_schema" in sql.lower():
        translated[key] = await translate(
            sql,
            project_id=project_id,
            ctx=ctx,
            caller=caller,
            translator=translator,
        )
    return translated[key]


executor.rewrite_and_translate_statement = translate_once


def remembered(function):
    """The same function, which says of the same text what it said before."""
    known = {}

    def say(*texts):
        if texts not in known:
            known[texts] = function(*texts)
        return known[texts]

    return say


executor.rewrite_table_refs = remembered(executor.rewrite_table_refs)
executor.parse_script = remembered(executor.parse_script)
executor.classify_statement_type = remembered(executor.classify_statement_type)
