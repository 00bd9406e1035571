"""Search of paths, held against a look at every row, and against what the kernel showed."""

import io
import tarfile
from itertools import islice

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.models import Image, SearchSegment
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import join, split
from layers.operations import index_paths as operation
from layers.operations.import_archive import import_archive
from layers.operations.index_paths import index_paths
from layers.pathindex.block import spelled
from layers.pathindex.pattern import parse_pattern
from layers.queries.change_rows import directories_of
from layers.queries.directories import entries_between
from layers.queries.search_content import find_content
from layers.queries.search_matches import Clock, OutOfTime
from layers.queries.search_paths import find_paths
from layers.queries.search_segments import segments
from layers.queries.sightings import seen
from layers.queries.versions import versions
from tests.oci import archives
from tests.oracle.golden import RECORDED, raw_path

pytestmark = pytest.mark.django_db

EVERYTHING = parse_pattern("**")
NAMES = st.sampled_from(["a", "ab", "B.pem", "etc", "id_rsa", "x" * 30])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
WHITEOUTS = PATHS.map(lambda path: "/".join([*path.split("/")[:-1], f".wh.{path.split('/')[-1]}"]))
OPAQUE = PATHS.map(lambda path: f"{path}/.wh..wh..opq")
LAYERS = st.lists(st.one_of(PATHS, PATHS, WHITEOUTS, OPAQUE), min_size=1, max_size=10, unique=True)
IMAGES = st.lists(st.lists(LAYERS, min_size=1, max_size=4), min_size=1, max_size=3)
QUERIES = [
    "a",
    "B",
    "ab",
    "id_rsa",
    "etc/",
    "etc/a",
    "/a",
    "*.pem",
    "**/id_rsa",
    "etc/*",
    "xxxxx",
    "zz",
    "a/**",
    "[ab]*",
]


def tar_of(paths: list[str], number: int) -> bytes:
    """A layer; a file holds a few bytes that many others hold too."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for at, path in enumerate(paths):
            info = tarfile.TarInfo(path)
            content = b"" if ".wh." in path else b"%d" % ((at + number) % 3)
            info.size, info.mtime = len(content), number
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def load(tmp_path, images: list[list[list[str]]]) -> None:
    """Images of layers of paths."""
    for number, layers in enumerate(images):
        tars = [tar_of(paths, at) for at, paths in enumerate(layers)]
        raw = archives.config(*tars, created=f"20{number:02}-01-01T00:00:00Z")
        members = {f"{at}.tar": tar for at, tar in enumerate(tars)}
        manifest = [{"Config": "c.json", "RepoTags": [f"i{number}:1"], "Layers": list(members)}]
        document = archives.json.dumps(manifest).encode()
        archive = tmp_path / "image.tar"
        archive.write_bytes(archives.packed(("c.json", raw), *members.items(), ("manifest.json", document)))
        import_archive(archive)


def all_rows() -> dict[bytes, set[tuple[str, int]]]:
    """Every path of every layer of every image that is no whiteout, row by row."""
    found: dict[bytes, set[tuple[str, int]]] = {}
    for image in Image.objects.all():
        for row in image.image_layers.select_related("chain__layer"):
            for directory, first, count in directories_of(row.chain):
                for entry in entries_between(first, first + count):
                    if entry.kind is not Kind.WHITEOUT:
                        path = join(directory, entry.name)
                        found.setdefault(path, set()).add((image.image_id, row.position))
    return found


def matches(text: str, path: bytes) -> int | None:
    directory, name = split(path)
    test = parse_pattern(text).in_directory(spelled(directory).lower())
    return None if test is None else test(name.lower())


def found_paths(text: str) -> list[tuple[int, bytes]]:
    return [(hit.key.rank, hit.path) for hit in find_paths(segments(), parse_pattern(text), Clock(60))]


def assert_everything_is_found() -> None:
    rows = all_rows()
    for text in QUERIES:
        expected = [(rank, *split(path)) for path in rows if (rank := matches(text, path)) is not None]
        assert found_paths(text) == [(rank, join(*path)) for rank, *path in sorted(expected)], text
    every = list(find_paths(segments(), EVERYTHING, Clock(60)))
    for path in seen(every, 1000):
        images = {image_id for image_id, _ in rows[path.path]}
        assert path.image_count == len(images)
        for image_id in images:
            assert_verdicts_are_right(image_id, path)


def assert_verdicts_are_right(image_id: str, path) -> None:
    """Held against the life of the path, which the pages of files tell."""
    life = versions(Image.objects.select_related("chain").get(image_id=image_id), path.path)
    told = {each.position: each.hidden_by for each in path.sightings if each.image.image_id == image_id}
    for at, version in enumerate(life):
        if version.entry is None:
            continue
        above = life[at + 1] if at + 1 < len(life) else None
        if version.position not in told:
            assert version.entry.kind is Kind.DIRECTORY
            assert above.entry.kind is Kind.DIRECTORY
            continue
        expected = None if above is None else (above.position, above.entry is None)
        assert told.pop(version.position) == expected, (path.path, version)
    assert not told


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(images=IMAGES, at_once=st.booleans())
def test_what_is_found_is_what_a_look_at_every_row_finds(tmp_path, images, at_once):
    with transaction.atomic():
        if at_once:
            load(tmp_path, images)
            index_paths()
        else:
            for number, image in enumerate(images):
                load(tmp_path, [image] if number == 0 else [[*images[0][:1], *image]])
                index_paths()
        assert_everything_is_found()
        transaction.set_rollback(True)


@pytest.mark.parametrize("archive", RECORDED, ids=str)
def test_what_is_visible_is_what_the_kernel_shows(archive):
    import_archive(archive.path)
    index_paths()
    every = seen(list(find_paths(segments(), EVERYTHING, Clock(60))), 1000)
    for image in archive.images:
        visible = {
            path.path
            for path in every
            for each in path.sightings
            if each.image.image_id == image["id"] and each.hidden_by is None
        }
        assert visible == {raw_path(row) for row in image["layers"][-1]["merged"]}


@pytest.fixture
def small(tmp_path):
    load(tmp_path, [[["etc/a", "etc/b", "usr/c"], ["etc/.wh.a", "etc/b"]], [["etc/a", "opt/d"]]])
    index_paths()


def test_segments_are_merged_and_nothing_is_lost(tmp_path):
    for number in range(9):
        load(tmp_path, [[[f"srv/{number}", "etc/common"]]])
        index_paths()
        assert len(SearchSegment.objects.filter(state="ready")) < 4
        assert len(found_paths("**")) == number + 4

    (hit,) = find_paths(segments(), parse_pattern("common"), Clock(60))
    assert len(hit.held) == 9
    assert segments().lacking == []


def test_merging_again_changes_no_answer(tmp_path, monkeypatch):
    for number in range(5):
        load(tmp_path, [[[f"srv/{number}", "etc/a", f"etc/{number}.pem"], ["etc/.wh.a"]]])
        index_paths()
    monkeypatch.setattr(operation, "FACTOR", 2)
    index_paths()

    assert SearchSegment.objects.filter(state="ready").count() == 1
    assert_everything_is_found()


def test_pages_go_on_where_the_last_one_ended(tmp_path):
    load(tmp_path, [[[f"d{at % 7}/name{at:03}" for at in range(300)]], [["d3/name1", "name/x"]]])
    index_paths()
    for text in ("name", "*", "d3"):
        every = found_paths(text)
        got, after = [], None
        while some := list(islice(find_paths(segments(), parse_pattern(text), Clock(60), after), 23)):
            got += [(hit.key.rank, hit.path) for hit in some]
            after = some[-1].key
        assert got == every
        assert len(every) > 40


def test_content_is_found_by_its_digest_or_its_beginning(small):
    digest = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"  # of "0"
    for prefix in (digest, digest[:12], digest[:13]):
        found = list(find_content(segments(), prefix, Clock(60)))
        assert [hit.path for hit in found] == [b"etc/a"]
        assert len(found[0].wanted) == 2
    assert list(find_content(segments(), digest[:12] + "0", Clock(60))) == []
    assert list(find_content(segments(), "0" * 12, Clock(60))) == []


def test_content_is_told_only_of_the_layers_that_hold_it(tmp_path):
    load(tmp_path, [[["a", "b"], ["b", "a"]]])
    index_paths()
    digest = "6b86b273ff34"  # of "1", which is b below and a above
    told = {
        (path.path, each.position, each.hidden_by is None)
        for path in seen(list(find_content(segments(), digest, Clock(60))), 10)
        for each in path.sightings
    }
    assert told == {(b"b", 0, False), (b"b", 1, True)} or told == {(b"b", 0, False), (b"a", 0, False)}


def test_a_search_out_of_time_says_so(small):
    with pytest.raises(OutOfTime):
        list(find_paths(segments(), EVERYTHING, Clock(-1)))
