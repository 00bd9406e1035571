"""What is filled in for a commit is there again, whatever came in between."""

import re

import pytest

from layers.models import Container
from layers.operations.create_container import create_container
from layers.operations.draft_commit import draft_commit
from layers.operations.write_file import write_file
from tests.views.conftest import nginx  # noqa: F401

SENT = {
    "name": "a//b:1",
    "author": "Ann",
    "message": "why\nand how",
    "as": "form",
    "USER": "a\\",
    "CMD": '["nginx"]',
    "ENV_name": ["LANG", "1 2"],
    "ENV_value": ["C.UTF-8", "x"],
    "health_interval": "soon",
    "HEALTHCHECK": "true",
    "leave_out": "root/.bash_history",
    "reproducible": "on",
    "stand": "new",
}


@pytest.fixture
def container(nginx) -> Container:  # noqa: F811
    made = create_container(image=nginx, name="web")
    write_file(container=made, path=b"root/.bash_history", data=b"ls")
    write_file(container=made, path=b"etc/kept", data=b"x")
    return made


@pytest.fixture
def address(container) -> str:
    return f"/containers/{container.container_id}/commit/"


def filled(html: str) -> dict[str, list[str]]:
    """The fields that hold something, as a browser would send them."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", html):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") in ("checkbox", "radio") and not re.search(r"\schecked", tag):
            continue
        if given.get("name") and given.get("value", "on"):
            found.setdefault(given["name"], []).append(given.get("value", "on"))
    for name, text in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>\n?([^<]*)</textarea>', html):
        found[name] = [text] if text else found.get(name, [])
    return found


def as_sent(html: str) -> dict[str, list[str]]:
    fields = filled(html)
    return {name: fields.get(name, []) for name in SENT}


EXPECTED = {
    name: [text.replace('"', "&quot;") for text in (value if isinstance(value, list) else [value])]
    for name, value in SENT.items()
}


@pytest.mark.parametrize("path", ["", "preview/"])
def test_a_refused_form_is_there_at_once_and_after_a_reload(client, address, path):
    answer = client.post(address + path, SENT)
    again = client.get(address).content.decode()

    assert answer.status_code == (200 if path else 422)
    assert as_sent(answer.content.decode()) == EXPECTED
    assert as_sent(again) == EXPECTED
    assert "field-error" in again


def test_what_others_draft_meanwhile_comes_before_what_was_typed(client, container, address):
    client.post(address + "preview/", SENT)
    draft_commit(container=Container.objects.get(), author="Ben", message="", changes=["USER nginx"])
    fields = filled(client.get(address).content.decode())

    assert fields["USER"] == ["nginx"]
    assert fields["leave_out"] == ["root/.bash_history"]


def test_a_commit_leaves_nothing_typed(client, container, address):
    good = {"name": "a:1", "author": "Ann", "leave_out": "root/.bash_history"}
    assert client.post(address, good).status_code == 303
    fields = filled(client.get(address).content.decode())

    assert Container.objects.get().typed == {}
    assert (fields.get("name"), fields.get("leave_out"), fields["author"]) == (None, None, ["Ann"])


def test_the_short_form_loses_no_tick(client, address):
    client.post(address + "preview/", SENT)
    client.post(address + "preview/", {"as": "kept", "name": "c:1", "author": "Ann", "message": "short"})

    assert as_sent(client.get(address).content.decode()) == EXPECTED | {"name": ["c:1"], "message": ["short"]}


@pytest.mark.parametrize("text", ["a\0b", "x" * 300_000])
def test_what_cannot_be_kept_is_refused_all_the_same(client, address, text):
    assert client.post(address, SENT | {"message": text}).status_code == 422
    assert Container.objects.get().typed == {}


def test_the_filter_of_the_rail_outlives_an_undo(client, container):
    url = f"/containers/{container.short_id}/"
    page = client.get(url).content.decode()
    answer = client.post(f"{url}undo/", {"q": "bash"}, headers={"HX-Request": "true", "HX-Target": "middle"})
    html = answer.content.decode()

    assert 'hx-include="#rail-asked"' in page
    assert re.search(r'id="rail-filter"[^>]*value="bash"', html)
    assert "q=bash" in answer.headers["HX-Replace-Url"]
    assert "/root/.bash_history" in html
    assert "/etc/kept" not in html.partition('id="rail-rows"')[2]
