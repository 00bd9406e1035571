"""``save`` writes an archive whole or not at all."""

import tarfile

import pytest
from django.core.management import CommandError, call_command

from layers.models import Image
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
