"""SQLAlchemy: types, RETURNING, upserts, reflection, ORM, server side cursors. Prints its version, then what it saw."""
import enum
import sys
import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import (ARRAY, JSON, BigInteger, Boolean, CheckConstraint, Column, Computed, Date, DateTime, Enum, Float, ForeignKey, Identity,
                        Index, Integer, Interval, LargeBinary, MetaData, Numeric, Sequence, SmallInteger, String, Table, Text, Time,
                        UniqueConstraint, create_engine, func, inspect, select, text)
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload

print(sa.__version__)
engine = create_engine(f"postgresql+psycopg2://postgres@127.0.0.1:{sys.argv[1]}/postgres", future=True)
SCHEMA = "sqlalchemy_test"
with engine.begin() as c:
    c.execute(text(f"drop schema if exists {SCHEMA} cascade; drop type if exists mood"))
    c.execute(text(f"create schema {SCHEMA}"))


class Mood(enum.Enum):
    sad = 1
    ok = 2


meta = MetaData(schema=SCHEMA, naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
                                                  "ck": "ck_%(table_name)s_%(constraint_name)s",
                                                  "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "pk": "pk_%(table_name)s"})
everything = Table(
    "everything", meta,
    Column("id", Integer, primary_key=True), Column("small", SmallInteger), Column("big", BigInteger, Identity(start=5, increment=2)),
    Column("name", String(40), nullable=False, server_default="it's", comment="what it's called"), Column("body", Text), Column("price", Numeric(10, 2)),
    Column("ratio", Float), Column("single", pg.REAL), Column("double", pg.DOUBLE_PRECISION), Column("flag", Boolean, server_default=sa.true()),
    Column("born", Date), Column("at", DateTime(timezone=True), server_default=func.now()), Column("local", DateTime), Column("clock", Time),
    Column("span", Interval), Column("raw", LargeBinary), Column("mood", Enum(Mood, name="mood")), Column("tags", pg.ARRAY(String)),
    Column("matrix", ARRAY(Integer, dimensions=2)), Column("doc", JSON), Column("docb", pg.JSONB), Column("key", pg.UUID(as_uuid=True)),
    Column("net", pg.INET), Column("mac", pg.MACADDR), Column("bits", pg.BIT(5)), Column("vbits", pg.BIT(varying=True)), Column("during", pg.TSTZRANGE),
    Column("numbers", pg.INT4RANGE), Column("net2", pg.CIDR), Column("precise", pg.TIMESTAMP(precision=3)), Column("money", pg.MONEY),
    Column("total", Numeric, Computed("price * 2")), Column("fixed", sa.CHAR(3)), Column("o", pg.OID),
    CheckConstraint("price >= 0", name="price"), UniqueConstraint("name", "small"), comment="every type")
Index("ix_doc", everything.c.docb, postgresql_using="gin")
Index("ix_expr", func.lower(everything.c.name), everything.c.price.desc(), postgresql_where=everything.c.flag)
Index("ix_inc", everything.c.small, unique=True, postgresql_include=["big"])
Index("ix_hash", everything.c.key, postgresql_using="hash")
child = Table(
    "child", meta, Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True, autoincrement=False),
    Column("parent", ForeignKey(everything.c.id, ondelete="CASCADE", onupdate="SET NULL", deferrable=True, initially="DEFERRED"), index=True),
    Column("n", Integer, Sequence("child_n", start=3, schema=SCHEMA), server_default=Sequence("child_n", start=3, schema=SCHEMA).next_value()))
meta.create_all(engine)
with engine.begin() as c:
    c.execute(text(f"create view {SCHEMA}.v as select id, name from {SCHEMA}.everything where flag"))
    c.execute(text(f"create materialized view {SCHEMA}.mv as select id from {SCHEMA}.everything"))
    c.execute(text(f"create domain {SCHEMA}.posint as int default 1 not null check (value > 0)"))
    c.execute(text(f"create table {SCHEMA}.parted (at date, n {SCHEMA}.posint) partition by range (at)"))
    c.execute(text(f"create table {SCHEMA}.parted_1 partition of {SCHEMA}.parted for values from ('2024-01-01') to ('2025-01-01')"))

row = dict(small=1, name="ä", body="x\ny", price=Decimal("12.50"), ratio=0.1, single=1.5, double=2.5, flag=True, born=date(2024, 2, 29),
           at=datetime(2024, 2, 29, 1, 2, 3, 4, timezone.utc), local=datetime(2024, 1, 1), span=timedelta(days=1, seconds=2), raw=b"\x00\xff", mood=Mood.ok,
           tags=["a", "b c"], matrix=[[1, 2], [3, 4]], doc={"a": [1]}, docb={"k": {"n": [1, 2]}, "t": "x"}, key=uuid.UUID(int=7), net="10.0.0.1", mac="08:00:2b:01:02:03",
           bits="10101", vbits="1", during=None, net2="10.0.0.0/8", fixed="ab", o=5)
with engine.begin() as c:
    r = c.execute(everything.insert().values(**row))
    print(r.inserted_primary_key)
    print([bytes(v) if isinstance(v, memoryview) else v for v in c.execute(select(everything)).one()])
    print(c.execute(everything.insert().returning(everything.c.id, everything.c.big, everything.c.total),
                    dict(name="one", price=5)).all())
    c.execute(everything.insert(), [dict(name=f"n{i}", small=i + 10, price=i, tags=["t%d" % (i % 3)], docb={"k": {"n": [i]}}) for i in range(50)])
    statement = insert(everything).values(name="n1", small=11, price=100)
    r = c.execute(statement.on_conflict_do_update(index_elements=["name", "small"], set_=dict(price=statement.excluded.price)).returning(everything.c.id, everything.c.price))
    print(r.all())
    r = c.execute(insert(everything).values(name="n2", small=12).on_conflict_do_nothing())
    print(r.rowcount)
    print(c.execute(everything.update().where(everything.c.price > 40).values(body="dear").returning(everything.c.name)).rowcount)
    e = everything.c
    for query in (
        select(e.name).where(e.docb["k"]["n"][0].astext.cast(Integer) > 47),
        select(e.name).where(e.tags.contains(["t1"]), e.price < 10).order_by(e.id),
        select(e.name).where(e.tags.any("t2")).order_by(e.id).limit(2).offset(1),
        select(e.name).where(e.docb.contains({"t": "x"})),
        select(e.name).where(e.docb.has_key("t")),
        select(func.array_agg(aggregate_order_by(e.name, e.id.desc()))).where(e.price < 4),
        select(func.count().filter(e.flag), func.percentile_cont(0.5).within_group(e.price)),
        select(func.row_number().over(partition_by=e.flag, order_by=e.id), e.name).limit(3),
        select(sa.extract("year", e.born), sa.cast(e.price, Text), e.name.ilike("N%"), e.name.op("~")("^n")).order_by(e.id).limit(1),
        select(e.name, e.mood).where(e.mood == Mood.ok),
        select(func.unnest(pg.array([1, 2, 3])).label("x")),
        select(sa.values(sa.column("a", Integer), sa.column("b", String), name="v").data([(1, "x"), (2, "y")])),
        select(e.id, e.name).where(e.id.in_([1, 2, 3])).with_for_update(skip_locked=True),
        select(func.generate_series(1, 3).column_valued("g")),
        select(sa.case((e.price > 20, "dear"), else_="cheap").label("how"), func.count()).group_by("how").order_by("how"),
        select(func.jsonb_each_text(e.docb["k"]).table_valued("key", "value").c.value).where(e.id == 1),
        select(e.during, e.name.distinct()).where(e.id < 3).order_by(e.name),
    ):
        try:
            with c.begin_nested():
                print([tuple(x) for x in c.execute(query)])
        except DBAPIError as error:
            print(type(error).__name__, error.orig.pgcode, str(error.orig).splitlines()[0])
    cte = select(func.generate_series(1, 3).label("n")).cte("s", recursive=False)
    print(c.execute(select(cte.c.n)).scalars().all())
    print(c.execute(everything.delete().where(e.price > 45).returning(e.id)).rowcount)
    try:
        with c.begin_nested():
            c.execute(everything.insert().values(name="n1", small=11))
    except IntegrityError as error:
        print(error.orig.pgcode, error.orig.diag.constraint_name)

# Server side cursors.
with engine.connect() as c:
    result = c.execution_options(stream_results=True, max_row_buffer=7).execute(select(everything.c.id).order_by(everything.c.id))
    print(sum(1 for _ in result))
    print([len(p) for p in c.execution_options(stream_results=True).execute(select(everything.c.id)).partitions(20)])
    for level in ("SERIALIZABLE", "REPEATABLE READ", "READ UNCOMMITTED", "AUTOCOMMIT"):
        c.rollback()
        c2 = c.execution_options(isolation_level=level, stream_results=False)
        print(level, c2.execute(text("show transaction_isolation")).scalar(), c2.get_isolation_level())
    print(c.default_isolation_level if hasattr(c, "default_isolation_level") else "")

# What reflection sees.
i = inspect(engine)
print(i.default_schema_name, SCHEMA in i.get_schema_names())
print(sorted(i.get_table_names(SCHEMA)), sorted(i.get_view_names(SCHEMA)), sorted(i.get_sequence_names(SCHEMA)) if hasattr(i, "get_sequence_names") else "")
print(i.get_view_definition("v", SCHEMA))
print([(e["name"], e["schema"], e["labels"]) for e in i.get_enums(SCHEMA)])
for table in ("everything", "child", "v", "parted", "parted_1"):
    print(table)
    for column in i.get_columns(table, SCHEMA):
        print("  ", {k: (repr(v) if k == "type" else v) for k, v in column.items()})
    print("  pk", i.get_pk_constraint(table, SCHEMA))
    print("  fk", i.get_foreign_keys(table, SCHEMA))
    print("  ix", i.get_indexes(table, SCHEMA))
    print("  uq", i.get_unique_constraints(table, SCHEMA))
    print("  ck", i.get_check_constraints(table, SCHEMA))
    print("  comment", i.get_table_comment(table, SCHEMA))
print(i.has_table("child", SCHEMA), i.has_table("nope", SCHEMA), i.has_sequence("child_n", SCHEMA))

reflected = MetaData()
reflected.reflect(engine, schema=SCHEMA, views=True)
for table in reflected.sorted_tables:
    print(sa.schema.CreateTable(table).compile(engine))

# ORM.
Base = declarative_base(metadata=MetaData(schema=SCHEMA))


class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)
    books = relationship("Book", back_populates="author", cascade="all, delete-orphan", order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id = Column(pg.UUID(as_uuid=True), primary_key=True)
    title = Column(String)
    version = Column(Integer, nullable=False)
    author_id = Column(ForeignKey(Author.id))
    author = relationship(Author, back_populates="books")
    __mapper_args__ = {"version_id_col": version}


Base.metadata.create_all(engine)
with Session(engine) as s:
    s.add_all([Author(name=f"a{i}", books=[Book(id=uuid.UUID(int=i * 10 + j), title=f"t{i}{j}") for j in range(3)]) for i in range(5)])
    s.commit()
    print([(a.name, len(a.books)) for a in s.execute(select(Author).options(selectinload(Author.books)).order_by(Author.id)).scalars()])
    print([(a.name, len(a.books)) for a in s.execute(select(Author).options(joinedload(Author.books)).order_by(Author.id).limit(2)).unique().scalars()])
    author = s.get(Author, 1)
    author.books[0].title = "new"
    del author.books[2]
    s.commit()
    print(s.execute(select(Book.title, Book.version).where(Book.author_id == 1).order_by(Book.id)).all())
    print(s.execute(select(Author.name, func.count(Book.id)).join(Book).group_by(Author.name).having(func.count(Book.id) < 3)).all())
    s.delete(author)
    s.commit()
    print(s.query(Author).filter(Author.books.any(Book.title.like("t2%"))).count())
    s.bulk_insert_mappings(Author, [dict(name=f"bulk{i}") for i in range(100)])
    s.commit()
    print(s.query(func.max(Author.id), func.count()).one())
with engine.begin() as c:
    c.execute(text(f"drop schema {SCHEMA} cascade; drop type mood"))
