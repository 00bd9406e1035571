"""Changes to an image's config, as Dockerfile lines: what ``docker commit --change`` takes.

Sentences of refusal are docker's own, word for word (tests/golden, 14-commit-config).
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from layers.oci.config import pairs, texts
from layers.oci.dockerfile.expand import expand, expand_words
from layers.oci.dockerfile.health import HEALTH_FIELDS, Health, parse_flags, parse_health
from layers.oci.dockerfile.lines import Instruction, parse_instructions
from layers.oci.dockerfile.ports import HIGHEST, PROTOCOLS, parse_range
from layers.oci.dockerfile.signals import is_signal
from layers.oci.errors import InvalidChange

DOCKER: Final = frozenset(
    ("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "USER", "VOLUME", "WORKDIR")
)
"""What docker takes."""
MOST_PORTS: Final = HIGHEST * len(PROTOCOLS)
FORMS: Final = DOCKER | {"SHELL", "STOPSIGNAL"}
"""What our forms offer: these two as well."""
DEFAULT_SHELL: Final = ("/bin/sh", "-c")
NO_TRIGGERS: Final = ("MAINTAINER", "FROM")
ONBUILD: Final = re.compile(r"^\s*ONBUILD\s*", re.IGNORECASE)

Runtime = dict[str, object]


class ConfigChange(NamedTuple):
    """One instruction, checked as far as can be without the config it changes."""

    name: str
    args: tuple[str, ...]
    is_json: bool
    health: Health | None
    line: str


def parse_changes(lines: Sequence[str], *, allowed: frozenset[str] = DOCKER) -> tuple[ConfigChange, ...]:
    """The changes in ``lines``; each may hold several instructions, parted by newlines.

    Raises:
        InvalidChange: the first thing docker objects to, in its words.
    """
    if not lines:
        return ()
    instructions = parse_instructions("\n".join(lines))
    for instruction in instructions:
        if instruction.name not in allowed:
            raise InvalidChange(f"{instruction.name.lower()} is not a valid change command")
    return tuple(map(_checked, instructions))


def _checked(instruction: Instruction) -> ConfigChange:
    name, flags, args, is_json, line = instruction
    if name not in ("CMD", "ENTRYPOINT") and not args:
        exactly = "exactly" if name in ("USER", "WORKDIR", "STOPSIGNAL") else "at least"
        raise InvalidChange(f"{name} requires {exactly} one argument")
    if name == "HEALTHCHECK":
        return ConfigChange(name, args, is_json, parse_health(flags, args, is_json), line)
    parse_flags(flags)
    if name in ("ENV", "LABEL") and not all(args[::2]):
        raise InvalidChange(f"{name} names can not be blank")
    if name == "VOLUME":
        args = tuple(path.strip() for path in args)
        if not all(args):
            raise InvalidChange("VOLUME specified can not be an empty string")
    if name == "SHELL" and not is_json:
        raise InvalidChange("SHELL requires the arguments to be in JSON form")
    if name == "ONBUILD":
        args = (_trigger(args[0], line),)
    return ConfigChange(name, args, is_json, None, line)


def _trigger(command: str, line: str) -> str:
    """The line that ONBUILD keeps, as it was written."""
    if command == "ONBUILD":
        raise InvalidChange("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if command in NO_TRIGGERS:
        raise InvalidChange(f"{command} isn't allowed as an ONBUILD trigger")
    return ONBUILD.sub("", line)


class PortBudget:
    """How many ports may still be named: as many as there are, but not again and again."""

    def __init__(self) -> None:
        self.left = MOST_PORTS

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise InvalidChange(
                f"EXPOSE names more than {MOST_PORTS} ports in all: name each once, there are no more."
            )


def apply_changes(
    runtime: Mapping[str, object], changes: Iterable[ConfigChange], ports: PortBudget | None = None
) -> Runtime:
    """The ``config`` object of an image after ``changes``; what is left empty falls back to what was there.

    ``ports`` is shared by those who apply changes one by one.

    Raises:
        InvalidChange: docker's sentence for what shows only once variables are put in.
    """
    state = _State(dict(runtime), ports or PortBudget())
    for change in changes:
        APPLIERS[change.name](state, change)
    return _with_defaults(state.runtime, runtime)


class _State:
    """The config on its way, and whether a CMD has been set in it."""

    def __init__(self, runtime: Runtime, ports: PortBudget) -> None:
        self.runtime = runtime
        self.ports = ports
        self.cmd_set = False

    def expand(self, word: str) -> str:
        return expand(word, self.environment())

    def environment(self) -> dict[str, str]:
        """The variables; of two with one name the first counts."""
        found: dict[str, str] = {}
        for line in texts(self.runtime.get("Env")):
            name, _, value = line.partition("=")
            found.setdefault(name, value)
        return found

    def command_line(self, change: ConfigChange) -> list[str]:
        if change.is_json:
            return list(change.args)
        return [*(texts(self.runtime.get("Shell")) or DEFAULT_SHELL), *change.args]

    def add_keys(self, field: str, keys: Iterable[str]) -> None:
        """Names in an object of empty objects, sorted as Go sorts them."""
        there, new = self.runtime.get(field), set(keys)
        if isinstance(there, dict) and all(key in there for key in new):
            return
        found = {name for name, _ in pairs(there)} | new
        if found:
            self.runtime[field] = {name: {} for name in sorted(found)}


def _cmd(state: _State, change: ConfigChange) -> None:
    state.runtime["Cmd"] = state.command_line(change)
    state.cmd_set = state.cmd_set or bool(change.args)


def _entrypoint(state: _State, change: ConfigChange) -> None:
    state.runtime["Entrypoint"] = state.command_line(change) if change.args else None
    if not state.cmd_set:
        state.runtime["Cmd"] = None


def _env(state: _State, change: ConfigChange) -> None:
    words = list(map(state.expand, change.args))
    lines = list(texts(state.runtime.get("Env")))
    for name, value in zip(words[::2], words[1::2], strict=True):
        line = f"{name}={value}"
        at = next((at for at, old in enumerate(lines) if old.partition("=")[0] == name), None)
        if at is None:
            lines.append(line)
        else:
            lines[at] = line
    state.runtime["Env"] = lines


def _label(state: _State, change: ConfigChange) -> None:
    words = list(map(state.expand, change.args))
    labels = dict(pairs(state.runtime.get("Labels"))) | dict(zip(words[::2], words[1::2], strict=True))
    state.runtime["Labels"] = {name: labels[name] for name in sorted(labels)}


def _expose(state: _State, change: ConfigChange) -> None:
    environment = state.environment()
    words = [word for arg in sorted(change.args) for word in expand_words(arg, environment)]
    ports: list[str] = []
    for word in words:
        numbers, protocol = parse_range(word)
        state.ports.take(len(numbers))
        ports += [f"{number}/{protocol}" for number in numbers]
    state.add_keys("ExposedPorts", ports)


def _volume(state: _State, change: ConfigChange) -> None:
    state.add_keys("Volumes", map(state.expand, change.args))


def _user(state: _State, change: ConfigChange) -> None:
    state.runtime["User"] = state.expand(change.args[0])


def _workdir(state: _State, change: ConfigChange) -> None:
    path = state.expand(change.args[0])
    if not path:
        raise InvalidChange("cannot normalize nothing")
    if not path.startswith("/"):
        current = "".join(texts(state.runtime.get("WorkingDir")))
        path = posixpath.normpath(f"/{current.lstrip('/')}/{path}").replace("//", "/", 1)
    state.runtime["WorkingDir"] = path


def _healthcheck(state: _State, change: ConfigChange) -> None:
    state.runtime["Healthcheck"] = change.health


def _onbuild(state: _State, change: ConfigChange) -> None:
    state.runtime["OnBuild"] = [*texts(state.runtime.get("OnBuild")), *change.args]


def _stopsignal(state: _State, change: ConfigChange) -> None:
    signal = state.expand(change.args[0])
    if not is_signal(signal):
        raise InvalidChange(f"Invalid signal: {signal}")
    state.runtime["StopSignal"] = signal


def _shell(state: _State, change: ConfigChange) -> None:
    state.runtime["Shell"] = list(change.args)


APPLIERS: Final[Mapping[str, Callable[[_State, ConfigChange], None]]] = {
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "ONBUILD": _onbuild,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}


def _with_defaults(changed: Runtime, old: Mapping[str, object]) -> Runtime:
    """What docker's ``merge`` puts back from the container's config where a change left nothing."""
    if not changed.get("Entrypoint"):
        if not changed.get("Cmd"):
            changed["Cmd"] = old.get("Cmd")
        if changed.get("Entrypoint") is None:
            changed["Entrypoint"] = old.get("Entrypoint")
    if "User" in changed:
        changed["User"] = changed["User"] or old.get("User", "")
    new_health, old_health = changed.get("Healthcheck"), old.get("Healthcheck")
    if isinstance(new_health, dict) and isinstance(old_health, dict):
        both = {name: new_health.get(name) or old_health.get(name) for name in HEALTH_FIELDS}
        changed["Healthcheck"] = {name: value for name, value in both.items() if value}
    return changed
