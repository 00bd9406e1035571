"""After a power cut nothing shows that the disk does not hold: by strict order, or by a look beforehand."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import run_program
from tests.faults.disk import CALLS, Call, Disk, calls
from tests.faults.walk import ACTION_NAMES, Walk
from tests.jobs.server import Server
from tests.soundness import check_sound_in

BRINGS = ("import", "edit", "commit")
"""What puts blobs into the store."""
TAKES = ("delete", "gc", "commit")
"""What removes some."""
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
ARCHIVE = GOLDEN / "02-delete-opaque" / "image.tar"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@pytest.fixture(scope="module")
def walk(tmp_path_factory) -> Walk:
    return Walk(tmp_path_factory.mktemp("power"))


def traced(walk: Walk, action: str, durability: str) -> tuple[Path, list[Call]]:
    """The library after an action, and all that the process did once it was ready."""
    name = f"{action}-{durability}-{len(list(walk.folder.glob('points/*')))}"
    directory = walk.new(action, name)
    log = directory.parent / "log"
    strace = ("strace", "-f", "-y", "-qq", "-o", str(log), "-e", f"trace={CALLS}")
    code, said = walk.act(action, directory, strace, {"IMAGEBROWSER_DURABILITY": durability})
    assert code == 0, said
    return directory, list(calls(log.read_text(errors="replace").partition('"ready')[2]))


def is_blob(path: str) -> bool:
    return "/blobs/sha256/" in path


def is_commit(call: Call) -> bool:
    """Whether a transaction reaches the disk by it: nothing shows before."""
    return call.name in ("fsync", "fdatasync") and call.paths[0].endswith("-wal")


@pytest.mark.parametrize("action", ACTION_NAMES)
def test_strict_shows_a_blob_once_its_bytes_and_its_name_are_on_the_disk(walk, action):
    _directory, done = traced(walk, action, "strict")
    disk, commits, brought = Disk(), 0, 0
    for call in done:
        brought += call.name == "rename" and is_blob(call.paths[-1])
        if is_commit(call):
            commits += 1
            assert [path for path in disk.bytes | disk.names if is_blob(path)] == []
        disk.take(call)

    assert [path for path in disk.bytes if path.endswith("-wal")] == [], "a transaction is not on the disk"
    assert commits or action == "save"
    assert bool(brought) == (action in BRINGS)


@pytest.mark.parametrize("durability", ["strict", "deferred"])
@pytest.mark.parametrize("action", TAKES)
def test_a_blob_goes_once_it_is_on_the_disk_that_nothing_names_it(walk, action, durability):
    _directory, done = traced(walk, action, durability)
    disk, gone = Disk(), 0
    for call in done:
        if call.name == "unlink" and is_blob(call.paths[-1]):
            gone += 1
            assert [path for path in disk.bytes if path.endswith("-wal")] == []
        disk.take(call)

    assert gone


@pytest.mark.parametrize(("durability", "level"), [("strict", 2), ("deferred", 1)])
def test_sqlite_syncs_as_the_setting_says(program, durability, level):
    """2 is FULL: each transaction is on the disk before it counts as done."""
    asked = (
        "from django.db import connection as c; print(c.cursor().execute('PRAGMA synchronous').fetchone())"
    )

    done = program("shell", "--no-imports", "-c", asked, env={"IMAGEBROWSER_DURABILITY": durability})

    assert done.stdout.decode().split() == [f"({level},)"], done.stderr.decode()


def lose(path: Path, way: str) -> None:
    """What file systems leave of bytes that were never synced."""
    size = path.stat().st_size
    path.chmod(0o600)
    if way == "gone":
        path.unlink()
    elif way == "zeros":
        path.write_bytes(bytes(size))
    else:
        os.truncate(path, 0 if way == "empty" else size - 1)


def cut(walk: Walk, action: str, way: str) -> tuple[Path, list[Path]]:
    """A library after an action and a power cut that takes all that was not synced, and what that was."""
    directory, done = traced(walk, action, "deferred")
    disk = Disk()
    for call in done:
        disk.take(call)
    lost = [Path(path) for path in sorted(disk.bytes) if is_blob(path) and Path(path).exists()]
    for path in lost:
        lose(path, way)
    with closing(sqlite3.connect(directory / "db.sqlite3")) as library, library:
        library.execute("UPDATE layers_blob SET boot = 'an earlier one' WHERE boot <> ''")
    return directory, lost


@pytest.fixture
def serve() -> Iterator:
    servers: list[Server] = []

    def start(directory: Path) -> Server:
        servers.append(Server(directory, env={"IMAGEBROWSER_JOBS_AT_ONCE": "0"}))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def shown(server: Server, table: str, column: str) -> list[str]:
    with closing(sqlite3.connect(server.data / "db.sqlite3", timeout=30)) as library:
        return [value for (value,) in library.execute(f"SELECT {column} FROM {table} ORDER BY id")]


@pytest.mark.parametrize("way", ["empty", "cut", "zeros", "gone"])
def test_an_import_whose_bytes_were_lost_is_gone_before_a_page_is_served(walk, serve, way):
    before = shown_in(walk.prepared("import"))
    directory, lost = cut(walk, "import", way)
    assert len(shown_in(directory)) == len(before) + 1
    assert len(lost) > 2, "nothing was waiting for the disk, so nothing is shown"

    server = serve(directory)

    assert shown(server, "layers_image", "image_id") == before
    assert server.request("GET", "/")[0] == 200
    check_sound_in(directory)
    assert run_program("load", str(ARCHIVE), data=directory).returncode == 0
    check_sound_in(directory)


def shown_in(directory: Path) -> list[str]:
    with closing(sqlite3.connect(directory / "db.sqlite3")) as library:
        return [value for (value,) in library.execute("SELECT image_id FROM layers_image ORDER BY id")]


@pytest.mark.parametrize("way", ["cut", "zeros"])
def test_loading_it_again_after_the_cut_is_enough(walk, way):
    """Without a server in between: what the archive holds is not taken for known."""
    directory, _lost = cut(walk, "import", way)

    done = run_program("load", str(ARCHIVE), data=directory)

    assert done.returncode == 0, done.stderr.decode()
    check_sound_in(directory)


@pytest.mark.parametrize(("action", "way"), [("edit", "zeros"), ("commit", "empty"), ("commit", "gone")])
def test_what_a_container_needs_and_the_cut_took_reads_as_missing(walk, serve, action, way):
    directory, lost = cut(walk, action, way)
    assert lost

    server = serve(directory)

    assert [path for path in lost if path.exists()] == [], "a damaged blob can be read"
    for address in addresses(server):
        status, _body = server.request("GET", address)
        assert status < 500, address
    told = run_program("fsck", data=directory)
    assert told.returncode == 1
    assert all(path.name in told.stdout.decode() for path in lost)


def addresses(server: Server) -> list[str]:
    """Every page of images and containers that reads a blob."""
    images = [f"/images/{value.partition(':')[2]}/" for value in shown(server, "layers_image", "image_id")]
    containers = [f"/containers/{value}/" for value in shown(server, "layers_container", "container_id")]
    pages = [
        *("/", "/healthz", *images, *containers),
        *(f"{image}{page}/" for image in images for page in ("history", "config", "space")),
        *(f"{container}file/?path=etc-new" for container in containers),
    ]
    return pages
