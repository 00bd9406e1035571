"""The page of an image's bytes, walked by keyboard and by pointer."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import arrive


@pytest.fixture
def space(nginx: Page) -> Page:
    nginx.keyboard.press("5")
    arrive(nginx, "**/space/")
    return nginx


def test_directories_are_drilled_into_with_one_key_and_left_with_one(space: Page):
    rows = space.locator("#map a[data-row]")
    space.keyboard.press("j")
    expect(rows.first).to_be_focused()
    name = rows.first.inner_text()
    space.keyboard.press("Enter")
    expect(space).to_have_url(re.compile(rf"path={re.escape(name)}"))
    expect(space.locator("#map .crumbs")).to_contain_text(name)
    expect(space.locator("#map a[data-row]").first).to_be_focused()

    space.keyboard.press("j")
    space.keyboard.press("Backspace")
    expect(space).to_have_url(re.compile(r"space/\??$"))
    expect(space.locator("#map .crumbs")).not_to_contain_text(name)
    expect(space.locator("#map a[data-row]").first).to_be_focused()
    space.go_back()
    expect(space).to_have_url(re.compile(rf"path={re.escape(name)}"))


def test_what_is_pointed_at_in_the_table_lights_up_in_the_picture_and_the_other_way(space: Page):
    space.locator("tr[data-at='0']").hover()
    expect(space.locator(".treemap .tile.lit").first).to_be_visible()
    expect(space.locator(".treemap .tile.lit:not([data-at='0'])")).to_have_count(0)

    space.locator(".treemap .tile[data-at='1']").first.hover()
    expect(space.locator("tr[data-at='1']")).to_have_class(re.compile("lit"))
    expect(space.locator("tr[data-at='0']")).not_to_have_class(re.compile("lit"))

    space.locator("tr[data-at='0'] a").focus()
    expect(space.locator("tr[data-at='0']")).to_have_class(re.compile("lit"))


def test_a_tile_opens_its_directory_within_the_page(space: Page):
    space.evaluate("window.stays = true")
    tile = space.locator(".treemap a.tile-open").first
    path = tile.get_attribute("href")
    tile.locator("rect").first.click(position={"x": 60, "y": 6})

    expect(space).to_have_url(re.compile(re.escape(path) + "$"))
    assert space.evaluate("window.stays") is True


def test_layers_and_types_are_one_click_away(space: Page):
    space.locator("#by-layer").click()
    expect(space.locator("#map")).to_contain_text("layer 1")
    space.locator("#map a[data-row]").first.click()
    expect(space).to_have_url(re.compile("layer="))
    space.locator("#by-type").click()
    expect(space.locator("#map")).to_contain_text("programs")


def test_what_if_is_answered_on_the_page(space: Page):
    space.locator("#try-from").select_option("1")
    space.locator("#try-to").select_option("3")
    space.get_by_role("button", name="Squash").click()
    expect(space.locator("#try")).to_contain_text("of content would be")
    expect(space).to_have_url(re.compile("from=1&to=3"))

    space.locator("#try-without").fill("*.html")
    space.get_by_role("button", name="Leave out").click()
    expect(space).to_have_url(re.compile("without="))
    expect(space.locator("#try-without")).to_have_value("*.html")


def test_a_deleted_file_is_recovered(space: Page):
    space.locator("#list-hidden").click()
    expect(space.locator("#list-hidden")).to_have_attribute("aria-current", "true")
    with space.expect_download() as downloading:
        space.locator("#lists a[download]").first.click()

    assert downloading.value.path().stat().st_size > 0


def test_rules_are_checked_and_can_be_handed_on(space: Page):
    space.get_by_role("link", name="Check the image against rules").click()
    space.locator("#rules").fill("rules:\n  forbiddenPaths:\n    - '*.html'\n")
    space.get_by_role("button", name="Check").click()

    expect(space.get_by_role("heading", name=re.compile("^(Failed|Passed)"))).to_be_visible()
    expect(space).to_have_url(re.compile("rules=rules"))
    expect(space.locator(".verdicts")).to_contain_text("index.html")
    space.reload()
    expect(space.locator("#rules")).to_have_value(re.compile("forbiddenPaths"))


def test_without_scripts_tiles_and_rows_are_links(plain: Page, space: Page):
    page = plain
    page.goto(space.url)
    href = page.locator(".treemap a.tile").first.get_attribute("href")
    page.goto(space.url + href)
    expect(page.locator("h1")).to_have_count(1)
    page.locator("#space-up").click()
    page.wait_for_url(re.compile(r"space/\??$"))
    page.locator("#map a[data-row]").first.click()
    page.wait_for_url(re.compile("path="))
    expect(page.locator("#map .crumbs")).to_be_visible()
