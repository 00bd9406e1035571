"""``check``: an image against rules, and Django's own check where no image is meant."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command

from layers.operations.make_demo import make_demo
from tests.built import build, file, gone

RULES = """\
rules:
  lowestEfficiency: 0.1
  highestWastedBytes: 5MB
  highestUserWastedPercent: disabled
  forbiddenPaths:
    - "*.deb"
  requiredPaths:
    - /usr/sbin/nginx
"""


@pytest.fixture
def rules(tmp_path) -> Path:
    path = tmp_path / "rules.yml"
    path.write_text(RULES)
    return path


@pytest.fixture
def demo(db) -> None:
    make_demo()


@pytest.fixture
def ended(capsys):
    """Runs ``check``: its exit status, and what it printed."""

    def run(*words: str) -> tuple[object, str]:
        try:
            call_command("check", *words)
        except SystemExit as end:
            return end.code, capsys.readouterr().out
        return 0, capsys.readouterr().out

    return run


def test_a_rule_that_is_broken_ends_with_status_1(demo, rules, ended):
    status, text = ended("webserver:v2", "--rules", str(rules))

    assert status == 1
    assert [line.split()[0] for line in text.splitlines()[1:6]] == ["PASS", "PASS", "SKIP", "FAIL", "PASS"]
    assert "/var/cache/apt/archives/nginx_1.27.3-1_amd64.deb  (hidden, still in layer 1)" in text
    assert "FAIL: 1 of 5 rules, by our own numbers" in text


def test_rules_that_are_kept_end_with_status_0(demo, rules, ended):
    rules.write_text(RULES.replace("*.deb", "*.rpm"))
    status, text = ended("webserver:v2", "--rules", str(rules))

    assert status == 0
    assert "PASS: all 5 rules, by our own numbers" in text


def test_the_report_links_the_page_with_its_rules(demo, rules, ended):
    _, text = ended("webserver:v2", "--rules", str(rules), "--site", "https://images.example/")
    url = urlsplit(text.splitlines()[-1])

    assert (url.scheme, url.netloc) == ("https", "images.example")
    assert parse_qs(url.query)["rules"] == [RULES]
    assert re.fullmatch(r"/images/[0-9a-f]{64}/check/", url.path)


def test_json_is_one_object(demo, rules, ended):
    _, text = ended("webserver:v2", "--rules", str(rules), "--format", "json")
    found = json.loads(text)

    assert (found["passed"], found["numbers"]) == (False, "own")
    assert [(rule["rule"], rule["status"]) for rule in found["rules"]] == [
        ("lowestEfficiency", "pass"),
        ("highestWastedBytes", "pass"),
        ("highestUserWastedPercent", "skip"),
        ("forbiddenPaths", "fail"),
        ("requiredPaths", "pass"),
    ]
    assert found["rules"][1]["limit"] == 5_000_000
    assert found["rules"][3]["paths"][0]["layers"] == [1]


def test_markdown_is_a_table_that_nothing_in_a_name_breaks(db, tmp_path, rules, ended):
    build(tmp_path, "a:1", ("FROM", [file("a`b|c.deb", b"1")]), ("RUN", [gone("a`b|c.deb")]))
    _, text = ended("a:1", "--rules", str(rules), "--format", "markdown")

    assert text.startswith("### [FAIL: ")
    assert "| ❌ | `forbiddenPaths *.deb` | 1 path |" in text
    assert "- `/aʼb\\|c.deb`: hidden, still in layer 0" in text


def test_the_file_of_dive_in_the_current_directory_is_taken(demo, tmp_path, monkeypatch, ended):
    monkeypatch.chdir(tmp_path)
    assert "at least 90.00 % wanted" in ended("webserver:v2")[1]
    (tmp_path / ".dive-ci").write_text("rules:\n  lowestEfficiency: 0.12\n")

    assert "at least 12.00 % wanted" in ended("webserver:v2")[1]


def test_dives_numbers_can_be_asked_for(demo, tmp_path, monkeypatch, ended):
    monkeypatch.chdir(tmp_path)

    assert "by dive's numbers" in ended("webserver:v2", "--numbers", "dive")[1]


@pytest.mark.parametrize("content", [b"rules: [", b"\xff", None])
def test_rules_that_cannot_be_read_end_with_status_2(demo, content, tmp_path):
    path = tmp_path / "rules"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError) as refused:
        call_command("check", "webserver:v2", "--rules", str(path))
    assert refused.value.returncode == 2


def test_without_an_image_the_program_is_checked(capsys):
    call_command("check")
    call_command("check", "layers")

    assert capsys.readouterr().out.count("System check identified no issues") == 2


def test_the_exit_status_is_that_of_the_process(program, tmp_path):
    assert program("demo").returncode == 0
    broken = tmp_path / "rules"
    broken.write_text("no rules")

    found = [program("check", "webserver:v1", *words) for words in ([], ["--rules", str(broken)])]
    assert [done.returncode for done in found] == [1, 2]
    assert found[1].stderr.startswith(b"CommandError: Line 1 is no ")
