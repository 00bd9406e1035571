"""Every limit, passed: the sentence names it, what it allows and what was found; nothing is kept."""

import gzip
import io
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import zstandard

from layers.models import Blob, Image, Layer
from layers.oci.digest import Digest
from layers.oci.errors import LimitExceeded
from layers.oci.limits import GIB, MIB, SHARED, Limits
from layers.operations.import_archive import import_archive
from tests.oci.archives import LAYER, Layout, config, docker, packed

pytestmark = pytest.mark.django_db


def layered(layer: bytes, stored: bytes | None = None, **members: object) -> bytes:
    """An image of one layer, as ``docker save`` writes it."""
    raw = config(layer, **members)
    name = f"{Digest.of(raw).hex}.json"
    return packed(*(docker(Config=name) | {name: raw, "00/layer.tar": stored or layer}).items())


def tar(info: tarfile.TarInfo, content: bytes = b"") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as made:
        info.size = len(content)
        made.addfile(info, io.BytesIO(content))
    return file.getvalue()


def link(target: str) -> bytes:
    info = tarfile.TarInfo("link")
    info.type, info.linkname = tarfile.SYMTYPE, target
    return tar(info)


def with_pax(**headers: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo("file")
    info.pax_headers = {name.replace("_", "."): value for name, value in headers.items()}
    return info


def sparse() -> bytes:
    """One file of one stored region, its map before its bytes (``GNU.sparse`` 1.0)."""
    headers = {"GNU_sparse_major": "1", "GNU_sparse_minor": "0", "GNU_sparse_realsize": "5"}
    info = with_pax(**headers)
    info.pax_headers["GNU.sparse.name"] = "file"
    return tar(info, b"1\n0\n5\n".ljust(512, b"\0") + b"12345")


def indexed(depth: int = 1) -> bytes:
    """An image below so many indexes."""
    files = Layout()
    entry = files.image(config(LAYER), LAYER)
    for _ in range(depth):
        entry = files.index(entry)
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    return packed(*files.files.items(), ("index.json", index))


TWO = packed(("a", b"1"), ("b", b"2"))
LARGE = packed(("zeros", bytes(100_000)))
LONG = packed(("directory/name", b""))
CASES: Mapping[str, tuple[Mapping[str, int], bytes]] = {
    "upload_size": ({"upload_size": 1000}, layered(LAYER)),
    "unpacked_size": ({"unpacked_size": 1000}, layered(LARGE)),
    "ratio": ({"ratio": 2, "ratio_floor": 1000}, layered(LARGE, gzip.compress(LARGE))),
    "layer_entries": ({"layer_entries": 1}, layered(TWO)),
    "image_entries": ({"image_entries": 1}, layered(TWO)),
    "layers": ({"layers": 0}, layered(LAYER)),
    "images": ({"images": 0}, layered(LAYER)),
    "tags": ({"tags": 0}, layered(LAYER)),
    "index_entries": ({"index_entries": 0}, indexed()),
    "index_depth": ({"index_depth": 2}, indexed(3)),
    "descriptors": ({"descriptors": 1}, indexed()),
    "archive_members": ({"archive_members": 2}, layered(LAYER)),
    "path_length": ({"path_length": 10}, layered(LONG)),
    "component_length": ({"component_length": 5}, layered(LONG)),
    "path_depth": ({"path_depth": 1}, layered(LONG)),
    "link_length": ({"link_length": 3}, layered(link("target"))),
    "extension_size": ({"extension_size": 10}, layered(tar(with_pax(comment="a" * 100)))),
    "extension_run": ({"extension_run": 0}, layered(tar(with_pax(comment="a")))),
    "sparse_regions": ({"sparse_regions": 0}, layered(sparse())),
    "json_size": ({"json_size": 100}, layered(LAYER)),
    "json_depth": ({"json_depth": 1}, layered(LAYER)),
    "json_digits": ({"json_digits": 3}, layered(LAYER, odd=123456)),
    "json_string": ({"json_string": 80}, layered(LAYER, odd="a" * 100)),
    "zstd_window": ({"zstd_window": 1024}, layered(LARGE, zstandard.compress(LARGE))),
    "frames": ({"frames": 1}, layered(LAYER, gzip.compress(LAYER[:512]) + gzip.compress(LAYER[512:]))),
}
ELSEWHERE = {"ratio_floor", "link_hops"}
"""The first is a part of ``ratio``; the second is asked when somebody looks (``test_files.py``)."""


def test_every_limit_is_passed_here():
    assert set(CASES) | ELSEWHERE == set(Limits.__slots__)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("profile", [Limits(), SHARED], ids=["laptop", "shared"])
def test_a_limit_that_is_passed_is_named_with_both_figures(tmp_path, name, profile):
    changed, archive = CASES[name]
    path = Path(tmp_path, "a.tar")
    path.write_bytes(archive)

    with pytest.raises(LimitExceeded) as caught:
        import_archive(path, limits=replace(profile, **changed))

    assert re.search(rf"limit {name} = {changed[name]}, found \S+", str(caught.value))
    assert not any(model.objects.exists() for model in (Image, Layer, Blob))


def test_what_is_not_changed_lets_the_same_archives_in(tmp_path):
    """So it is the limit that refuses them."""
    for name, (_, archive) in CASES.items():
        path = Path(tmp_path, f"{name}.tar")
        path.write_bytes(archive)
        assert import_archive(path).images, name


@pytest.mark.parametrize(
    ("name", "laptop", "shared"),
    [
        ("upload_size", 20 * GIB, 2 * GIB),
        ("unpacked_size", 64 * GIB, 8 * GIB),
        ("ratio", 1000, 200),
        ("layer_entries", 1_000_000, 300_000),
        ("image_entries", 2_000_000, 600_000),
    ],
)
def test_the_figures_of_each_profile(name, laptop, shared):
    assert (getattr(Limits(), name), getattr(SHARED, name)) == (laptop, shared)


def test_the_figures_of_both_profiles():
    differing = {"upload_size", "unpacked_size", "ratio", "layer_entries", "image_entries"}
    both = {
        "ratio_floor": 64 * MIB,
        "layers": 256,
        "images": 100,
        "tags": 200,
        "index_entries": 100,
        "index_depth": 5,
        "descriptors": 10_000,
        "archive_members": 100_000,
        "path_length": 4096,
        "component_length": 255,
        "path_depth": 1024,
        "link_length": 4096,
        "link_hops": 40,
        "extension_size": MIB,
        "extension_run": 32,
        "sparse_regions": 100_000,
        "json_size": 4 * MIB,
        "json_depth": 64,
        "json_digits": 19,
        "json_string": MIB,
        "zstd_window": 128 * MIB,
        "frames": 100_000,
    }
    for limits in (Limits(), SHARED):
        assert {name: value for name, value in asdict(limits).items() if name not in differing} == both


def test_the_command_says_the_same(program, tmp_path):
    path = Path(tmp_path, "a.tar")
    path.write_bytes(layered(TWO))

    refused = program("load", "-i", str(path), env={"IMAGEBROWSER_LIMIT_LAYER_ENTRIES": "1"})

    assert refused.returncode == 1
    assert b"limit layer_entries = 1, found 2" in refused.stderr
