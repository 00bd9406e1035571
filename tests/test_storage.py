"""The blob store: what is published stays, what is abandoned goes, whoever is killed when."""

import io
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from layers import storage
from layers.oci.digest import Digest
from layers.oci.errors import InvalidDigest, MalformedLayer
from layers.storage import Staging, abandoned_stagings

HELLO, WORLD = b"hello", b"world"


def digest_of(data: bytes) -> str:
    return str(Digest.of(data))


def publish(staging: Staging, data: bytes) -> str:
    digest = digest_of(data)
    staging.publish(staging.write(data), digest)
    return digest


def stored() -> set[str]:
    return set(storage.stored_digests())


def killed(work: Callable[[], object]) -> None:
    """Do ``work`` in a child process that is killed straight after it."""
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL


def nothing(digests):
    return ()


@pytest.mark.parametrize("durability", ["deferred", "strict"])
def test_a_published_blob_is_read_by_its_digest(settings, data_dir, durability):
    settings.DURABILITY = durability
    with Staging() as staging:
        digest = publish(staging, HELLO)

    with storage.open_blob(digest) as file:
        assert file.read() == HELLO
    assert storage.blob_path(digest) == data_dir / "blobs" / "sha256" / digest[7:9] / digest[7:]
    assert stored() == {digest}


def test_strict_syncs_the_file_before_and_the_directories_after_it_shows(settings, monkeypatch):
    settings.DURABILITY = "strict"
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd))
    )
    with Staging() as staging:
        path = staging.write(HELLO)
        staging.publish(path, digest_of(HELLO))

    directories = [str(parent) for parent in storage.blob_path(digest_of(HELLO)).parents][:4]
    assert synced == [str(path), *directories]


def test_deferred_syncs_nothing_until_asked(settings, monkeypatch):
    settings.DURABILITY = "deferred"
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with Staging() as staging:
        digest = publish(staging, HELLO)
    assert not synced

    storage.sync_blob(digest)
    assert len(synced) == 5


def test_a_blob_is_never_replaced_by_one_that_may_not_reach_the_disk(settings, monkeypatch):
    settings.DURABILITY = "deferred"
    with Staging() as staging:
        publish(staging, HELLO)
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    with Staging() as staging:
        path = staging.write(HELLO)
        staging.publish(path, digest_of(HELLO))

    assert synced == [str(path)]


@pytest.mark.parametrize("digest", ["sha256:../../etc/passwd", "sha256:" + "A" * 64, "", "md5:" + "0" * 32])
def test_no_path_is_made_of_what_is_no_digest(digest):
    with pytest.raises(InvalidDigest):
        storage.open_blob(digest)


def test_a_missing_blob_is_a_missing_file():
    with pytest.raises(FileNotFoundError):
        storage.open_blob(digest_of(HELLO))


def test_a_part_of_a_file_is_copied(tmp_path):
    (tmp_path / "archive").write_bytes(bytes(1000) + HELLO * 300_000 + bytes(7))
    with Staging() as staging, (tmp_path / "archive").open("rb") as file:
        assert staging.copy_from(file, 1000, 5 * 300_000).read_bytes() == HELLO * 300_000


def test_a_part_of_bytes_in_memory_is_copied():
    with Staging() as staging:
        assert staging.copy_from(io.BytesIO(b"say hello"), 4, 5).read_bytes() == HELLO


def test_copying_beyond_the_end_of_a_file_is_refused():
    with Staging() as staging, pytest.raises(MalformedLayer, match="2 bytes early"):
        staging.copy_from(io.BytesIO(HELLO), 0, 7)


def test_a_closed_staging_leaves_its_blobs_and_nothing_else():
    with Staging() as staging:
        digest = publish(staging, HELLO)
        staging.write(WORLD)

    assert not staging.directory.exists()
    assert list(abandoned_stagings()) == []
    assert stored() == {digest}


def test_a_damaged_blob_is_replaced():
    with Staging() as staging:
        digest = publish(staging, HELLO)
        storage.blob_path(digest).write_bytes(b"")
        publish(staging, HELLO)

    assert storage.blob_path(digest).read_bytes() == HELLO


def test_a_living_staging_is_not_abandoned():
    with Staging():
        assert list(abandoned_stagings()) == []


def test_a_staging_that_ends_in_an_exception_is_abandoned():
    def fail():
        with Staging() as staging:
            publish(staging, HELLO)
            staging.publish(staging.directory / "missing", digest_of(WORLD))

    with pytest.raises(FileNotFoundError):
        fail()

    (left,) = abandoned_stagings()
    assert left.digests == {digest_of(HELLO), digest_of(WORLD)}
    left.discard(nothing)
    assert stored() == set()
    assert not left.directory.exists()


def test_a_killed_import_leaves_what_must_be_taken_away():
    def work():
        staging = Staging()
        publish(staging, HELLO)
        publish(staging, WORLD)
        staging.write(b"half a layer")

    killed(work)

    (left,) = abandoned_stagings()
    assert left.discard(lambda digests: {digest_of(HELLO)}) == [digest_of(WORLD)]
    assert stored() == {digest_of(HELLO)}
    assert list(abandoned_stagings()) == []


@pytest.mark.parametrize("left_behind", [["lock"], ["lock", "1"], [], ["1"]])
def test_a_staging_killed_while_it_is_made_or_removed_is_cleaned(data_dir, left_behind):
    directory = data_dir / "tmp/staging/6c1c2f3e-8d6e-4b3e-9d0a-0d6f1b1a2c3d"
    directory.mkdir(parents=True)
    for name in left_behind:
        (directory / name).touch()

    (left,) = abandoned_stagings()
    left.discard(nothing)
    assert not directory.exists()


def test_an_abandoned_staging_has_one_heir():
    killed(Staging)

    (left,) = abandoned_stagings()
    assert list(abandoned_stagings()) == []
    left.close()


def test_a_journal_line_cut_off_does_not_spoil_the_next():
    staging = Staging()
    with (staging.directory / "journal").open("a") as journal:
        journal.write("\nsha256:0123")
    digest = publish(staging, HELLO)

    assert staging.digests == {digest}
    staging.close()


def test_a_digest_is_journalled_before_the_blob_shows(monkeypatch):
    staging = Staging()
    monkeypatch.setattr(Path, "replace", lambda *paths: os.kill(os.getpid(), signal.SIGKILL))
    killed(lambda: publish(staging, HELLO))

    assert staging.digests == {digest_of(HELLO)}
    assert stored() == set()
    staging.close()


def test_what_a_living_import_has_published_is_not_removed():
    with Staging() as staging:
        digest = publish(staging, HELLO)
        assert storage.remove_blobs([digest], nothing) == []
    assert storage.remove_blobs([digest], nothing) == [digest]


def test_what_a_living_import_has_published_survives_the_end_of_a_killed_one():
    killed(lambda: publish(Staging(), HELLO))
    with Staging() as staging:
        publish(staging, HELLO)
        (left,) = abandoned_stagings()
        assert left.discard(nothing) == []

    assert stored() == {digest_of(HELLO)}


def test_a_claimed_blob_stays_while_the_staging_is_open():
    with Staging() as first:
        digest = publish(first, HELLO)
    with Staging() as second:
        assert second.claim(digest)
        assert storage.remove_blobs([digest], nothing) == []


def test_a_claim_on_what_is_not_there_fails():
    with Staging() as staging:
        assert not staging.claim(digest_of(HELLO))


def test_blobs_that_are_kept_are_not_removed():
    with Staging() as staging:
        digests = [publish(staging, HELLO), publish(staging, WORLD)]

    assert storage.remove_blobs(digests, lambda asked: asked & {digests[0]}) == [digests[1]]
    assert stored() == {digests[0]}


def test_many_may_publish_one_digest_at_once():
    barrier = threading.Barrier(8)
    stagings = [Staging() for _ in range(8)]

    def work(staging: Staging) -> None:
        path = staging.write(HELLO)
        barrier.wait()
        staging.publish(path, digest_of(HELLO))
        staging.close()

    threads = [threading.Thread(target=work, args=[staging]) for staging in stagings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert storage.blob_path(digest_of(HELLO)).read_bytes() == HELLO
    assert list(abandoned_stagings()) == []


def test_foreign_files_are_no_blobs(data_dir):
    (data_dir / "blobs/sha256/ab").mkdir(parents=True)
    (data_dir / "blobs/sha256/ab/readme").touch()

    assert stored() == set()
    assert list(abandoned_stagings()) == []


def test_a_boot_has_a_name():
    assert 0 < len(storage.boot_id()) <= 36
