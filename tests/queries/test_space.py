"""Where the bytes of an image are."""

import pytest

from layers.models import Image
from layers.oci.changeset.entry import Kind
from layers.oci.unionfs.ledger import VISIBLE, How, Item
from layers.queries.file_types import LABELS, type_of
from layers.queries.ledgers import ledger_of
from layers.queries.space import (
    by_type,
    hidden_items,
    identical_rewrites,
    largest,
    package_directories,
    space_tree,
    tar_sizes,
)
from tests.built import build, file, gone

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(tmp_path) -> Image:
    return build(
        tmp_path,
        "a:1",
        (
            "FROM scratch",
            [
                file("usr/bin/tool", b"t" * 40),
                file("usr/lib/python3/dist-packages/yaml/__init__.py", b"p" * 30),
                file("usr/lib/python3/dist-packages/yaml/_yaml.so", b"s" * 20),
                file("app/node_modules/@scope/pkg/index.js", b"j" * 15),
                file("app/node_modules/other/node_modules/deep/x.js", b"j" * 10),
            ],
        ),
        ("RUN chmod", [file("usr/bin/tool", b"t" * 40, mode=0o755)]),
        ("RUN rm", [gone("usr/lib/python3/dist-packages/yaml/_yaml.so")]),
    )


def test_a_tree_can_be_of_one_layer_or_of_one_type(image):
    assert space_tree(image).total().size == ledger_of(image).content_size == 155
    assert space_tree(image, layer=1).total().size == 40
    assert space_tree(image, sort="web").total().live == 25
    assert space_tree(image, layer=1, sort="web").total().size == 0


def test_types_add_up(image):
    portions = by_type(ledger_of(image).items)

    assert [(portion.key, portion.sums.size) for portion in portions] == [
        ("program", 80),
        ("python", 30),
        ("web", 25),
        ("library", 20),
    ]
    assert sum(portion.sums.size for portion in portions) == image.size


def test_the_largest_seen_and_hidden(image):
    items = ledger_of(image).items

    assert [(item.path, item.position) for item in largest(items, 1)] == [(b"usr/bin/tool", 1)]
    assert [item.size for item in largest(items, 5, hidden=True)] == [40, 20]
    assert [item.size for item in hidden_items(image)] == [40, 20]
    assert [item.path for item in identical_rewrites(image)] == [b"usr/bin/tool"]


def test_directories_of_packages_are_the_outermost(image):
    found = package_directories(space_tree(image))

    assert {each.path: each.sums.size for each in found} == {
        b"usr/lib/python3/dist-packages/yaml": 50,
        b"app/node_modules/@scope/pkg": 15,
        b"app/node_modules/other": 10,
    }


def test_tars_are_measured_from_the_bottom(image):
    assert tar_sizes(image) == [layer.layer.tar_size for layer in image.image_layers.order_by("position")]


@pytest.mark.parametrize(
    ("path", "kind", "sort"),
    [
        ("usr/lib/libc.so.6", Kind.FILE, "library"),
        ("usr/bin/perl", Kind.FILE, "program"),
        ("usr/share/man/man1/ls.1.gz", Kind.FILE, "document"),
        ("usr/share/locale/de/LC_MESSAGES/x.mo", Kind.FILE, "locale"),
        ("etc/passwd", Kind.FILE, "configuration"),
        ("etc/ssl/certs/ca.pem", Kind.FILE, "certificate"),
        ("var/lib/dpkg/status", Kind.FILE, "database"),
        ("a/.hidden", Kind.FILE, "other"),
        ("usr/bin/python", Kind.SYMLINK, "link"),
        ("IMAGE.PNG", Kind.FILE, "picture"),
    ],
)
def test_the_type_of_a_file(path, kind, sort):
    directory, _, name = path.encode().rpartition(b"/")

    assert type_of(Item(directory, name, 1, 0, VISIBLE, How.LIVE, kind, 0, None)) == sort
    assert sort in LABELS
