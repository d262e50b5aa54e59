"""Django: migrations made and run, the ORM with contrib.postgres, inspectdb, transactions. Prints its version, then what it saw."""
import datetime as dt
import io
import os
import re
import shutil
import sys
import tempfile
import uuid
import warnings
from decimal import Decimal

import django
from django.conf import settings

warnings.simplefilter("ignore")
folder = tempfile.mkdtemp(prefix="django-client-")
os.makedirs(os.path.join(folder, "shop", "migrations"))
for name in ("shop/__init__.py", "shop/migrations/__init__.py"):
    open(os.path.join(folder, name), "w").close()
sys.path.insert(0, folder)
MODELS = '''
import uuid
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, IntegerRangeField, DateTimeRangeField
from django.contrib.postgres.indexes import BrinIndex, BTreeIndex, GinIndex, HashIndex
from django.db import models
from django.db.models import F, Q

class Author(models.Model):
    name = models.CharField(max_length=40, unique=True)
    email = models.EmailField(null=True, blank=True, db_index=True)
    class Meta:
        ordering = ["id"]

class Tag(models.Model):
    label = models.SlugField(primary_key=True)

class Book(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.TextField()
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    published = models.DateField(null=True)
    at = models.DateTimeField(null=True)
    clock = models.TimeField(null=True)
    span = models.DurationField(null=True)
    words = ArrayField(models.CharField(max_length=20), default=list)
    matrix = ArrayField(ArrayField(models.IntegerField()), null=True)
    doc = models.JSONField(default=dict)
    pages = IntegerRangeField(null=True)
    during = DateRangeField(null=True)
    stay = DateTimeRangeField(null=True)
    sold = models.BooleanField(default=False)
    ratio = models.FloatField(null=True)
    big = models.BigIntegerField(null=True)
    small = models.PositiveSmallIntegerField(null=True)
    raw = models.BinaryField(null=True)
    ip = models.GenericIPAddressField(null=True)
    kind = models.CharField(max_length=5, choices=[("a", "A"), ("b", "B")], default="a")
    class Meta:
        indexes = [BTreeIndex(fields=["title", "-published"], name="book_title"), HashIndex(fields=["big"], name="book_hash"), GinIndex(fields=["words"], name="book_words"),
                   BrinIndex(fields=["at"], name="book_brin"), models.Index(fields=["price"], condition=Q(sold=True), name="book_sold", include=["title"])]
        constraints = [models.CheckConstraint(check=Q(price__gt=0), name="price_positive"), models.UniqueConstraint(fields=["title"], condition=Q(sold=True), name="one_sold"),
                       models.UniqueConstraint(fields=["author", "title"], name="later", deferrable=models.Deferrable.DEFERRED)]
'''
path = os.path.join(folder, "shop", "models.py")
with open(path, "w") as f:
    f.write(MODELS)
DB = dict(ENGINE="django.db.backends.postgresql", NAME="postgres", USER="postgres", HOST="127.0.0.1", PORT=sys.argv[1])
settings.configure(DATABASES=dict(default=dict(DB, OPTIONS=dict(options="-c search_path=django_test"))), INSTALLED_APPS=[
    "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.postgres", "shop"], USE_TZ=True, SECRET_KEY="x",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", TIME_ZONE="UTC")
print(django.__version__)
import psycopg2
admin = psycopg2.connect(host="127.0.0.1", port=sys.argv[1], user="postgres", dbname="postgres")
admin.autocommit = True
admin.cursor().execute("set client_min_messages to warning; drop schema if exists django_test cascade; create schema django_test")
django.setup()
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Avg, Case, Count, Exists, F, Max, OuterRef, Prefetch, Q, StdDev, Subquery, Sum, Value, When, Window
from django.db.models.functions import Coalesce, Concat, ExtractYear, Length, Lower, Rank, RowNumber, TruncMonth, Cast, Now
from django.contrib.postgres.aggregates import ArrayAgg, BoolAnd, JSONBAgg, StringAgg


def command(*args, **options):
    out = io.StringIO()
    call_command(*args, stdout=out, verbosity=1, no_color=True, **options)
    print(re.sub(r"0\.\d+s|/tmp/[^/]*/", "", out.getvalue()))


command("makemigrations", "shop")
command("migrate")
command("showmigrations")
from shop.models import Author, Book, Tag

a = Author.objects.create(name="Änn", email="a@b.c")
b = Author.objects.create(name="Bo")
one = Book.objects.create(id=uuid.UUID(int=1), title="One", author=a, price=Decimal("12.50"), published=dt.date(2024, 2, 29), at=dt.datetime(2024, 1, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc),
                          clock=dt.time(1, 2, 3), span=dt.timedelta(days=2, microseconds=5), words=["x", "y z"], matrix=[[1, 2], [3, 4]], doc={"k": {"n": [1, 2, None]}, "t": "é"},
                          pages=(1, 5), during=(dt.date(2024, 1, 1), None), ratio=0.1, big=2**60, small=7, raw=b"\x00\xff", ip="::1")
one = Book.objects.get(pk=one.pk)
print({k: (bytes(v) if isinstance(v, memoryview) else v) for k, v in one.__dict__.items() if k != "_state"})
Book.objects.bulk_create([Book(id=uuid.UUID(int=10 + i), title=f"T{i}", author=b if i % 2 else a, price=i + 1, words=[f"w{i % 3}"], doc={"i": i}, published=dt.date(2024, 1 + i % 12, 1), sold=i % 5 == 0) for i in range(30)], batch_size=7)
one.tags.set([Tag.objects.create(label="red"), Tag.objects.create(label="blue")])
q = Book.objects.order_by("pk")
for query in (
    q.filter(title__icontains="one").values_list("title"), q.filter(words__contains=["w1"])[:2].values_list("title", "words"), q.filter(words__overlap=["x"]).values_list("title"), q.filter(words__len=2).values_list("title"),
    q.filter(words__0="w2")[:2].values_list("title"), q.filter(doc__k__n__1=2).values_list("title"), q.filter(doc__has_key="t").values_list("title"), q.filter(doc__contains={"i": 3}).values_list("title"), q.filter(doc__i__gt=27).values_list("doc__i"),
    q.filter(pages__contains=3).values_list("title"), q.filter(during__overlap=(dt.date(2024, 3, 1), dt.date(2024, 4, 1))).values_list("title"), q.filter(published__year=2024, published__month=2).values_list("title"), q.filter(at__date=dt.date(2024, 1, 1)).values_list("title"),
    q.filter(title__regex=r"^T1\d$").values_list("title")[:3], q.filter(author__name__startswith="Ä").count(), q.filter(Q(price__lt=3) | ~Q(sold=True)).exclude(author=a).count(), q.filter(tags__label__in=["red", "blue"]).distinct().count(),
    Author.objects.annotate(n=Count("books"), total=Sum("books__price"), m=Max("books__published")).order_by("name").values_list("name", "n", "total", "m"), Author.objects.annotate(t=ArrayAgg("books__title", ordering="books__title", filter=Q(books__price__lt=5))).order_by("pk").values_list("t"),
    Author.objects.annotate(s=StringAgg("books__title", ",", output_field=models.TextField(), ordering="-books__price", filter=Q(books__price__lt=5))).order_by("pk").values_list("s"), q.aggregate(Avg("price"), StdDev("price"), c=Count("pk", filter=Q(sold=True)), b=BoolAnd("sold")), q.values(m=TruncMonth("published")).annotate(c=Count("*")).order_by("m")[:3],
    q.annotate(r=Window(Rank(), partition_by="author", order_by=F("price").desc())).values_list("title", "r")[:4], q.annotate(how=Case(When(price__gt=20, then=Value("dear")), default=Value("cheap"))).values_list("how").annotate(c=Count("*")).order_by("how"),
    Author.objects.filter(Exists(Book.objects.filter(author=OuterRef("pk"), price__gt=12))).values_list("name"), Author.objects.annotate(last=Subquery(Book.objects.filter(author=OuterRef("pk")).order_by("-price").values("title")[:1])).values_list("last"),
    q.annotate(x=Lower("title"), l=Length("title"), y=ExtractYear("published")).values_list("x", "l", "y")[:2], q.filter(span__gt=dt.timedelta(days=1)).values_list("span"), q.dates("published", "month")[:3], q.order_by(F("at").desc(nulls_last=True)).values_list("title")[:2],
    q.filter(price__in=Book.objects.filter(sold=True).values("price")).count(), q.values_list("title").union(Author.objects.values_list("name")).count(), q.filter(title="T1").update(price=F("price") * 2), Book.objects.filter(title="T2").delete()[0], q.select_related("author").get(title="T3").author.name,
    [len(x.books.all()) for x in Author.objects.prefetch_related(Prefetch("books", queryset=Book.objects.filter(sold=True)))], q.in_bulk([uuid.UUID(int=10)]).__len__(), sum(1 for _ in q.iterator(chunk_size=4)), q.earliest("published").title, q.filter(title__in=["One"]).explain().splitlines()[0][:5],
    Author.objects.filter(name__trigram_similar="x").query.__str__()[:6], q.distinct("author__pk").order_by("author__pk", "title").values_list("title"),
):
    print(list(query) if isinstance(query, models.QuerySet) else query)
for broken in (lambda: Author.objects.create(name="Bo"), lambda: Book.objects.create(id=uuid.UUID(int=99), title="x", author=a, price=-1), lambda: Book.objects.create(title="x", author_id=999)):
    try:
        with transaction.atomic():
            broken()
            connection.check_constraints()
    except IntegrityError as error:
        print(str(error).splitlines())
with transaction.atomic():
    Author.objects.create(name="outer")
    try:
        with transaction.atomic():
            Author.objects.create(name="inner")
            raise ValueError
    except ValueError:
        pass
    print(Author.objects.select_for_update(skip_locked=True, of=("self",)).filter(name__in=["outer", "inner"]).values_list("name"))
print(Author.objects.get_or_create(name="outer")[1], Author.objects.update_or_create(name="outer", defaults=dict(email="o@p"))[0].email, Tag.objects.bulk_create([Tag(label="red"), Tag(label="green")], ignore_conflicts=True).__len__(), Tag.objects.count())

# The schema moves on.
with open(path, "w") as f:
    f.write(MODELS.replace("small = models.PositiveSmallIntegerField(null=True)", "small = models.IntegerField(null=True)\n    extra = models.CharField(max_length=9, default='e', db_index=True)").replace("max_length=40", "max_length=80")
            .replace("models.TextField()", "models.CharField(max_length=99)").replace("ratio = models.FloatField(null=True)", "rate = models.DecimalField(max_digits=5, decimal_places=1, null=True)").replace('models.CheckConstraint(check=Q(price__gt=0), name="price_positive"), ', "")
            .replace("email = models.EmailField(null=True, blank=True, db_index=True)", "email = models.EmailField(default='', unique=False)"))
import subprocess
child = f"""
import sys, warnings; warnings.simplefilter('ignore'); sys.path.insert(0, {folder!r})
from django.conf import settings
settings.configure(DATABASES={dict(default=dict(DB, OPTIONS=dict(options="-c search_path=django_test")))!r}, INSTALLED_APPS={settings.INSTALLED_APPS!r}, USE_TZ=True, SECRET_KEY='x', DEFAULT_AUTO_FIELD='django.db.models.BigAutoField', TIME_ZONE='UTC')
import django; django.setup()
from django.core.management import call_command
call_command('makemigrations', 'shop', interactive=False, no_color=True, name='next')
call_command('sqlmigrate', 'shop', '0002', no_color=True)
call_command('migrate', no_color=True)
call_command('makemigrations', 'shop', check_changes=True, no_color=True)
call_command('migrate', 'shop', '0001', no_color=True)
call_command('inspectdb', no_color=True)
call_command('sqlsequencereset', 'shop', no_color=True)
call_command('dumpdata', 'shop.author', no_color=True)
call_command('flush', interactive=False, no_color=True)
call_command('migrate', 'shop', 'zero', no_color=True)
"""
result = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, input="")
print(re.sub(r"/tmp/[^/]*/", "", result.stdout), "\n".join(result.stderr.splitlines()[-3:]))

# Introspection by hand.
i = connection.introspection
with connection.cursor() as cursor:
    for table in ("auth_user", "auth_user_groups", "django_session"):
        print(table, i.get_table_description(cursor, table), i.get_relations(cursor, table), i.get_primary_key_column(cursor, table), sorted(i.get_constraints(cursor, table).items()), i.get_sequences(cursor, table))
    print(sorted(t.name for t in i.get_table_list(cursor)))
    cursor.execute("select %s::int, %s", [1, "x"])
    print(cursor.fetchall())
from django.contrib.auth.models import Group, Permission, User
u = User.objects.create_user("joe", "j@k.l", "pw")
u.user_permissions.set(Permission.objects.all()[:3])
print(u.check_password("pw"), User.objects.filter(user_permissions__isnull=False).distinct().count(), u.has_perm("auth.add_user"))
shutil.rmtree(folder)
connection.close()
admin.cursor().execute("drop schema django_test cascade")
