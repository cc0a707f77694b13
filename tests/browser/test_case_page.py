"""The signed-in page in Chromium: by keyboard alone, on a desk and on a phone, in light and dark."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from storage import messages
from tests.browser.conftest import PATIENCE_MS
from tests.databases import Bells, Database
from tests.factories import MONDAY_NOON
from tests.page_scene import WROTE, Scene, a_case, clinic, web
from tests.serving import serving
from workflows import cases, readings

pytestmark = pytest.mark.browser

CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
CONTRAST = """() => {
  const parse = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return {rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1}; };
  const light = ([r, g, b]) => { const f = (v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const behind = (e) => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c.a > .99) return c.rgb; } return [255, 255, 255]; };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility()) continue;
    const a = light(parse(getComputedStyle(e).color).rgb), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
  }
  return bad;
}"""
UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), textarea, button')]
  .filter((e) => !(e.labels && e.labels.length) && !e.textContent.trim()).map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield launched
        launched.close()


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        talked(made)
        yield made


@pytest.fixture
def url(scene: Scene, valkey: Bells) -> Iterator[str]:
    with serving(web(scene, valkey.url)) as address:
        yield address


def talked(scene: Scene) -> None:
    """Earlier texts, one of them held, what the last one was read as, and more cases for the worklist."""
    with scene.db.begin(org=scene.org) as session:
        asked = messages.get(session, cases.get(session, scene.case_id).message_id or UUID(int=0))
        readings.read(session, asked, WROTE, context=None, patient=None)
        talk = messages.conversation(session, patient_id=scene.patient_id, number_id=scene.number_id)
        said = [
            "Lakeside Clinic: we're sorry we didn't see you today. Reply 1 for a new time, 2 for a call.",
            "Lakeside Clinic: we would still like to see you. Reply 1 for a new time, 2 for a call.",
        ]
        drafts = [
            messages.Draft(scene.number_id, body, "program", f"p{n}", scene.patient_id, talk)
            for n, body in enumerate(said)
        ]
        first, second = messages.plan(session, drafts)
        messages.move(session, [first], state="delivered")
        until = MONDAY_NOON + timedelta(hours=21)
        messages.move(session, [second], state="held", rule="window.T1.hours", hold_until=until)
        a_case(session, kind="call_task", key="b", due=MONDAY_NOON - timedelta(minutes=10), reason="no_answer")
        a_case(
            session, kind="red_flag", team="clinical", key="c", priority="emergency", asked=None, reason="x.chest_pain"
        )


def opened(browser: Browser, scene: Scene, url: str, *, name: str = "Dana", **look: object) -> tuple[Page, list[str]]:
    """A tab on the case, with what the browser complains about."""
    complaints: list[str] = []
    tab = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce"} | look).new_page()  # type: ignore[arg-type]
    tab.set_default_timeout(PATIENCE_MS)

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    tab.on("console", heard)
    tab.goto(f"{url}/open/{scene.link(name)}")
    expect(tab.get_by_role("button", name="Open case")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Offer new times (asked: Tue 12–17)")).to_be_visible()
    return tab, complaints


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the control with this text has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == label:
            return
    raise AssertionError(f"Tab never reaches {label!r}")


def picture(page: Page, name: str) -> None:
    """Keep a picture where CARELOOP_PICTURES says, for people to look at."""
    folder = os.environ.get("CARELOOP_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.req("S25")
def test_from_the_link_to_a_closed_case_by_keyboard(browser: Browser, scene: Scene, url: str) -> None:
    page, complaints = opened(browser, scene, url)
    picture(page, "case-open")
    tab_to(page, "Claim")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("You have this case now.")
    expect(page.get_by_role("status")).to_be_focused()

    tab_to(page, "Close")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("She will call in spring.")
    picture(page, "case-closing")
    tab_to(page, "Close case")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text("The case is closed.")
    picture(page, "case-closed")
    assert scene.row().disposition == "declined"
    assert complaints == []
    page.context.close()


def test_a_refused_text_is_still_there_to_shorten(browser: Browser, scene: Scene, url: str) -> None:
    scene.claimed()
    page, _ = opened(browser, scene, url)
    page.get_by_label("Reply by text").fill("We have Tuesday at 1:00 pm. " * 20)

    page.get_by_role("button", name="Send text").click()

    expect(page.get_by_role("alert")).to_contain_text("segments long, 3 is the most")
    expect(page.get_by_label("Reply by text")).to_have_value("We have Tuesday at 1:00 pm. " * 20)
    picture(page, "case-refused")
    page.context.close()


def test_a_new_time_is_picked_and_booked(browser: Browser, scene: Scene, url: str) -> None:
    scene.claimed()
    page, _ = opened(browser, scene, url, viewport=PHONE)
    picture(page, "phone-reschedule")
    page.get_by_role("radio").first.check()

    page.get_by_role("button", name="Book").click()

    expect(page.get_by_role("status")).to_contain_text("The EHR is asked to book")
    assert scene.row().state == "booking"
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_everything_is_legible_labelled_and_fits(
    browser: Browser, scene: Scene, url: str, scheme: str, size: dict[str, int]
) -> None:
    scene.claimed("Mia")
    page, complaints = opened(browser, scene, url, name="Mia", viewport=size, color_scheme=scheme)
    shape = f"{scheme}-{size['width']}"
    for where in ("case", "worklist"):
        if where == "worklist":
            page.get_by_role("link", name="Worklist").click()
            expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
        else:
            page.get_by_role("link", name="Correct").click()
            expect(page.get_by_role("button", name="Keep correction")).to_be_visible()
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        picture(page, f"{where}-{shape}")
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(UNLABELLED) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.get_by_role("heading", level=1).count() == 1
    assert complaints == []
    page.context.close()
