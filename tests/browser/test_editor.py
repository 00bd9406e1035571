"""The editor in Chromium: typed, saved, taken from another tab, left, and all of it without scripts."""

import re
from hashlib import sha256
from itertools import count

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.test_accessibility import AXE, FINDINGS
from tests.jobs.server import Server

NUMBERS = count()
MIXED = b"unix\ndos\r\nGr\xfc\xdfe\nno end"


class Files:
    """A new container, and the files in its /etc, spoken of to the server itself."""

    def __init__(self, server: Server) -> None:
        self.server, self.name = server, f"edit{next(NUMBERS)}"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        server.request("POST", "/containers/create/", f"image=nginx:v2&name={self.name}".encode(), form)
        html = server.request("GET", "/containers/")[1].decode()
        links = re.findall(r'href="(/containers/[0-9a-f]+/)"[^>]*>(.*?)</a>', html, re.DOTALL)
        self.url = next(href for href, name in links if re.sub("<.*?>", "", name).strip() == self.name)

    def put(self, name: str, data: bytes) -> str:
        """Gives a file a content; the address of its page."""
        head = f'--part\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        replace = '\r\n--part\r\nContent-Disposition: form-data; name="replace"\r\n\r\n1\r\n--part--\r\n'
        form = {"Content-Type": "multipart/form-data; boundary=part"}
        body = head.encode() + data + replace.encode()
        assert self.server.request("POST", f"{self.url}upload/?path=etc", body, form)[0] == 303
        return f"{self.url}?path=etc/{name}"

    def read(self, name: str) -> bytes:
        return self.server.request("GET", f"{self.url}raw/?path=etc/{name}")[1]


@pytest.fixture
def files(server: Server) -> Files:
    return Files(server)


def editor(page: Page):
    """The text of CodeMirror, once it is there."""
    return page.locator(".cm-content").last


def state(page: Page):
    return page.locator("#editor-state")


def test_text_is_typed_saved_with_a_key_and_there_again(page: Page, files):
    page.goto(files.put("page.html", b"<p>one</p>\n"))
    editor(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("<p>two / g i ?</p>\n")
    expect(state(page)).to_have_text("Not saved")
    expect(page).to_have_title(re.compile("^• "))

    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")
    expect(page.locator("#rail")).to_contain_text("page.html")
    expect(editor(page)).to_be_focused()
    page.reload()
    expect(editor(page)).to_contain_text("<p>two / g i ?</p>")
    assert files.read("page.html") == b"<p>one</p>\n<p>two / g i ?</p>\n"


def test_what_was_not_touched_stays_byte_for_byte(page: Page, files):
    page.goto(files.put("mixed.txt", MIXED))
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("first\n")
    page.get_by_role("button", name="Save").click()
    expect(state(page)).to_contain_text("Saved")

    assert files.read("mixed.txt") == b"first\n" + MIXED


def test_nothing_is_saved_where_nothing_was_typed(page: Page, files):
    page.goto(files.put("mixed.txt", MIXED))
    digest = sha256(MIXED).hexdigest()
    editor(page).click()
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")

    expect(page.locator("[name=expected]").last).to_have_value(digest)
    expect(page.locator("#rail .steps").first).not_to_contain_text("write")


def test_two_tabs_meet_in_a_conflict_that_loses_nothing(page: Page, context: BrowserContext, files, troubles):
    address = files.put("shared.txt", b"one\ntwo\nthree\n")
    page.goto(address)
    expect(editor(page)).to_be_visible()
    other = context.new_page()
    other.goto(address)
    editor(other).click()
    other.keyboard.press("Control+Home")
    other.keyboard.type("theirs\n")
    other.keyboard.press("Control+s")
    expect(state(other)).to_contain_text("Saved")

    editor(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("mine\n")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("was changed since it was opened")
    expect(page.locator(".cm-content").first).to_contain_text("theirs")
    expect(editor(page)).to_contain_text("mine")
    assert troubles
    assert all("409" in trouble for trouble in troubles)
    troubles.clear()

    page.evaluate(AXE)
    assert page.evaluate(FINDINGS) == []
    page.get_by_role("button", name="Take this over").first.click()
    expect(editor(page)).to_contain_text("theirs")
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")
    expect(page.locator(".cm-content")).to_have_count(1)
    assert files.read("shared.txt") == b"theirs\none\ntwo\nthree\nmine\n"


def test_another_tab_hears_that_its_file_was_changed(page: Page, context: BrowserContext, files):
    address = files.put("shared", b"one\n")
    page.goto(address)
    expect(editor(page)).to_be_visible()
    other = context.new_page()
    other.goto(address)
    editor(other).click()
    other.keyboard.press("Control+Home")
    other.keyboard.type("two ")
    other.keyboard.press("Control+s")
    expect(state(other)).to_contain_text("Saved")

    news = page.locator(".editor-news")
    expect(news).to_contain_text("changed elsewhere")
    expect(other.locator(".editor-news")).to_have_count(0)
    news.get_by_role("button", name="Show it as it is now").click()
    expect(editor(page)).to_contain_text("two one")
    expect(news).to_have_count(0)


def test_the_first_save_brings_the_diff_and_the_rail_leads_to_it(page: Page, files):
    page.goto(f"{files.url}?path=etc/passwd")
    expect(page.get_by_role("link", name="Diff")).to_have_count(0)
    editor(page).click()
    page.keyboard.type("new::9:9::/:/bin/sh\n")
    page.keyboard.press("Control+s")
    expect(page.locator("#as-diff")).to_be_visible()
    expect(page.locator("#as-edit")).to_have_attribute("aria-current", "true")

    page.locator("#rail").get_by_role("link", name="Diff /etc/passwd").click()
    expect(page.locator("#middle .sides")).to_contain_text("new::9:9::/:/bin/sh")
    expect(page).to_have_url(re.compile(r"\?path=etc/passwd&as=diff$"))


def test_what_was_edited_is_in_sight_among_the_changes(page: Page, files):
    page.set_viewport_size({"width": 1280, "height": 560})
    page.goto(f"{files.url}?path=usr/share/nginx/html/index.html")
    editor(page).click()
    page.keyboard.type("new")
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")

    expect(page.locator("#rail-rows .rail-row.chosen .because")).to_be_in_viewport()


def test_a_text_that_looks_like_none_is_read_in_an_encoding_of_choice(page: Page, files):
    page.goto(files.put("odd", "\x01中文\n".encode("gb18030")))
    page.locator(".encodings summary").click()
    page.get_by_role("link", name="GB18030").click()

    expect(editor(page)).to_contain_text("中文")


def test_a_character_that_the_encoding_lacks_is_saved_as_utf_8_if_one_wants(page: Page, files, troubles):
    page.goto(files.put("latin.txt", b"Gr\xfc\xdfe\n"))
    editor(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("☃")
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="Save as UTF-8").click()
    expect(state(page)).to_contain_text("Saved")
    expect(page.locator("#editor-encoding")).to_have_text("UTF-8")
    assert len(troubles) == 1
    assert "422" in troubles[0]
    troubles.clear()

    assert files.read("latin.txt") == "Grüße\n☃".encode()


def test_escape_and_tab_lead_out_of_the_editor(page: Page, files):
    page.goto(files.put("page.txt", b"one\n"))
    editor(page).click()
    page.keyboard.press("Tab")
    expect(editor(page)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")

    expect(editor(page)).not_to_be_focused()


def test_searching_in_a_long_file_is_accessible(page: Page, files):
    page.goto(files.put("long.py", b"".join(b"value_%d = %d * other\n" % (n, n) for n in range(300))))
    editor(page).click()
    page.keyboard.press("Control+f")
    page.keyboard.type("value_299")
    expect(page.locator(".cm-search")).to_be_visible()
    page.evaluate(AXE)

    assert page.evaluate(FINDINGS) == []


def test_leaving_with_something_unsaved_is_asked_about(page: Page, files, troubles):
    page.goto(files.put("page.txt", b"one\n"))
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("typed ")
    page.on("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog"):
        page.locator("#as-hex").click()
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")
    expect(editor(page)).to_contain_text("typed one")
    assert files.read("page.txt") == b"typed one\n"
    assert troubles == ["dialog: What you typed is not saved. Leave it?"]
    troubles.clear()


def test_a_draft_is_offered_where_the_page_went_away(page: Page, files, troubles):
    address = files.put("page.txt", b"one\n")
    page.goto(address)
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("typed ")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/containers/")
    page.goto(address)
    page.get_by_role("button", name="Put it back").click()
    assert all(trouble.startswith("dialog: ") for trouble in troubles)
    troubles.clear()

    expect(editor(page)).to_contain_text("typed one")
    expect(state(page)).to_have_text("Not saved")


def test_what_is_typed_while_a_save_is_on_its_way_stays_unsaved(page: Page, files):
    page.goto(files.put("page.txt", b"one\n"))
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("a")
    held: list[Route] = []
    page.route("**/write/**", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/write/**"):
        page.keyboard.press("Control+s")
    page.keyboard.type("b")
    held[0].continue_()
    expect(page.locator("[name=expected]")).to_have_value(sha256(b"aone\n").hexdigest())
    expect(state(page)).to_have_text("Not saved")
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")

    assert files.read("page.txt") == b"abone\n"


def test_a_new_file_opens_in_the_editor(page: Page, files):
    page.goto(f"{files.url}?path=etc&do=touch")
    page.locator("form.ask [name=name]").fill("new.conf")
    page.locator("form.ask").get_by_role("button", name="Make it").click()
    editor(page).click()
    page.keyboard.type("key = value\n")
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")

    assert files.read("new.conf") == b"key = value\n"


def test_text_is_saved_without_scripts(plain: Page, files):
    page = plain
    page.goto(files.put("mixed.txt", MIXED))
    page.locator("textarea[name=text]").fill("unix\ndos\nGrüße aus Köln\nno end")
    page.get_by_role("button", name="Save").click()
    saved = MIXED.replace(b"\xdfe\n", b"\xdfe aus K\xf6ln\n")
    expect(page.locator("[name=expected]")).to_have_value(sha256(saved).hexdigest())

    assert files.read("mixed.txt") == saved


def test_conflict_is_told_without_scripts(plain: Page, files, troubles):
    page = plain
    address = files.put("file.txt", b"one\n")
    page.goto(address)
    files.put("file.txt", b"theirs\n")
    page.locator("textarea[name=text]").fill("mine\n")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("was changed since it was opened")
    expect(page.locator(".side.old")).to_contain_text("theirs")
    expect(page.locator("textarea[name=text]")).to_have_value("mine\n")
    page.get_by_role("button", name="Save mine").click()
    expect(page.locator("[name=expected]")).to_have_value(sha256(b"mine\n").hexdigest())

    assert files.read("file.txt") == b"mine\n"
    assert all("409" in trouble for trouble in troubles)
    troubles.clear()
