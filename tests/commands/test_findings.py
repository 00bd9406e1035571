"""``findings``: what is in an image that people should know of, its values masked."""

import re

import pytest

from layers.management.commands.findings import MASKED
from tests.layered import import_layers, steps
from tests.secrets import TOKENS, private_key

TOKEN = TOKENS["github-p"]


@pytest.fixture
def image(db):
    return import_layers(
        {"srv/token": f"a\n{TOKEN}\n".encode(), "usr/bin/su": (b"x", 0o4755), "t/tests/k.pem": private_key()},
        {"srv/.wh.token": b""},
        config={"Env": ["API_TOKEN=k3yT0Th3D00r"]},
        history=steps("a", "RUN /bin/sh -c mysql --password=an0therOne # buildkit"),
    )


def test_values_are_masked(image, output):
    text = output("findings", "test:1")

    assert [re.split(r" {2,}", line.strip()) for line in text.splitlines()] == [
        ["KIND", "WHERE", "LAYER", "SEEN", "WHAT", "VALUE"],
        ["key", "/t/tests/k.pem:1", "0", "visible", "a private key", MASKED],
        ["token", "/srv/token:2", "0", "deleted in layer 1", "a GitHub token", MASKED],
        ["password", "ENV API_TOKEN", "visible", "its name says that it is a secret", MASKED],
        ["password", "history step 2", "1", "visible", "a password on a command line", MASKED],
        ["setuid", "/usr/bin/su", "0", "visible", "4755 0:0"],
    ]
    for secret in (TOKEN, "k3yT0Th3D00r", "an0therOne"):
        assert secret not in text + output("findings", "test:1", "--format", "json")


def test_values_are_shown_when_asked_for(image, rows):
    shown = {row["kind"]: row["value"] for row in rows("findings", "test:1", "--show", "--kind", "token")}

    assert shown == {"token": TOKEN}


def test_kinds_and_what_is_hidden(image, rows):
    assert [row["kind"] for row in rows("findings", "test:1", "--kind", "secrets")] == [
        *("key", "token", "password", "password"),
    ]
    assert [row["path"] for row in rows("findings", "test:1", "--hidden")] == ["/srv/token"]
    assert [row["kind"] for row in rows("findings", "test:1", "--kind", "setuid", "--kind", "key")] == [
        *("key", "setuid"),
    ]


def test_one_object_a_finding(image, rows):
    key, token, *_ = rows("findings", "test:1")
    setuid = rows("findings", "test:1", "--kind", "setuid")[0]

    assert token == {
        "kind": "token",
        "what": "a GitHub token",
        "source": "file",
        "path": "/srv/token",
        "line": 2,
        "layer": 0,
        "visible": False,
        "hidden_in": 1,
        "sample": False,
    }
    assert key["sample"] is True
    assert setuid["detail"] == {"mode": "4755", "uid": 0, "gid": 0}


def test_what_was_not_searched_is_told(db, output, capsys):
    import_layers({"a.png": b"x"})
    output("findings", "test:1")

    assert capsys.readouterr().err == "Files that hold no text, by their names or first bytes: 1\n"
