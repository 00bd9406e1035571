"""Lines that are written from values read back as the same values."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.changes import FORMS, apply_changes, parse_changes
from layers.oci.dockerfile.health import parse_duration
from layers.oci.dockerfile.spell import (
    lines_between,
    spell_duration,
    spell_pair,
    spell_text,
    spell_volumes,
    spell_words,
)
from layers.oci.errors import InvalidChange
from tests.oci.test_changes import COMMITS

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
NAME = TEXT.filter(lambda text: text and "=" not in text)


def read(line, runtime=None):
    return apply_changes(runtime or {}, parse_changes([line], allowed=FORMS))


@given(NAME, TEXT)
def test_pairs_come_back(name, value):
    assert read(spell_pair("ENV", name, value))["Env"] == [f"{name}={value}"]
    assert read(spell_pair("LABEL", name, value))["Labels"] == {name: value}


@given(st.lists(TEXT, min_size=1))
def test_words_come_back(words):
    assert read(spell_words("CMD", words))["Cmd"] == words
    assert read(spell_words("SHELL", words))["Shell"] == words


@given(TEXT.filter(str.strip))
def test_texts_and_paths_come_back(text):
    assert read(spell_text("USER", text))["User"] == text
    assert read(spell_volumes([f"/{text}."]))["Volumes"] == {f"/{text}.": {}}


def test_a_duration_may_have_any_number_of_digits_that_count_nothing():
    assert parse_duration("0" * 5000 + "1.5" + "0" * 5000 + "s") == 1_500_000_000


@given(st.integers(10**6, 2**62))
def test_durations_come_back(nanoseconds):
    assert parse_duration(spell_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize("commit", [c for c in COMMITS if c["ok"]], ids=lambda commit: commit["title"])
def test_lines_between_two_configs_lead_from_one_to_the_other(commit):
    before, after = commit["container_config"], commit["config"]
    lines = lines_between(before, after)

    found = apply_changes(before, parse_changes(lines, allowed=FORMS))

    if after["Cmd"]:  # that a command is gone, no line can say
        assert found == after
    assert json.dumps(after) == json.dumps(before) or lines or not after["Cmd"]


def test_lines_are_those_that_a_person_would_write():
    before = {"Env": ["PATH=/bin"], "Cmd": ["a"]}
    after = {
        "Env": ["PATH=/bin:/opt", "A=b c"],
        "Labels": {"x": "y"},
        "ExposedPorts": {"80/tcp": {}, "81/tcp": {}},
        "Volumes": {"/data": {}},
        "User": "www",
        "WorkingDir": "/srv",
        "StopSignal": "SIGQUIT",
        "Healthcheck": {"Test": ["CMD-SHELL", "curl localhost"], "Interval": 30_000_000_000, "Retries": 2},
        "OnBuild": ["RUN make"],
        "Entrypoint": ["/entry"],
        "Cmd": ["a"],
    }

    assert lines_between(before, after) == [
        "ENV PATH=/bin:/opt",
        'ENV A="b c"',
        "LABEL x=y",
        "EXPOSE 80/tcp 81/tcp",
        'VOLUME ["/data"]',
        "USER www",
        "WORKDIR /srv",
        "STOPSIGNAL SIGQUIT",
        "HEALTHCHECK --interval=30s --retries=2 CMD curl localhost",
        "ONBUILD RUN make",
        'ENTRYPOINT ["/entry"]',
        'CMD ["a"]',
    ]


@pytest.mark.parametrize(("name", "value"), [("", "x"), ("a=b", "x"), ("a", "x\ny")])
def test_what_no_line_can_hold_is_refused(name, value):
    with pytest.raises(InvalidChange):
        spell_pair("ENV", name, value)
