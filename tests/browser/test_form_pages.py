"""The patients' forms in Chromium, on a small phone: readable, labelled, filled in with thumbs and without script."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import factories
from tests.browser.test_case_page import CHROMIUM_ARGS, CONTRAST, UNLABELLED
from tests.databases import Bells, Database
from tests.factories import MONDAY_NOON
from tests.form_scene import form_pages, path_of
from tests.service.desk import Desk, opened

pytestmark = pytest.mark.browser
SMALL = {"width": 360, "height": 740}
TOO_SMALL = """() => [...document.querySelectorAll('button, .option, textarea, .button, input[pattern]')]
  .map((e) => e.getBoundingClientRect()).filter((r) => r.height < 44 || r.width < 40).length"""


@pytest.fixture
def desk(clean_database: Database) -> Iterator[Desk]:
    with opened(clean_database) as made:
        yield made


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield launched
        launched.close()


def fits(page: Page, name: str) -> None:
    """Nothing to scroll sideways for, nothing pale, nothing unnamed, nothing too small for a thumb."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate(TOO_SMALL) == 0


def test_every_form_can_be_filled_in_on_a_small_phone(desk: Desk, valkey: Bells, browser: Browser) -> None:
    enrollment = desk.enrolled()
    with desk.begin() as session:
        for hours in range(20, 80, 3):
            factories.a_slot(session, start=MONDAY_NOON + timedelta(hours=hours))
    with form_pages(desk, valkey.url) as url:
        context = browser.new_context(viewport=SMALL, color_scheme="light")  # type: ignore[arg-type]
        page = context.new_page()
        for form in ("survey", "checkin", "intake", "times"):
            page.goto(url + path_of(desk, form, enrollment))
            if form in ("intake", "times"):
                fits(page, f"{form}-year")
                page.get_by_label("What year were you born?").fill("1961")
                with page.expect_navigation():
                    page.get_by_role("button", name="Next").click()
            fits(page, form)
        page.goto(url + path_of(desk, "survey", enrollment, language="es"))
        page.get_by_role("radio", name="7").check()
        fits(page, "survey-es")
        page.get_by_role("button", name="Enviar").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Gracias")
        fits(page, "thanks-es")
        context.close()
