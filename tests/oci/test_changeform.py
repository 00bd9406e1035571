"""Changes as a form and as lines: each leads to the other, and both to the same config."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.changeform import PAIRS, ChangeForm, as_typed, faults, form_of, typed_word
from layers.oci.changes import FORMS, apply_changes, parse_changes
from layers.oci.dockerfile.lines import numbered_lines
from layers.oci.errors import InvalidChange
from tests.oci.test_changes import CHANGED
from tests.oci.test_changes import lines_of as recorded_lines

TYPED = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)
LITERAL = TYPED.filter(lambda text: "$" not in text)
NAME = LITERAL.map(str.strip).filter(lambda text: text and "=" not in text)
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def applied(lines, runtime=None):
    return apply_changes(runtime or {}, parse_changes(lines, allowed=FORMS)) if lines else dict(runtime or {})


def lines_of(form):
    return [line for _, line in form.lines()]


@given(NAME, LITERAL)
def test_what_is_typed_is_the_value(name, value):
    form = ChangeForm(pairs={"ENV": ((name, value),), "LABEL": ((name, value),)})

    found = applied(lines_of(form))

    assert found["Env"] == [f"{name}={value}"]
    assert found["Labels"] == {name: value}


@given(NAME, LITERAL)
def test_pairs_come_back_as_they_were_typed(name, value):
    form = ChangeForm(pairs={"ENV": ((name, value),)})

    assert form_of(lines_of(form), {}).pairs == form.pairs


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("/opt/bin:$PATH", "/opt/bin:/usr/bin:/bin"),
        ("a ${NONE:-b c}", "a b c"),
        (r"costs 5\$", "costs 5$"),
        (r'say "hi"', 'say "hi"'),
        (r"C:\dir\\", r"C:\dir\\"),
        ("it's", "it's"),
        ("", ""),
    ],
)
def test_variables_are_put_in_and_nothing_else_is_special(typed, value):
    lines = lines_of(ChangeForm(pairs={"ENV": (("A", typed),)}))

    assert applied(lines, {"Env": ["PATH=/usr/bin:/bin"]})["Env"][-1] == f"A={value}"
    assert form_of(lines, ENVIRONMENT).pairs == {"ENV": (("A", typed),)}


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("plain", "plain"),
        ('"two words"', "two words"),
        ("'$PATH'", r"\$PATH"),
        (r"two\ words", "two words"),
        (r'"\\$PATH"', r"\/usr/bin:/bin"),
        ('"a"$PATH', "a/usr/bin:/bin"),
    ],
)
def test_a_word_is_shown_as_one_would_type_it(word, typed):
    assert as_typed(word, ENVIRONMENT) == typed


@given(TYPED)
def test_typing_is_shown_as_it_was(text):
    assert as_typed(typed_word(text), {}) == text or "$" in text


@pytest.mark.parametrize("commit", [c for c in CHANGED if c["ok"]], ids=lambda commit: commit["title"])
def test_a_form_says_what_the_recorded_lines_say(commit):
    before = commit["container_config"]
    lines = recorded_lines(commit)
    environment = dict(line.partition("=")[::2] for line in before["Env"] or [])

    form = form_of(lines, environment)

    assert applied(lines_of(form), before) == applied(lines, before)
    assert form_of(lines_of(form), environment) == form


def test_every_instruction_has_its_place():
    lines = [
        'SHELL ["/bin/bash", "-c"]',
        'ENV A="b c"',
        "LABEL x=y",
        "EXPOSE 80 443/udp",
        'VOLUME ["/a b", "/c"]',
        "USER app",
        "WORKDIR /srv",
        "STOPSIGNAL SIGINT",
        "HEALTHCHECK --interval=5s --retries=2 CMD curl -f localhost",
        "ONBUILD RUN a",
        "ONBUILD RUN b",
        'ENTRYPOINT ["/run"]',
        "CMD serve --all",
    ]
    form = form_of(lines, {})

    assert lines_of(form) == lines
    assert form.texts["ONBUILD"] == "RUN a\nRUN b"
    assert form.texts["HEALTHCHECK"] == "curl -f localhost"
    assert form.health == {"interval": "5s", "retries": "2"}


def test_several_lines_share_a_field():
    form = form_of(["EXPOSE 80", "expose 81", "VOLUME /a /b", 'VOLUME ["/c d"]', "CMD a", "CMD b"], {})

    assert form.texts == {"EXPOSE": "80 81", "VOLUME": '["/a", "/b", "/c d"]', "CMD": "b"}


def test_no_health_check_is_a_tick():
    assert form_of(["HEALTHCHECK none"], {}).no_check
    assert lines_of(ChangeForm(no_check=True, texts={"HEALTHCHECK": "ignored"})) == ["HEALTHCHECK NONE"]


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        (ChangeForm(texts={"STOPSIGNAL": "BOGUS"}), "STOPSIGNAL", "Invalid signal: BOGUS"),
        (ChangeForm(texts={"EXPOSE": "99999"}), "EXPOSE", "Invalid containerPort: 99999"),
        (ChangeForm(pairs={"ENV": (("", "x"),)}), "ENV", "ENV names can not be blank"),
        (ChangeForm(pairs={"LABEL": (("a=b", "x"),)}), "LABEL", "'a=b' is no name for LABEL: it has a '='."),
        (
            ChangeForm(health={"interval": "5"}, texts={"HEALTHCHECK": "true"}),
            "HEALTHCHECK",
            'time: missing unit in duration "5"',
        ),
        (ChangeForm(health={"retries": "3"}), "HEALTHCHECK", "Missing command after HEALTHCHECK CMD"),
        (
            ChangeForm(texts={"SHELL": "/bin/bash -c"}),
            "SHELL",
            "SHELL requires the arguments to be in JSON form",
        ),
        (
            ChangeForm(texts={"USER": "a\\"}),
            "USER",
            r"'USER a\' ends in a backslash, which would swallow the next line.",
        ),
    ],
)
def test_what_docker_objects_to_is_told_at_its_field(form, field, sentence):
    assert form.faults({}) == {field: sentence}


def test_a_refused_line_is_told_by_its_number_and_the_rest_counts():
    text = "# a comment\nENV A=1 \\\n    B\n\nCOPY a b\nUSER $A\nENV C=1"
    found = faults(numbered_lines(text), {})

    assert found == {
        2: 'Syntax error - can\'t find = in "B". Must be of the form: name=value',
        5: "copy is not a valid change command",
    }


def test_an_empty_form_changes_nothing():
    assert lines_of(ChangeForm({"CMD": "  "}, dict.fromkeys(PAIRS, (("", ""),)), {"interval": ""})) == []


def test_lines_that_are_none_have_no_form():
    with pytest.raises(InvalidChange):
        form_of(["ENV A"], {})
