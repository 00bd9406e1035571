"""Whatever a stranger puts into a URL, a form or a header: an answer below 500, and soon."""

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from layers import views
from tests.web.test_every_url import NAMES, URLS, address, content, visitor, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db

SOURCES = sorted(Path(views.__path__[0]).glob("*.py"))
PARAMETER = re.compile(
    r"""(?:GET|POST|get|post)(?:\.get|\.getlist)?[(\[]+"(\w+)"
        |"(\w+)"\ (?:not\ )?in\ (?:get|post|request\.(?:GET|POST))
        |(?:number_of|paths_of|path_field|text_of)\(request,\ "(\w+)"
    """,
    re.VERBOSE,
)
PARAMETERS = sorted(
    {"path", "layer", "from", "to"}
    | {
        name
        for source in SOURCES
        for found in PARAMETER.findall(source.read_text())
        for name in found
        if name
    }
)
"""Every parameter that a view asks for, as its source says: a new one is tried as well."""
NASTY = {
    "nul": "%00",
    "a surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "a newline": "a%0D%0ASet-Cookie:%20a=b",
    "an escape": "%1B%5B2J%E2%80%AE",
    "a huge number": "1" + "0" * 30,
    "a number beyond 64 bits": str(2**63),
    "minus one": "-1",
    "a digit of another script": "%D9%A3",
    "a superscript": "%C2%B2",
    "a glob without end": "*a" * 200 + "b",
    "a regular expression": "(a%2B)%2B%24" * 20,
    "a climb": "../" * 60 + "etc/passwd",
    "a very long text": "a" * 60_000,
    "brackets": "%5B" * 3000,
    "percent signs": "%25" * 1000,
    "a digest": "sha256:" + "0" * 64,
    "SQL": "'%22%3B--%20%25_",
    "slashes": "/" * 5000,
    "nothing": "",
}
CPU_SECONDS = 5
"""Of this process, and so of whatever else the machine does."""
ALONE = 6
"""Of each parameter alone so many values are tried, others with each URL."""


def query(value: str) -> str:
    """The value in every parameter at once."""
    return "&".join(f"{name}={value}" for name in PARAMETERS)[:60_000]


def tried(url: str) -> Iterator[tuple[str, str]]:
    """What is asked of a URL: each value in all parameters at once, and some in one alone."""
    dice = random.Random(url)
    for title, value in NASTY.items():
        yield title, query(value)
    for title, name in zip(dice.choices([*NASTY], k=ALONE), dice.choices(PARAMETERS, k=ALONE), strict=True):
        yield f"{name} alone: {title}", f"{name}={NASTY[title]}"


def check(client: Client, method: str, url: str, asked: str, said: str) -> None:
    begun = time.process_time()
    if method == "GET":
        response = client.get(f"{url}?{asked}")
    else:
        response = client.post(f"{url}?{asked}", asked, content_type="application/x-www-form-urlencoded")
    content(response)

    assert response.status_code < 500, f"{method} {url}, {said}"
    assert time.process_time() - begun < CPU_SECONDS, f"{method} {url}, {said}"
    assert not set("\r\n") & set("".join(response.headers.values())), f"{method} {url}, {said}"


def test_the_parameters_are_found():
    assert {"q", "path", "offset", "a", "b", "kind", "after", "revision", "leave_out"} <= set(PARAMETERS)


@pytest.mark.parametrize(("name", "parameters"), URLS, ids=NAMES)
def test_no_parameter_breaks_a_page(world, name, parameters):
    """As somebody who may see the thing, by ``GET`` and as a form, and as somebody who may not."""
    url = address(world, name, parameters)
    anna, ben, root = (visitor(world, who) for who in ("anna", "ben", "root"))
    asked_for = list(tried(url))
    for title, asked in asked_for:
        check(anna, "GET", url, asked, title)
    for title, asked in asked_for[: len(NASTY) // 4]:
        check(ben, "GET", url, asked, title)
    for title, asked in asked_for[: len(NASTY) : 2]:
        check(root, "POST", url, asked, title)
