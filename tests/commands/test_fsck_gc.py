"""``fsck`` says what is wrong and ends with 1; ``gc`` takes away what nothing needs, and says so."""

import json
import os
import sqlite3
from contextlib import closing

import pytest

from tests.conftest import run_program
from tests.oracle.golden import GOLDEN

ARCHIVE = str(GOLDEN / "10-formats" / "oci-gzip.tar")
HOURS = 3600


@pytest.fixture
def library(program):
    program("load", ARCHIVE).check_returncode()
    return program


def blobs(data_dir):
    return sorted(path for path in (data_dir / "blobs").rglob("*") if path.is_file())


def stray(data_dir, age: float = 0):
    path = data_dir / "blobs" / "sha256" / "55" / ("5" * 64)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"stray")
    os.utime(path, (path.stat().st_mtime - age,) * 2)
    return path


def printed(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_sound_library_is_told_in_one_line(library):
    done = library("fsck", "--deep")

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("1 images, 0 containers, ")
    assert done.stdout.decode().endswith(": all sound.\n")


def test_what_is_wrong_is_named_with_what_to_do(library, data_dir):
    largest = max(blobs(data_dir), key=os.path.getsize)
    largest.unlink()
    done = library("fsck")
    first, last = done.stdout.decode().splitlines()

    assert done.returncode == 1
    assert first.startswith(f"I1 blob missing sha256:{largest.name}: Its file is missing. Needed by image ")
    assert "Import an archive that holds it" in first
    assert last.endswith(": 1 problem.")


def test_programs_get_an_object_a_problem_and_one_for_all(library, data_dir):
    stray(data_dir)
    done = library("fsck", "--format", "json")
    problem, total = printed(done)

    assert done.returncode == 1
    assert (problem["Check"], problem["Fault"], problem["Repaired"]) == ("I8", "blob of nothing", False)
    assert problem["Subject"] == "sha256:" + "5" * 64
    assert (total["Images"], total["Problems"], total["Left"]) == (1, 1, 1)
    assert total["DiskSize"] == total["Size"] + 5


def test_what_is_mended_is_told_and_leaves_nothing_wrong(library, data_dir):
    stray(data_dir)
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database, database:
        database.execute("DELETE FROM layers_fileentry WHERE id % 2 = 0")
    done = library("fsck", "--repair", "--format", "json")

    assert done.returncode == 0
    assert all(row["Repaired"] for row in printed(done)[:-1])
    assert {row["Check"] for row in printed(done)[:-1]} >= {"I4", "I8"}
    assert library("fsck", "--deep").returncode == 0


def test_a_reference_to_a_row_that_is_gone_is_found_and_its_files_are_kept(library, data_dir):
    """A file that no row names may be all that is left: a repair leaves it where it is."""
    before = blobs(data_dir)
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("DELETE FROM layers_blob WHERE id IN (SELECT blob_id FROM layers_storedlayer)")
    found = printed(library("fsck", "--format", "json"))
    library("fsck", "--repair")

    assert {"layers_storedlayer.blob_id"} <= {row["Subject"] for row in found[:-1]}
    assert blobs(data_dir) == before


def test_a_damaged_index_of_the_database_is_found_and_made_again(library, data_dir):
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database, database:
        database.execute("PRAGMA writable_schema = ON")
        index = database.execute("SELECT * FROM sqlite_master WHERE name = 'directory_by_path'").fetchone()
        database.execute("DELETE FROM sqlite_master WHERE name = 'directory_by_path'")
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database, database:
        database.execute("DELETE FROM layers_directory WHERE id = 2")
        database.execute("PRAGMA writable_schema = ON")
        database.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", index)
    found = library("fsck", "--format", "json")

    assert found.returncode == 1
    assert "directory_by_path" in " ".join(row["Message"] for row in printed(found)[:-1])
    assert library("fsck", "--repair", "--deep").returncode == 0


def test_a_library_of_random_bytes_is_refused_in_a_sentence(library, data_dir):
    with (data_dir / "db.sqlite3").open("r+b") as file:
        file.seek(5000)
        file.write(os.urandom(50_000))
    done = library("fsck")

    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"I7 " in done.stdout or b"database" in done.stderr


@pytest.mark.parametrize("words", [["fsck"], ["fsck", "--repair"], ["gc"]])
def test_a_library_that_was_never_made_is_told_to_be(data_dir, words):
    done = run_program(*words, data=data_dir)

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"The library has no tables yet" in done.stderr


def test_gc_keeps_what_is_young(library, data_dir):
    path = stray(data_dir, age=HOURS - 60)

    assert library("gc").stdout == b"Total reclaimed space: 0B\n"
    assert path.exists()


def test_gc_tells_what_it_would_do_and_then_does_it(library, data_dir):
    path, before = stray(data_dir, age=HOURS + 60), blobs(data_dir)
    would = library("gc", "--dry-run").stdout.decode().splitlines()
    assert would == [f"would delete: sha256:{path.name}", "Total reclaimed space: 5B"]
    assert blobs(data_dir) == before

    assert printed(library("gc", "--format", "json")) == [
        {"BlobsDeleted": [f"sha256:{path.name}"], "Leftovers": 0, "SpaceReclaimed": 5}
    ]
    assert not path.exists()


@pytest.mark.parametrize("grace", ["0s", "1h30m", "2d"])
def test_gc_takes_times_as_docker_spells_them(library, grace):
    assert library("gc", "--grace", grace).returncode == 0


@pytest.mark.parametrize("grace", ["", "h", "-1h", "1w", "1.5h", "1h "])
def test_gc_refuses_other_times(library, grace):
    done = library("gc", f"--grace={grace}")

    assert (done.returncode, b"is no time" in done.stderr) == (2, True)


def test_a_library_of_another_version_is_told_to_be_brought_up_to_date(library, data_dir):
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database:
        database.execute("ALTER TABLE layers_image RENAME COLUMN size TO other")
    done = library("images")

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"The library was made by another version" in done.stderr
