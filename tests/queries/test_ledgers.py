"""The ledger of every archive that can be imported: to the byte, and against counts made elsewhere."""

from base64 import b64decode
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from layers.models import Chain, Image
from layers.oci.changeset.paths import as_text
from layers.oci.changeset.reader import read_members
from layers.oci.errors import OCIError
from layers.oci.unionfs.accounting import account
from layers.oci.unionfs.ledger import Ledger
from layers.operations.import_archive import import_archive
from layers.operations.make_demo import make_demo
from layers.queries.held import held_directories
from layers.queries.images import find_image
from layers.queries.ledgers import EMPTY, ledger_of, ledger_of_chain
from layers.queries.tree import walk
from tests.built import build, file
from tests.oci.accounts import LIMITS
from tests.oci.accounts import ledger_of as ledger_of_tars
from tests.oci.edits import layers_of
from tests.oracle.golden import ARCHIVES, GOLDEN, RECORDED, Row

pytestmark = pytest.mark.django_db


def assert_adds_up(image: Image) -> None:
    """Live, shadowed and deleted are the content of each layer, and of all of them; at each height."""
    sizes = list(image.image_layers.order_by("position").values_list("layer__content_size", flat=True))
    for place in image.image_layers.select_related("chain"):
        ledger = ledger_of_chain(place.chain)
        assert [layer.live + layer.shadowed + layer.deleted for layer in ledger.layers] == sizes[
            : place.position + 1
        ]
        assert sum(item.size for item in ledger.items) == sum(sizes[: place.position + 1])
        assert sum(layer.hides for layer in ledger.layers) == ledger.wasted
    assert ledger_of(image).content_size == image.size


def disk_usage(rows: Iterable[Row]) -> int:
    """What ``du --apparent-size`` counts of a recorded tree's files and symlinks: each inode once."""
    seen, size = set(), 0
    for row in rows:
        group = row.get("hardlink_group")
        if group is not None and group in seen:
            continue
        seen.add(group)
        size += row["size"] if row["type"] == "file" else 0
        if row["type"] == "symlink":
            size += len(b64decode(row["linkname_b64"]) if "linkname_b64" in row else row["linkname"].encode())
    return size


@pytest.mark.parametrize("archive", ARCHIVES, ids=str)
def test_every_ledger_adds_up(archive):
    try:
        images = import_archive(archive.path).images
    except OCIError:
        return
    for image in images:
        assert_adds_up(image)


def test_the_demo_images_add_up():
    make_demo()

    for name in ("webserver:v1", "webserver:v2", "shop:v1"):
        assert_adds_up(find_image(name))


@pytest.mark.parametrize("archive", RECORDED, ids=str)
def test_what_is_live_is_what_the_kernel_shows(archive):
    import_archive(archive.path)
    for recorded in archive.images:
        image = find_image(recorded["id"])
        for place, layer in zip(
            image.image_layers.select_related("chain").order_by("position"), recorded["layers"], strict=True
        ):
            assert ledger_of_chain(place.chain).live == disk_usage(layer["merged"]), place.position


@pytest.mark.parametrize("archive", RECORDED, ids=str)
def test_live_items_are_paths_of_the_merged_tree_and_hidden_ones_are_not_its_content(archive):
    for image in import_archive(archive.path).images:
        if image.chain is None:
            continue
        shown = {row.path: row.position for row in walk(image, image.chain.depth)}
        for item in ledger_of(image).items:
            if item.is_live:
                assert shown[item.path] == item.position
            elif item.how.is_deleted:
                assert item.path not in shown or shown[item.path] > item.hidden_by
            else:
                assert shown.get(item.path) != item.position, as_text(item.path)


@pytest.mark.parametrize("count", [1, 3, 2000])
def test_the_rows_give_the_ledger_that_the_tars_give(count, monkeypatch):
    monkeypatch.setattr("layers.queries.held.ENTRIES_A_QUERY", count)
    for case in ("02-delete-opaque", "04-hardlinks", "07-names"):
        archive = GOLDEN / case / "image.tar"
        (image,) = import_archive(archive).images
        expected, _ = ledger_of_tars([list(read_members([tar], LIMITS)) for tar in layers_of(archive)])

        found = account(held_directories(image.chain.lineage), len(image.chain.lineage))
        assert found == expected


def test_what_is_kept_is_bounded_but_for_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr("layers.queries.ledgers.ITEMS_KEPT", 3)
    small = build(tmp_path, "small:1", ("RUN", [file("a", b"1"), file("b", b"2")]))
    large = build(tmp_path, "large:1", ("RUN", [file(f"f{number}", b"x") for number in range(9)]))
    first = ledger_of(small)

    assert ledger_of(small) is first
    assert ledger_of(large) is ledger_of(large)
    assert ledger_of(small) is not first


def test_a_ledger_is_made_once_for_a_chain(django_assert_num_queries):
    make_demo()
    image = find_image("webserver:v1")
    first = ledger_of(image)

    with django_assert_num_queries(0):
        assert ledger_of(image) is first


def test_a_ledger_is_made_once_however_many_ask_at_the_same_time(monkeypatch):
    made = []

    def slow(directories: object, count: int) -> Ledger:
        made.append(count)
        sleep(0.1)
        return EMPTY

    monkeypatch.setattr("layers.queries.ledgers.account", slow)
    monkeypatch.setattr("layers.queries.ledgers.held_directories", lambda lineage: ())
    chain = Chain(pk=-1, chain_id="sha256:asked-for-at-once", lineage=[1])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ledger_of_chain, [chain] * 8))

    assert made == [1]


def test_a_chain_with_the_key_of_one_that_was_deleted_has_a_ledger_of_its_own():
    make_demo()
    chain = find_image("webserver:v1").chain
    first = ledger_of_chain(chain)

    other = Chain(pk=chain.pk, chain_id="sha256:" + "0" * 64, lineage=chain.lineage[:1])
    assert ledger_of_chain(other) is not first


def test_an_image_without_layers_has_an_empty_ledger():
    assert ledger_of(Image()).content_size == 0
