"""Dockerfile lines for values: what a form holds, written so that docker reads it back as it was."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from layers.oci.config import pairs, texts
from layers.oci.dockerfile.health import OPTIONS, UNITS
from layers.oci.errors import InvalidChange, shown

SIMPLE = re.compile(r"[\w.,:/@%+=-]+")
SIMPLE_NAME = re.compile(r"[\w.-]+", re.ASCII)
SPECIAL = re.compile(r"[\\\"'$]")
SPECIAL_IN_QUOTES = re.compile(r'[\\"$]')
ESCAPED = r"\\\g<0>"
LONGEST_FIRST = ("h", "m", "s", "ms", "us", "ns")


def spell_words(command: str, words: Iterable[str]) -> str:
    """CMD, ENTRYPOINT or SHELL in the form that no shell reads.

    >>> spell_words("CMD", ["nginx", "-g", "daemon off;"])
    'CMD ["nginx", "-g", "daemon off;"]'
    """
    return f"{command} {json.dumps(list(words), ensure_ascii=False)}"


def spell_pair(command: str, name: str, value: str) -> str:
    """ENV or LABEL. Raises ``InvalidChange`` for what no line can hold.

    >>> print(spell_pair("ENV", "PATH", "/bin"), spell_pair("LABEL", "say", 'costs "5$"'))
    ENV PATH=/bin LABEL say="costs \\"5\\$\\""
    """
    if not name or "=" in name:
        raise InvalidChange(f"{shown(name)} is no name for {command}: it is not empty and has no '='.")
    return f"{command} {name if SIMPLE_NAME.fullmatch(name) else quote(name)}={quote(value)}"


def spell_text(command: str, text: str) -> str:
    """USER, WORKDIR or STOPSIGNAL. Raises ``InvalidChange`` for what no line can hold."""
    return f"{command} {quote(text)}"


def spell_volumes(paths: Iterable[str]) -> str:
    """VOLUME. Its words are read by the small shell even where they come as JSON."""
    return spell_words("VOLUME", [SPECIAL.sub(ESCAPED, one_line(path)) for path in paths])


def spell_health(health: Mapping[str, object]) -> str:
    """HEALTHCHECK of docker's ``HealthConfig``."""
    kind, *words = texts(health.get("Test")) or ("NONE",)
    if kind == "NONE":
        return "HEALTHCHECK NONE"
    flags = [
        f"--{flag}={spell_duration(value)}"
        for flag, field in OPTIONS.items()
        if isinstance(value := health.get(field), int) and value
    ]
    if health.get("Retries"):
        flags.append(f"--retries={health['Retries']}")
    command = one_line(" ".join(words)) if kind == "CMD-SHELL" else json.dumps(words, ensure_ascii=False)
    return " ".join(["HEALTHCHECK", *flags, "CMD", command])


def spell_duration(nanoseconds: int) -> str:
    """A duration in the largest unit that holds it whole.

    >>> spell_duration(90_000_000_000), spell_duration(1_500_000)
    ('90s', '1500us')
    """
    unit = next(unit for unit in LONGEST_FIRST if nanoseconds % UNITS[unit] == 0)
    return f"{nanoseconds // UNITS[unit]}{unit}"


def quote(text: str) -> str:
    """One word of the small shell. Raises ``InvalidChange`` for a line break."""
    return text if SIMPLE.fullmatch(text) else f'"{SPECIAL_IN_QUOTES.sub(ESCAPED, one_line(text))}"'


def one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise InvalidChange(f"{shown(text)} has a line break, which no Dockerfile line can hold.")
    return text


def lines_between(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """The lines that make one config object of another, as far as lines can: nothing is ever taken away.

    Raises:
        InvalidChange: a value with a line break.
    """
    lines = [spell_words("SHELL", shell) for shell in _new(before, after, "Shell")]
    lines += _pair_lines("ENV", _environment(before), _environment(after))
    lines += _pair_lines("LABEL", dict(pairs(before.get("Labels"))), dict(pairs(after.get("Labels"))))
    if ports := _added_keys(before, after, "ExposedPorts"):
        lines.append(f"EXPOSE {' '.join(ports)}")
    if volumes := _added_keys(before, after, "Volumes"):
        lines.append(spell_volumes(volumes))
    for field, command in (("User", "USER"), ("WorkingDir", "WORKDIR"), ("StopSignal", "STOPSIGNAL")):
        text = "".join(texts(after.get(field)))
        if text and text != "".join(texts(before.get(field))):
            lines.append(spell_text(command, text))
    health = after.get("Healthcheck")
    if isinstance(health, dict) and health != before.get("Healthcheck"):
        lines.append(spell_health(health))
    known = len(texts(before.get("OnBuild")))
    lines += [f"ONBUILD {one_line(trigger)}" for trigger in texts(after.get("OnBuild"))[known:]]
    return lines + _command_lines(before, after)


def _command_lines(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """ENTRYPOINT and CMD: the first takes the second away, so it is said again."""
    entrypoint = _new(before, after, "Entrypoint")
    cmd = [texts(after.get("Cmd"))] if entrypoint and after.get("Cmd") else _new(before, after, "Cmd")
    return [
        *(spell_words("ENTRYPOINT", words) for words in entrypoint),
        *(spell_words("CMD", words) for words in cmd),
    ]


def _new(before: Mapping[str, object], after: Mapping[str, object], field: str) -> list[tuple[str, ...]]:
    """The words of a field, if there are any and they changed: one list of them or none."""
    words = texts(after.get(field))
    return [words] if words and words != texts(before.get(field)) else []


def _environment(runtime: Mapping[str, object]) -> dict[str, str]:
    parts = (line.partition("=") for line in texts(runtime.get("Env")))
    return {name: value for name, _, value in parts}


def _pair_lines(command: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [spell_pair(command, name, value) for name, value in after.items() if before.get(name) != value]


def _added_keys(before: Mapping[str, object], after: Mapping[str, object], field: str) -> Sequence[str]:
    known = {name for name, _ in pairs(before.get(field))}
    return [name for name, _ in pairs(after.get(field)) if name not in known]
