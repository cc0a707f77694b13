"""The demo as a newcomer meets it: its real page over the real Careloop, from the first card to the visit in the EHR."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from sandbox import story
from sandbox.demo import Demo, Place, running
from tests import headless

pytestmark = [pytest.mark.browser, pytest.mark.processes]

CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DESK = {"width": 1440, "height": 900}
SLOW_MS = 30_000  # every process of the demo shares this machine with the other tests


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Everything running, on the morning of the first card to claim."""
    place = Place(headless.ROOT, tmp_path_factory.mktemp("demo"), headless.free_pair())
    with running(place) as made:
        story.prologue(made)
        yield made


@pytest.fixture
def page(chromium: str, demo: Demo) -> Iterator[Page]:
    """The page as Bruno Keller sees it, in light mode. Anything the browser complains about fails the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        tab = browser.new_context(viewport=DESK, color_scheme="light", reduced_motion="reduce").new_page()  # type: ignore[arg-type]
        tab.set_default_timeout(SLOW_MS)
        tab.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(demo.config.url)
        yield tab
        browser.close()
    assert complaints == []


def card_of(page: Page, name: str) -> Locator:
    return (
        page.get_by_role("group").filter(has=page.get_by_role("heading", name="Offer new times")).filter(has_text=name)
    )


def keep_picture(page: Page) -> None:
    """For the README, when asked to: CARELOOP_PICTURES names the folder."""
    if folder := os.environ.get("CARELOOP_PICTURES"):
        page.screenshot(path=Path(folder) / "page.png")


def visit_of(page: Page, name: str, *, days_on: int) -> Locator:
    """The patient's line in the EHR's day, some days after the one shown."""
    for _ in range(days_on):
        page.get_by_role("button", name="Day after").click()
    return page.locator("tr.visit").filter(has_text=name)


@pytest.mark.req("S126")
@pytest.mark.req("S127")
def test_a_card_is_claimed_and_rescheduled_and_the_visit_stands_in_the_ehr(page: Page, demo: Demo) -> None:
    opal = demo.clinic.people["close"]
    card = card_of(page, opal.name)
    expect(card.get_by_role("button", name="Claim")).to_be_visible(timeout=SLOW_MS)
    keep_picture(page)

    card.get_by_role("button", name="Claim").click()
    expect(card).to_contain_text("Bruno Keller", timeout=SLOW_MS)
    expect(card).not_to_contain_text(
        "pending", timeout=SLOW_MS
    )  # the EHR's answer redraws the card, and its buttons with it
    card.get_by_role("button", name="Reschedule").click()
    form = page.get_by_role("dialog")
    form.get_by_role("radio").first.check()
    form.get_by_role("button", name="Book").click()

    closed = page.get_by_role("group").filter(has_text="Closed: Booked Tue Dec 8")
    expect(closed).to_be_visible(timeout=SLOW_MS)
    expect(closed).not_to_contain_text(opal.name)
    expect(visit_of(page, opal.name, days_on=5)).to_contain_text("booked", timeout=SLOW_MS)
