"""Pictures that the app uploaded, as the demo's page shows them: whole, with their words, in the channel and in a thread."""

from collections.abc import Iterator

import pytest
from fastapi import Response
from playwright.sync_api import Page, expect

from bot.pictures import funnel, native
from bot.pictures.points import Stage as Step
from tests.browser.page_stage import Stage, a_message
from tests.browser.test_case_page import picture
from tests.browser.test_page_rendering import page, tab
from tests.serving import serving

__all__ = ["page", "tab"]  # fixtures
pytestmark = pytest.mark.browser
STEPS = [Step("Runs started", 412), Step("Delivered", 398), Step("Replied", 190), Step("Booked", 121)]
FINDING = "Of 412 runs started, 121 are booked"


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A channel with one message that has a picture, and a reply with a chart of Slack's own."""
    made, drawn = Stage(), funnel.draw(FINDING, STEPS)
    file = {"id": "F0FUNNEL01", "title": drawn.title, "alt_txt": drawn.alt}
    made.state["slack"]["channels"][0]["messages"] = [
        a_message("1.1", "Figures of your outreach programs", files=[file]),
        a_message("1.2", "Charts", thread_ts="1.1", blocks=native.funnel(FINDING, STEPS), files=[]),
    ]
    app = made.app()
    app.add_api_route("/slack/shown/F0FUNNEL01", lambda: Response(drawn.png, media_type="image/png"))
    with serving(app, end=made.demo.close) as made.url:
        yield made


def test_an_uploaded_picture_is_shown_with_its_words_and_fits(page: Page) -> None:
    shown = page.get_by_role("img", name=FINDING)

    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.complete && image.naturalWidth") == 1200
    assert "Replied: 190 (48" in str(shown.get_attribute("alt"))
    picture(page, "pictures-channel")
    page.set_viewport_size({"width": 390, "height": 800})
    assert shown.evaluate("image => image.getBoundingClientRect().right") <= 390
    picture(page, "pictures-phone")


def test_a_chart_of_slacks_own_is_drawn_in_its_thread(page: Page) -> None:
    page.get_by_role("button", name="1 reply").click()

    expect(page.get_by_role("meter", name="Booked")).to_be_visible()
    picture(page, "pictures-native")
