"""The worklist in Chromium: narrow it, open a case, take it, log a call, close it with a promise; by mouse and by keyboard."""

import pytest
from playwright.sync_api import Browser, Page, expect

from storage.db import now
from tests.bench import seed
from tests.browser.test_case_page import (
    CONTRAST,
    DESK,
    PHONE,
    UNLABELLED,
    browser,
    opened,
    picture,
    scene,
    tab_to,
    talked,
    url,
)
from tests.page_scene import Scene, a_case
from workflows import publishing, staff

__all__ = ["browser", "scene", "talked", "url"]  # fixtures
pytestmark = pytest.mark.browser


@pytest.fixture
def busy(scene: Scene) -> Scene:
    """A desk of several programs with runs beside the cases, and one patient to call."""
    with scene.db.begin(org=scene.org) as session:
        publishing.publish_built_in(session, actor="system")
        a_case(
            session, kind="call_back", key="call", patient_id=scene.patient_id, number_id=scene.number_id, asked=None
        )
    return scene


def to_worklist(page: Page) -> None:
    page.get_by_role("link", name="Worklist").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


@pytest.mark.req("N11", by="handlers.pages.worklist:Worklist.narrow")
def test_filter_open_claim_call_and_close_with_a_promise_by_mouse(browser: Browser, busy: Scene, url: str) -> None:
    page, complaints = opened(browser, busy, url)
    to_worklist(page)
    page.get_by_label("Kind").select_option(label="Call back: the patient asked for a call")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("other cases are hidden.")).to_be_visible()
    picture(page, "worklist-narrowed")

    page.get_by_role("link", name="Call back: the patient asked for a call").click()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status")).to_have_text("You have this case now.")
    picture(page, "case-to-call")
    page.get_by_text("Log a call", exact=True).click()
    page.get_by_label("Voicemail").check()
    page.get_by_role("button", name="Log it").click()
    expect(page.get_by_role("status")).to_have_text("The call is logged.")
    page.get_by_text("Close", exact=True).click()
    page.get_by_label("Could not reach the patient").check()
    page.get_by_label("Did you promise something?").select_option(label="We call again")
    page.get_by_label("By when?").select_option(label="Within 1 business day")
    picture(page, "case-promise")
    page.get_by_role("button", name="Close case").click()

    expect(page.get_by_role("status")).to_contain_text("Our promise is case")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    picture(page, "case-promised")
    to_worklist(page)
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("button", name="Show all")).to_have_count(0)
    page.get_by_role("link", name="Promises").click()
    expect(page.get_by_role("link", name="A call, case")).to_be_visible()
    picture(page, "worklist-promises")
    assert complaints == []
    page.context.close()


def test_the_same_by_keyboard_alone(browser: Browser, busy: Scene, url: str) -> None:
    page, complaints = opened(browser, busy, url)
    tab_to(page, "Worklist")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "narrow-kind":
            break
    page.keyboard.type("Call back")
    tab_to(page, "Filter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("other cases are hidden.")).to_be_visible()
    tab_to(page, "Call back: the patient asked for a call")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Claim")).to_be_visible()

    tab_to(page, "Log a call")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tab_to(page, "Log it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The call is logged.")
    tab_to(page, "Close")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tab_to(page, "Close case")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text("The case is closed.")
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_full_desk_is_legible_labelled_and_fits(
    browser: Browser, busy: Scene, url: str, scheme: str, size: dict[str, int]
) -> None:
    with busy.db.begin(org=busy.org) as session:
        who = staff.of_id(session, busy.staff["Dana"])
        seed.mixed_desk(session, 300, runs=90, owner=who.id)
        now(session)
    page, complaints = opened(browser, busy, url, viewport=size, color_scheme=scheme)
    shape = f"{scheme}-{size['width']}"
    for name, query in (("open", ""), ("running", "?show=running"), ("programs", "?show=programs")):
        page.goto(f"{url}/worklist{query}")
        expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
        picture(page, f"desk-{name}-{shape}")
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(UNLABELLED) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.goto(f"{url}/worklist/case/{busy.cas}")
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    picture(page, f"case-all-forms-{shape}")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert complaints == []
    page.context.close()


def test_printed_it_is_a_plain_list(browser: Browser, busy: Scene, url: str) -> None:
    page, _ = opened(browser, busy, url)
    to_worklist(page)

    page.emulate_media(media="print")

    picture(page, "worklist-printed")
    expect(page.get_by_role("button", name="Filter")).to_be_hidden()
    expect(page.get_by_role("link", name="Call back: the patient asked for a call")).to_be_visible()
    page.context.close()
