"""How fast images go out: ``save -o FILE`` against ``cp`` of the archive that it writes."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.clock import Run, medians, run
from bench.inputs import archive_path, forms_of, say
from bench.program import Program

GOAL = 0.8
SMALL = "bench-crowd:1000"


@dataclass(frozen=True, slots=True)
class Saved:
    """One line of the table; seconds are medians of runs that took turns."""

    name: str
    size: int
    cp: float
    save: float


def measure_saves(data: Path, program: Program, count: int) -> list[Saved]:
    """A small image, each form of ``real``, and all of these in one archive."""
    library = program.empty_library("saves")
    forms = list(forms_of("real"))
    for archive in (data / "crowd-1.tar", *(archive_path(data, "real", form) for form in forms)):
        program.manage(library, "load", archive)
    names = [f"bench-real:{form}" for form in forms]
    choices = [("a small image", [SMALL])]
    choices += [(f"real-{form}", [name]) for form, name in zip(forms, names, strict=True)]
    choices += [("all of these", [SMALL, *names])]
    return [measure(program, library, title, images, count) for title, images in choices]


def measure(program: Program, library: Path, title: str, images: list[str], count: int) -> Saved:
    """``cp`` and ``save`` of the same bytes, each into a file that is not there yet."""
    say(f"saving {title}")
    archive, target = program.work / "saved.tar", program.work / "target.tar"
    program.manage(library, "save", "-o", archive, *images)
    cp, save = medians(
        count,
        lambda: anew(target, lambda: run(["cp", archive, target])),
        lambda: anew(target, lambda: program.manage(library, "save", "-o", target, *images)),
    )
    if not same(archive, target):
        raise SystemExit("save does not write the same bytes twice")
    size = archive.stat().st_size
    archive.unlink()
    return Saved(title, size, cp, save)


def anew(target: Path, command: Callable[[], Run]) -> Run:
    """Run it without the file of the turn before, on a disk that has come to rest: all start alike."""
    target.unlink(missing_ok=True)
    os.sync()
    return command()


def same(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes."""
    return bool(shutil.which("cmp")) and not run(["cmp", one, other], fails=True).output
