"""A container is committed in the browser: checked while typing, previewed, made."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IMAGE_PAGE, arrive
from tests.browser.test_accessibility import AXE, FINDINGS, OVERFLOW


@pytest.fixture
def commit(page: Page) -> Page:
    """On the commit page of a container of nginx that nobody has edited."""
    page.goto("/")
    page.get_by_role("link", name="nginx:latest").click()
    arrive(page, IMAGE_PAGE)
    page.get_by_role("button", name="New container").click()
    arrive(page, "**/containers/*/")
    page.get_by_role("link", name="Commit", exact=True).click()
    arrive(page, "**/commit/")
    expect(page.get_by_role("heading", name="What the commit makes")).to_be_visible()
    return page


def test_name_is_checked_while_it_is_typed(commit: Page):
    name = commit.get_by_label("Name repository:tag")
    name.press_sequentially("nginx:v")
    expect(commit.locator("#name-check")).to_contain_text("docker.io/library/nginx:v")
    name.press_sequentially("2")
    expect(commit.locator("#name-check")).to_contain_text("nginx:v2 names image")
    name.fill("Nginx")
    expect(commit.locator("#name-check")).to_contain_text("must be lower-case")
    expect(name).to_be_focused()


def test_changes_show_in_the_preview_and_their_mistakes_at_the_field(commit: Page):
    commit.locator("#changes summary").first.click()
    commit.get_by_label("EXPOSE").fill("99999")
    expect(commit.locator("#error-EXPOSE")).to_have_text("Invalid containerPort: 99999")
    commit.get_by_label("EXPOSE").fill("8080")
    expect(commit.locator("#error-EXPOSE")).to_be_empty()
    commit.locator("#preview-config summary").first.click()
    expect(commit.locator("#preview-config")).to_contain_text("config.ExposedPorts.8080/tcp")

    commit.get_by_role("button", name="as Dockerfile lines").click()
    expect(commit.locator("#lines")).to_have_value("EXPOSE 8080")
    commit.locator("#lines").fill("EXPOSE 8080\nCOPY a b")
    expect(commit.locator("#line-errors")).to_contain_text("Line 2: copy is not a valid change command")
    expect(commit.locator("#preview-config")).to_have_attribute("open", "")


def test_rows_of_variables_grow(commit: Page):
    commit.locator("#changes summary").first.click()
    names = commit.get_by_label("ENV: name")
    expect(names).to_have_count(1)
    names.first.fill("A")
    expect(names).to_have_count(2)
    names.last.fill("B")
    commit.get_by_label("ENV: value").nth(1).fill("2")
    expect(commit.locator("#config-count")).to_contain_text("2 lines")


def test_enter_looks_and_control_enter_commits(commit: Page):
    commit.get_by_label("Message").fill("by key")
    with commit.expect_response("**/commit/preview/") as looked:
        commit.get_by_label("Author").press("Enter")
    assert looked.value.ok
    expect(commit.locator("#preview")).to_contain_text("by key")
    expect(commit).to_have_url(re.compile("/commit/$"))
    commit.get_by_label("Author").press("Control+Enter")

    expect(commit).to_have_url(re.compile("/images/.*committed=1"))
    expect(commit.locator("#committed")).to_contain_text("one row of history more")
    commit.get_by_role("link", name="Compare the histories").click()
    expect(commit.get_by_text("steps that both have")).to_be_visible()


def test_commit_works_without_scripts(plain: Page, commit: Page):
    page = plain
    page.goto(commit.url)
    page.get_by_label("Name repository:tag").fill("by/hand:1")
    page.get_by_role("button", name="Preview").last.click()
    expect(page.locator("#name-check")).to_contain_text("docker.io/by/hand:1")
    page.locator("#changes summary").first.click()
    page.get_by_role("button", name="as Dockerfile lines").click()
    page.locator("#lines").fill("USER app")
    page.get_by_role("button", name="Commit", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("by/hand:1")


def test_what_stands_open_is_fit_for_everybody(commit: Page):
    commit.locator("#changes summary").first.click()
    for fold in ("#preview-config", "#preview-documents", "#preview-dockerfile"):
        commit.locator(f"{fold} > summary").click()
    commit.get_by_label("EXPOSE").fill("x")
    expect(commit.locator("#error-EXPOSE")).not_to_be_empty()
    commit.get_by_label("Name repository:tag").fill("nginx:v2")
    expect(commit.locator("#name-check")).to_contain_text("now")
    commit.emulate_media(reduced_motion="reduce")
    commit.evaluate(AXE)
    found = {"fields": commit.evaluate(FINDINGS)}

    commit.get_by_label("EXPOSE").fill("")
    expect(commit.locator("#error-EXPOSE")).to_be_empty()
    commit.get_by_role("button", name="as Dockerfile lines").click()
    expect(commit.locator("#lines")).to_be_visible()
    found["lines"] = commit.evaluate(FINDINGS)
    commit.set_viewport_size({"width": 320, "height": 800})
    beyond = {"form": commit.evaluate(OVERFLOW)}
    commit.get_by_label("Name repository:tag").fill("fit/for:all")
    commit.get_by_role("button", name="Commit", exact=True).click()
    expect(commit.locator("#committed")).to_be_visible()
    commit.evaluate(AXE)
    found["committed"] = commit.evaluate(FINDINGS)
    beyond["committed"] = commit.evaluate(OVERFLOW)

    assert found == {"fields": [], "lines": [], "committed": []}
    assert beyond == {"form": 0, "committed": 0}


def test_workspace_commits_in_a_dialog(page: Page):
    page.goto("/")
    page.get_by_role("link", name="nginx:latest").click()
    arrive(page, IMAGE_PAGE)
    page.get_by_role("button", name="New container").click()
    arrive(page, "**/containers/*/")
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="Commit")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Quick")
    expect(dialog).to_contain_text("must be lower-case")
    dialog.get_by_label("Name").fill("quick:1")
    expect(dialog).to_contain_text("docker.io/library/quick:1")
    page.evaluate(AXE)
    assert page.evaluate(FINDINGS) == []
    dialog.get_by_role("button", name="More and preview").click()
    arrive(page, "**/commit/preview/")
    expect(page.get_by_label("Name repository:tag")).to_have_value("quick:1")
    page.get_by_label("Message").press("Control+Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("quick:1")
