"""What is found in the layers of real archives, seen, deleted or overwritten, and told without secrets."""

import gzip
import json
import logging
import random
from pathlib import Path

import pytest

from layers.models import Blob, Chain, Finding, FindingScan, Image, Reference
from layers.oci.limits import MIB
from layers.operations import layer_search
from layers.operations.delete_image import delete_image
from layers.operations.make_demo import make_demo
from layers.operations.search_findings import lacking_findings, search_findings, search_findings_of
from layers.queries.findings import (
    SECRETS,
    FindingRow,
    are_searched,
    file_findings,
    search_notes,
    searched_size,
    value_of,
)
from layers.queries.told_findings import told_findings, told_value
from layers.storage import blob_path
from tests.layered import import_layers, steps
from tests.secrets import TOKENS, private_key

pytestmark = pytest.mark.django_db
CERTIFICATES = Path(__file__).resolve().parents[1] / "oci" / "certificates"
KEY = private_key()
TOKEN = TOKENS["github-p"].encode()
SETTINGS = b"DEBUG=1\nDB_PASSWORD=k3yT0Th3D00r!\n"
PASSWD = b"root:x:0:0:root:/root:/bin/bash\nwww:x:33:33::/var/www:/usr/sbin/nologin\n"


def found(image: Image, *kinds: str) -> list[tuple[str, bytes, int, str]]:
    """Kind, path, layer and what became of it."""
    search_findings_of(image=image)
    return [
        (row.kind, row.path, row.position, seen(row))
        for row in file_findings(image)
        if row.kind in (kinds or SECRETS)
    ]


def seen(row: FindingRow) -> str:
    fate = row.fate
    if fate is None or fate.is_visible:
        return "visible"
    return f"{'deleted' if fate.was_deleted else 'overwritten'} in {fate.hidden_position}"


def test_the_password_that_was_typed_in_the_demo_is_found():
    make_demo()
    image = Reference.objects.get(tag="v2").image

    assert found(image, "password") == [("password", b"root/.bash_history", 5, "visible")]


def test_secrets_are_found_whatever_became_of_them():
    image = import_layers(
        {"root/.ssh/id_rsa": KEY, "srv/app/.env": SETTINGS, "srv/app/main.py": TOKEN, "srv/b/token": TOKEN},
        {"srv/app/.env": b"DEBUG=0\n", "root/.wh..ssh": b"", "srv/b/.wh..wh..opq": b"", "srv/b/x": b""},
        {"srv/app/.wh.main.py": b"", "root/.ssh/id_rsa": b"another"},
    )

    assert found(image) == [
        ("key", b"root/.ssh/id_rsa", 0, "deleted in 1"),
        ("token", b"srv/app/main.py", 0, "deleted in 2"),
        ("token", b"srv/b/token", 0, "deleted in 1"),
        ("password", b"srv/app/.env", 0, "overwritten in 1"),
        ("credentials", b"root/.ssh/id_rsa", 2, "visible"),
    ]


def test_the_value_is_read_from_the_layer_that_holds_it():
    image = import_layers({"a": b"x\n" * 700 + TOKEN + b"\n"}, {".wh.a": b""}, pack=gzip.compress)
    found(image)
    (row,) = file_findings(image)

    assert (row.line, row.has_value) == (701, True)
    assert value_of(image, row.key) == TOKEN
    assert value_of(import_layers({"b": b""}, name="o:1"), row.key) is None


def test_the_same_content_is_told_at_each_of_its_places_and_read_once(monkeypatch):
    plain = random.Random(3).randbytes(3000).hex().encode()
    files = {"a": TOKEN, "b": plain, "c": TOKEN, "d": plain}
    image = import_layers(files, {f"again/{name}": content for name, content in files.items()})

    assert [path for _, path, _, _ in found(image)] == [b"a", b"c", b"again/a", b"again/c"]
    assert searched_size(image)[0] == 5


def test_nothing_of_a_secret_is_stored_or_logged(caplog):
    caplog.set_level(logging.DEBUG)
    import_layers(
        {"a": b"x " + TOKEN, "srv/.env": SETTINGS, "k": KEY, "etc/shadow": b"root:$6$secrethash:1::::::\n"}
    )
    search_findings()
    stored = json.dumps([list(map(str, row)) for row in Finding.objects.values_list()])

    assert Finding.objects.count() >= 3
    for secret in (TOKEN.decode(), "k3yT0Th3D00r", KEY[40:80].decode(), "secrethash"):
        assert secret not in stored
        assert secret not in caplog.text


def test_special_modes():
    image = import_layers(
        {
            "usr/bin/su": (b"x", 0o4755),
            "usr/bin/write": (b"x", 0o2755),
            "srv/games/": (b"", 0o2775),
            "tmp/": (b"", 0o1777),
            "srv/open/": (b"", 0o777),
            "srv/open/file": (b"x", 0o666),
            "srv/open/link": (b"2", "file"),
        },
        {"usr/bin/.wh.su": b"", "srv/open/file": (b"x", 0o644)},
        {"srv/open/": (b"", 0o757)},
    )

    assert found(image, "setuid", "writable") == [
        ("setuid", b"usr/bin/su", 0, "deleted in 1"),
        ("setuid", b"usr/bin/write", 0, "visible"),
        ("writable", b"srv/open", 0, "overwritten in 2"),
        ("writable", b"srv/open/file", 0, "overwritten in 1"),
        ("writable", b"srv/open", 2, "visible"),
    ]


def test_certificates_alone_and_by_the_directory():
    one = (CERTIFICATES / "common-name.pem").read_bytes()
    other = (CERTIFICATES / "organization.pem").read_bytes()
    image = import_layers(
        {"etc/site.pem": one + other} | {f"usr/share/ca/{n}.crt": one + b"# %d" % n for n in range(6)}
    )
    search_findings()
    rows = [row for row in file_findings(image) if row.kind == "certificate"]

    assert [(row.path, row.detail["count"], row.detail["files"]) for row in rows] == [
        (b"etc/site.pem", 2, 0),
        (b"usr/share/ca", 6, 6),
    ]
    assert [subject for subject, _ in rows[0].detail["subjects"]] == [
        "shop.example.org",
        "Only An Organization",
    ]


def test_accounts_that_a_layer_made():
    image = import_layers(
        {"etc/passwd": PASSWD, "etc/group": b"root:x:0:\n", "etc/shadow": b"root:*:1::::::\n"},
        {"srv/a": b""},
        {
            "etc/passwd": PASSWD + b"ann:x:1000:1000::/home/ann:/bin/sh\n",
            "etc/shadow": b"root:$6$a$b:1::::::\nann:!:1::::::\n",
            "etc/group": b"root:x:0:\nsudo:x:27:ann\n",
        },
    )
    search_findings()
    told = [
        (row.position, row.detail["change"], row.detail["type"], row.detail["name"], row.detail.get("before"))
        for row in file_findings(image)
    ]

    assert told == [
        (2, "A", "group", "sudo", None),
        (2, "A", "user", "ann", None),
        (2, "C", "user", "root", {"password": ""}),
    ]


def test_accounts_of_a_base_are_told_only_where_they_are_odd():
    image = import_layers({"etc/passwd": PASSWD + b"toor:x:0:0::/:/bin/sh\n"})

    search_findings()
    assert [row.detail["name"] for row in file_findings(image)] == ["toor"]


def test_tests_and_examples_are_marked():
    image = import_layers({"srv/tests/key.pem": KEY, "srv/key.pem": KEY})
    found(image)

    assert [(row.path, row.is_sample) for row in file_findings(image)] == [
        (b"srv/key.pem", False),
        (b"srv/tests/key.pem", True),
    ]


def test_a_secret_deep_in_a_file_is_found_where_it_is():
    deep = b"a line\n" * 700_000
    image = import_layers({"var/dump.sql": deep + TOKEN + b"\n" + KEY + deep})

    assert [row[1] for row in found(image)] == [b"var/dump.sql"] * 2
    key, token = file_findings(image)
    assert (key.line, token.line) == (700_002, 700_001)
    assert value_of(image, token.key) == TOKEN
    assert search_notes(image) == []


def test_where_the_search_of_a_file_ended_is_told(settings):
    settings.FINDING_SIZE = 2 * MIB
    image = import_layers({"a": b"\n" * 2 * MIB + TOKEN, "b": b"\n" * (2 * MIB - 100) + TOKEN})

    assert [row[1] for row in found(image)] == [b"b"]
    assert search_notes(image) == [
        {
            "note": "Files of which only the beginning was searched, for they are larger than finding_size",
            "count": 1,
        }
    ]


def test_what_is_not_searched_is_told(monkeypatch, settings):
    settings.FINDING_SIZE = MIB
    monkeypatch.setattr(layer_search, "MOST_FILES", 3)
    image = import_layers(
        {
            "a.png": b"x",
            "b": b"text\0binary" + TOKEN,
            "c": b"x" * 1_100_000 + TOKEN,
            "d": b"1",
            "e": b"2",
            "f": TOKEN,
        }
    )

    assert found(image) == []
    assert {note["note"]: note["count"] for note in search_notes(image)} == {
        "Files of which only the beginning was searched, for they are larger than finding_size": 1,
        "Files that hold no text, by their names or first bytes": 2,
        "Files that were left out, for the layer has more than are searched": 1,
    }


def test_a_layer_whose_content_is_gone_is_told():
    image = import_layers({"a": TOKEN})
    blob_path(Blob.objects.get(stored_layer__layer=image.chain.layer).digest).unlink()

    assert found(image) == []
    assert search_notes(image) == [{"note": "Files that could not be read any more", "count": 1}]


def test_a_fault_of_the_rules_holds_nobody_up(monkeypatch):
    def fail(chain: Chain) -> None:
        raise RuntimeError

    image = import_layers({"a": b""})
    monkeypatch.setattr("layers.operations.search_findings.account_findings", fail)

    assert (search_findings(), search_findings()) == (1, 0)
    assert "by a fault of the program" in search_notes(image)[0]["note"]


def test_each_layer_is_searched_once_and_again_by_newer_rules():
    image = import_layers({"a": TOKEN}, {"b": TOKEN})

    assert not are_searched(image)
    assert (search_findings(), search_findings(), are_searched(image)) == (2, 0, True)
    FindingScan.objects.update(version=0)
    assert lacking_findings().count() == 2
    assert (search_findings(), Finding.objects.count()) == (2, 2)


def test_findings_go_with_their_image():
    image = import_layers({"a": TOKEN})
    search_findings()
    delete_image(image=image)

    assert (Finding.objects.count(), FindingScan.objects.count()) == (0, 0)


def test_variables_labels_and_history_are_searched():
    history = steps(
        f"RUN /bin/sh -c git clone https://ci:{TOKEN.decode()}@example.org/x # buildkit",
        "RUN |1 NPM_TOKEN=aB3xY9kQ2mZ7 /bin/sh -c npm ci # buildkit",
        'CMD ["sh"]',
        empty=[1, 2],
    )
    config = {
        "Env": [
            "PATH=/bin",
            "API_TOKEN=x1",
            "PASSWORD_FILE=/run/x",
            "ALLOW_EMPTY_PASSWORD=yes",
            f"X={TOKEN.decode()}",
        ],
        "Labels": {"secret": "k3y", "note": "plain"},
    }
    image = import_layers({"a": b""}, history=history, config=config)
    rows = told_findings(image)

    assert [(row.source, row.name, row.kind, row.position) for row in rows] == [
        ("env", "API_TOKEN", "password", None),
        ("env", "X", "token", None),
        ("label", "secret", "password", None),
        ("history", "0", "token", 0),
        ("history", "1", "password", None),
    ]
    assert [told_value(image, row.key) for row in rows] == [
        *("x1", TOKEN.decode(), "k3y", TOKEN.decode(), "aB3xY9kQ2mZ7"),
    ]
    assert TOKEN.decode() not in repr(rows)


def test_an_image_without_layers_has_what_it_tells():
    image = import_layers(config={"Env": ["PASSWORD=k3y"]})

    assert (file_findings(image), [row.name for row in told_findings(image)]) == ([], ["PASSWORD"])
