"""``save`` writes an archive whole or not at all."""

import errno
import os
import resource
import tarfile
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command

from layers.management.output import reserve
from layers.models import Blob, Image
from layers.storage import blob_path


def test_the_file_is_an_archive_of_the_images(load, tmp_path):
    load("01")
    call_command("save", "-o", str(tmp_path / "out.tar"), "nginx:v2")

    with tarfile.open(tmp_path / "out.tar") as tar:
        assert {"manifest.json", "index.json", "oci-layout", "repositories"} <= set(tar.getnames())


def test_standard_output_takes_it_too(load, capfdbinary, tmp_path):
    load("01")
    call_command("save", "-o", str(tmp_path / "out.tar"), "nginx:v2")
    capfdbinary.readouterr()
    call_command("save", "nginx:v2")

    assert capfdbinary.readouterr().out == (tmp_path / "out.tar").read_bytes()


def test_a_damaged_blob_leaves_no_file_and_keeps_an_old_one(load, tmp_path):
    load("01")
    image = Image.objects.get(references__tag="v2")
    path = blob_path(image.image_layers.last().stored.blob.digest)
    path.write_bytes(bytes(path.stat().st_size))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.tar").write_bytes(b"old")

    with pytest.raises(CommandError, match="was changed in the blob store"):
        call_command("save", "-o", str(tmp_path / "out" / "a.tar"), "nginx:v2")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "out").iterdir()] == [("a.tar", b"old")]


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("place", [0, 700, -1])
def test_a_flipped_bit_in_any_blob_leaves_no_file(load, tmp_path, place, sealed):
    load("01")
    if not sealed:
        Blob.objects.update(seal=None)
    image = Image.objects.get(references__tag="v2")
    blobs = [image.config, *(row.stored.blob for row in image.image_layers.all())]
    (tmp_path / "out").mkdir()
    for blob in blobs:
        path = blob_path(blob.digest)
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[min(place, len(whole) - 1)] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(CommandError, match=blob.digest):
            call_command("save", "-o", str(tmp_path / "out" / "a.tar"), "nginx:v2")
        assert list((tmp_path / "out").iterdir()) == []
        path.write_bytes(whole)


@contextmanager
def room_for(size: int):
    """No file may become longer than that meanwhile."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_where_there_is_no_room_none_is_taken(load, tmp_path):
    load("01")
    (tmp_path / "out").mkdir()
    with room_for(2_000_000), pytest.raises(CommandError, match=os.strerror(errno.EFBIG)):
        call_command("save", "-o", str(tmp_path / "out" / "a.tar"), "nginx:v2")

    assert list((tmp_path / "out").iterdir()) == []


def test_blocks_are_chosen_before_a_byte_is_written(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        reserve(file, 3_000_001)

        assert os.fstat(file.fileno()).st_size == 3_000_001
        assert os.fstat(file.fileno()).st_blocks * 512 >= 3_000_001


def test_a_file_system_that_cannot_choose_is_no_obstacle():
    with open("/dev/null", "wb") as file:
        assert not can_choose(file)
        reserve(file, 3_000_001)  # it does not raise

        assert file.write(b"as before") == 9


def can_choose(file) -> bool:
    try:
        os.posix_fallocate(file.fileno(), 0, 1)
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "No image is called 'nowhere'"),
        (["nginx:v2", "-o", "/nowhere/x.tar"], "'/nowhere/x.tar': No such file or directory"),
    ],
)
def test_what_cannot_be_is_refused(words, message, load):
    load("01")
    with pytest.raises(CommandError, match=message):
        call_command("save", *words)
