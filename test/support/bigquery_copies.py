"""Lets a test go back to what a dataset held: cheaper than to migrate a new one.

  call sluice_test.remember('one')      what it holds now is its beginning
  call sluice_test.recall('one')        it holds that again, and nothing else
  call sluice_test.copy('one', 'two')   rows of tables that both have
"""

import re

CALL = re.compile(
    r"^\s*call\s+sluice_test\.(\w+)\s*\(\s*'(\w+)'\s*(?:,\s*'(\w+)'\s*)?\)",
    re.IGNORECASE,
)
remembered = {}


def relations(connection, schema):
    """The tables and views of a dataset by name."""
    rows = connection.execute(
        "select table_name, table_type from information_schema.tables"
        " where table_schema = ?",
        [schema],
    ).fetchall()
    return {name: "view" if kind == "VIEW" else "table" for name, kind in rows}


def rows_of(connection, schema):
    """What each table of a dataset holds."""
    return {
        name: connection.execute(f'select * from "{schema}"."{name}"').to_arrow_table()
        for name, kind in relations(connection, schema).items()
        if kind == "table"
    }


def fill(connection, schema, tables):
    """Makes the rows of tables these and no others."""
    for name, rows in tables.items():
        connection.execute(f'delete from "{schema}"."{name}"')
        if rows.num_rows:
            connection.register("copied_rows", rows)
            connection.execute(
                f'insert into "{schema}"."{name}" by name select * from copied_rows'
            )
            connection.unregister("copied_rows")


async def answer(sql, project, connection, drop):
    """Does what a call asks for; false when it is no such call."""
    call = CALL.match(sql)
    if not call:
        return False
    verb, one, two = call.groups()
    schema = f"{project}__{one}"
    if verb == "remember":
        known = relations(connection, schema)
        remembered[schema] = known, rows_of(connection, schema)
    elif verb == "recall":
        known, tables = remembered[schema]
        for name, kind in relations(connection, schema).items():
            if name not in known:
                await drop(f"drop {kind} `{project}.{one}.{name}`")
        fill(connection, schema, tables)
    elif verb == "copy":
        other = f"{project}__{two}"
        there = relations(connection, other)
        tables = rows_of(connection, schema)
        fill(connection, other, {name: tables[name] for name in tables if name in there})
    return True
