"""Secrets in what is shown are covered, and nothing else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.findings.cover import COVER, covered, covered_document, covered_json, covered_value, hides
from tests.secrets import SETTINGS, TOKENS, private_key


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("RUN curl -u me:hunter22 https://e.org", "RUN curl -u me:•••••• https://e.org"),
        ("ENV HTTP_PROXY=http://me:hunter22@p:3128 A=b", "ENV HTTP_PROXY=http://me:••••••@p:3128 A=b"),
        ("RUN |1 PASSWORD=abc /bin/sh -c make", "RUN |1 PASSWORD=•••••• /bin/sh -c make"),
        ("ENV PASSWORD abc", "ENV PASSWORD ••••••"),
        ('LABEL app.token="a b" other="c d"', 'LABEL app.token="••••••" other="c d"'),
        ('{"a": "X_TOKEN=\\"a b\\" c"}', '{"a": "X_TOKEN=\\"••••••\\" c"}'),
        ("é PASSWORD=éa é", "é PASSWORD=•••••• é"),
        ("PASSWORD=a,b c", "PASSWORD=•••••• c"),
    ],
)
def test_the_secret_alone_is_covered(text, shown):
    assert covered(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "RUN apt-get update && apt-get install -y nginx",
        "ENV PASSWORD_FILE=/run/secrets/pw GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568",
        "RUN adduser --disabled-password app",
        "ENV MYSQL_ALLOW_EMPTY_PASSWORD=yes",
        'RUN PASSWORD="$PW" make',
    ],
)
def test_other_text_reads_as_it_is(text):
    assert covered(text) == text
    assert not hides(text)


@pytest.mark.parametrize("text", [*TOKENS.values(), *SETTINGS.values()])
def test_whatever_the_search_finds_is_covered(text):
    assert hides(text)


def test_a_key_is_covered_to_its_end():
    assert covered(f"a\n{private_key().decode()}b") == f"a\n{COVER}-----END RSA PRIVATE KEY-----\nb"


def test_more_than_the_search_keeps_is_covered_all_the_same():
    assert covered("PASSWORD=abc " * 200) == f"PASSWORD={COVER} " * 200


def test_a_long_value_is_covered_whole():
    assert covered(f"PASSWORD={'ab' * 5000} rest") == f"PASSWORD={COVER} rest"


def test_a_document_is_covered_by_its_fields():
    document = {"Env": ["A_TOKEN=a b c", "B=c"], "Labels": {"my.secret": "d e"}, "n": [1, None]}

    assert covered_document(document) == {
        "Env": [f"A_TOKEN={COVER}", "B=c"],
        "Labels": {"my.secret": COVER},
        "n": [1, None],
    }
    assert json.loads(covered_json(json.dumps(["A_TOKEN=a b"]), "Env")) == [f"A_TOKEN={COVER}"]
    assert covered_value("DB_PASSWORD", "a b") == COVER


@given(st.text())
def test_any_text_can_be_covered_and_stays_so(text):
    once = covered(text)

    assert isinstance(once, str)
    assert COVER in once or once == text
