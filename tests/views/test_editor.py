"""A file of a container is edited as text: saved as the file spells it, never over what another saved."""

import re
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from layers.models import Container, Role
from layers.operations.create_container import create_container
from layers.operations.create_user import create_user
from layers.operations.edit_container import make_directory, make_symlink, remove_paths
from layers.operations.write_file import write_file
from layers.queries.container_files import open_container_file
from layers.views.languages import BY_ENDING, BY_NAME, BY_PROGRAM, language_of
from tests.conftest import ROOT
from tests.views.test_raw import PNG

PASSWORD = "correct horse battery"
HTMX = {"HX-Request": "true", "HX-Target": "editor-said"}
PAGE = "usr/share/nginx/html/index.html"


@pytest.fixture
def container(nginx) -> Container:
    return create_container(image=nginx, name="web")


@pytest.fixture
def url(container) -> str:
    return f"/containers/{container.short_id}/"


@pytest.fixture
def put(container):
    """Gives a file of the container a content."""

    def write(path: str, data: bytes) -> str:
        write_file(container=container, path=path.encode(), data=data)
        return sha256(data).hexdigest()

    return write


@pytest.fixture
def content(container):
    def read(path: str) -> bytes:
        container.refresh_from_db()
        return b"".join(open_container_file(container, path.encode(), follow=True).chunks())

    return read


def fields_of(html: str) -> dict[str, str]:
    """What the form of the editor would send, as a browser reads it."""
    return {name: field(html, name) for name in ("expected", "encoding", "line_end")}


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def text_in(html: str) -> str:
    found = re.search(r'<textarea id="editor-text"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    assert found
    return found[1]


# --- opening and saving -----------------------------------------------------------------


def test_text_is_opened_in_a_plain_form(client, url):
    html = client.get(f"{url}?path=etc/passwd").content.decode()

    assert text_in(html).startswith("root:x:0:0")
    assert "write/?path=etc/passwd" in html
    assert 'data-module="/static/vendor/codemirror' in html


def test_text_is_saved_without_scripts(client, url, container, content):
    opened = client.get(f"{url}?path={PAGE}").content.decode()
    response = client.post(f"{url}write/?path={PAGE}", fields_of(opened) | {"text": "<h1>Hi</h1>\r\n"})

    assert response.status_code == 303
    assert response.headers["Location"].endswith(f"?path={PAGE}")
    assert content(PAGE) == b"<h1>Hi</h1>\n"
    assert container.edits.count() == 1


def test_save_answers_htmx_with_what_the_next_save_starts_from(client, url, content):
    opened = client.get(f"{url}?path=etc/passwd").content.decode()
    first = client.post(
        f"{url}write/?path=etc/passwd", fields_of(opened) | {"text": "a\n"}, headers=HTMX
    ).content.decode()
    second = client.post(f"{url}write/?path=etc/passwd", fields_of(first) | {"text": "b\n"}, headers=HTMX)

    assert second.status_code == 200
    assert content("etc/passwd") == b"b\n"
    assert "<!doctype" not in first
    assert 'id="rail"' in first
    assert "edited" in second.headers["HX-Trigger-After-Swap"]


def test_an_unchanged_text_makes_no_step(client, url, container, put, content):
    put("etc/mixed", b"unix\ndos\r\nlast")
    steps = container.edits.count()
    opened = client.get(f"{url}?path=etc/mixed").content.decode()
    text = text_in(opened).replace("\n", "\r\n")
    response = client.post(f"{url}write/?path=etc/mixed", fields_of(opened) | {"text": text}, headers=HTMX)

    assert response.status_code == 200
    assert "HX-Trigger-After-Swap" not in response.headers
    assert container.edits.count() == steps
    assert content("etc/mixed") == b"unix\ndos\r\nlast"


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (b"\xef\xbb\xbfa\r\nb\r\n", "a\r\nc\r\n", b"\xef\xbb\xbfa\r\nc\r\n"),
        (b"Gr\xfc\xdfe\n", "Grüße, Köln\r\n", b"Gr\xfc\xdfe, K\xf6ln\n"),
        (b"\xff\xfea\0\n\0", "é\r\n", b"\xff\xfe\xe9\0\n\0"),
        (b"old\rmac\r", "old\r\nMAC\r\n", b"old\rMAC\r"),
        (b"no end", "still none", b"still none"),
        (b"", "\r\nfirst line was empty", b"\nfirst line was empty"),
    ],
    ids=["BOM and CRLF", "Latin-1", "UTF-16", "CR", "no end", "empty"],
)
def test_file_keeps_its_spelling(client, url, put, content, before, text, after):
    put("etc/file", before)
    opened = client.get(f"{url}?path=etc/file").content.decode()
    client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": text})

    assert content("etc/file") == after


def test_a_first_empty_line_is_shown(client, url, put):
    put("etc/file", b"\nsecond\n")

    assert text_in(client.get(f"{url}?path=etc/file").content.decode()) == "\nsecond\n"


def test_a_character_that_the_encoding_lacks_is_told_and_can_be_saved_as_utf_8(client, url, put, content):
    put("etc/file", b"Gr\xfc\xdfe\n")
    opened = client.get(f"{url}?path=etc/file").content.decode()
    typed = fields_of(opened) | {"text": "Grüße ☃\r\n"}
    refused = client.post(f"{url}write/?path=etc/file", typed)
    html = refused.content.decode()

    assert refused.status_code == 422
    assert "which ISO-8859-1 does not have" in html
    assert text_in(html) == "Grüße ☃\r\n"
    assert content("etc/file") == b"Gr\xfc\xdfe\n"

    client.post(f"{url}write/?path=etc/file", typed | {"save_as": "utf-8"})
    assert content("etc/file") == "Grüße ☃\n".encode()


def test_a_file_is_read_in_an_encoding_of_choice(client, url, put, content):
    put("etc/file", "中文字\n".encode("gb18030"))
    opened = client.get(f"{url}?path=etc/file&encoding=gb18030").content.decode()

    assert text_in(opened) == "中文字\n"
    client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": "中国\r\n"})
    assert content("etc/file") == "中国\n".encode("gb18030")


def test_an_encoding_that_does_not_fit_is_told(client, url, put):
    put("etc/file", "é\n".encode())

    assert "This file is no UTF-16" in client.get(f"{url}?path=etc/file&encoding=utf-16-le").content.decode()


# --- conflicts --------------------------------------------------------------------------


def test_conflict_shows_both_and_loses_nothing(client, url, put, content):
    put("etc/file", b"one\ntwo\n")
    opened = client.get(f"{url}?path=etc/file").content.decode()
    put("etc/file", b"one\ntheirs\n")
    response = client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": "one\nmine\n"})
    html = response.content.decode()

    assert response.status_code == 409
    assert "/etc/file was changed since it was opened" in html
    assert text_in(html) == "one\nmine\n"
    assert "<del><code>" in html
    assert "theirs" in html
    assert content("etc/file") == b"one\ntheirs\n"

    client.post(f"{url}write/?path=etc/file", fields_of(html) | {"text": "one\nboth\n"})
    assert content("etc/file") == b"one\nboth\n"


def test_conflict_tells_htmx_what_the_other_has_saved(client, url, put):
    put("etc/file", b"one\n")
    opened = client.get(f"{url}?path=etc/file").content.decode()
    put("etc/file", b"<b>theirs</b>\n")
    response = client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": "mine\n"}, headers=HTMX)

    assert response.status_code == 409
    assert response.content.decode().count("data-theirs") == 1
    assert "&lt;b&gt;theirs&lt;/b&gt;" in response.content.decode()


def test_who_typed_the_same_has_no_conflict(client, url, container, put):
    put("etc/file", b"one\n")
    opened = client.get(f"{url}?path=etc/file").content.decode()
    put("etc/file", b"two\n")
    steps = container.edits.count()
    response = client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": "two\n"})

    assert response.status_code == 303
    assert container.edits.count() == steps


def test_a_file_that_was_deleted_meanwhile_can_be_made_anew(client, url, container, put, content):
    put("etc/file", b"one\r\n")
    opened = client.get(f"{url}?path=etc/file").content.decode()
    remove_paths(container=container, paths=[b"etc/file"])
    response = client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": "mine\n"})
    html = response.content.decode()

    assert response.status_code == 409
    assert "was deleted since it was opened" in html
    assert text_in(html) == "mine\n"

    client.post(f"{url}write/?path=etc/file", fields_of(html) | {"text": "mine\n"})
    assert content("etc/file") == b"mine\r\n"


def test_a_directory_in_its_place_is_told(client, url, container, put):
    put("etc/file", b"one\n")
    opened = client.get(f"{url}?path=etc/file").content.decode()
    remove_paths(container=container, paths=[b"etc/file"])
    make_directory(container=container, path=b"etc/file")
    response = client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": "mine\n"})

    assert response.status_code == 422
    assert text_in(response.content.decode()) == "mine\n"


def test_a_file_that_became_binary_is_compared_in_bytes(client, url, put):
    put("etc/file", b"one\n")
    opened = client.get(f"{url}?path=etc/file").content.decode()
    put("etc/file", b"\x7fELF\0\0")
    response = client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": "mine\n"})

    assert response.status_code == 409
    assert "They differ first at byte 0." in response.content.decode()


# --- limits and forgeries ---------------------------------------------------------------


def test_a_long_text_is_only_shown(client, url, put):
    put("etc/file", b"x\n" * (2**19 + 1))
    html = client.get(f"{url}?path=etc/file").content.decode()

    assert "<textarea" not in html
    assert "More than 1 MiB is not edited here" in html


def test_a_text_that_grew_too_long_is_refused_and_kept(client, url, put, content):
    put("etc/file", b"x\n")
    opened = client.get(f"{url}?path=etc/file").content.decode()
    response = client.post(f"{url}write/?path=etc/file", fields_of(opened) | {"text": "x" * (2**20 + 1)})

    assert response.status_code == 422
    assert "upload a file in its place" in response.content.decode()
    assert content("etc/file") == b"x\n"


@pytest.mark.parametrize(
    "forged",
    [{}, {"expected": "0" * 64}, {"expected": "x"}, {"encoding": "nonsense"}, {"save_as": "nonsense"}],
)
def test_a_forged_form_writes_nothing_over_another_content(client, url, content, forged):
    before = content("etc/passwd")
    response = client.post(f"{url}write/?path=etc/passwd", {"text": "mine"} | forged)

    assert response.status_code == 409
    assert content("etc/passwd") == before


def test_what_was_typed_for_a_container_that_is_gone_is_handed_back(client, url, container):
    container.delete()
    response = client.post(f"{url}write/?path=etc/passwd", {"text": "<b>mine</b>"})

    assert response.status_code == 404
    assert "&lt;b&gt;mine&lt;/b&gt;" in response.content.decode()


@pytest.mark.parametrize("path", ["", "etc", "nowhere/deeper", "etc/passwd/x"])
def test_what_is_no_place_for_a_file_is_told(client, url, path):
    response = client.post(f"{url}write/?path={path}", {"text": "mine", "expected": ""})

    assert 400 <= response.status_code < 500
    assert b"mine" in response.content


def test_a_save_needs_its_token(container, url):
    assert (
        Client(enforce_csrf_checks=True).post(f"{url}write/?path=etc/passwd", {"text": ""}).status_code == 403
    )


def test_hostile_text_stays_text(client, url, put):
    put("etc/file", b"</textarea><script>alert(1)</script>&amp;\n")
    html = client.get(f"{url}?path=etc/file").content.decode()

    assert "<script>alert" not in html
    assert text_in(html) == "&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;\n"


def test_who_may_only_look_gets_no_editor(url, container, settings):
    settings.ACCOUNTS = True
    anna, tina = (
        create_user(name=name, password=PASSWORD, role=role)
        for name, role in {"anna": Role.STUDENT, "tina": Role.TEACHER}.items()
    )
    Container.objects.filter(pk=container.pk).update(owner=anna)
    pages = {}
    for user in (anna, tina):
        client = Client()
        client.force_login(user)
        pages[user.name] = client.get(f"{url}?path=etc/passwd").content.decode()

    assert text_in(pages["anna"]).startswith("root:x:0:0")
    assert "root" in pages["tina"]
    assert "<textarea" not in pages["tina"]
    assert "replace/?path=" not in pages["tina"]


# --- what is no text --------------------------------------------------------------------


def test_bytes_are_shown_as_bytes(client, url, put):
    put("etc/file", b"\x7fELF\0\0")
    html = client.get(f"{url}?path=etc/file").content.decode()

    assert "<textarea" not in html
    assert "7f 45 4c 46" in html


def test_picture_is_shown_and_handed_out_in_a_sandbox(client, url, put):
    put("etc/file", PNG)
    html = client.get(f"{url}?path=etc/file").content.decode()
    response = client.get(f"{url}raw/?path=etc/file&as=image")

    assert "&amp;as=image" in html
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_file_is_downloaded_as_it_is(client, url, put):
    put("etc/file", b"<script>\n")
    response = client.get(f"{url}raw/?path=etc/file")

    assert b"".join(response.streaming_content) == b"<script>\n"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == 'attachment; filename="file"'


@pytest.mark.parametrize("path", ["etc", "nowhere", ""])
def test_what_has_no_content_is_not_downloaded(client, url, path):
    assert client.get(f"{url}raw/?path={path}").status_code == 404


def test_symlink_leads_to_where_it_is_edited(client, url, container, put):
    put("etc/file", b"content\n")
    make_symlink(container=container, path=b"etc/link", target=b"file")
    html = client.get(f"{url}?path=etc/link").content.decode()

    assert "<textarea" not in html
    assert "content" in html
    assert "?path=etc/file" in html


def test_symlink_to_nowhere_is_shown(client, url, container):
    make_symlink(container=container, path=b"etc/link", target=b"/nowhere")

    assert "which leads to nothing here" in client.get(f"{url}?path=etc/link").content.decode()


def test_changed_file_is_held_against_the_images(client, url, put):
    put(PAGE, b"<h1>Hello, container!</h1>\n")
    html = client.get(f"{url}?path={PAGE}&as=diff").content.decode()

    assert "the image" in html
    assert "this container" in html
    assert "<ins><code>" in html


def test_a_file_takes_the_place_of_another(client, url, content):
    sent = SimpleUploadedFile("other-name.bin", b"\0new")
    response = client.post(f"{url}replace/?path=etc/passwd", {"files": sent})

    assert response.status_code == 303
    assert content("etc/passwd") == b"\0new"


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        (b"srv/index.HTML", "", "html"),
        (b"etc/nginx/conf.d/default.conf", "", "nginx"),
        (b"etc/nginx/mime.types", "", ""),
        (b"app/Dockerfile", "", "dockerfile"),
        (b"app/Dockerfile.dev", "", "dockerfile"),
        (b"usr/bin/tool", "#!/usr/bin/env -S python3 -u\n", "python"),
        (b"docker-entrypoint.sh", "", "shell"),
        (b"bin/run", "#!/bin/bash\n", "shell"),
        (b"etc/os-release", "NAME=x", ""),
        (b"\xff\xfe", "", ""),
    ],
)
def test_language_is_told_by_name_or_first_line(path, text, language):
    assert language_of(path, text) == language


def test_every_language_is_one_that_the_editor_knows():
    source = (ROOT / "script" / "codemirror" / "codemirror.js").read_text()
    known = re.findall(r"^  (\w+)(?::|,)", source.partition("export const languages = {")[2], re.MULTILINE)

    assert {*BY_NAME.values(), *BY_ENDING.values(), *BY_PROGRAM.values()} <= set(known)
