"""Many at once, on a real server and in real processes: nothing is lost, doubled or locked."""

import hashlib
import http.client
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.concurrency.overlapping import archive
from tests.conftest import ROOT, program_environment, run_program
from tests.jobs.server import Server

HERE = Path(__file__).parent
SAME, OVERLAPPING, WRITERS = 16, 8, 8
WRITES = int(os.environ.get("WRITES_EACH", "150"))
"""Of each writer."""
ROUNDS = int(os.environ.get("AT_ONCE_ROUNDS", "3"))
SAME_ROUNDS = int(os.environ.get("SAME_ROUNDS", "1"))
VERBS = 3

pytestmark = pytest.mark.slow


@pytest.fixture
def server(data_dir, migrated_database) -> Iterator[Server]:
    shutil.copy(migrated_database, data_dir / "db.sqlite3")
    server = Server(data_dir)
    yield server
    server.stop()


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """What each task gives back; they start together."""
    barrier = threading.Barrier(len(tasks))
    results: list[object] = [None] * len(tasks)

    def run(number: int, task: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[number] = task()
        except (OSError, http.client.HTTPException) as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def blobs_on_disk(data: Path) -> dict[str, str]:
    """Name and real digest of each file of the store."""
    paths = [path for path in (data / "blobs").rglob("*") if path.is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def rows(data: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(data / "db.sqlite3", timeout=30)) as library:
        return library.execute(query).fetchall()


def check_store(data: Path) -> None:
    """Each blob is there once, under its own digest, and the database names just those."""
    blobs = blobs_on_disk(data)
    assert all(name == digest for name, digest in blobs.items())
    assert set(blobs) == {
        digest.partition(":")[2] for (digest,) in rows(data, "SELECT digest FROM layers_blob")
    }


def check_log(server: Server) -> None:
    log = server.log.read_text()
    assert "locked" not in log
    assert "Traceback" not in log


def test_sixteen_uploads_of_one_image_all_succeed_and_store_it_once(server):
    for number in range(1, SAME_ROUNDS + 1):
        data = archive(number)

        answers = at_once(*[lambda data=data: server.upload(data)] * SAME)
        server.await_states(*["done"] * SAME * number)

        assert [answer[0] for answer in answers] == [201] * SAME
        assert rows(server.data, "SELECT count(*) FROM layers_image") == [(number,)]
        layers = "SELECT count(*), count(DISTINCT diff_id) FROM layers_layer"
        assert rows(server.data, layers) == [(2 + number, 2 + number)]
        check_store(server.data)
    check_log(server)


def test_images_that_overlap_share_what_they_have_in_common(server):
    tasks = [lambda number=number: server.upload(archive(number)) for number in range(OVERLAPPING)]

    answers = at_once(*tasks)
    server.await_states(*["done"] * OVERLAPPING)

    assert [answer[0] for answer in answers] == [201] * OVERLAPPING
    assert rows(server.data, "SELECT count(*) FROM layers_image") == [(OVERLAPPING,)]
    assert rows(server.data, "SELECT count(*) FROM layers_layer") == [(2 + OVERLAPPING,)]
    assert rows(server.data, "SELECT count(*) FROM layers_chain") == [(2 + OVERLAPPING,)]
    check_store(server.data)
    check_log(server)


def test_imports_deletes_prunes_and_commits_do_not_harm_each_other(server, tmp_path):
    """Whatever their order, what is there at the end is whole, and a prune leaves no more than that."""
    files = []
    for number in range(OVERLAPPING):
        files.append(tmp_path / f"{number}.tar")
        files[-1].write_bytes(archive(number))
    draw = random.Random(5)

    def manage(*words: str) -> str:
        done = run_program(*words, data=server.data)
        return done.stderr.decode()

    def turn(number: int) -> str:
        name = f"overlapping:{number}"
        verbs = [
            ("load", str(files[number])),
            ("rmi", "--force", name),
            draw.choice([("prune", "--force"), ("gc", "--grace", "0s")]),
            ("create", "--name", f"c{number}", name),
            ("commit", f"c{number}", f"made:{number}"),
            ("rm", f"c{number}"),
        ]
        return "".join(manage(*draw.choice(verbs)) for _ in range(VERBS))

    for _ in range(ROUNDS):
        said = at_once(*[lambda n=n: turn(n) for n in range(4)])
        assert not [text for text in said if "locked" in text or "Traceback" in text]
    manage("prune", "--force")
    check_store(server.data)
    for number, file in enumerate(files):
        assert manage("load", str(file)) == ""
        assert manage("diff", f"overlapping:{number}", "--layer", "2") == ""
    check_store(server.data)
    check_log(server)


def test_eight_writers_are_never_told_that_the_database_is_locked(program, data_dir, tmp_path):
    (tmp_path / "a.tar").write_bytes(archive(1))
    program("load", str(tmp_path / "a.tar")).check_returncode()
    words = [sys.executable, str(HERE / "writer.py")]
    writers = [
        subprocess.Popen(
            [*words, str(number), str(WRITES)],
            env=program_environment(data_dir),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(WRITERS)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"

    ends = [threading.Thread(target=lambda w=w: setattr(w, "said", w.communicate("\n"))) for w in writers]
    for end in ends:
        end.start()
    for end in ends:
        end.join()

    assert [writer.said[0].split()[0] for writer in writers] == ["0"] * WRITERS, [w.said for w in writers]
    longest = max(float(writer.said[0].split()[1]) for writer in writers)
    print(f"{WRITES * WRITERS} writes, none refused, the longest took {longest} s")  # shown with -s
    count = "SELECT count(*) FROM layers_reference WHERE repository LIKE '%writer/%'"
    assert rows(data_dir, count) == [(7 * WRITERS,)]
