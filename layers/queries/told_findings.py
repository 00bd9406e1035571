"""Secrets in what an image tells of itself: its variables, labels and history."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from layers.models import Image
from layers.oci.config import ImageConfig, history_positions, pairs, texts
from layers.oci.findings.rules import PASSWORD
from layers.oci.findings.secrets import find_secrets
from layers.oci.findings.values import SECRET_NAME, is_value
from layers.queries.findings import FindingRow
from layers.queries.rebuilt import parsed_config

LONGEST_TEXT: Final = 256 * 1024
BY_NAME: Final = "its name says that it is a secret"


class Told(NamedTuple):
    """A secret, and the finding that tells of it without it."""

    row: FindingRow
    value: str


def told_findings(image: Image) -> list[FindingRow]:
    """The findings, the variables first."""
    return [told.row for told in _all(image)]


def told_value(image: Image, key: str) -> str | None:
    """The secret of a finding, by its key."""
    return next((told.value for told in _all(image) if told.row.key == key), None)


def _all(image: Image) -> Iterator[Told]:
    config = parsed_config(image.image_id)
    for number, line in enumerate(texts(config.runtime.get("Env"))):
        name, _, value = line.partition("=")
        yield from _named("env", number, name, value)
    for number, (name, value) in enumerate(pairs(config.runtime.get("Labels"))):
        yield from _named("label", number, name, value)
    yield from _history(config)


def _named(source: str, number: int, name: str, value: str) -> Iterator[Told]:
    """A variable or a label: told by its name, else by its value."""
    if SECRET_NAME.search(name) and is_value(name, value):
        row = FindingRow(f"{source}-{number}", PASSWORD, BY_NAME, source, name=name, has_value=True)
        yield Told(row, value)
    else:
        yield from _searched(source, f"{source}-{number}", value, name=name)


def _history(config: ImageConfig) -> Iterator[Told]:
    positions = history_positions(config.history, len(config.diff_ids))
    for number, step in enumerate(config.history):
        for key, text in (("by", step.created_by), ("comment", step.comment)):
            yield from _searched(
                "history", f"history-{number}-{key}", text, name=str(number), position=positions[number]
            )


def _searched(
    source: str, key: str, text: str, *, name: str = "", position: int | None = None
) -> Iterator[Told]:
    data = text[:LONGEST_TEXT].encode("utf-8", "replace")
    for at, match in enumerate(find_secrets(data, is_settings=True)):
        value = data[match.offset : match.offset + match.size].decode("utf-8", "replace")
        row = FindingRow(
            f"{key}-{at}",
            match.rule.kind,
            match.rule.what,
            source,
            position=position,
            name=name,
            has_value=True,
        )
        yield Told(row, value)
