"""asyncpg: everything in binary, introspection of types, COPY, cursors, pools. Prints its version, then what it saw."""
import asyncio
import datetime as dt
import sys
import uuid
from decimal import Decimal

import asyncpg

PORT = int(sys.argv[1])
print(asyncpg.__version__)


async def main():
    c = await asyncpg.connect(host="127.0.0.1", port=PORT, user="postgres", database="postgres")
    print(c.get_server_version()[:1], c.get_settings().TimeZone, c.get_settings().client_encoding)
    await c.execute("drop schema if exists asyncpg_test cascade; create schema asyncpg_test; set search_path to asyncpg_test")
    values = [
        ("int2", 7), ("int4", -5), ("int8", 2**62), ("float4", 1.5), ("float8", 0.1), ("numeric", Decimal("-12345.67890")), ("numeric", Decimal("1E+20")),
        ("bool", True), ("text", "héllo"), ("varchar", "x"), ("bpchar", "x"), ("bytea", b"\x00\xff"), ("date", dt.date(2024, 2, 29)), ("date", dt.date.max),
        ("time", dt.time(1, 2, 3, 4)), ("timetz", dt.time(1, 2, 3, 4, tzinfo=dt.timezone.utc)), ("timestamp", dt.datetime(2024, 2, 29, 1, 2, 3, 4)),
        ("timestamptz", dt.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=dt.timezone.utc)), ("interval", dt.timedelta(days=-3, seconds=5, microseconds=7)),
        ("uuid", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")), ("json", '{"a":  1}'), ("jsonb", '{"a":  1}'), ("jsonpath", "$.a"),
        ("int4[]", [1, None, 3]), ("text[]", ["a", None]), ("int4[]", [[1, 2], [3, 4]]), ("int4range", asyncpg.Range(1, 5)),
        ("int4multirange", [asyncpg.Range(1, 3)]), ("numrange", asyncpg.Range(empty=True)), ("bit", asyncpg.BitString("1")), ("varbit", asyncpg.BitString("10101")),
        ("point", asyncpg.Point(1.5, 2)), ("box", asyncpg.Box((3, 4), (1, 2))), ("path", asyncpg.Path((1, 2), (3, 4), is_closed=True)), ("polygon", asyncpg.Polygon((1, 2), (3, 4))),
        ("line", asyncpg.Line(1, 2, 3)), ("lseg", asyncpg.LineSegment((1, 2), (3, 4))), ("circle", asyncpg.Circle((1, 2), 3)), ("macaddr", "08:00:2b:01:02:03"),
        ("inet", "192.168.0.1/24"), ("cidr", "10.0.0.0/8"), ("money", "12.50"), ("oid", 5), ("name", "n"), ("tid", (1, 2)), ("xid", 5), ('"char"', b"q"),
        ("pg_snapshot", (10, 20, (11, 12))), ("regclass", "pg_class"), ("regtype", "integer"), ("pg_lsn", 5), ("txid_snapshot", (10, 20, (11,))),
    ]
    for name, value in values:
        try:
            row = await c.fetchrow(f"select $1::{name} as v, $1::{name}::text as t", value)
            print(name, repr(row["v"]) if name not in ("path", "polygon") else list(row["v"]), row["t"])
        except Exception as error:
            print(name, type(error).__name__, getattr(error, "sqlstate", None), str(error).splitlines()[0])
    await c.execute("create type pair as (l int, r text); create type mood as enum ('sad', 'ok'); create domain posint as int check (value > 0);"
                    "create type floatrange as range (subtype = float8); create type deep as (p pair, m mood[], d posint)")
    print(await c.fetchrow("select row(row(1, 'x')::pair, array['ok']::mood[], 5)::deep as d, array[row(1, null)::pair] as p, floatrange(1, 2) as f, 5::posint as q"))
    print(await c.fetchval("select $1::deep", ((1, "x"), ["ok"], 7)))
    try:
        await c.fetchval("select $1::posint", -1)
    except asyncpg.PostgresError as error:
        print(error.sqlstate, error.message, error.constraint_name, error.data_type_name if hasattr(error, "data_type_name") else None)
    await c.set_type_codec("json", encoder=repr, decoder=lambda x: ("decoded", x), schema="pg_catalog")
    print(await c.fetchval("select '{}'::json"))

    statement = await c.prepare("select $1::int as a, $2::text as b, null::mood as c")
    print(statement.get_parameters(), statement.get_attributes(), statement.get_statusmsg())
    print(await statement.fetch(1, "x"), statement.get_statusmsg())
    await c.execute("create table item (id serial primary key, name text unique, p pair, price numeric)")
    await c.executemany("insert into item (name, price) values ($1, $2)", [(f"n{i}", Decimal(i)) for i in range(500)])
    print(await c.fetchval("select count(*) from item"), await c.execute("update item set price = 1 where id < 10"), await c.execute("select 1; select 2"))
    try:
        await c.executemany("insert into item (name) values ($1)", [("m1",), ("n1",), ("m2",)])
    except asyncpg.UniqueViolationError as error:
        print(error.severity, error.message, error.detail, error.table_name, error.schema_name)
    print(await c.fetchval("select count(*) from item where name like 'm%'"))
    async with c.transaction(isolation="serializable", readonly=True, deferrable=True):
        print(await c.fetchval("show transaction_isolation"), await c.fetchval("show transaction_read_only"))
        async for row in c.cursor("select id from item order by id limit 5", prefetch=2):
            print(row["id"], end=" ")
        cursor = await c.cursor("select id from item order by id")
        print(await cursor.fetch(2), await cursor.forward(5), await cursor.fetchrow())
    async with c.transaction():
        try:
            async with c.transaction():
                await c.execute("insert into item (name) values ('inner')")
                raise ValueError
        except ValueError:
            pass
    print(await c.fetchval("select count(*) from item where name = 'inner'"))
    print(await c.copy_records_to_table("item", records=[(f"copied{i}", Decimal(i)) for i in range(1000)], columns=["name", "price"]))
    out = bytearray()

    async def sink(data):
        out.extend(data)
    print(await c.copy_from_query("select name, price from item where price > $1 and name like 'copied99%' order by id", 990, output=sink, format="csv", header=True))
    print(out.decode())
    print(await c.copy_from_table("item", columns=["id"], output=sink, format="binary"))
    # A changed table under a cached statement.
    print(await c.fetchrow("select * from item where id = 1"))
    await c.execute("alter table item add column extra int default 7")
    print(await c.fetchrow("select * from item where id = 1"))
    await c.execute("alter table item drop column extra")
    try:
        async with c.transaction():
            print(await c.fetchrow("select * from item where id = 1"))
            await c.execute("alter table item add column extra2 int")
            print(await c.fetchrow("select * from item where id = 1"))
    except asyncpg.PostgresError as error:
        print(type(error).__name__, error.sqlstate, error.message)
    heard = []
    await c.add_listener("chan", lambda *a: heard.append(a[2:]))
    await c.execute("select pg_notify('chan', 'x')")
    await asyncio.sleep(0.1)
    print(heard)
    logs = []
    c.add_log_listener(lambda connection, message: logs.append((message.severity, message.sqlstate, message.message)))
    await c.execute("drop table if exists nosuch")
    await asyncio.sleep(0.05)
    print(logs)
    try:
        await c.fetchval("select pg_sleep(10)", timeout=0.3)
    except asyncio.TimeoutError:
        print("timeout", await c.fetchval("select 1"))
    await c.reload_schema_state()
    await c.reset()
    await c.execute("drop schema asyncpg_test cascade")
    await c.close()
    async with asyncpg.create_pool(host="127.0.0.1", port=PORT, user="postgres", database="postgres", min_size=2, max_size=5) as pool:
        print(sum(await asyncio.gather(*[pool.fetchval("select $1::int", i) for i in range(200)])))
        async with pool.acquire() as con:
            await con.execute("set work_mem = '8MB'; listen q; begin; create temporary table tt (a int); commit")
        print(await pool.fetchval("show work_mem"))


asyncio.run(main())
