"""Comparing as a person does: tick two, pick another side, narrow, look into a file."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import arrive


def test_two_ticked_images_are_compared(page: Page):
    page.goto("/")
    for name in ("nginx:latest", "nginx:v2"):
        page.locator("tr", has=page.get_by_role("link", name=name)).locator("input[type=checkbox]").check()
    page.get_by_role("button", name="Compare").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Compare")
    expect(page.locator("tr.change")).not_to_have_count(0)
    expect(page.locator("#base")).to_contain_text("4 layers that both have")


def test_a_side_and_its_layer_are_picked_without_leaving_the_page(page: Page):
    page.goto("/compare/?a=nginx:latest&b=oracle/names:latest")
    page.locator("select[name=b]").select_option("nginx:v2")
    page.wait_for_url(re.compile("b=nginx%3Av2"))
    expect(page.locator("#listing")).to_contain_text("index.html")
    page.locator("select[name=b_layer]").select_option("3")
    page.wait_for_url(re.compile("b=nginx%3Av2%403"))
    expect(page.locator("#listing")).to_contain_text("The files are the same on both sides")

    page.go_back()
    expect(page.locator("#listing")).to_contain_text("index.html")


def test_a_side_is_found_by_typing(page: Page):
    page.goto("/compare/?a=nginx:latest&b=nginx:v2")
    page.locator("fieldset").nth(1).get_by_placeholder("Find").press_sequentially("oracle/conf")
    options = page.locator("select[name=b] option")
    expect(options).to_have_count(4)
    expect(options.last).to_contain_text("oracle/config:")


def test_tabs_filters_and_swap_keep_to_the_url(page: Page):
    page.goto("/compare/?a=nginx:latest&b=nginx:v2")
    page.locator("#filter").fill("bash")
    expect(page.locator("tr.change")).to_have_count(1)
    page.wait_for_url(re.compile("q=bash"))

    page.locator("#swap").click()
    expect(page.locator("tr.change-D")).to_have_count(1)

    page.keyboard.press("2")
    page.wait_for_url(re.compile("tab=config"))
    expect(page.locator("#config")).to_contain_text("author")
    page.locator("#everything").click()
    expect(page.locator("#config tr.same")).not_to_have_count(0)
    page.keyboard.press("3")
    expect(page.locator("#histories")).to_contain_text("steps that both have")
    page.keyboard.press("4")
    page.get_by_role("link", name="usr").click()
    page.wait_for_url(re.compile("path=usr"))
    page.keyboard.press("g")
    page.keyboard.press("x")
    page.wait_for_url(re.compile(r"/compare/$"))


def test_what_differs_is_walked_through_by_key(page: Page):
    page.goto("/compare/?a=nginx:latest&b=nginx:v2")
    page.get_by_role("link", name="usr/share/nginx/html/index.html").click()
    arrive(page, re.compile("/compare/file/"))
    expect(page.locator("ins").first).to_contain_text("Hello, Docker!")
    page.keyboard.press("[")
    arrive(page, re.compile("path=run/nginx.pid"))
    expect(page.get_by_role("heading", level=1)).to_have_text("/run/nginx.pid")
    page.keyboard.press("]")
    expect(page.get_by_role("heading", level=1)).to_have_text("/usr/share/nginx/html/index.html")


def test_sides_are_picked_without_scripts(plain: Page):
    plain.goto("/compare/")
    plain.locator("select[name=a]").select_option("nginx:latest")
    plain.locator("select[name=b]").select_option("nginx:v2")
    plain.get_by_role("button", name="Compare").click()

    expect(plain).to_have_url(re.compile("a=nginx%3Alatest&b=nginx%3Av2"))
    expect(plain.locator("tr.change").nth(5)).to_be_visible()


def test_versions_are_picked_on_the_timeline(nginx: Page):
    nginx.goto(nginx.url.partition("?")[0] + "file/?path=usr/share/nginx/html/index.html")
    nginx.get_by_role("link", name="Compare layer 3 with layer 4").click()
    nginx.wait_for_url(re.compile("from=3&to=4"))

    expect(nginx.locator(".life-from")).to_contain_text("Layer 3")
    expect(nginx.locator(".life-to")).to_contain_text("Layer 4")
    expect(nginx.locator("ins").first).to_contain_text("Hello, Docker!")


def test_what_leads_to_a_file_comes_after_the_file(nginx: Page):
    nginx.goto(nginx.url.partition("?")[0] + "file/?path=bin/busybox")
    expect(nginx.locator("#links")).to_contain_text("/bin/sh")
    nginx.locator("#links").get_by_role("link", name="/bin/ls").click()
    expect(nginx.get_by_role("heading", level=1)).to_have_text("ls")


def test_a_directory_leads_to_its_life_and_back(nginx: Page):
    nginx.goto(nginx.url.partition("?")[0] + "?view=tree&path=usr/share/nginx")
    nginx.get_by_role("link", name="Life of this directory").click()
    expect(nginx.get_by_role("heading", level=1)).to_have_text("Life of /usr/share/nginx/")
    nginx.get_by_role("link", name="Look into it").click()
    expect(nginx.locator("tr[aria-level='1']")).to_contain_text("html")
