"""Uploads on lines that break: they go on where they ended, pause, and are given up."""

import re
import sqlite3

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import GOLDEN, PATIENCE
from tests.jobs.server import Server

ARCHIVE = (GOLDEN / "05-metadata" / "image.tar").read_bytes()
PARTS = 8


@pytest.fixture
def uploading(page: Page) -> Page:
    """On the page of imports, where a file is sent in several parts."""
    page.goto("/imports/")
    page.locator("ib-upload").evaluate(f"drop => drop.dataset.partSize = {len(ARCHIVE) // PARTS + 1}")
    return page


def choose(page: Page, name: str) -> None:
    page.locator("ib-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/x-tar", "buffer": ARCHIVE}
    )


class Line:
    """Lets requests through, counted; breaks those whose number is drawn."""

    def __init__(self, page: Page, *, broken: frozenset[int]) -> None:
        self.broken, self.seen = broken, 0
        page.route(re.compile("/uploads/.+/$"), self.carry)

    def carry(self, route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        self.seen += 1
        route.abort("connectionreset") if self.seen in self.broken else route.continue_()


def test_a_line_that_breaks_again_and_again_delivers_the_file(uploading: Page, troubles: list[str]):
    line = Line(uploading, broken=frozenset({1, 3, 4, 7}))

    choose(uploading, "broken.tar")

    uploading.wait_for_url("**/imports/*-*/")
    expect(uploading.get_by_role("heading", name="1 image imported")).to_be_visible()
    assert line.seen >= PARTS + 4
    troubles[:] = [text for text in troubles if "ERR_CONNECTION_RESET" not in text]


def test_an_upload_pauses_and_goes_on_after_the_page_was_left(uploading: Page, server: Server):
    held: list[Route] = []
    uploading.route(re.compile("/uploads/.+/$"), lambda route: hold_third_part(route, held))
    choose(uploading, "paused.tar")
    expect(uploading.locator(".sending progress")).to_be_visible()
    await_third_part(uploading, held)

    uploading.get_by_role("button", name="Pause: paused.tar").click()
    expect(uploading.locator(".sending-note")).to_have_text("Paused")
    received = received_size(server, "paused.tar")
    assert 0 < received < len(ARCHIVE)

    uploading.unroute_all()
    uploading.goto("/imports/")
    choose(uploading, "paused.tar")

    uploading.wait_for_url("**/imports/*-*/")
    expect(uploading.get_by_role("heading", name="1 image imported")).to_be_visible()


def hold_third_part(route: Route, held: list[Route]) -> None:
    """Two parts pass; the third one never arrives."""
    if route.request.method == "PATCH":
        held.append(route)
    if route.request.method != "PATCH" or len(held) < 3:
        route.continue_()


def await_third_part(page: Page, held: list[Route]) -> None:
    """Lets the browser go on until the part that never arrives is on its way."""
    for _turn in range(PATIENCE // 20):
        if len(held) == 3:
            return
        page.wait_for_timeout(20)  # while it waits, routes are told
    assert len(held) == 3


def received_size(server: Server, name: str) -> int:
    with sqlite3.connect(server.data / "db.sqlite3") as library:
        ((size,),) = library.execute("SELECT done_size FROM layers_job WHERE filename = ?", [name])
    return size


def test_an_upload_is_cancelled(uploading: Page, server: Server):
    held: list[Route] = []
    uploading.route(re.compile("/uploads/.+/$"), lambda route: hold_third_part(route, held))
    choose(uploading, "cancelled.tar")
    await_third_part(uploading, held)

    with uploading.expect_response(lambda answer: answer.request.method == "DELETE") as cancelled:
        uploading.get_by_role("button", name="Cancel: cancelled.tar").click()

    assert cancelled.value.ok
    expect(uploading.locator(".sending-note")).to_have_text("Cancelled")
    uploading.goto("/imports/")
    expect(uploading.locator("#imports .job", has_text="cancelled.tar")).to_contain_text("Cancelled")
