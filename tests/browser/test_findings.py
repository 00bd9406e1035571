"""The page of findings, in a browser: a secret appears when it is asked for, and goes again."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IMAGE_PAGE, arrive

SECRET = "k3yT0Th3D00r"


@pytest.fixture
def findings(page: Page) -> Page:
    """The page, once the server has searched the layers: that shows by itself."""
    page.goto("/")
    page.get_by_role("link", name="shop:2").click()
    arrive(page, IMAGE_PAGE)
    page.get_by_role("link", name="Findings", exact=True).click()
    arrive(page, "**/findings/")
    page.locator("#findings-list").wait_for()
    return page


def test_a_secret_is_shown_and_hidden_again_in_its_place(findings: Page):
    expect(findings.locator("body")).not_to_contain_text(SECRET)
    address = findings.url
    findings.locator("#show-env-0").press("Enter")
    expect(findings.locator("#finding-env-0")).to_contain_text(SECRET)
    expect(findings.locator("#show-env-0")).to_be_focused()
    findings.locator("#show-env-0").press("Enter")
    expect(findings.locator("body")).not_to_contain_text(SECRET)

    assert findings.url == address


def test_kinds_and_what_can_be_recovered(findings: Page):
    findings.get_by_role("link", name="Recoverable").click()
    findings.wait_for_url("**/findings/?shown=hidden")
    expect(findings.locator(".found-table tbody tr")).to_have_count(1)
    row = findings.locator(".found-table tbody tr")

    expect(row).to_contain_text("deleted in layer 3, but anyone can recover it")
    row.get_by_role("link", name="/root/.ssh/id_rsa").click()
    findings.wait_for_url("**/file/?layer=2&path=root/.ssh/id_rsa*")
    expect(findings.locator("main")).to_contain_text("BEGIN RSA PRIVATE KEY")
