"""The page of packages, in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IMAGE_PAGE, arrive


@pytest.fixture
def packages(page: Page) -> Page:
    """The page, once the server has read the packages: that shows by itself."""
    page.goto("/")
    page.get_by_role("link", name="shop:2").click()
    arrive(page, IMAGE_PAGE)
    page.get_by_role("link", name="Packages", exact=True).click()
    arrive(page, "**/packages/")
    page.locator("#packages-list").wait_for()
    return page


def expect_names(page: Page, *names: str) -> None:
    expect(page.locator(".package-name a")).to_have_text(names)


def test_kinds_and_names_narrow_the_list(packages: Page):
    expect_names(packages, "bash", "libc6", "nginx", "@babel/core", "express")
    packages.get_by_role("link", name="npm 2").click()
    expect_names(packages, "@babel/core", "express")
    packages.get_by_label("Filter packages").fill("bab")

    expect_names(packages, "@babel/core")
    expect(packages).to_have_url(re.compile(r"\?type=npm&q=bab"))
    expect(packages.locator("#filter")).to_be_focused()


def test_what_is_removed_tells_where_its_files_are(packages: Page):
    packages.get_by_role("link", name="Removed 1").click()
    expect_names(packages, "gcc-12")
    row = packages.locator(".package-table tbody tr")

    assert row.locator("td").all_inner_texts()[:3] == ["gcc-12 amd64", "12.2.0-14", "deb"]
    assert row.locator("td").nth(3).inner_text().startswith("1 RUN apt-get install")
    assert row.locator("td").nth(4).inner_text() == "2"
    row.get_by_role("link", name="1", exact=True).click()
    packages.wait_for_url("**/?layer=1")


def test_a_layer_is_chosen(packages: Page):
    packages.get_by_role("link", name="By layer").click()
    expect(packages.locator("#packages-changes")).to_have_attribute("aria-current", "true")
    packages.locator("#layer").select_option("2")

    expect_names(packages, "gcc-12", "nginx")


def test_the_bill_of_materials_is_downloaded(packages: Page):
    with packages.expect_download() as download:
        packages.get_by_role("link", name="CycloneDX").click()

    assert download.value.suggested_filename.endswith(".cdx.json")
