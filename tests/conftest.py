"""What every test has: a data directory of its own, and no silent skip where all is required."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says what else the machine does, and nothing of the program.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

ROOT = Path(__file__).resolve().parent.parent
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path: Path) -> Path:
    """An empty data directory, used by everything the test calls in this process."""
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    (directory / "tmp").mkdir()
    settings.DATA_DIR = directory
    settings.FILE_UPLOAD_TEMP_DIR = directory / "tmp"
    settings.FREE_DISK_SIZE = 0
    settings.RESERVE_SIZE = 0
    return directory


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all migrations applied and no rows."""
    directory = tmp_path_factory.mktemp("migrated")
    run_program("migrate", "--skip-checks", "--verbosity=0", data=directory).check_returncode()
    return directory / "db.sqlite3"


@pytest.fixture
def program(data_dir: Path, migrated_database: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Runs ``manage.py`` with the given words as a process of its own, on an empty library.

    ``input=`` is its standard input, ``env=`` adds to its environment.
    """
    shutil.copy(migrated_database, data_dir / "db.sqlite3")
    return lambda *words, **options: run_program(*words, data=data_dir, **options)


def run_program(
    *words: str, data: Path, input: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        input=input,
        env=program_environment(data) | (env or {}),
        capture_output=True,
        timeout=300,
    )


def program_environment(data: Path) -> dict[str, str]:
    """The environment of a process that uses the library in ``data``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IMAGEBROWSER_", "DJANGO_"))}
    kept.pop("DATABASE_URL", None)
    return kept | {
        "IMAGEBROWSER_DATA": str(data),
        "IMAGEBROWSER_FREE_DISK_SIZE": "0",
        "IMAGEBROWSER_RESERVE_SIZE": "0",
    }


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return refuse_skip((yield))


def refuse_skip(report):
    """With ``REQUIRE_ALL=1`` a test that cannot run has failed."""
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_ALL=1 forbids this skip: {report.longrepr}"
    return report
