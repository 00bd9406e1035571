"""What the engines are given: every golden archive imported, and saved again."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from layers.models import Image, Reference
from layers.operations.import_archive import import_archive
from layers.operations.save_images import ArchiveFormat, save_images
from layers.queries.selection import select_images
from layers.queries.tree import walk
from layers.storage import open_blob

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
ARCHIVES = sorted(
    str(path.relative_to(GOLDEN)) for path in GOLDEN.glob("*/*.tar") if "handmade" not in path.parent.name
)
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Expected:
    """One image as our pages show it."""

    image_id: str
    config: dict[str, Any]
    paths: frozenset[bytes]
    """The merged tree at the top."""

    @property
    def diff_ids(self) -> list[str]:
        return self.config["rootfs"]["diff_ids"]

    @property
    def steps(self) -> list[str]:
        """``created_by`` of the history, newest first."""
        return [row.get("created_by", "") for row in reversed(self.config.get("history") or [])]


def save_again(
    archive: str, directory: Path, format: ArchiveFormat, *, zstd: bool = True
) -> tuple[Path, list[Expected]]:
    """Import an archive and save all of it, in the order of the images returned; maybe not what is zstd."""
    import_archive(GOLDEN / archive)
    names = [f"{row.repository}:{row.tag}" for row in Reference.objects.order_by("pk")]
    ids = list(Image.objects.order_by("pk").values_list("image_id", flat=True))
    chosen = [pair for pair in select_images([*names, *ids]) if zstd or not is_zstd(pair[0])]
    file = directory / f"{format}.tar"
    with file.open("wb") as out:
        out.writelines(save_images(chosen, format=format))
    return file, [expected(image) for image, _ in chosen]


def is_zstd(image: Image) -> bool:
    return image.image_layers.filter(stored__compression="zstd").exists()


def expected(image: Image) -> Expected:
    with open_blob(image.image_id) as file:
        config = json.load(file)
    top = image.image_layers.count() - 1
    paths = frozenset(row.path for row in walk(image, top)) if top >= 0 else frozenset()
    return Expected(image.image_id, config, paths)


def program(name: str) -> str:
    """The path of an engine's program; skips the test where it is not installed."""
    # A distribution's docker, where a wrapper of the same name stands before it in the path.
    found = shutil.which(name, path="/usr/bin:/usr/sbin") or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*words: str | Path) -> str:
    """What a program prints; an error shows what it complained of."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
    return done.stdout


@contextmanager
def docker_engine(directory: Path) -> Iterator[list[str]]:
    """A docker engine of our own, without network; the words that its client starts with."""
    client, daemon = program("docker"), program("dockerd")
    socket = f"unix://{directory}/docker.sock"
    words = [daemon, f"--data-root={directory}/data", f"--exec-root={directory}/exec", f"--host={socket}"]
    words += [f"--pidfile={directory}/pid", "--iptables=false", "--ip6tables=false", "--bridge=none"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        if not answers([client, "-H", socket, "version"], process):
            pytest.skip(f"dockerd does not start here: {(directory / 'log').read_text()[-300:]}")
        yield [client, "-H", socket]
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def answers(words: list[str], process: subprocess.Popen[bytes]) -> bool:
    """Whether the engine answers before it ends, or before our patience does."""
    start = monotonic()
    while monotonic() - start < START_SECONDS and process.poll() is None:
        if subprocess.run(words, capture_output=True).returncode == 0:
            return True
        sleep(0.1)
    return False


def copy(source: str, target: str) -> None:
    """Have skopeo copy an image."""
    run(program("skopeo"), "--insecure-policy", "copy", "--quiet", source, target)


def paths_below(root: Path) -> frozenset[bytes]:
    """Every path below a directory, as bytes."""
    top = os.fsencode(root)
    return frozenset(
        os.path.relpath(os.path.join(directory, name), top)
        for directory, directories, files in os.walk(top)
        for name in (*directories, *files)
    )
