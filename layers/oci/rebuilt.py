"""The Dockerfile that an image may have been built from, told from its history, layers and config.

What builders wrote down reads as it was written; what they did not is guessed,
and every guess says so. Nothing promises that building it gives the same image.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from layers.oci.changes import FORMS, ConfigChange, apply_changes, parse_changes
from layers.oci.config import History, ImageConfig, history_positions, texts
from layers.oci.dockerfile.recorded import DEFAULT_SHELL, Recorded, base_in_comment, read_row
from layers.oci.dockerfile.respell import Known, Spelled, commented, respell, respell_run, shell_of
from layers.oci.dockerfile.sources import LayerFacts, respell_copy
from layers.oci.dockerfile.spell import lines_between, quote
from layers.oci.errors import InvalidChange

SYNTAX: Final = "# syntax=docker/dockerfile:1"
GUESSED: Final = "# guessed: "
DEFAULT_PATH: Final = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What engines set where an image from scratch sets none."""
FROM_CONFIG: Final = "no step tells of it; the config has it"
FROM_COMMENT: Final = "the history names this base; it is not here, so its own steps are left out"
ARGUMENT: Final = "the build was given this; the line that declares it is not recorded"
COMMITTED: Final = "a commit of a container, or another tool: its layer is all there is of the step"
IMPORTED: Final = "a file system that was imported: its layer is all there is of it"
LOST: Final = "the history has no step for this layer"
IMPORT_COMMENT: Final = "Imported from"


@dataclass(frozen=True, slots=True)
class Base:
    """An image that the image stands on."""

    name: str
    rows: int
    """Rows of the history that are its own."""
    runtime: Mapping[str, object]
    """The ``config`` object of its config."""


@dataclass(frozen=True, slots=True)
class RebuiltLine:
    """One line, which may go over several."""

    text: str
    guess: str = ""
    """Why it is not certain; empty where it is."""
    index: int | None = None
    """The row of the history that it comes from."""
    position: int | None = None
    """The layer that the row made."""


@dataclass(frozen=True, slots=True)
class RebuiltDockerfile:
    """All lines, from the first to the last."""

    lines: tuple[RebuiltLine, ...]

    @property
    def text(self) -> str:
        """The file; a remark stands above each guessed line."""
        found = [SYNTAX] if any("<<" in line.text for line in self.lines) else []
        for line in self.lines:
            found += [f"{GUESSED}{line.guess}"] if line.guess else []
            found.append(line.text)
        return "\n".join(found) + "\n"

    @property
    def guess_count(self) -> int:
        """How many lines are guessed."""
        return sum(bool(line.guess) for line in self.lines)


def rebuild(config: ImageConfig, base: Base | None, facts: Callable[[int], LayerFacts]) -> RebuiltDockerfile:
    """The Dockerfile of an image; ``facts`` tells what a layer holds, by its position."""
    rebuilder = Rebuilder(config, facts)
    rebuilder.begin(base)
    lines = [*rebuilder.lines, *rebuilder.steps(), *rebuilder.rest()]
    return RebuiltDockerfile(tuple(lines))


class Rebuilder:
    """Goes through a history from the oldest row on."""

    def __init__(self, config: ImageConfig, facts: Callable[[int], LayerFacts]) -> None:
        self.config = config
        self.facts = facts
        self.known = Known.of(config.runtime)
        self.shell: Sequence[str] = DEFAULT_SHELL
        self.runtime: dict[str, object] = {}
        self.changes: list[ConfigChange] = []
        self.arguments: dict[str, str] = {}
        self.lines: list[RebuiltLine] = []
        self.start = 0

    def begin(self, base: Base | None) -> None:
        """``FROM``, and what the base brings with it."""
        if base is not None:
            self.start = base.rows
            self.lines.append(RebuiltLine(f"FROM {base.name}"))
            # A child does not inherit the triggers: its FROM carries them out.
            self.runtime = {name: value for name, value in base.runtime.items() if name != "OnBuild"}
            self.shell = texts(base.runtime.get("Shell")) or DEFAULT_SHELL
            return
        if DEFAULT_PATH in texts(self.config.runtime.get("Env")):
            self.runtime = {"Env": [DEFAULT_PATH]}
        named = next((at for at, row in enumerate(self.config.history) if base_in_comment(row)), None)
        if named is None:
            self.lines.append(RebuiltLine("FROM scratch"))
            return
        for row in self.config.history[:named]:
            self._step(row, None, None)
        self.runtime, self.changes = reached_by(self.runtime, self.changes), []
        self.start = named
        self.lines = [RebuiltLine(f"FROM {base_in_comment(self.config.history[named])}", FROM_COMMENT)]

    def steps(self) -> Iterator[RebuiltLine]:
        """The lines of the rows above the base, and of layers that have none."""
        count = len(self.config.diff_ids)
        positions = history_positions(self.config.history, count)
        for index in range(self.start, len(positions)):
            yield from self._step(self.config.history[index], index, positions[index])
        told = {position for position in positions if position is not None}
        for position in range(count):
            if position not in told and (self.start == 0 or position > max(told, default=-1)):
                yield RebuiltLine(layer_line(position), LOST, None, position)

    def rest(self) -> Iterator[RebuiltLine]:
        """Lines for what the config has and no step told."""
        try:
            reached = settled(apply_changes(self.runtime, self.changes))
            missing = lines_between(reached, settled(self.config.runtime))
        except InvalidChange as error:
            yield RebuiltLine(commented(str(error)), FROM_CONFIG)
            return
        emptied = [
            f"{command} []"
            for field, command in (("Entrypoint", "ENTRYPOINT"), ("Cmd", "CMD"))
            if reached.get(field) and not self.config.runtime.get(field)
        ]
        for line in (*emptied, *missing):
            yield RebuiltLine(line, FROM_CONFIG)

    def _step(self, row: History, index: int | None, position: int | None) -> list[RebuiltLine]:
        """The lines of one row."""
        recorded = read_row(row, self.shell)
        found = [RebuiltLine(*spelled, index, position) for spelled in self._spelled(row, recorded, position)]
        for line in found:
            self._follow(recorded, line)
        return found

    def _spelled(self, row: History, recorded: Recorded, position: int | None) -> Iterator[Spelled]:
        if recorded.name == "RUN":
            yield from self._given(recorded)
            yield respell_run(recorded)
        elif recorded.name in ("ADD", "COPY"):
            facts = self.facts(position) if position is not None else LayerFacts()
            yield respell_copy(recorded, facts, is_first=position == 0)
        elif recorded.name:
            yield respell(recorded, self.known, self.shell)
        else:
            yield from other(row, position)

    def _given(self, recorded: Recorded) -> Iterator[Spelled]:
        """The build arguments of a RUN that no ARG declares, or declares with another value."""
        for name, value in recorded.arguments:
            if self.arguments.get(name) == value:
                continue
            try:
                word = f"{name}={quote(value)}"
            except InvalidChange:
                continue
            if name in self.arguments:
                yield Spelled(f"# built with --build-arg {word}")
            else:
                yield Spelled(f"ARG {word}", ARGUMENT)
            self.arguments[name] = value

    def _follow(self, recorded: Recorded, line: RebuiltLine) -> None:
        """What the line does to the config, and to how the next rows are read."""
        if recorded.name == "SHELL":
            self.shell = shell_of(Spelled(line.text))
        if recorded.name == "ARG":
            name, _, value = recorded.text.strip().partition("=")
            self.arguments[name] = value
        if recorded.name in FORMS and not line.text.startswith("#"):
            try:
                changes = parse_changes([line.text], allowed=FORMS)
                apply_changes({}, changes)
            except InvalidChange:
                return  # what it should have done is among the rest
            self.changes += changes


def reached_by(runtime: Mapping[str, object], changes: Sequence[ConfigChange]) -> dict[str, object]:
    """The config after ``changes``; as it was, where they cannot be made."""
    try:
        return apply_changes(runtime, changes)
    except InvalidChange:
        return dict(runtime)


def settled(runtime: Mapping[str, object]) -> dict[str, object]:
    """The config without the times of a health check that is switched off: no line can set them."""
    health = runtime.get("Healthcheck")
    if isinstance(health, dict) and health.get("Test") == ["NONE"]:
        return {**runtime, "Healthcheck": {"Test": ["NONE"]}}
    return dict(runtime)


def other(row: History, position: int | None) -> Iterator[Spelled]:
    """A row that no builder of Dockerfiles wrote: its layer, below what the row says."""
    said = " ".join(part for part in (row.created_by, row.comment and f"({row.comment})") if part).strip()
    remark = commented(said) + "\n" if said else ""
    if position is None:
        if said:
            yield Spelled(commented(said))
        return
    is_import = row.comment.startswith(IMPORT_COMMENT)
    yield Spelled(f"{remark}{layer_line(position)}", IMPORTED if is_import else COMMITTED)


def layer_line(position: int) -> str:
    """The line that unpacks a layer as it is."""
    return f"ADD layer-{position}.tar /"
