"""psycopg 3: binary parameters and results, pipelines, COPY, server cursors, notifications. Prints its version, then what it saw."""
import asyncio
import sys
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_address, ip_network

import psycopg
from psycopg import sql
from psycopg.rows import dict_row, namedtuple_row
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.enum import EnumInfo, register_enum
from psycopg.types.json import Json, Jsonb
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
import enum

DSN = f"host=127.0.0.1 port={sys.argv[1]} user=postgres dbname=postgres"
print(psycopg.__version__)

conn = psycopg.connect(DSN)
conn.execute("drop schema if exists psycopg3_test cascade")
conn.execute("create schema psycopg3_test")
conn.commit()
conn.execute("set search_path to psycopg3_test")
conn.commit()

# Every type there and back in both formats.
values = [
    ("int2", 7), ("int4", -2147483648), ("int8", 2**62), ("float4", 1.5), ("float8", 0.1), ("numeric", Decimal("-12345.67890")),
    ("numeric", Decimal("NaN")), ("bool", True), ("text", "héllo"), ("varchar", "x"), ("bytea", b"\x00\xff"), ("date", date(2024, 2, 29)),
    ("time", time(1, 2, 3, 4)), ("timetz", time(1, 2, 3, 4, tzinfo=timezone.utc)), ("timestamp", datetime(2024, 2, 29, 1, 2, 3, 4)),
    ("timestamptz", datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=timezone.utc)), ("interval", timedelta(days=-3, seconds=5, microseconds=7)),
    ("uuid", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")), ("json", Json({"a": [1, None]})), ("jsonb", Jsonb({"a": [1, "é"]})),
    ("inet", ip_address("192.168.0.1")), ("inet", ip_address("::1")), ("cidr", ip_network("10.0.0.0/8")), ("int4[]", [1, None, 3]),
    ("text[]", ["a", 'b "c"', None, ""]), ("numeric[]", [Decimal("1.50")]), ("int4range", Range(1, 5)), ("numrange", Range(Decimal("1.5"), None, "()")),
    ("tstzrange", Range(datetime(2024, 1, 1, tzinfo=timezone.utc), None)), ("daterange", Range(empty=True)),
    ("int4multirange", Multirange([Range(1, 3), Range(5, 9)])), ("int8[]", [[1, 2], [3, 4]]), ("char", "q"), ("name", "n"), ("oid", 17),
    ("timestamptz[]", [datetime(2024, 2, 29, 1, tzinfo=timezone.utc), None]), ("uuid[]", [uuid.UUID(int=5)]), ("date", None),
]
for type_name, value in values:
    for placeholder in ("%s", "%b", "%t"):
        for binary in (False, True):
            try:
                cur = conn.execute(f"select {placeholder}::{type_name} as v, pg_typeof({placeholder}::{type_name})::text", (value, value), binary=binary)
                row = cur.fetchone()
                print(type_name, placeholder, binary, row[0].obj if hasattr(row[0], "obj") else row[0], row[1], cur.description[0].type_code)
            except psycopg.Error as error:
                print(type_name, placeholder, binary, type(error).__name__, error.sqlstate, str(error).splitlines()[0])
                conn.rollback()
conn.commit()

conn.execute("create type pair as (l int, r text)")
conn.execute("create type mood as enum ('sad', 'ok')")
conn.commit()
info = CompositeInfo.fetch(conn, "pair")
register_composite(info, conn)
print(info.name, info.field_names, info.field_types)
for binary in (False, True):
    print(conn.execute("select row(1, 'x,\"y')::pair, array[row(2, null)::pair], row(1, 'a', null, 2.5)", binary=binary).fetchone())
Mood = enum.Enum("Mood", {"sad": "sad", "ok": "ok"})
einfo = EnumInfo.fetch(conn, "mood")
print(einfo.labels)
register_enum(einfo, conn, Mood)
for binary in (False, True):
    print(conn.execute("select %s::mood, array['ok', 'sad']::mood[]", (Mood.ok,), binary=binary).fetchone())

conn.execute("create table item (id int generated always as identity primary key, name text unique, price numeric(8,2), doc jsonb)")
with conn.cursor() as cur:
    cur.executemany("insert into item (name, price) values (%s, %s) returning id", [(f"n{i}", i) for i in range(20)], returning=True)
    ids = []
    while True:
        ids.append(cur.fetchone()[0])
        if not cur.nextset():
            break
    print(ids, cur.rowcount)
conn.commit()

# Prepared statements: after five runs, or at once.
for i in range(10):
    row = conn.execute("select name from item where id = %s", (i + 1,)).fetchone()
print(row, conn.execute("select count(*) from pg_prepared_statements").fetchone()[0] > 0)
print(conn.execute("select statement, parameter_types::text, from_sql from pg_prepared_statements where statement like '%name from item%'").fetchall())
print(conn.execute("select %s + 1", (41,), prepare=True).fetchone())
conn.commit()

# The schema changes under a prepared statement.
for i in range(7):
    conn.execute("select * from item where id = %s", (1,))
conn.commit()
conn.execute("alter table item add column extra int default 5")
conn.commit()
try:
    print(conn.execute("select * from item where id = %s", (1,)).fetchone())
except psycopg.Error as error:
    print(type(error).__name__, error.sqlstate, error.diag.message_primary)
conn.rollback()
conn.execute("deallocate all") if False else None
conn.close()

conn = psycopg.connect(DSN, options="-c search_path=psycopg3_test")
print(conn.execute("select current_schemas(false)").fetchone())

# Pipelines, with an error in the middle.
with conn.pipeline():
    first = conn.execute("select 1")
    second = conn.execute("insert into item (name) values ('piped') returning id")
    third = conn.execute("select count(*) from item")
print(first.fetchone(), second.fetchone(), third.fetchone())
conn.commit()
try:
    with conn.pipeline() as pipe:
        a = conn.execute("insert into item (name) values ('never')")
        pipe.sync()
        b = conn.execute("select 1/0")
        c = conn.execute("select 'skipped'")
        pipe.sync()
except psycopg.Error as error:
    print(type(error).__name__, error.sqlstate, str(error).splitlines()[0])
conn.rollback()
print(conn.execute("select count(*) from item where name = 'never'").fetchone())
conn.commit()
conn.autocommit = True
with conn.pipeline() as pipe:
    for i in range(100):
        conn.execute("insert into item (name, price) values (%s, %s)", (f"p{i}", i))
print(conn.execute("select count(*), sum(price) from item").fetchone())
conn.autocommit = False

# COPY: text, typed binary, both ways.
with conn.cursor() as cur:
    with cur.copy("copy item (name, price, doc) from stdin") as copy:
        for i in range(1000):
            copy.write_row((f"c{i}\t\\", i, Jsonb({"i": i}) if i % 2 else None))
    print(cur.rowcount)
    with cur.copy("copy item (name, price) from stdin with binary") as copy:
        copy.set_types(["text", "numeric"])
        for i in range(1000):
            copy.write_row((f"b{i}", Decimal(i) / 4))
    print(cur.rowcount)
    with cur.copy("copy (select id, name, price, doc from item where price < 3 order by id) to stdout with binary") as copy:
        copy.set_types(["int4", "text", "numeric", "jsonb"])
        for row in copy.rows():
            print(row)
    with cur.copy("copy (select name, price from item where price < 2 order by id) to stdout (format csv)") as copy:
        print(b"".join(bytes(b) for b in copy))
    try:
        with cur.copy("copy item (name) from stdin") as copy:
            copy.write("x1\n")
            raise ValueError("stop")
    except ValueError as error:
        print("stopped", error)
    except psycopg.Error as error:
        print(type(error).__name__, error.sqlstate)
conn.rollback()
try:
    with conn.cursor() as cur, cur.copy("copy item (id, name) from stdin with binary") as copy:
        copy.write(b"garbage that is no header")
except psycopg.Error as error:
    print(type(error).__name__, error.sqlstate, error.diag.message_primary)
conn.rollback()

# Server cursors.
with conn.cursor(name="c1") as cur:
    cur.execute("select id from item order by id")
    print(cur.fetchmany(3), cur.fetchone(), len(cur.fetchall()))
with conn.cursor(name="c2", scrollable=True, binary=True) as cur:
    cur.execute("select id, name from item where id > %s order by id", (2,))
    cur.scroll(5)
    print(cur.fetchone())
    cur.scroll(0, mode="absolute")
    print(cur.fetchone(), cur.description[1].type_code)
conn.commit()
with conn.cursor() as cur:
    print(len(list(cur.stream("select generate_series(1, 1000)"))))
with conn.cursor(row_factory=dict_row) as cur:
    print(cur.execute("select 1 as a, null as b").fetchone())
with conn.cursor(row_factory=namedtuple_row) as cur:
    print(cur.execute("select 1 as a, 2 as a_b").fetchone())
with conn.cursor() as cur:
    cur.execute("select 1; select 'two', 2; update item set price = 0 where id < 3")
    print(cur.fetchone(), cur.nextset(), cur.fetchone(), cur.nextset(), cur.statusmessage)
conn.commit()

# Transactions in transactions.
with conn.transaction():
    conn.execute("insert into item (name) values ('outer')")
    try:
        with conn.transaction("inner"):
            conn.execute("insert into item (name) values ('outer')")
    except psycopg.errors.UniqueViolation as error:
        print(error.diag.constraint_name, error.diag.message_detail)
    with conn.transaction(force_rollback=True):
        conn.execute("delete from item")
print(conn.execute("select count(*) from item where name = 'outer'").fetchone())
conn.commit()
for level in psycopg.IsolationLevel:
    conn.isolation_level = level
    print(level.name, conn.execute("show transaction_isolation").fetchone())
    conn.commit()
conn.isolation_level = None
print(conn.execute(sql.SQL("select {} from {}").format(sql.Identifier("name"), sql.Identifier("psycopg3_test", "item")) + sql.SQL(" where id = 1")).fetchone())
conn.add_notice_handler(lambda diag: print("notice", diag.severity, diag.sqlstate, diag.message_primary, diag.message_detail))
conn.execute("drop table if exists nosuchtable")
conn.execute("create table item2 (id int primary key, item int references item (id) on delete cascade)")
conn.execute("truncate item cascade")
conn.commit()
conn.execute("set client_encoding to 'LATIN1'")
print(conn.info.encoding, conn.execute("select 'é', %s, octet_length(%s)", ("é", "é")).fetchone(), conn.execute("select %b::text", ("é",), binary=True).fetchone())
conn.rollback()


async def asynchronous():
    aconn = await psycopg.AsyncConnection.connect(DSN, autocommit=True)
    await aconn.execute("listen chan")
    other = await psycopg.AsyncConnection.connect(DSN, autocommit=True)
    await other.execute("select pg_notify('chan', 'payload ' || x) from generate_series(1, 3) x")
    count = 0
    async for note in aconn.notifies():
        print(note.channel, note.payload, note.pid == other.info.backend_pid)
        count += 1
        if count == 3:
            break
    rows = await asyncio.gather(*[aconn.execute("select %s::int", (i,)) for i in range(5)])
    print([await r.fetchone() for r in rows])
    task = asyncio.create_task(other.execute("select pg_sleep(20)"))
    await asyncio.sleep(0.2)
    other.cancel()
    try:
        await task
    except psycopg.errors.QueryCanceled as error:
        print(error.sqlstate)
    await aconn.close()
    await other.close()


asyncio.run(asynchronous())
conn.execute("drop schema psycopg3_test cascade")
conn.commit()
