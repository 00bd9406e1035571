"""The documents say what the program does: every setting and command is in them, and no link is broken."""

import dataclasses
import re
from pathlib import Path

import pytest

from layers.oci.limits import Limits

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
UNITS = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
VARIABLE = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"')
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def variables() -> list[str]:
    return sorted(set(VARIABLE.findall((ROOT / "imagebrowser" / "settings.py").read_text(encoding="utf-8"))))


def commands() -> list[str]:
    folder = ROOT / "layers" / "management" / "commands"
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def test_settings_were_found():
    assert "IMAGEBROWSER_DATA" in variables()


@pytest.mark.parametrize("variable", variables())
def test_every_setting_is_documented(variable):
    assert f"| `{variable}` |" in SETTINGS


@pytest.mark.parametrize("field", dataclasses.fields(Limits), ids=lambda field: field.name)
def test_every_limit_is_documented_with_its_default(field):
    line = re.search(rf"\| `IMAGEBROWSER_LIMIT_{field.name.upper()}` \| ([\d,]+) ?(\w*) \|", SETTINGS)

    assert line, "the limit is not in docs/settings.md"
    assert int(line[1].replace(",", "")) * UNITS[line[2]] == field.default


def test_no_setting_is_documented_that_does_not_exist():
    known = {
        *variables(),
        *(f"IMAGEBROWSER_LIMIT_{field.name.upper()}" for field in dataclasses.fields(Limits)),
    }

    assert set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.MULTILINE)) == known


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command):
    assert f"`{command}" in COMMANDS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document):
    targets = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]

    assert [target for target in targets if not (document.parent / target).exists()] == []
