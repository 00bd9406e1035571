"""The index of paths is kept: new layers come in, deleted ones go, and a killed writer leaves nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from layers.models import (
    Chain,
    FileEntry,
    Image,
    Layer,
    SearchBlock,
    SearchContent,
    SearchGram,
    SearchSegment,
)
from layers.operations import index_paths as operation
from layers.operations import write_segment as writing
from layers.operations.delete_image import delete_image
from layers.operations.import_archive import import_archive
from layers.operations.index_configs import index_configs, unindexed_images
from layers.operations.index_paths import index_paths, is_index_due, merges
from layers.operations.index_sources import Vanished
from layers.pathindex.pattern import parse_pattern
from layers.queries.search import find
from layers.queries.search_matches import Clock
from layers.queries.search_paths import find_paths
from layers.queries.search_segments import segments
from layers.storage import alone

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

pytestmark = pytest.mark.django_db


def load(case: str) -> list[Image]:
    return import_archive(next(GOLDEN.glob(f"{case}-*")) / "image.tar").images


def paths(text: str = "**") -> list[bytes]:
    return [hit.path for hit in find_paths(segments(), parse_pattern(text), Clock(60))]


def rows() -> list[int]:
    return [model.objects.count() for model in (SearchBlock, SearchGram, SearchContent)]


def age(segment: SearchSegment) -> None:
    """As if it had last changed a while ago."""
    SearchSegment.objects.filter(pk=segment.pk).update(changed_at=timezone.now() - timedelta(hours=1))


def test_layers_are_indexed_once():
    load("01")
    assert is_index_due()
    assert find("paths", "passwd", limit=5).lacking == Layer.objects.count()

    assert index_paths() == Layer.objects.count()
    assert not is_index_due()
    assert index_paths() == 0
    assert find("paths", "passwd", limit=5).lacking == 0


def test_paths_of_deleted_images_are_found_no_more():
    images = load("01")
    load("02")
    index_paths()
    before = paths()
    for image in images:
        delete_image(image=image)

    assert b"usr/share/nginx" in before
    assert b"usr/share/nginx" not in paths()


def test_an_index_of_deleted_layers_is_written_again():
    images = load("01")
    load("02")
    index_paths()
    segment = SearchSegment.objects.get()
    sizes = dict(zip(segment.layers, segment.sizes, strict=True))
    for image in images:
        delete_image(image=image)
    left = set(Layer.objects.values_list("pk", flat=True))
    assert 2 * sum(sizes[layer] for layer in left) < sum(sizes.values())
    assert is_index_due()
    index_paths()

    new = SearchSegment.objects.get(state="ready")
    assert new.path_count < segment.path_count
    assert set(new.layers) == left


def test_a_library_without_images_keeps_no_index():
    load("01")
    index_paths()
    for image in Image.objects.all():
        delete_image(image=image)
    index_paths()
    age(SearchSegment.objects.get())
    index_paths()

    assert not SearchSegment.objects.exists()
    assert rows() == [0, 0, 0]


def test_a_replaced_segment_stays_for_searches_that_have_begun(monkeypatch):
    load("01")
    index_paths()
    load("02")
    monkeypatch.setattr(operation, "MOST_COPIES", 100)
    index_paths()
    monkeypatch.setattr(operation, "FACTOR", 2)
    running = segments()
    index_paths()

    assert [segment.state for segment in SearchSegment.objects.order_by("pk")] == [
        "retired",
        "retired",
        "ready",
    ]
    found = [hit.path for hit in find_paths(running, parse_pattern("passwd"), Clock(60))]
    assert found == paths("passwd")
    for segment in SearchSegment.objects.filter(state="retired"):
        age(segment)
    assert is_index_due()
    index_paths()
    assert SearchSegment.objects.count() == 1


def test_a_killed_writer_leaves_nothing(monkeypatch):
    load("01")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_contents", killed)
        patch.setattr(writing, "drop", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            index_paths()
    assert rows() != [0, 0, 0]
    assert paths() == []

    index_paths()
    assert SearchSegment.objects.get().state == "ready"
    assert b"etc/passwd" in paths()


def test_one_process_indexes_at_a_time():
    load("01")
    with alone("search") as is_ours:
        assert is_ours
        assert index_paths() == 0
    assert index_paths() > 0


def test_a_layer_that_goes_while_it_is_read_does_not_hold_up_the_others(monkeypatch):
    load("01")
    gone = Layer.objects.latest("pk")
    read = writing.sources_of

    def deleted_meanwhile(layers, replaced, ordinals):
        sources = read(layers, replaced, ordinals)
        if gone.pk in layers:
            Layer.objects.filter(pk=gone.pk).update(staging="gone")
            FileEntry.objects.filter(pk__gte=gone.first_entry).delete()
        return sources

    monkeypatch.setattr(writing, "sources_of", deleted_meanwhile)

    assert index_paths() == Layer.objects.filter(staging="").count()


def test_a_library_whose_entries_are_lost_is_told_of():
    load("01")
    FileEntry.objects.all().delete()

    with pytest.raises(Vanished):
        index_paths()
    assert not SearchSegment.objects.exists()


def test_segments_of_one_size_are_merged_when_there_are_four(monkeypatch):
    ready = [
        SearchSegment(pk=at, layers=[at], sizes=[count], path_count=count)
        for at, count in enumerate([100, 200, 5000, 300, 6000, 90_000, 100])
    ]
    found = segments()
    found = type(found)(ready, frozenset(range(7)), [])

    assert [[segment.pk for segment in some] for some in merges(found)] == [[0, 1, 3, 6]]


def test_all_segments_are_merged_when_they_hold_too_much_twice():
    def merged(*counts: int) -> list[int]:
        ready = [
            SearchSegment(pk=at, layers=[at], sizes=[count], path_count=count)
            for at, count in enumerate(counts)
        ]
        found = type(segments())(ready, frozenset(range(len(counts))), [])
        return [len(some) for some in merges(found)]

    assert merged(100_000, 70_000, 20_000) == []
    assert merged(100_000, 70_000, 20_000, 11_000) == [4]
    assert merged(100_000) == merged() == []


def test_segments_that_one_could_not_hold_stay_apart(monkeypatch):
    monkeypatch.setattr(operation, "LARGEST", 250)
    ready = [SearchSegment(pk=at, layers=[at], sizes=[200], path_count=200) for at in range(4)]
    found = type(segments())(ready, frozenset(range(4)), [])

    assert list(merges(found)) == []


def test_many_layers_are_indexed_some_at_a_time(monkeypatch):
    load("01")
    monkeypatch.setattr(operation, "ENTRIES_AT_ONCE", 1)
    monkeypatch.setattr(operation, "FACTOR", 100)
    monkeypatch.setattr(operation, "MOST_COPIES", 100)
    index_paths()

    assert SearchSegment.objects.count() == Layer.objects.count()
    assert Chain.objects.count() >= Layer.objects.count()


def test_configs_are_indexed_once():
    load("09")
    count = Image.objects.count()

    assert index_configs() == count
    assert index_configs() == 0
    assert not unindexed_images().exists()


def test_a_config_that_is_lost_does_not_hold_up_the_others(data_dir, caplog):
    load("09")
    image = Image.objects.earliest("pk")
    next(data_dir.rglob(image.image_id.partition(":")[2])).unlink()

    assert index_configs() == Image.objects.count()
    assert find("config", image.architecture, limit=5).total == 1
    assert "is not indexed" in caplog.text
