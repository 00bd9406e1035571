"""Where damage starts: recorded layers and documents, hostile files, and what packs them."""

import gzip
import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import zstandard

from tests.oci.tars import header, member, pax, tar

TESTS: Final = Path(__file__).resolve().parent.parent
GOLDEN: Final = TESTS / "golden"
LARGEST: Final = 64 * 1024
NAMES: Final = (
    *(b"nginx", b"nginx:1.27", b"docker.io/library/nginx:latest", b"localhost:5000/a/b.c__d-e:T_1.x"),
    *(b"quay.io/a/b@sha256:" + b"0" * 64, b"a" * 255, b"index.docker.io/x", b"[::1]:5000/x"),
)
MEMBERS: Final = tar(
    member(b"etc/", kind=b"5"),
    member(b"etc/motd", b"hello"),
    member(b"etc/.wh.gone"),
    member(b"ln", kind=b"2", linkname=b"etc/motd"),
    member(b"hard", kind=b"1", linkname=b"etc/motd"),
    pax([(b"path", b"a/" + b"n" * 200), (b"SCHILY.xattr.user.x", b"\xff"), (b"mtime", b"1.5")]),
    member(b"short", b"body"),
    header(b"null", kind=b"3"),
    member(b"./././@LongLink", b"g" * 150 + b"\0", kind=b"L", magic=b"ustar  \0"),
    member(b"gnu", b"body", magic=b"ustar  \0"),
)


@cache
def seeds() -> dict[str, list[bytes]]:
    """For each target, what to damage."""
    archives = [path.read_bytes() for path in sorted(GOLDEN.glob("*/*.tar"))]
    inner = [data for archive in archives for data in contents(archive)]
    layers = [data for data in inner if data[257:262] == b"ustar"][:120]
    documents = [data for data in inner if data[:1] in b"{["][:200]
    hostile = list(hostile_files())
    small = [MEMBERS, *layers[:20]]
    packed = [gzip.compress(data, 1) for data in small]
    packed += [zstandard.ZstdCompressor().compress(data) for data in small]
    return {
        "layer": [MEMBERS, *layers, *[data for data in hostile if data[257:262] == b"ustar"]],
        "whiteouts": [bytes(range(256)), b"\1\2\4\2\0\0\3\2\5\2\0\0\6\0"],
        "compressed": packed + [data for data in hostile if data[:2] in (b"\x1f\x8b", b"\x28\xb5")],
        "documents": documents,
        "archives": [data for data in (*archives, *hostile) if len(data) <= LARGEST],
        "references": list(NAMES),
    }


def contents(archive: bytes) -> Iterator[bytes]:
    """The files of a recorded archive that are small enough."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as outer:
        for info in outer:
            if info.isfile() and 0 < info.size <= LARGEST:
                yield outer.extractfile(info).read()  # type: ignore[union-attr]


def hostile_files() -> Iterator[bytes]:
    """Small files of the hostile collection."""
    with TemporaryDirectory() as folder:
        maker = TESTS / "hostile" / "make_hostile.py"
        subprocess.run([sys.executable, maker, folder, "--only", "*"], check=True, capture_output=True)
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and path.stat().st_size <= LARGEST and path.suffix != ".csv":
                yield path.read_bytes()
