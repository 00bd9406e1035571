"""The main ways through the pages, as a person walks them."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import GOLDEN, IMAGE_PAGE, arrive
from tests.conftest import run_program
from tests.jobs.server import Server


def test_archive_is_uploaded_and_opened(page: Page):
    page.goto("/")
    page.locator("input[type=file]").set_input_files(GOLDEN / "06-rename" / "image.tar")

    expect(page).to_have_url(re.compile("/imports/"))
    expect(page.get_by_text("1 image imported")).to_be_visible()
    page.get_by_role("link", name="oracle/rename:latest").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("oracle/rename:latest")


def test_several_archives_are_uploaded(page: Page):
    page.goto("/")
    archives = [GOLDEN / case / "image.tar" for case in ("03-typeswap-symlink", "04-hardlinks")]
    page.locator("input[type=file]").set_input_files(archives)

    expect(page).to_have_url(re.compile("/imports/$"))
    expect(page.get_by_text("oracle/hardlinks:latest")).to_be_visible()


def test_file_that_is_no_image_is_refused_with_its_reason(page: Page):
    page.goto("/")
    page.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "", "buffer": b"\x89PNG" * 400}
    )

    alert = page.get_by_role("alert").filter(has_text="Nothing of it was kept")
    expect(alert).to_be_visible()


def test_images_are_filtered_while_typing(page: Page):
    page.goto("/")
    page.keyboard.press("f")
    page.keyboard.type("nginx:v2")

    expect(page.locator("#images tbody tr")).to_have_count(1)
    expect(page.locator("#q")).to_be_focused()
    expect(page).to_have_url(re.compile("q=nginx"))


def test_layer_is_chosen_and_back_returns(nginx: Page):
    nginx.locator("#layer-0").click()
    expect(nginx.get_by_role("heading", name="Layer 0")).to_be_visible()
    expect(nginx).to_have_url(re.compile("layer=0"))
    expect(nginx.locator("#layer-0")).to_be_focused()

    nginx.go_back()
    expect(nginx.get_by_role("heading", name="Layer 4")).to_be_visible()
    expect(nginx.locator("header.top")).to_have_count(1)


def test_changes_are_filtered_and_kinds_toggled(nginx: Page):
    nginx.locator("#filter").fill("bash")
    expect(nginx.locator("#listing tbody tr")).to_have_count(1)
    nginx.locator("#filter").fill("")
    expect(nginx.locator("tr.change-C").first).to_be_visible()

    nginx.keyboard.press("Escape")
    nginx.keyboard.press("c")
    expect(nginx.locator("tr.change-C")).to_have_count(0)
    expect(nginx.locator("tr.change-A").first).to_be_visible()


def test_toggle_keeps_the_filter(nginx: Page):
    nginx.locator("#filter").fill("usr")
    expect(nginx).to_have_url(re.compile("q=usr"))
    nginx.locator("#toggle-A").click()

    expect(nginx).to_have_url(re.compile("kinds=CD&q=usr"))


def test_layers_are_walked_by_key(nginx: Page):
    nginx.keyboard.press("[")
    expect(nginx.get_by_role("heading", name="Layer 3")).to_be_visible()
    nginx.keyboard.press("]")
    expect(nginx.get_by_role("heading", name="Layer 4")).to_be_visible()
    nginx.keyboard.press("v")
    expect(nginx.get_by_role("treegrid")).to_be_visible()


def test_tree_is_walked_by_key(nginx: Page):
    nginx.goto(nginx.url.partition("?")[0] + "?view=tree")
    expect(nginx.get_by_role("row", name="bin").first).to_be_visible()
    nginx.keyboard.press("j")
    focused = nginx.locator("tr:focus")
    expect(focused).to_contain_text("bin")
    for key in ("j", "ArrowDown"):
        nginx.keyboard.press(key)
    expect(focused).to_contain_text("home")
    nginx.keyboard.press("k")
    expect(focused).to_contain_text("etc")

    nginx.keyboard.press("l")
    expect(focused).to_have_attribute("aria-expanded", "true")
    passwd = nginx.locator("tr[aria-level='2']", has_text="passwd")
    expect(passwd).to_be_visible()
    nginx.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("aria-level", "2")
    nginx.keyboard.press("h")
    expect(focused).to_contain_text("etc")
    nginx.keyboard.press("h")
    expect(passwd).to_be_hidden()


def test_tree_opens_by_mouse_and_leads_to_a_file(nginx: Page):
    nginx.locator("#view-tree").click()
    nginx.get_by_role("link", name="etc", exact=True).click()
    nginx.get_by_role("link", name="passwd", exact=True).click()

    expect(nginx.get_by_role("heading", level=1)).to_have_text("passwd")
    expect(nginx.locator("#L1")).to_contain_text("root:x:0:0")


def test_changes_are_shown_as_a_tree(nginx: Page):
    nginx.locator("#as-tree").click()
    nginx.locator("a.dir", has_text="root/").click()

    expect(nginx.locator("tr[aria-level='2']")).to_contain_text(".bash_history")


def test_versions_of_a_file_are_compared(nginx: Page):
    nginx.goto(nginx.url.partition("?")[0] + "file/?path=usr/share/nginx/html/index.html")
    nginx.locator("#as-diff").click()
    arrive(nginx, re.compile("as=diff"))
    expect(nginx.locator(".side.new").first).to_contain_text("Hello, Docker!")
    nginx.keyboard.press("n")
    expect(nginx.locator(".sides tr:focus")).to_have_count(1)
    nginx.locator("#compare-hex").click()
    expect(nginx.locator(".line-added").first).to_contain_text("Hello, Docker!"[:8])

    nginx.locator("#version-3").click()
    expect(nginx.locator(".numbered")).to_contain_text("Welcome to nginx!")


def test_deleted_file_can_still_be_seen(page: Page):
    page.goto("/")
    page.get_by_role("link", name="oracle/names:latest").click()
    arrive(page, IMAGE_PAGE)
    page.goto(page.url + "?layer=6&kinds=D")
    page.get_by_role("link", name=r"n/latin1-\xe9", exact=True).click()
    expect(page.get_by_role("strong").get_by_text("Deleted in layer 6")).to_be_visible()
    page.get_by_role("link", name="Look at them").click()

    expect(page).not_to_have_url(re.compile("layer=6"))
    expect(page.locator("#content-title")).to_be_attached()
    expect(page.get_by_text("Deleted in layer")).to_have_count(0)


def test_deleted_directory_leads_to_the_tree_that_holds_it(page: Page):
    page.goto("/")
    page.get_by_role("link", name="oracle/names:latest").click()
    arrive(page, IMAGE_PAGE)
    page.goto(page.url + "?layer=6&kinds=D")
    page.get_by_role("link", name=r"n/dir-\xe9/", exact=True).click()
    page.get_by_role("link", name="Look at them").click()

    expect(page).to_have_url(re.compile("layer=4.*view=tree|view=tree.*layer=4"))
    expect(
        page.get_by_role("treegrid", name="Files").get_by_role("link", name="in", exact=True)
    ).to_be_visible()


def test_keyboard_map_opens_and_closes(page: Page):
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_theme_and_projector_are_remembered(page: Page):
    page.goto("/")
    page.keyboard.press("P")
    page.keyboard.press("D")
    page.goto("/limits/")

    root = page.locator("html")
    expect(root).to_have_attribute("data-projector", "")
    expect(root).to_have_attribute("data-theme", "light")


def test_command_is_copied(nginx: Page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    nginx.locator(".image-head [data-copy^=sha256]").click()

    expect(nginx.locator("#said")).to_have_text("Image ID copied")
    assert nginx.evaluate("navigator.clipboard.readText()").startswith("sha256:")


def test_part_that_fails_says_so(nginx: Page, troubles: list[str]):
    nginx.route("**/*layer=0*", lambda route: route.fulfill(status=500))
    nginx.locator("#layer-0").click()

    expect(nginx.locator("#trouble")).to_be_visible()
    assert troubles
    assert all("500" in trouble for trouble in troubles)
    troubles.clear()


def test_everything_is_searched_from_anywhere(nginx: Page):
    nginx.keyboard.press("/")
    expect(nginx.locator("#search")).to_be_focused()
    nginx.keyboard.type("bash_hist")
    nginx.keyboard.press("Enter")

    expect(nginx).to_have_url(re.compile(r"/search/\?q=bash_hist"))
    nginx.locator("#group-paths a[data-row]").first.click()
    expect(nginx.get_by_role("heading", level=1)).to_have_text(".bash_history")


def test_results_follow_what_is_typed(page: Page):
    page.goto("/search/")
    page.locator("#search").fill("passw")
    expect(page.locator("#group-paths")).to_contain_text("etc/passwd")
    expect(page.locator("#search")).to_be_focused()
    expect(page).to_have_url(re.compile("q=passw"))

    page.locator("#search").press_sequentially("d*x")
    expect(page.locator("#group-paths")).to_contain_text("Nothing here matches")
    page.locator("#search").fill("index.html")
    expect(page.locator("#group-paths .state").first).to_contain_text("visible")


def test_all_paths_are_walked_in_pages(page: Page, server: Server):
    run_program("keep_house", data=server.data).check_returncode()  # else the index may be another on the way
    page.goto("/search/?q=**&kind=paths")
    first = page.locator("#group-paths .found-path").first.inner_text()
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile("after="))
    expect(page.locator("#group-paths .found-path").first).not_to_have_text(first)
    page.go_back()
    expect(page.locator("#group-paths .found-path").first).to_have_text(first)


def test_shelf_is_walked_and_a_deletion_rehearsed(page: Page):
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("s")
    arrive(page, "**/shelf/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Shelf")
    page.keyboard.press("2")
    arrive(page, re.compile("view=table"))

    page.get_by_role("checkbox", name="nginx:v2").check()
    page.get_by_role("button", name="What would deleting these free?").click()
    expect(page.locator("#freed")).to_contain_text("would be free on the disk")
    expect(page).to_have_url(re.compile("image=[0-9a-f]{64}"))
    page.go_back()
    expect(page.locator("#freed")).to_have_count(0)


def test_layer_leads_to_all_its_images(nginx: Page):
    nginx.goto(nginx.url.partition("?")[0] + "?layer=0")
    nginx.locator(".instruction summary").click()
    nginx.locator(".instruction a[href^='/layers/']").click()

    expect(nginx.get_by_role("heading", level=1)).to_contain_text("Layer")
    expect(nginx.locator("#layer")).to_contain_text("nginx:latest")
