"""An admin connects Slack in Chromium: the link, Slack's own page, and back; by mouse on a desk, by keyboard on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from handlers.pages import shell
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_case_page import CHROMIUM_ARGS, DESK, PHONE, UNLABELLED, picture
from tests.slack_grid import oauth_world
from tests.world import World
from workflows import page_access, staff

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield launched
        launched.close()


@pytest.fixture
def grid(world: World) -> Iterator[World]:
    with oauth_world(world) as made:
        yield made


def signed_in(browser: Browser, grid: World, size: dict[str, int], scheme: str) -> Page:
    slack_id = next(one.id for one in grid.clinic.staff if one.role == "admin")
    with grid.begin() as session:
        secret = page_access.begin(
            session, staff.of_slack(session, grid.theatre.config.slack_team, slack_id), way="link"
        )
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    context.add_cookies(
        [{"name": shell.cookie_name(grid.theatre.web.url), "value": secret, "url": grid.theatre.web.url}]
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{grid.theatre.web.url}/worklist")
    return page


def test_by_mouse_a_workspace_is_connected_and_shown(browser: Browser, grid: World) -> None:
    page = signed_in(browser, grid, DESK, "light")
    page.get_by_role("link", name="Slack").click()
    picture(page, "slack-before")
    page.get_by_role("button", name="Make a link to connect a workspace").click()
    picture(page, "slack-link")
    page.get_by_role("link", name="/slack/install").click()
    expect(page.get_by_role("heading", name="Connect Slack to")).to_be_visible()
    picture(page, "slack-install")
    assert page.evaluate(UNLABELLED) == []
    page.get_by_role("link", name="Go to Slack").click()
    page.get_by_role("button", name="Allow").click()

    expect(page.get_by_role("heading", name="is connected")).to_be_visible()
    picture(page, "slack-installed")
    page.get_by_role("link", name="To the worklist").click()
    page.get_by_role("link", name="Slack").click()
    expect(page.get_by_text("Connected since")).to_be_visible()
    picture(page, "slack-after")


def test_by_keyboard_on_a_phone_a_no_in_slack_is_told_plainly(browser: Browser, grid: World) -> None:
    page = signed_in(browser, grid, PHONE, "dark")
    page.get_by_role("link", name="Slack").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make a link to connect a workspace").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="/slack/install").focus()
    picture(page, "slack-link-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Go to Slack").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Not connected")).to_be_visible()
    expect(page.get_by_text("Slack was told not to let Careloop in")).to_be_visible()
    picture(page, "slack-denied-phone")
