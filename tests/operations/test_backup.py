"""Backups: made while the library is used, whole or not there, and brought back with every digest."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from layers.models import Layer
from layers.operations.backup_library import BLOBS, DATABASE
from layers.operations.clean_abandoned import clean_abandoned
from layers.storage import Staging
from tests.conftest import ROOT, program_environment, run_program
from tests.soundness import check_sound_in

GOLDEN = ROOT / "tests" / "golden"
ARCHIVES = [str(GOLDEN / case / "image.tar") for case in ("01-webserver", "02-delete-opaque", "04-hardlinks")]
ROUNDS = int(os.environ.get("BACKUP_ROUNDS", "4"))
CLOCKS = ("CreatedSince", "RunningFor")


def blob_of(folder: Path, digest: str) -> Path:
    algorithm, _, name = digest.partition(":")
    return folder / BLOBS / algorithm / name[:2] / name


def check_whole(folder: Path) -> None:
    """The database of a backup, or of a library, is sound, and each blob it names has its bytes."""
    with closing(sqlite3.connect(folder / DATABASE)) as library:
        assert library.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        digests = [digest for (digest,) in library.execute("SELECT digest FROM layers_blob")]
    for digest in digests:
        assert hashlib.sha256(blob_of(folder, digest).read_bytes()).hexdigest() == digest.partition(":")[2]


def listed(run, *words: str) -> list[dict]:
    """The rows that a command prints, without what depends on the clock."""
    lines = run(*words, "--format", "json").stdout.splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in CLOCKS} for line in lines]


@pytest.fixture
def library(program):
    program("load", *ARCHIVES[:2]).check_returncode()
    container = program("create", "--name", "edited", "webserver:v1").stdout.decode().strip()
    if not container:
        name = listed(program, "images")[0]["ID"]
        program("create", "--name", "edited", name).check_returncode()
    program("cp", "-", "edited:/", input=tar_of_a_file()).check_returncode()
    return program


def tar_of_a_file() -> bytes:
    return subprocess.run(["tar", "-c", "-C", str(ROOT), "LICENSE"], check=True, capture_output=True).stdout


def restored(data: Path, source: Path) -> subprocess.CompletedProcess[bytes]:
    return run_program("restore", str(source), data=data)


def test_a_restored_library_is_the_one_that_was_backed_up(library, tmp_path):
    library("backup", str(tmp_path / "backup")).check_returncode()
    check_whole(tmp_path / "backup")

    done = restored(tmp_path / "other", tmp_path / "backup")

    assert done.returncode == 0, done.stderr.decode()
    check_whole(tmp_path / "other")
    check_sound_in(tmp_path / "other")

    def there(*words):
        return run_program(*words, data=tmp_path / "other")

    for words in (["images"], ["ps"]):
        assert listed(there, *words) == listed(library, *words)
    assert there("diff", "edited").stdout == library("diff", "edited").stdout
    assert there("export", "edited").stdout == library("export", "edited").stdout


def test_blobs_are_links_where_that_can_be(library, data_dir, tmp_path):
    library("backup", str(tmp_path / "backup")).check_returncode()

    blobs = [path for path in (tmp_path / "backup" / BLOBS).rglob("*") if path.is_file()]
    assert blobs
    assert all(path.stat().st_nlink == 2 for path in blobs)


def test_a_backup_outlives_what_it_was_made_of(library, data_dir, tmp_path):
    library("backup", str(tmp_path / "backup")).check_returncode()
    library("rm", "edited").check_returncode()
    for row in listed(library, "images"):
        library("rmi", "--force", row["ID"])

    check_whole(tmp_path / "backup")


@pytest.mark.slow
def test_backups_made_while_images_come_and_go_are_whole(library, data_dir, tmp_path):
    busy = subprocess.Popen(
        [sys.executable, "-m", "tests.operations.come_and_go", *ARCHIVES],
        cwd=ROOT,
        env=program_environment(data_dir),
    )
    try:
        for number in range(ROUNDS):
            made = library("backup", str(tmp_path / f"{number}"))
            assert made.returncode == 0, made.stderr.decode()
            check_whole(tmp_path / f"{number}")
            assert restored(tmp_path / f"restored-{number}", tmp_path / f"{number}").returncode == 0
            check_whole(tmp_path / f"restored-{number}")
            check_sound_in(tmp_path / f"restored-{number}")
            assert busy.poll() is None
    finally:
        busy.kill()
        busy.wait()
    assert [path.name for path in tmp_path.glob("*.partial")] == []


@pytest.mark.django_db
def test_rows_of_an_import_that_was_under_way_elsewhere_are_removed():
    layer = {"tar_size": 0, "content_size": 0, "member_count": 0, "entry_count": 0, "first_entry": 1}
    with Staging() as living:
        Layer.objects.create(diff_id="sha256:a", staging="left-elsewhere", **layer)
        Layer.objects.create(diff_id="sha256:a", staging=living.uuid, **layer)

        assert clean_abandoned() == 1
        assert [layer.staging for layer in Layer.objects.all()] == [living.uuid]


@pytest.mark.parametrize("damage", ["flipped", "gone", "cut"])
def test_a_damaged_backup_is_refused_and_leaves_the_library_empty(library, tmp_path, damage):
    library("backup", str(tmp_path / "backup")).check_returncode()
    victim = max((p for p in (tmp_path / "backup" / BLOBS).rglob("*") if p.is_file()), key=os.path.getsize)
    data = victim.read_bytes()
    victim.unlink()
    if damage != "gone":
        victim.write_bytes(data[:-1] if damage == "cut" else bytes([data[0] ^ 1]) + data[1:])

    done = restored(tmp_path / "other", tmp_path / "backup")

    assert done.returncode == 1
    assert victim.name.encode() in done.stderr
    assert b"Traceback" not in done.stderr
    assert run_program("images", "-q", data=tmp_path / "other").stdout == b""
    assert [path for path in (tmp_path / "other" / BLOBS).rglob("*") if path.is_file()] == []


def test_a_library_that_holds_images_is_not_written_over(library, tmp_path):
    library("backup", str(tmp_path / "backup")).check_returncode()

    done = library("restore", str(tmp_path / "backup"))

    assert done.returncode == 1
    assert b"holds images already" in done.stderr


def test_what_is_no_backup_is_named(program, tmp_path):
    done = program("restore", str(tmp_path))

    assert (done.returncode, b"no whole backup" in done.stderr) == (1, True)


def test_a_backup_of_a_newer_version_is_refused(library, tmp_path):
    library("backup", str(tmp_path / "backup")).check_returncode()
    with closing(sqlite3.connect(tmp_path / "backup" / DATABASE)) as rows:
        rows.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('layers', '9999_later', '')")
        rows.commit()

    done = restored(tmp_path / "other", tmp_path / "backup")

    assert (done.returncode, b"9999_later" in done.stderr) == (1, True)


def test_a_directory_that_is_there_is_not_touched(library, tmp_path):
    done = library("backup", str(tmp_path))

    assert (done.returncode, b"is there already" in done.stderr) == (1, True)


def test_a_lost_blob_is_named_and_no_backup_made(library, data_dir, tmp_path):
    next(path for path in (data_dir / BLOBS).rglob("*") if path.is_file()).unlink()

    done = library("backup", str(tmp_path / "backup"))

    assert (done.returncode, b"is not in the blob store" in done.stderr) == (1, True)
    assert list(tmp_path.glob("backup*")) == []
