"""The cache: within its bound, whole files only, made once."""

import os
import signal
import threading
from typing import BinaryIO

import pytest

from layers.storage import drop_cached, open_cached


@pytest.fixture(autouse=True)
def cache(settings, data_dir):
    settings.CACHE_SIZE = 1000
    return data_dir / "cache"


def names(cache) -> set[str]:
    return {path.name for path in cache.glob("[!.]*")}


def filled(name: str, size: int) -> bytes | None:
    file = open_cached(name, size, lambda out: out.write(bytes(size)))
    if file is None:
        return None
    with file:
        return file.read()


def test_a_file_is_made_once():
    assert filled("a.zst", 100) == bytes(100)
    with open_cached("a.zst", 100, lambda out: pytest.fail("made again")) as file:
        assert file.read() == bytes(100)


def test_the_least_used_goes_first(cache):
    for age, name in enumerate(["a.zst", "b.zst", "c.zst"]):
        filled(name, 300)
        os.utime(cache / name, ns=(age, age))
    filled("a.zst", 300)
    filled("d.zst", 300)

    assert names(cache) == {"a.zst", "c.zst", "d.zst"}


def test_the_file_just_made_stays_although_it_is_larger_than_thought(cache):
    filled("a.zst", 300)
    with open_cached("b.zst", 100, lambda out: out.write(bytes(900))) as file:
        assert len(file.read()) == 900

    assert names(cache) == {"b.zst"}


def test_what_would_fill_the_cache_is_not_made():
    assert filled("a.zst", 501) is None


def test_a_full_disk_means_no_cache(cache):
    def make(out: BinaryIO) -> None:
        out.write(b"half of it")
        raise OSError(28, "No space left on device")

    assert open_cached("a.zst", 100, make) is None
    assert names(cache) == set()


def test_what_a_killed_maker_left_is_removed_by_the_next(cache):
    pid = os.fork()
    if not pid:
        open_cached("a.zst", 10, lambda out: os.kill(os.getpid(), signal.SIGKILL))
    os.waitpid(pid, 0)
    assert names(cache) == {"a.new"}

    filled("b.zst", 10)
    assert names(cache) == {"b.zst"}


def test_a_dropped_file_is_made_again():
    filled("a.zst", 10)
    drop_cached("a.zst")

    assert filled("a.zst", 20) == bytes(20)


def test_an_open_file_outlives_its_removal():
    with open_cached("a.zst", 5, lambda out: out.write(b"hello")) as file:
        drop_cached("a.zst")
        assert file.read() == b"hello"


def test_many_at_once_make_it_once():
    made = []

    def make(out: BinaryIO) -> None:
        made.append(1)
        out.write(b"hello")

    threads = [threading.Thread(target=lambda: open_cached("a.zst", 5, make).close()) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [1]
