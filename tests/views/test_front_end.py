"""What the templates and scripts must not hold, and that vendored files are what they say."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
SHEETS = [path for path in sorted((ROOT / "static" / "css").glob("*.css")) if path.name != "tokens.css"]
SOURCES = sorted((ROOT / "layers").rglob("*.py"))
MANIFEST = json.loads((ROOT / "static" / "vendor" / "MANIFEST.json").read_text())

FORBIDDEN = {
    "inline style": r"\sstyle=|<style",
    "inline script": r"<script(?![^>]*\ssrc=)",
    "handler": r"\son[a-z]+=|hx-on",
    "script in an attribute": r"javascript:|hx-vals=.js:|hx-vars",
    "trigger filter": r'hx-trigger="[^"]*\[',
    "unescaped text": r"\|\s*safe\b|autoescape off|safeseq",
    "foreign host": r"(?:src|href)=\"(?:https?:)?//",
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
@pytest.mark.parametrize("rule", FORBIDDEN)
def test_template_keeps_the_content_security_policy(template, rule):
    assert re.findall(FORBIDDEN[rule], template.read_text()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_makes_no_markup_and_no_code(script):
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\."

    assert re.findall(forbidden, script.read_text()) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_colours_stand_in_the_tokens_alone(sheet):
    assert re.findall(r":[^;]*#[0-9a-f]{3,8}\b", sheet.read_text()) == []


def test_no_text_is_marked_as_safe():
    assert [path.name for path in SOURCES if "mark_safe" in path.read_text()] == []


def test_part_is_named_by_its_file():
    parts = [path for path in TEMPLATES if path.name.startswith("_") and path.parent.name != "templates"]

    assert [path.name for path in parts if not path.read_text().startswith("{#")] == []


@pytest.mark.parametrize("name", MANIFEST)
def test_vendored_file_is_what_was_vendored(name):
    data = (ROOT / name).read_bytes()

    assert hashlib.sha256(data).hexdigest() == MANIFEST[name]["sha256"]
    assert MANIFEST[name]["licence"]


def test_every_vendored_file_is_in_the_manifest():
    folders = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]
    found = {str(path.relative_to(ROOT)) for folder in folders for path in folder.iterdir()}

    assert found - {"static/vendor/MANIFEST.json"} == set(MANIFEST)


def test_every_icon_is_in_the_sprite():
    sprite = (ROOT / "static" / "vendor" / "icons.svg").read_text()
    text = "".join(path.read_text() for path in TEMPLATES)
    used = set(re.findall(r'{% icon "([a-z-]+)" %}', text))

    assert {name for name in used if f'id="{name}"' not in sprite} == set()


def test_the_slash_leads_to_the_search_on_every_page():
    bearers = [path.name for path in TEMPLATES if 'data-key="/"' in path.read_text()]

    assert bearers == ["base.html"]
