"""Nothing that an image says becomes markup, and nothing in it stays unseen."""

import hashlib
import io
import json
import tarfile

import pytest

from layers.models import Image
from layers.operations.import_archive import import_archive
from layers.templatetags.layers import visible
from layers.views.commands import word

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
NAMES = [
    EVIL,
    "bidi\u202egnp.exe",
    "zero\u200bwidth",
    "esc\x1b[31m",
    "new\nline",
    "{{ settings }}",
    "a&path=b",
]


def tar(members: dict[bytes, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


@pytest.fixture
def url(db, data_dir) -> str:
    """The page of an image whose every text is hostile."""
    layer = tar({name.encode(): EVIL.encode() for name in NAMES} | {b"raw\xff\xfe": b"x"})
    step = {"created_by": EVIL, "author": EVIL, "comment": EVIL}
    runtime = {
        "Env": [f"{EVIL}={EVIL}"],
        "Labels": {EVIL: EVIL},
        "Cmd": [EVIL],
        "User": EVIL,
        "Healthcheck": 3,
    }
    config = {
        "os": EVIL,
        "architecture": "amd64",
        "author": EVIL,
        "config": runtime,
        "history": [step],
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }
    manifest = [{"Config": "c.json", "RepoTags": ["evil:1"], "Layers": ["l.tar"]}]
    archive = tar(
        {
            b"manifest.json": json.dumps(manifest).encode(),
            b"c.json": json.dumps(config).encode(),
            b"l.tar": layer,
        }
    )
    import_archive(io.BytesIO(archive), filename="evil.tar")
    return f"/images/{Image.objects.latest('pk').image_id.partition(':')[2]}/"


PAGES = ["", "?view=tree", "?view=outline", "?q=" + EVIL, "history/", "config/", "file/?path=new%0Aline"]
PAGES += [
    "space/",
    "space/?by=layer",
    "space/?list=largest",
    "space/?list=duplicates",
    "space/?without=" + EVIL,
]
PAGES += ["check/?rules=" + EVIL, "check/?rules=rules:%0A  forbiddenPaths:%0A    - '**'"]


@pytest.mark.parametrize("query", [*PAGES, "file/?path=bidi%E2%80%AEgnp.exe&as=hex", "file/?path=raw%FF%FE"])
def test_hostile_text_is_never_markup(client, url, query):
    html = client.get(url + query).content.decode()

    assert "<script>alert" not in html
    assert "<img src=x" not in html


@pytest.mark.parametrize("query", ["", "?view=tree", "?view=outline", "space/?list=largest"])
def test_what_a_browser_would_hide_is_spelled_out(client, url, query):
    html = client.get(url + query).content.decode()

    assert not {"\u202e", "\u200b", "\x1b"} & set(html)
    assert "bidi⟨U+202E⟩gnp.exe" in html
    assert "new␊line" in html
    assert r"raw\xff\xfe" in html


def test_every_name_leads_to_its_file(client, url):
    listing = client.get(url + "?view=tree").content.decode()
    links = [part.partition('"')[0] for part in listing.split('class="name" href="')[1:]]

    assert len(links) == len(NAMES)  # one of them holds a slash, and so is a directory
    assert {client.get(link.replace("&amp;", "&")).status_code for link in links} == {200}


def test_visible_leaves_ordinary_text_alone():
    assert visible("naïve 文件 🎉") == "naïve 文件 🎉"
    assert visible("a\tb", "\t") == "a\tb"


@pytest.mark.parametrize(
    ("path", "shell"),
    [
        (b"etc/motd", "/etc/motd"),
        (b"a b", "'/a b'"),
        (b"$(id)", "'/$(id)'"),
        (b"\x1b'\\\xff", r"$'/\033\047\134\377'"),
    ],
)
def test_path_is_one_word_of_a_shell(path, shell):
    assert word(path) == shell
