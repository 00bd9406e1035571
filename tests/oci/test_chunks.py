"""Parts of a file, read in portions."""

import io

import pytest

from layers.oci.changeset.chunks import read_chunks
from layers.oci.errors import MalformedLayer

TEXT = b"four and twenty blackbirds " * 400


def test_a_part_of_a_file_is_read_without_moving_it(tmp_path):
    (tmp_path / "archive").write_bytes(TEXT)
    with (tmp_path / "archive").open("rb") as file:
        assert b"".join(read_chunks(file, 10, 5000, chunk=333)) == TEXT[10:5010]
        assert file.tell() == 0


def test_a_part_of_bytes_in_memory_is_read():
    assert b"".join(read_chunks(io.BytesIO(TEXT), 10, 5000, chunk=333)) == TEXT[10:5010]


def test_a_part_beyond_the_end_of_the_file_is_named(tmp_path):
    (tmp_path / "archive").write_bytes(b"short")
    message = "ends at byte 5, 3 bytes"
    with (tmp_path / "archive").open("rb") as file, pytest.raises(MalformedLayer, match=message):
        list(read_chunks(file, 1, 7))
