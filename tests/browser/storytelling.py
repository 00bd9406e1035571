"""The steps of the founding story, as a person takes them in the browser."""

from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, expect

AUTHOR = "FingerArt <george@chengguo.io>"


class Saved(NamedTuple):
    """An image that was committed and downloaded."""

    image_id: str
    """As the page shows it."""
    archive: Path


def reader(browser: Browser, base_url: str, **how: bool) -> Page:
    """A page of a person of their own."""
    page = browser.new_context(base_url=base_url, **how).new_page()
    page.set_default_timeout(15_000)
    return page


# --- in the workspace -------------------------------------------------------------------


def make_container(page: Page, name: str, image: str) -> None:
    page.goto("/containers/")
    page.get_by_role("textbox", name="Name").fill(name)
    page.locator("select[name=image]").select_option(label=image)
    page.get_by_role("button", name="New container").click()
    page.wait_for_url("**/containers/*/", wait_until="load")


def go_to(page: Page, path: str) -> None:
    """From the root of the container to a path, one directory after the other."""
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


def rail(page: Page) -> list[list[str]]:
    """The changes beside the file, as the recorded rows of docker diff are written."""
    rows = page.locator("#rail-rows .rail-row").all()
    return [[row.locator(".kind").inner_text(), row.locator("a.path").inner_text()] for row in rows]


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
