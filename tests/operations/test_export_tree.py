"""A directory is exported as it is seen at a layer: the same tree when it is read again."""

import io
import tarfile
from pathlib import Path

import pytest

from layers.models import Image
from layers.oci.changeset.entry import Kind
from layers.operations.export_tree import export_tree, image_nodes
from layers.operations.import_archive import import_archive
from layers.queries import forward
from layers.queries.files import open_entry
from layers.queries.tree import NoSuchPath, layer_of, lookup, walk

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
pytestmark = pytest.mark.django_db


def load(name: str) -> Image:
    return import_archive(next(GOLDEN.glob(name))).images[-1]


def top(image: Image) -> int:
    return image.image_layers.count() - 1


def exported(image: Image, position: int, path: bytes = b"") -> bytes:
    return b"".join(export_tree(image_nodes(image, position, path)))


def members(tar: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return {member.name: member for member in archive}


def comparable(image: Image) -> dict[bytes, tuple]:
    """The merged tree at the top, with the content of each file."""
    return {
        row.path: (*row.entry[2:6], row.entry.mtime, row.entry.sha256, row.entry.linkname, xattrs(row.entry))
        for row in walk(image, top(image))
        if row.entry.kind not in (Kind.HARDLINK, Kind.UNKNOWN)
    }


def xattrs(entry) -> tuple:
    return (entry.extra.mtime_ns, entry.extra.xattrs, entry.extra.rdev) if entry.extra else (0, (), None)


@pytest.mark.parametrize("case", range(1, 10))
def test_an_exported_root_is_imported_as_the_same_tree(case):
    image = load(f"{case:02}-*/image.tar")
    (again,) = import_archive(io.BytesIO(exported(image, top(image)))).images

    assert comparable(again) == comparable(image)


@pytest.mark.parametrize("archive", ["oci-gzip", "oci-zstd"])
def test_packed_layers_are_exported_as_plain_ones(archive):
    image, plain = load(f"10-formats/{archive}.tar"), load("10-formats/image.tar")

    assert exported(image, top(image)) == exported(plain, top(plain))


def test_a_directory_stands_under_its_own_name():
    image = load("01-webserver/image.tar")
    found = members(exported(image, top(image), b"usr/share/nginx"))

    assert list(found)[:2] == ["nginx", "nginx/html"]
    assert found["nginx/html/index.html"].size > 0


def test_an_older_layer_is_exported_as_it_was_then():
    image = load("01-webserver/image.tar")

    assert "root/.bash_history" in members(exported(image, top(image)))
    assert "root/.bash_history" not in members(exported(image, top(image) - 1))


def test_hard_links_stay_hard_links():
    image = load("04-hardlinks/image.tar")
    links = {m.name: m.linkname for m in members(exported(image, 0)).values() if m.islnk()}

    assert links["l/zzz"] == "l/one"


def test_a_link_whose_first_name_is_hidden_is_a_file():
    image = load("04-hardlinks/image.tar")
    found = members(exported(image, top(image)))

    assert "l/one" not in found
    assert found["l/zzz"].isfile()


def test_every_file_is_what_it_is_when_read_alone():
    image = load("07-names/image.tar")
    with tarfile.open(fileobj=io.BytesIO(exported(image, top(image)))) as archive:
        for member in archive:
            if member.isfile():
                row = lookup(image, top(image), member.name.encode("utf-8", "surrogateescape"))
                reader = open_entry(row.entry, layer_of(image, row.position))
                assert archive.extractfile(member).read() == reader.read(0, reader.size)


def test_a_layer_that_was_closed_is_opened_again(monkeypatch):
    image = load("01-webserver/image.tar")
    whole = exported(image, top(image))
    monkeypatch.setattr(forward, "OPEN_LAYERS", 1)

    assert exported(image, top(image)) == whole


@pytest.mark.parametrize(("path", "error"), [(b"nowhere", NoSuchPath), (b"etc/passwd", NotADirectoryError)])
def test_what_is_no_directory_is_told_before_anything_is_sent(path, error):
    image = load("01-webserver/image.tar")

    with pytest.raises(error):
        image_nodes(image, top(image), path)
