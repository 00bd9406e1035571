"""Each archive is imported once, and all tests of it ask the same library."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from layers.operations.import_archive import ImportResult, import_archive
from tests.oracle.golden import Archive

Ask = Callable[..., list[Any]]


@dataclass(frozen=True, slots=True)
class Imported:
    """An archive, what importing it returned, and the data directory it went to."""

    archive: Archive
    result: ImportResult
    directory: Path


@pytest.fixture(scope="module")
def imported(request, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Imported]:
    """The archive that the test is parametrized with, in a library of its own."""
    directory = tmp_path_factory.mktemp("library")
    (directory / "tmp").mkdir()
    with (
        override_settings(DATA_DIR=directory, FREE_DISK_SIZE=0, RESERVE_SIZE=0),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        yield Imported(request.param, import_archive(request.param.path), directory)
        transaction.set_rollback(True)


@pytest.fixture
def library(imported: Imported, data_dir, settings, db) -> Imported:
    """The imported archive, its data directory the one in use."""
    settings.DATA_DIR = imported.directory
    return imported


@pytest.fixture
def ask() -> Ask:
    """Runs a command with ``--format json``; the rows it prints."""

    def run(command: str, *words: str, **options: Any) -> list[Any]:
        out = StringIO()
        call_command(command, *words, format="json", stdout=out, **options)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return run
