"""The archives that are measured, made once and kept.

``real``   this machine's /etc and /usr, at least 1 GiB in five layers
``many``   one layer of 200,000 small files
``tall``   60 layers, 100,000 entries in all
``wide``   five layers, 100,000 entries in all
``slim``   the same with 1,000
``crowd``  two archives of a hundred small images each

``real`` and ``many`` come three times: ``-plain``, ``-gzip`` and ``-zstd`` name the form of the layers.
"""

import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.archives import ArchiveFile, LayerFile, compressed, write_layer
from bench.trees import Member, deletions, made_up_files, made_up_pool, real_layers, with_parents

FORMS = ("plain", "gzip", "zstd")
MANY, TALL, WIDE, CROWD = 200_000, 60, 5, 200
LASTING = [number for number in range(800) if number % 80 not in range(8, 12)]
"""Files of the bottom layer of ``slim`` and ``wide`` that no layer above deletes."""


def make_inputs(data: Path) -> None:
    """Make what ``data`` lacks; about 3 GB stay, 5 GB are needed while it works."""
    data.mkdir(parents=True, exist_ok=True)
    pool = made_up_pool()
    makers: dict[str, Callable[[], list[list[Member]]]] = {
        "real": real_layers,
        "many": lambda: [with_parents(made_up_files(range(MANY), pool, 1))],
        "tall": lambda: stack(pool, 41_000, TALL, 1000),
        "wide": lambda: stack(pool, 80_000, WIDE, 5000),
        "slim": lambda: stack(pool, 800, WIDE, 50),
    }
    for name, make in makers.items():
        forms = [form for form in forms_of(name) if not archive_path(data, name, form).exists()]
        if forms:
            say(f"making {name}: {', '.join(forms)}")
            make_archives(data, name, make(), forms)
    for half in (1, 2):
        if not (data / f"crowd-{half}.tar").exists():
            say(f"making crowd-{half}")
            make_crowd(data, half, pool)


def forms_of(name: str) -> Iterable[str]:
    """The forms an input comes in: ``zstd`` only where that tool is."""
    forms = FORMS if name in ("real", "many") else ("gzip",)
    return [form for form in forms if form != "zstd" or shutil.which("zstd")]


def archive_path(data: Path, name: str, form: str) -> Path:
    """Where an input lies."""
    return data / f"{name}-{form}.tar"


def make_archives(data: Path, name: str, layers: list[list[Member]], forms: Iterable[str]) -> None:
    """One archive a form, of the same layers."""
    work = fresh(data / "work")
    plain = [write_layer(members, work / f"{position}.tar") for position, members in enumerate(layers)]
    for form in forms:
        archive = ArchiveFile(archive_path(data, name, form))
        archive.add_image(f"bench-{name}:{form}", [compressed(layer, form) for layer in plain])
        archive.close()
    shutil.rmtree(work)


def stack(pool: bytes, bottom: int, layers: int, step: int) -> list[list[Member]]:
    """A large bottom layer, and above it layers that rewrite, add and delete ``step`` files each."""
    made = [with_parents(made_up_files(range(bottom), pool, 1, 600))]
    for position in range(1, layers):
        old = range(position, bottom, bottom // (step // 2))
        new = range(bottom + position * step, bottom + position * step + step // 2)
        gone = made_up_files(range(position + 7, bottom, bottom // 10), pool, 1, 600)
        changed = made_up_files([*old, *new], pool, position + 1, 600)
        made.append(with_parents([*changed, *deletions(gone)]))
    return made


def make_crowd(data: Path, half: int, pool: bytes) -> None:
    """A hundred images upon three layers they share."""
    work = fresh(data / "work")
    shared = [small_layer(work, pool, seed, range(300)) for seed in (1, 2, 3)]
    archive = ArchiveFile(data / f"crowd-{half}.tar")
    for number in range(CROWD // 2):
        seed = half * 1000 + number
        own = small_layer(work, pool, seed, range(number, number + 20))
        archive.add_image(f"bench-crowd:{seed}", [*shared, own])
    archive.close()
    shutil.rmtree(work)


def small_layer(work: Path, pool: bytes, seed: int, numbers: Iterable[int]) -> LayerFile:
    """A gzip layer of a few made-up files."""
    members = with_parents(made_up_files(numbers, pool, seed, 600))
    return compressed(write_layer(members, work / f"{seed}.tar"), "gzip")


def fresh(directory: Path) -> Path:
    """An empty directory."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    return directory


def say(text: str) -> None:
    """Progress, apart from the table."""
    print(text, file=sys.stderr, flush=True)
