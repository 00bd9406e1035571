"""A library with archives of the golden files in it, and the commands to ask it with."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from layers.operations.import_archive import ImportResult, import_archive

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.fixture
def load(db) -> Callable[[str], ImportResult]:
    """Imports ``CASE/FILE``, the case by its number."""

    def load(name: str) -> ImportResult:
        case, _, file = name.partition("/")
        return import_archive(next(GOLDEN.glob(f"{case}-*")) / (file or "image.tar"))

    return load


@pytest.fixture
def output() -> Callable[..., str]:
    """What a command prints."""

    def run(*words: str) -> str:
        out = StringIO()
        call_command(*words, stdout=out)
        return out.getvalue()

    return run


@pytest.fixture
def rows(output) -> Callable[..., list[Any]]:
    """What a command prints with ``--format json``."""
    return lambda *words: [json.loads(line) for line in output(*words, "--format", "json").splitlines()]
