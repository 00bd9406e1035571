"""docs/layers-explained.md, followed as a student would: each command in it prints what stands below it."""

import re
from pathlib import Path

import pytest

from layers.oci.digest import Digest
from layers.operations.demo_images import demo_images
from layers.operations.demo_shop import shop_image
from layers.operations.make_demo import make_demo

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "layers-explained.md"
COMMAND = re.compile(r"^    \$ manage\.py (.+)\n((?:    (?!\$).*\n)+)", re.MULTILINE)
AGE = re.compile(r"\d+ (?:second|minute|hour|day|week|month|year)s? ago|About an? \w+ ago")


def commands() -> list[tuple[str, str]]:
    """Each with what the document says it prints."""
    return COMMAND.findall(DOCUMENT.read_text(encoding="utf-8"))


def lines(text: str) -> list[str]:
    """The lines of a table, however its columns are spaced; without the ages, which differ every day."""
    plain = (" ".join(AGE.sub("", line).split()) for line in text.splitlines())
    return [line.replace(" CREATED CREATED BY ", " CREATED BY ") for line in plain if line]


def test_the_ids_are_those_that_the_document_names():
    told = re.findall(
        r"^    (\S+:v\d) +(sha256:[0-9a-f]{64})$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    images = [*demo_images(), shop_image()]

    assert dict(told) == {image.references[0].familiar: Digest.of(image.config) for image in images}


def test_there_are_commands_to_follow():
    assert {words.split()[0] for words, _ in commands()} == {
        *("history", "log", "diff", "dockerfile", "packages", "findings", "space"),
    }


@pytest.mark.parametrize(("words", "told"), commands(), ids=lambda text: text.partition("\n")[0][:40])
def test_the_command_prints_what_the_document_says(db, output, words, told):
    make_demo()
    printed, expected = lines(output(*words.split())), lines(told)

    if expected[-1] == "…":
        expected.pop()
        printed = printed[: len(expected)]
    assert printed == expected
