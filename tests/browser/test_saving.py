"""Images and parts of them, saved from their pages."""

import tarfile

from playwright.sync_api import Page, expect


def saved_names(page: Page, click) -> list[str]:
    with page.expect_download() as download:
        click()
    with tarfile.open(download.value.path()) as archive:
        return archive.getnames()


def test_several_images_are_picked_by_key_and_saved_as_one(page: Page):
    page.goto("/")
    bar = page.locator("#save-selected")
    expect(bar).to_be_hidden()
    for name in ("nginx:v2", "oracle/names:latest"):
        page.get_by_role("link", name=name).focus()
        page.keyboard.press("x")

    expect(bar).to_be_visible()
    assert "manifest.json" in saved_names(page, lambda: page.get_by_text("Save as Docker archive").click())


def test_an_image_is_saved_from_its_menu(nginx: Page):
    nginx.locator("#save summary").click()

    assert "index.json" in saved_names(nginx, lambda: nginx.get_by_text("OCI layout").click())


def test_a_directory_is_taken_from_the_tree(nginx: Page):
    nginx.locator("#view-tree").click()
    expect(nginx.get_by_role("treegrid")).to_be_visible()
    row = nginx.get_by_role("row").filter(has_text="etc")

    assert "etc/passwd" in saved_names(nginx, lambda: row.get_by_title("Download as tar").click())
