"""The steps of the founding story, as a person takes them in the browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import arrive, watch

WORKSPACE = re.compile("/containers/[0-9a-f]{12}/$")
AUTHOR = "FingerArt <george@chengguo.io>"


class Saved(NamedTuple):
    """An image that was committed and downloaded."""

    image_id: str
    """As the page shows it."""
    archive: Path


@contextmanager
def reader(browser: Browser, base_url: str, **how: bool) -> Iterator[Page]:
    """A page of a person of their own, on which nothing may be complained of."""
    troubles: list[str] = []
    context = watch(browser.new_context(base_url=base_url, **how), troubles)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert troubles == [], troubles


# --- in the workspace -------------------------------------------------------------------


def make_container(page: Page, name: str, image: str) -> None:
    page.goto("/containers/")
    page.get_by_role("textbox", name="Name").fill(name)
    page.locator("select[name=image]").select_option(label=image)
    page.get_by_role("button", name="New container").click()
    arrive(page, WORKSPACE)


def go_to(page: Page, path: str) -> None:
    """From the root of the container to a path, one directory after the other."""
    if page.locator("#middle").get_attribute("data-path"):
        page.locator("#middle .crumbs a").first.click()
    expect(page.locator("#middle-title")).to_have_text("/")
    for name in path.split("/"):
        page.locator("#directory").get_by_role("link", name=name, exact=True).click()
        expect(page.locator("#middle-title")).to_have_text(name)


def write(page: Page, text: str) -> None:
    """Replace what the editor has, and save with the key."""
    page.locator(".cm-content").last.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    page.keyboard.press("Control+s")
    expect(page.locator("#editor-state")).to_contain_text("Saved")


def make(page: Page, what: str, name: str) -> None:
    page.get_by_role("link", name=f"New {what}").click()
    page.get_by_role("dialog").locator("[name=name]").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


def set_mode(page: Page, mode: str) -> None:
    """Give the chosen file another mode."""
    page.locator("#path-actions summary").click()
    page.get_by_role("link", name="Mode…").click()
    page.get_by_role("dialog").locator("[name=mode]").fill(mode)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


def set_all(page: Page, button: str, field: str, value: str) -> None:
    """Give everything in a directory a mode or an owner."""
    page.get_by_role("checkbox", name="Choose all").check()
    page.locator("#selection").get_by_role("button", name=button).click()
    page.get_by_role("dialog").locator(f"[name={field}]").fill(value)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


def expect_last_change(page: Page, kind: str, path: str) -> None:
    """The last line of the changes beside the file."""
    row = page.locator("#rail-rows .rail-row").last
    expect(row.locator("a.path")).to_have_text(path, use_inner_text=True)
    expect(row.locator(".kind")).to_have_text(kind, use_inner_text=True)


# --- from the commit to the archive -----------------------------------------------------


def describe(page: Page, image: str, message: str) -> None:
    page.get_by_label("Name repository:tag").fill(image)
    page.get_by_label("Author").fill(AUTHOR)
    page.get_by_label("Message").fill(message)
    expect(page.locator("#preview")).to_contain_text(message)


def image_id(page: Page) -> str:
    """The ID of the image whose page this is, from the button that copies it."""
    return page.get_by_role("button", name="Copy the image ID").get_attribute("data-copy") or ""


def save(page: Page, button: Locator, directory: Path) -> Saved:
    """Download the image of this page, by click or, where the button has the focus, by key."""
    with page.expect_download() as download:
        button.press("Enter")
    archive = directory / download.value.suggested_filename
    download.value.save_as(archive)
    return Saved(image_id(page), archive)


def tab_to(page: Page, target: Locator, most: int = 80) -> None:
    """Reach an element by the Tab key alone."""
    expect(target).to_be_visible()
    for _press in range(most):
        if target.evaluate("(element) => element === element.getRootNode().activeElement"):
            return
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
