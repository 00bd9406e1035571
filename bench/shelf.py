"""A library of ten million entries, written as rows: what a search has to get through.

Runs inside the program: ``manage.py shell -c "from bench.shelf import main; main(10_000_000)"``.

Images stand on the releases of a few systems, with runtimes and applications
above them, as on a shelf that has grown for years: most paths are in many layers
under the same name, a third are versioned, and some names are hashes. What only
pages of files need (contents, totals of directories) is left out.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import Final

from django.db.models import Sum
from django.db.models.functions import Length

from bench.names import Paths, content_of, made_up, settings, vocabulary
from layers.models import (
    Blob,
    Chain,
    ConfigText,
    Directory,
    FileEntry,
    HistoryRow,
    Image,
    ImageLayer,
    Layer,
    PackageChange,
    PackageScan,
    Reference,
    SearchBlock,
    SearchContent,
    SearchGram,
    SearchSegment,
    StoredLayer,
)
from layers.models.bulk import insert_rows, reserve_numbers
from layers.models.search import block_id, content_id, gram_id
from layers.oci.changeset.entry import Kind
from layers.queries.packages import READER_VERSION
from layers.queries.search_matches import read_blocks
from layers.queries.search_segments import segments

NONE: Final = b"\0\0\0"
CLOCK: Final = 1_700_000_000
RELEASES, RUNTIMES, APPS = 20, 130, 300
PACKAGES: Final = 200
"""Packages that a layer of any size brings."""
SHARES: Final = {"release": 0.06, "runtime": 0.49, "app": 0.45}


@dataclass(frozen=True, slots=True)
class Laid:
    """A layer upon those below."""

    layer: Layer
    chain: Chain


def main(total: int) -> None:
    """Write the library, and print how many entries, layers and images it has."""
    words = vocabulary()
    shelf = Shelf(words)
    releases = [
        shelf.lay(made_up(words, number % 5, number, int(total * SHARES["release"] / RELEASES)), None, number)
        for number in range(RELEASES)
    ]
    runtimes = []
    for number in range(RUNTIMES):
        paths = made_up(words, 100 + number % 13, number, int(total * SHARES["runtime"] / RUNTIMES))
        runtimes.append(shelf.lay(paths, releases[number % RELEASES], 100 + number))
    for number in range(APPS):
        paths = made_up(words, 1000 + number % 60, number, int(total * SHARES["app"] / APPS))
        app = shelf.lay(paths, runtimes[number % RUNTIMES], 1000 + number)
        top = shelf.lay(settings(paths, number), app, 2000 + number, deleted=number % 3 == 0)
        shelf.image(number, top)
    print(shelf.entries, Layer.objects.count(), Image.objects.count())


class Shelf:
    """Writes layers and images."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.entries = 0

    def lay(self, paths: Paths, below: Laid | None, seed: int, deleted: bool = False) -> Laid:
        """A layer of those paths; ``deleted`` makes whiteouts of a quarter of its files."""
        count = sum(map(len, paths.values()))
        first = reserve_numbers("entry", count)
        diff_id = f"sha256:{hashlib.sha256(f'layer {seed}'.encode()).hexdigest()}"
        layer = Layer.objects.create(
            diff_id=diff_id, tar_size=count * 2048, content_size=count * 1000, member_count=count,
            first_entry=first, entry_count=count,
        )  # fmt: skip
        insert_rows(FileEntry, entry_rows(paths, first, seed, deleted))
        self.entries += count
        parent = below.chain if below else None
        chain = Chain.objects.create(
            chain_id=f"sha256:{hashlib.sha256(f'chain {seed}'.encode()).hexdigest()}",
            layer=layer, parent=parent, depth=parent.depth + 1 if parent else 0,
            added=count, first_directory=reserve_numbers(Directory._meta.db_table, len(paths)),
            directory_count=len(paths), merged_size=count * 1000, merged_count=count,
        )  # fmt: skip
        chain.lineage = [*(parent.lineage if parent else []), chain.pk]
        chain.save()
        insert_rows(Directory, directory_rows(paths, first, chain))
        PackageScan.objects.create(chain=chain, version=READER_VERSION)
        PackageChange.objects.bulk_create(
            PackageChange(
                chain=chain, kind=0, type="deb", name=self.words[(seed * 31 + number) % len(self.words)],
                version=f"1.{number}-{seed % 5}", path=b"var/lib/dpkg/status",
            )
            for number in range(min(PACKAGES, count // 200))
        )  # fmt: skip
        return Laid(layer, chain)

    def image(self, number: int, top: Laid) -> None:
        """An image with a name and a history; its blobs are rows only."""
        digest = f"sha256:{hashlib.sha256(f'image {number}'.encode()).hexdigest()}"
        image = Image.objects.create(
            image_id=digest, config=blob(digest), chain=top.chain, os="linux", architecture="amd64",
            created="2024-01-01T00:00:00Z", size=10**9,
        )  # fmt: skip
        lines = [
            ("ENV", f"APP_{self.words[number]}=/opt/{self.words[-number]}"),
            ("LABEL", f"number={number}"),
        ]
        ConfigText.objects.bulk_create(ConfigText(image=image, field=f, text=text) for f, text in lines)
        repository = f"docker.io/library/app{number % 60}"
        Reference.objects.create(repository=repository, tag=f"v{number // 60}", image=image)
        rows = Chain.objects.in_bulk(top.chain.lineage)
        for position, key in enumerate(top.chain.lineage):
            layer = rows[key].layer
            stored, _ = StoredLayer.objects.get_or_create(
                layer=layer, defaults={"blob": blob(layer.diff_id), "compression": "plain"}
            )
            ImageLayer.objects.create(
                image=image, position=position, layer=layer, stored=stored, chain=rows[key]
            )
            word = self.words[(number * 7 + position) % len(self.words)]
            HistoryRow.objects.create(
                image=image, index=position, position=position, created_by=f"RUN apt-get install -y {word}"
            )


def blob(digest: str) -> Blob:
    return Blob.objects.get_or_create(digest=digest, defaults={"size": 1})[0]


def entry_rows(paths: Paths, first: int, seed: int, deleted: bool) -> Iterator[tuple[object, ...]]:
    """The columns of ``FileEntry``; a file's content changes with every third version."""
    number = first
    for place, names in paths.items():
        for at, name in enumerate(names):
            is_directory = f"{place}/{name}" in paths or (not place and name in paths)
            kind = Kind.DIRECTORY if is_directory else Kind.WHITEOUT if deleted and at % 4 == 0 else Kind.FILE
            content = content_of(place, name, seed, at)
            size, sha256 = (len(name) * 100, content) if kind is Kind.FILE else (0, None)
            yield number, name.encode(), kind, 0o644, 0, 0, size, CLOCK, number * 512, sha256, None, None
            number += 1


def directory_rows(paths: Paths, first: int, chain: Chain) -> Iterator[tuple[object, ...]]:
    """The columns of ``Directory``."""
    for number, (place, names) in enumerate(paths.items(), chain.first_directory):
        yield (
            number,
            chain.pk,
            place.encode(),
            first,
            len(names),
            False,
            False,
            0,
            len(names),
            len(names),
            0,
            0,
            0,
            0,
        )
        first += len(names)


def figures() -> None:
    """Print how many distinct paths the index has, and the bytes of its rows."""
    found = segments().ready
    paths = sum(1 for _ in groupby(merge(*map(paths_of, found))))
    print(paths, sum(size_of(segment) for segment in found))


def paths_of(segment: SearchSegment) -> Iterator[tuple[bytes, bytes]]:
    """The paths of a segment in order."""
    for number in range(segment.block_count):
        (block,) = read_blocks(segment, [number])
        yield from ((directory[1:-1], name) for directory, name in block.paths)


def size_of(segment: SearchSegment) -> int:
    """Bytes of the values of its rows."""
    key = segment.pk
    ranges = (
        (SearchBlock, block_id(key, 0), block_id(key + 1, 0), Length("text") + Length("places")),
        (SearchGram, gram_id(key, False, NONE), gram_id(key + 1, False, NONE), Length("postings")),
        (SearchContent, content_id(key, 0), content_id(key + 1, 0), Length("numbers")),
    )
    sums = [
        model.objects.filter(pk__gte=first, pk__lt=end).aggregate(size=Sum(size))["size"] or 0
        for model, first, end, size in ranges
    ]
    return sum(sums)
