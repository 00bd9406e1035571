"""How long an import takes: the program, dive, and what the machine needs for the bytes alone."""

import os
import shlex
import shutil
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.clock import Run, TreeMemory, medians, run
from bench.inputs import archive_path, forms_of, say
from bench.program import Program, size_of

GOALS = {"plain": 0.8, "gzip": 0.5, "zstd": 0.9}
MANY_GOAL = 1.0
UNPACKERS = {"plain": ("cat",), "gzip": ("igzip", "pigz", "gzip"), "zstd": ("zstd",)}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; seconds are medians, ``None`` where the tool is not there."""

    name: str
    load: float
    dive: float | None
    floor: float
    goal: float | None
    memory_size: int
    """Peak of all processes of the import together."""
    disk_ratio: float
    """Library against archive."""


def find_dive() -> str | None:
    """The peer: on the PATH, or where ``go install`` puts it."""
    go = os.environ.get("GOPATH", os.path.expanduser("~/go"))
    return shutil.which("dive") or shutil.which("dive", path=f"{go}/bin")


def measure_imports(data: Path, program: Program, count: int) -> list[Row]:
    """A row for each form of ``real`` and ``many``, and for ``tall``."""
    return [
        measure(data, program, name, form, count)
        for name in ("real", "many", "tall")
        for form in forms_of(name)
    ]


def measure(data: Path, program: Program, name: str, form: str, count: int) -> Row:
    """Load, dive and floor take turns, so that a slow minute of the machine meets all three."""
    say(f"importing {name}-{form}")
    archive, dive = archive_path(data, name, form), find_dive()
    blobs = layer_files(archive, program.work / "layers")
    commands = [lambda: program.load_into_empty(archive), lambda: unpack_and_hash(blobs, form)]
    if dive and name != "tall":  # dive takes minutes for 60 layers
        commands.append(lambda: run_dive(dive, archive))
    seconds = medians(count, *commands)
    with TreeMemory() as memory:
        largest = program.load_into_empty(archive).largest_size
    goal = None if name == "tall" else MANY_GOAL if name == "many" else GOALS[form]
    disk_ratio = size_of(program.work / "one") / archive.stat().st_size
    peer = seconds[2] if len(seconds) > 2 else None
    return Row(f"{name}-{form}", seconds[0], peer, seconds[1], goal, max(largest, memory.peak), disk_ratio)


def run_dive(dive: str, archive: Path) -> Run:
    """dive's analysis; its status says whether it likes the image, not whether it could read it."""
    done = run([dive, "--ci", f"docker-archive://{archive}"], os.environ | {"CI": "true"}, fails=True)
    if "Analyzing" not in done.output:
        raise SystemExit(f"dive cannot read {archive}:\n{done.output[-2000:]}")
    return done


def layer_files(archive: Path, directory: Path) -> list[Path]:
    """The archive's layers as files of their own, in order."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        members = [member for member in tar if member.name.startswith("blobs/")]
        layers = [member for member in members if not is_json(tar, member)]
        for number, member in enumerate(layers):
            source = tar.extractfile(member)
            assert source
            with (directory / f"{number:03}").open("wb") as target:
                shutil.copyfileobj(source, target, 2**20)
    return sorted(directory.iterdir())


def is_json(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    """Whether a blob is a config or manifest."""
    source = tar.extractfile(member)
    return source is not None and source.read(1) == b"{"


def unpack_and_hash(blobs: Iterable[Path], form: str) -> Run:
    """The floor: decompress each layer with the fastest tool there is, and sha256 what comes out."""
    tool = next(filter(shutil.which, UNPACKERS[form]))
    unpack = "cat" if tool == "cat" else f"{tool} -dc"
    digest = "openssl dgst -sha256" if shutil.which("openssl") else "sha256sum"
    steps = " && ".join(f"{unpack} {shlex.quote(str(blob))} | {digest}" for blob in blobs)
    return run(["sh", "-c", steps])
