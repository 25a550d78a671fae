"""Starts bqemulator with what it lacks: sessions that do not see each other.

  python bigquery_emulator.py PORT GRPC_PORT

It holds one connection to its engine for everybody. Here each session has one of
its own, so that its transaction, its temp tables and its failures are its own.
"""

import contextvars
import re
import sys

import bigquery_copies
import bigquery_memory  # noqa: F401
import bigquery_variables
from bqemulator.api.routes import jobs
from bqemulator.config import Settings
from bqemulator.jobs import ddl_result
from bqemulator.server import run_forever
from bqemulator.sql.rewriter import default_dataset
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.versioning.snapshots import SnapshotManager

TEMP_TABLE = re.compile(
    r"^\s*create\s+(?:or\s+replace\s+)?temp(?:orary)?\s+table\s+"
    r"(?:if\s+not\s+exists\s+)?`?(\w+)`?",
    re.IGNORECASE,
)
ABORT = re.compile(
    r"^\s*call\s+bq\.abort_session\s*\(\s*(?:'([^']*)')?\s*\)", re.IGNORECASE
)


class Session:
    """A connection, and the names of the temp tables made in it."""

    def __init__(self, base):
        self.connection = base.cursor()
        self.connection.execute("SET TimeZone = 'UTC'")
        # For a few rows a second thread costs more than it does.
        self.connection.execute("SET threads = 1")
        # It ends the engine at max() over rows that only this transaction knows.
        self.connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        self.temp_tables = set()
        self.datasets = set()


sessions = {}
current = contextvars.ContextVar("session", default=None)
base_connection = DuckDBEngine.connection.fget
engines = []


def connection(engine):
    """The connection of the session that this request belongs to."""
    if not engines:
        engines.append(engine)
    session = current.get()
    return session.connection if session else base_connection(engine)


DuckDBEngine.connection = property(connection)

mint = jobs._maybe_mint_session
validate = jobs._validate_session_id


def mint_session(config):
    """Gives a new session a connection of its own."""
    token = mint(config)
    if token:
        sessions[token] = Session(base_connection(engines[0]))
        current.set(sessions[token])
    return token


def validate_session(config):
    """Works on the connection of the session that the request names."""
    validate(config)
    for entry in config.get("connectionProperties") or []:
        if entry.get("key") == "session_id":
            session = sessions[entry["value"]]
            session.datasets.add((config.get("defaultDataset") or {}).get("datasetId"))
            current.set(session)


jobs._maybe_mint_session = mint_session
jobs._validate_session_id = validate_session

qualify = default_dataset._qualify_tables


def qualify_tables(root, *, default_project, default_dataset, shadowed_names):
    """Leaves the names of temp tables alone, which no dataset holds."""
    session = current.get()
    if session:
        made = TEMP_TABLE.match(root.sql(dialect="bigquery", comments=False))
        if made:
            session.temp_tables.add(made.group(1))
        shadowed_names = shadowed_names | session.temp_tables
    qualify(
        root,
        default_project=default_project,
        default_dataset=default_dataset,
        shadowed_names=shadowed_names,
    )


default_dataset._qualify_tables = qualify_tables

qualify_all = default_dataset.qualify_unqualified_tables
qualified = {}


def qualify_once(sql, **names):
    """What a text became before, in a session with the same temp tables."""
    session = current.get()
    temp_tables = session.temp_tables if session else frozenset()
    key = (sql, *names.values(), frozenset(temp_tables))
    if key not in qualified:
        text = qualify_all(sql, **names)
        qualified[key] = text, frozenset(temp_tables)
    text, made = qualified[key]
    if session:
        session.temp_tables |= made
    return text


default_dataset.qualify_unqualified_tables = qualify_once

execute = jobs.execute_query_job


def end_sessions(is_meant):
    """Ends sessions; the engine takes their transactions back."""
    for token, session in list(sessions.items()):
        if is_meant(token, session):
            del sessions[token]
            jobs._SESSION_CATALOG.discard(token)
            session.connection.close()


async def execute_query_job(project_id, job_id, bq_sql, params, ctx, **options):
    """Answers what the emulator has no answer to."""
    abort = ABORT.match(bq_sql)
    copies = bigquery_copies.CALL.match(bq_sql)
    if abort:
        name = abort.group(1)
        mine = current.get()
        end_sessions(lambda token, one: token == name or not name and one is mine)
        current.set(None)
    if copies:
        dataset = copies.group(3) or copies.group(2)
        # What killed runs left open would stand in the way.
        end_sessions(lambda _, session: dataset in session.datasets)

        async def drop(sql):
            await execute(project_id, f"{job_id}_{hash(sql)}", sql, None, ctx)

        base = base_connection(ctx.engine)
        await bigquery_copies.answer(bq_sql, project_id, base, drop)
    if abort or copies:
        bq_sql = "SELECT 1"
    return await execute(project_id, job_id, bq_sql, params, ctx, **options)


jobs.execute_query_job = execute_query_job
bigquery_variables.install(current)

# Copies of every table after every change, for a past that no test looks at.
SnapshotManager.record_change = lambda *_: None

if __name__ == "__main__":
    run_forever(
        Settings(
            rest_port=int(sys.argv[1]),
            grpc_port=int(sys.argv[2]),
            default_project_id="test",
            enable_format_extensions=False,
            log_level="error",
        )
    )
