"""How a container of an image would start, as rows to show: the config's ``config`` object, read kindly.

Nothing here may trust the types in it: a stranger wrote them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from layers.oci.config import pairs, texts
from layers.oci.findings.values import SECRET_NAME

SECOND = 1_000_000_000
"""Go keeps times of a health check in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: with a name for environment, labels and the like, else only its text."""

    text: str
    name: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether its name says that it should not be read over a shoulder."""
        return bool(self.text and SECRET_NAME.search(self.name))


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of the config, by the Dockerfile instruction that sets it."""

    instruction: str
    field: str
    values: tuple[Value, ...]


def lines(value: object) -> tuple[Value, ...]:
    return tuple(Value(text) for text in texts(value) if text)


def environment(value: object) -> tuple[Value, ...]:
    """``NAME=value`` strings, in their order."""
    split = (text.partition("=") for text in texts(value))
    return tuple(Value(text, name) for name, _, text in split)


def exec_form(value: object) -> tuple[Value, ...]:
    """A command as a Dockerfile's JSON form has it: one line, each word in quotes."""
    return (
        (Value(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)),) if value else ()
    )


def names(value: object) -> tuple[Value, ...]:
    """The names of a set that Go spells as an object of empty objects."""
    return tuple(Value(name) for name, _ in pairs(value))


def named(value: object) -> tuple[Value, ...]:
    """Names with values, sorted."""
    return tuple(Value(text, name) for name, text in pairs(value))


def health(value: object) -> tuple[Value, ...]:
    """A check and its times, in seconds."""
    if not isinstance(value, dict):
        return lines(value)
    shown = {
        name: f"{item / SECOND:g} s" if isinstance(item, int) and item >= SECOND else item
        for name, item in value.items()
    }
    return tuple(
        Value(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False), name)
        for name, item in shown.items()
    )


READERS: dict[str, tuple[str, Callable[[object], tuple[Value, ...]]]] = {
    "ENTRYPOINT": ("Entrypoint", exec_form),
    "CMD": ("Cmd", exec_form),
    "ENV": ("Env", environment),
    "WORKDIR": ("WorkingDir", lines),
    "USER": ("User", lines),
    "EXPOSE": ("ExposedPorts", names),
    "VOLUME": ("Volumes", names),
    "LABEL": ("Labels", named),
    "HEALTHCHECK": ("Healthcheck", health),
    "STOPSIGNAL": ("StopSignal", lines),
    "SHELL": ("Shell", exec_form),
    "ONBUILD": ("OnBuild", lines),
}


def settings_of(runtime: Mapping[str, object]) -> list[Setting]:
    """Every field that a Dockerfile can set, those that are unset with no values."""
    return [
        Setting(instruction, field, read(runtime.get(field)))
        for instruction, (field, read) in READERS.items()
    ]
