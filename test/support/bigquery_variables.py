"""Gives the emulator's sessions variables, which BigQuery keeps until a session ends.

The emulator forgets a variable with the job that declares it. Here a declaration
in a session is computed as a select and set as a variable of the session's connection,
which later jobs of the session ask where they say the variable's name.
"""

import datetime
import re

from bqemulator.api.routes import jobs

DECLARE = re.compile(r"^\s*declare\s+(\w+)\s+(\w+)\s+default\b(.*)$", re.I | re.S)
# Texts, names in backticks and comments are left as they are.
PART = re.compile(r"r?'(?:[^'\\]|\\.)*'|`[^`]*`|--[^\n]*|(?<![.\w@])[A-Za-z_]\w*(?!\w)")
COMMENTS = re.compile(r"^(?:\s*--[^\n]*\n)*")


def literal(value):
    """A value as the engine's SQL writes it."""
    if value is None or isinstance(value, (bool, int, float)):
        return str(value) if value is not None else "null"
    if isinstance(value, datetime.datetime):
        return f"timestamptz '{value.isoformat()}'"
    if isinstance(value, datetime.date):
        return f"date '{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


def with_variables(sql, variables):
    """A statement that asks the engine for its variables where it names them.

    The same text each time, whatever the values: it is translated only once.
    """

    def replaced(match):
        name = match.group(0).lower()
        if name not in variables:
            return match.group(0)
        return f"cast(getvariable('{name}') as {variables[name]})"

    return PART.sub(replaced, sql) if variables else sql


def install(current):
    """Patches the emulator; `current` holds the session that a request belongs to."""
    apply_default_dataset = jobs._apply_default_dataset
    execute_query_job = jobs.execute_query_job

    def apply(sql, query_config, **options):
        session = current.get()
        if session:
            variables = vars(session).setdefault("variables", {})
            sql = with_variables(sql, variables)
            declared = DECLARE.match(COMMENTS.sub("", sql))
            session.declared = declared and declared.group(1, 2)
            if declared:
                sql = f"select {declared.group(3)} as value"
        return apply_default_dataset(sql, query_config, **options)

    async def execute(project_id, job_id, sql, *rest, **options):
        session = current.get()
        meta = await execute_query_job(project_id, job_id, sql, *rest, **options)
        if session and getattr(session, "declared", None):
            name, kind = session.declared
            session.declared = None
            value = jobs.JOB_RESULTS[job_id].column(0)[0].as_py()
            session.connection.execute(
                f"set variable {name.lower()} = {literal(value)}"
            )
            session.variables[name.lower()] = kind
            # A declaration has no rows.
            jobs.JOB_RESULTS[job_id] = jobs.JOB_RESULTS[job_id].slice(0, 0)
        return meta

    jobs._apply_default_dataset = apply
    jobs.execute_query_job = execute
