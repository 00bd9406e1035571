"""Libraries that earlier versions wrote: opened by this one, they say what they said."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from tests.conftest import run_program

HERE = Path(__file__).parent
RELEASES = sorted(path.name.removesuffix(".tar.xz") for path in HERE.glob("*.tar.xz"))
TIMES = ("CreatedSince", "RunningFor", "Status", "CreatedAt")
"""Columns that depend on the clock."""


@pytest.fixture(params=RELEASES)
def release(request, tmp_path) -> tuple[Path, dict[str, list | str]]:
    """The data directory of an earlier version, brought up to date, and what its commands said then."""
    data = tmp_path / "library"
    with tarfile.open(HERE / f"{request.param}.tar.xz") as archive:
        archive.extractall(data, filter="data")
    run_program("migrate", "--verbosity=0", data=data).check_returncode()
    return data, json.loads((HERE / f"{request.param}.json").read_text(encoding="utf-8"))


def test_there_is_a_release_to_come_from():
    assert RELEASES


def test_an_older_library_says_what_it_said(release):
    data, said = release

    for words, expected in said.items():
        if isinstance(expected, str):
            done = run_program(*words.split(), data=data)
            found = hashlib.sha256(done.stdout).hexdigest()
        else:
            done = run_program(*words.split(), "--format", "json", data=data)
            found = [known(json.loads(line), expected) for line in done.stdout.splitlines()]
        assert done.returncode == 0, done.stderr.decode()
        assert found == expected, words


def known(row: dict | list, expected: list) -> dict | list:
    """The columns that there were then, but for those that depend on the clock."""
    if isinstance(row, list):
        return row
    columns = set().union(*expected) if expected else set(row)
    return {name: value for name, value in row.items() if name in columns and name not in TIMES}


def test_an_older_library_takes_new_images_and_edits(release):
    data, _ = release
    archive = HERE.parent / "golden" / "01-webserver" / "image.tar"

    for words in (
        ["load", str(archive)],
        ["cp", "edited:/LICENSE", "-"],
        ["commit", "edited", "again:1"],
        ["rm", "edited"],
        ["rmi", "again:1"],
    ):
        done = run_program(*words, data=data)
        assert done.returncode == 0, (words, done.stderr.decode())
