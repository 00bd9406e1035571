"""I7: the database itself is whole, and all its references lead to rows."""

from collections.abc import Iterator

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import ForeignKey
from django.utils.translation import gettext as _

from layers.queries.fsck.problem import Fault, Problem

LOST = (
    "SELECT count(*) FROM {table} a LEFT JOIN {other} b ON b.{key} = a.{column}"
    " WHERE a.{column} IS NOT NULL AND b.{key} IS NULL"
)
INDEXES = (
    "SELECT c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_am m ON m.oid = c.relam"
    " WHERE m.amname = 'btree' AND c.relname LIKE 'layers%%' AND i.indisvalid ORDER BY 1"
)
MESSAGES = 20


def check_database() -> Iterator[Problem]:
    """What the database's own checks say, then every foreign key, asked of the rows."""
    yield from check_pages() if connection.vendor == "sqlite" else check_indexes()
    for table, column, other, key in foreign_keys():
        with connection.cursor() as cursor:
            cursor.execute(LOST.format(table=table, column=column, other=other, key=key))
            ((count,),) = cursor.fetchall()
        if count:
            told = {"count": count, "table": table, "column": column, "other": other}
            sentence = _("%(count)d rows of %(table)s have a %(column)s that is not in %(other)s.") % told
            yield Problem(Fault.REFERENCE_DANGLING, f"{table}.{column}", sentence)


def check_pages() -> Iterator[Problem]:
    """SQLite: pages, indexes and constraints."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA integrity_check({MESSAGES})")
        messages = [message for (message,) in cursor.fetchall()]
    for message in messages:
        if message != "ok":
            yield Problem(Fault.DATABASE_DAMAGED, "db.sqlite3", message)


def check_indexes() -> Iterator[Problem]:
    """PostgreSQL: its indexes, where ``amcheck`` is installed in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")
        if cursor.fetchone() is None:
            return
        cursor.execute(INDEXES)
        indexes = [index for (index,) in cursor.fetchall()]
    for index in indexes:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT bt_index_check(%s::regclass)", [index])
        except DatabaseError as error:
            yield Problem(Fault.DATABASE_DAMAGED, index, str(error).strip())


def foreign_keys() -> Iterator[tuple[str, str, str, str]]:
    """Table and column of each reference, and table and column that it leads to."""
    for model in apps.get_app_config("layers").get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                other = field.remote_field.model._meta
                yield model._meta.db_table, field.column, other.db_table, other.pk.column
