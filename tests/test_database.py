"""SQLite, and the line of those who write to it."""

import fcntl

import pytest
from django.db import connection, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper

from imagebrowser.sqlite.base import SUFFIX, line

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has writers wait")


def is_taken(path: str) -> bool:
    """Whether somebody has the first place."""
    with open(path, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.mark.django_db(transaction=True)
def test_only_the_first_in_the_line_asks_for_the_database(monkeypatch):
    path, seen = f"{connection.settings_dict['NAME']}{SUFFIX}", []
    begin = DatabaseWrapper._start_transaction_under_autocommit

    def spied(self) -> None:
        seen.append(is_taken(path))
        begin(self)

    monkeypatch.setattr(DatabaseWrapper, "_start_transaction_under_autocommit", spied)
    with transaction.atomic():
        seen.append(is_taken(path))

    assert seen == [True, False], "the place is given up as soon as the transaction has begun"


def test_without_a_place_for_the_file_there_is_no_line(tmp_path):
    done = []
    with line(str(tmp_path / "none" / "db")):
        done.append(True)

    assert done
