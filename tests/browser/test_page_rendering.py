"""What the page draws and posts, driven in Chromium."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Error, Locator, Page, expect, sync_playwright

from tests.browser.conftest import PATIENCE_MS
from tests.browser.page_stage import DANA, MORE, NOW, PRIYA, Stage, a_message, a_modal
from tests.serving import serving

pytestmark = pytest.mark.browser

CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    with serving(made.app(), end=made.demo.close) as made.url:
        yield made


@pytest.fixture(scope="module")
def tab(chromium: str) -> Iterator[Page]:
    """One tab for all of them: a new one costs most of a second, and each test has an address of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        context = browser.new_context(reduced_motion="reduce")
        made = context.new_page()
        made.set_default_timeout(PATIENCE_MS)
        yield made
        browser.close()


@pytest.fixture
def page(tab: Page, stage: Stage) -> Iterator[Page]:
    """The page open and drawn, as nobody has seen it before. Anything the browser complains about fails the test."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def failed(error: Error) -> None:
        complaints.append(str(error))

    tab.on("console", heard)
    tab.on("pageerror", failed)
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto(stage.url)
    expect(tab.get_by_role("heading", name="#patient-access")).to_be_visible()
    yield tab
    tab.evaluate("sessionStorage.clear()")
    tab.goto("about:blank")
    tab.remove_listener("console", heard)
    tab.remove_listener("pageerror", failed)
    assert complaints == []


def card_of(page: Page) -> Locator:
    return page.get_by_role("group", name="A case waits")


def show_modal(page: Page, stage: Stage) -> Locator:
    stage.state["slack"]["views"] = {DANA: [a_modal()]}
    stage.demo.changed()
    dialog = page.get_by_role("dialog", name="Reschedule")
    expect(dialog).to_be_visible()
    return dialog


def test_every_answer_carries_a_policy_that_allows_only_this_machine(stage: Stage) -> None:
    for path in ("/", "/page.css", "/page.js", "/parts/dom.js", "/state.json"):
        policy = httpx.get(stage.url + path, trust_env=False).headers["content-security-policy"]

        assert policy.startswith(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"
        )


def test_only_the_page_s_own_files_can_be_asked_for(stage: Stage) -> None:
    for path in ("/parts/nothing.js", "/parts/..%2Froutes.py", "/parts/routes.py"):
        assert httpx.get(stage.url + path, trust_env=False).status_code == 404


def test_state_carries_the_version_that_the_stream_announces(stage: Stage) -> None:
    before = httpx.get(f"{stage.url}/state.json", trust_env=False).json()["version"]

    stage.demo.changed()

    with httpx.stream("GET", f"{stage.url}/live", trust_env=False) as stream:
        first = next(line for line in stream.iter_lines() if line)
    assert first == f'data: {{"version": {before + 1}}}'


def test_a_control_of_the_demo_refuses_what_is_not_an_object(stage: Stage) -> None:
    assert httpx.post(f"{stage.url}/act/phi", content=b"nonsense", trust_env=False).status_code == 400
    assert httpx.post(f"{stage.url}/act/phi", json=["full"], trust_env=False).status_code == 400
    assert stage.acts == []


def test_a_click_on_a_card_says_who_pressed_what_where(page: Page, stage: Stage) -> None:
    card_of(page).get_by_role("button", name="Claim").click()

    expect(card_of(page).get_by_role("button", name="Claim")).not_to_have_attribute("aria-busy", "true")
    assert stage.posted("slack/click") == [
        {"user": DANA, "channel": "C1", "ts": "1.2", "action_id": "case.claim", "block_id": "acts", "value": "cas_1"}
    ]


def test_a_button_with_a_question_posts_only_after_yes(page: Page, stage: Stage) -> None:
    close = card_of(page).get_by_role("button", name="Close")
    close.click()
    page.get_by_role("dialog", name="Close it?").get_by_role("button", name="No").click()
    expect(page.get_by_role("dialog", name="Close it?")).to_have_count(0)
    assert stage.posted("slack/click") == []

    close.click()
    with page.expect_response("**/act/slack/click"):
        page.get_by_role("dialog", name="Close it?").get_by_role("button", name="Yes").click()

    assert [act["action_id"] for act in stage.posted("slack/click")] == ["case.close"]


def test_the_more_menu_works_by_keyboard_and_gives_the_focus_back(page: Page, stage: Stage) -> None:
    more = card_of(page).get_by_role("button", name="More actions")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Release")).to_be_focused()
    page.keyboard.press("ArrowDown")

    with page.expect_response("**/act/slack/click"):
        page.keyboard.press("Enter")

    expect(more).to_be_focused()
    expect(page.get_by_role("menu")).to_have_count(0)
    assert stage.posted("slack/click")[0]["selected_option"] == MORE[1]


def test_escape_closes_the_more_menu_without_doing_anything(page: Page, stage: Stage) -> None:
    more = card_of(page).get_by_role("button", name="More actions")
    more.click()

    page.keyboard.press("Escape")

    expect(page.get_by_role("menu")).to_have_count(0)
    expect(more).to_be_focused()
    assert stage.acts == []


def test_a_modal_posts_the_values_under_block_and_action(page: Page, stage: Stage) -> None:
    dialog = show_modal(page, stage)
    dialog.get_by_label("Tue 3:00 pm").check()
    dialog.get_by_label("Note").fill("Prefers the ramp entrance")

    with page.expect_response("**/act/slack/submit"):
        dialog.get_by_role("button", name="Book it").click()

    values = {"slot": {"slot": "slot-2"}, "note": {"note": "Prefers the ramp entrance"}}
    assert stage.posted("slack/submit") == [{"user": DANA, "view_id": "V1", "values": values}]


def test_a_required_answer_is_asked_for_before_anything_is_posted(page: Page, stage: Stage) -> None:
    dialog = show_modal(page, stage)

    dialog.get_by_role("button", name="Book it").click()

    expect(dialog.get_by_role("alert")).to_have_text("Please fill this in.")
    expect(dialog.get_by_label("Tue 1:00 pm")).to_be_focused()
    assert stage.posted("slack/submit") == []


def test_the_app_s_objection_is_shown_at_its_field_and_typed_text_stays(page: Page, stage: Stage) -> None:
    refusal = {"response_action": "errors", "errors": {"slot": "3:00 pm was just taken. Nothing was booked."}}
    stage.answers["slack/submit"] = {"status": 200, "ms": 4, "reason": None, "answer": refusal}
    dialog = show_modal(page, stage)
    dialog.get_by_label("Note").fill("kept")
    dialog.get_by_label("Tue 3:00 pm").check()

    dialog.get_by_role("button", name="Book it").click()

    expect(dialog.get_by_role("alert")).to_have_text("3:00 pm was just taken. Nothing was booked.")
    expect(dialog.get_by_label("Note")).to_have_value("kept")


def test_escape_asks_to_close_a_modal_and_focus_never_leaves_it_before(page: Page, stage: Stage) -> None:
    dialog = show_modal(page, stage)
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")

    with page.expect_response("**/act/slack/close_view"):
        page.keyboard.press("Escape")

    expect(dialog).to_be_visible()
    stage.state["slack"]["views"] = {}
    stage.demo.changed()
    expect(dialog).to_be_hidden()
    assert stage.posted("slack/close_view") == [{"user": DANA, "view_id": "V1"}]


def test_shortcuts_are_offered_where_the_app_has_them(page: Page, stage: Stage) -> None:
    stage.state["slack"]["shortcuts"] = [
        {"type": "global", "callback_id": "g", "name": "Start outreach"},
        {"type": "message", "callback_id": "m", "name": "Make a case of this"},
    ]
    stage.demo.changed()

    for name in ("Start outreach", "Make a case of this"):
        with page.expect_response("**/act/slack/shortcut"):
            page.get_by_role("button", name=name).click()

    expect(page.get_by_role("button", name="Make a case of this")).to_have_count(1)  # none on the app's own card
    assert stage.posted("slack/shortcut") == [
        {"user": DANA, "callback_id": "g"},
        {"user": DANA, "callback_id": "m", "channel": "C1", "ts": "1.1"},
    ]


def test_a_file_is_handed_over_with_its_name_and_content(page: Page, stage: Stage) -> None:
    modal = a_modal()
    element = {"type": "file_input", "action_id": "file", "filetypes": ["csv"], "max_files": 1}
    modal["view"]["blocks"] = [
        {"type": "input", "block_id": "file", "label": {"type": "plain_text", "text": "The list"}, "element": element}
    ]
    stage.state["slack"]["views"] = {DANA: [modal]}
    stage.demo.changed()

    page.get_by_label("The list").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"mrn\n1\n"})
    page.wait_for_function("() => document.querySelector('input[type=file]').files.length === 1")
    with page.expect_response("**/act/slack/submit"):
        page.get_by_role("button", name="Book it").click()

    [posted] = stage.posted("slack/submit")
    assert posted["values"] == {"file": {"file": {"name": "a.csv", "content_base64": "bXJuCjEK"}}}


def test_an_ephemeral_message_is_seen_by_its_person_only(page: Page) -> None:
    expect(page.get_by_text("Priya was faster.")).to_be_visible()
    expect(page.get_by_text("Only visible to you")).to_be_visible()

    page.get_by_role("radio", name="Priya Raman").check(force=True)

    expect(page.get_by_text("Priya was faster.")).to_have_count(0)
    expect(card_of(page)).to_be_visible()


def test_a_live_update_keeps_typed_text_focus_and_nodes(page: Page, stage: Stage) -> None:
    composer = page.get_by_role("textbox", name="Message #patient-access")
    composer.fill("half a thou")
    card_of(page).evaluate("node => { node.marked = true; }")

    stage.channel()["messages"].append(a_message("1.4", "Something new"))
    stage.demo.changed()

    expect(page.get_by_text("Something new")).to_be_visible()
    expect(composer).to_be_focused()
    page.keyboard.type("ght")
    expect(composer).to_have_value("half a thought")
    assert card_of(page).evaluate("node => node.marked") is True


def test_enter_sends_a_message_and_a_slash_makes_it_a_command(page: Page, stage: Stage) -> None:
    composer = page.get_by_role("textbox", name="Message #patient-access")
    for text in ("On my way", "/careloop due today"):
        composer.fill(text)
        composer.press("Enter")
        expect(composer).to_have_value("")

    assert stage.posted("slack/message") == [{"user": DANA, "channel": "C1", "text": "On my way"}]
    assert stage.posted("slack/command") == [
        {"user": DANA, "channel": "C1", "command": "/careloop", "text": "due today"}
    ]


def test_markup_in_a_message_is_text_and_mrkdwn_is_drawn(page: Page) -> None:
    expect(page.get_by_text("<b>not bold</b>")).to_be_visible()
    expect(page.get_by_role("link", name="the guide")).to_have_attribute("href", "https://example.org")
    expect(page.get_by_text("(edited)")).to_be_visible()
    expect(card_of(page).locator(".mention")).to_have_text("@Priya Raman")
    expect(card_of(page).locator("em")).to_have_text("Due")
    expect(card_of(page).locator("code")).to_have_text("3:24 pm")


def test_a_quick_reply_texts_as_the_patient(page: Page, stage: Stage) -> None:
    with page.expect_response("**/act/phones/text"):
        page.get_by_role("button", name="chest pain since this morning").click()

    assert stage.posted("phones/text") == [{"from_number": "+13125550142", "body": "chest pain since this morning"}]


def test_the_ehr_day_marks_a_no_show_and_books_elsewhere(page: Page, stage: Stage) -> None:
    with page.expect_response("**/act/ehr/no_show"):
        page.get_by_role("button", name="No-show: Rosa Delgado").click()
    page.get_by_role("button", name="Book elsewhere: Rosa Delgado").click()
    with page.expect_response("**/act/ehr/book"):
        page.get_by_role("dialog").get_by_role("button", name="Book").click()

    assert stage.posted("ehr/no_show") == [{"appointment": "a1"}]
    assert stage.posted("ehr/book") == [{"patient": "p1", "slot": "s1"}]


def test_the_clock_shows_clinic_time_and_jumps_to_nine_there(page: Page, stage: Stage) -> None:
    expect(page.get_by_role("group", name="Clinic time")).to_contain_text("Wednesday, November 25")
    with page.expect_response("**/act/clock"):
        page.get_by_role("button", name="Next 9:00").click()
    with page.expect_response("**/act/clock"):
        page.get_by_role("button", name="A minute a second").click()

    assert stage.posted("clock") == [{"jump_to": "2026-11-26T15:00:00.000Z"}, {"rate": 60, "paused": False}]


def test_the_guide_ticks_a_step_when_the_state_shows_it(page: Page, stage: Stage) -> None:
    step = page.get_by_role("button", name="A visit is missed")
    expect(step).not_to_have_attribute("data-done", "")

    stage.state["ehr"]["appointments"][0]["status"] = "noshow"
    stage.demo.changed()

    expect(step).to_have_attribute("data-done", "")


def test_what_slack_may_see_is_switched_and_shown(page: Page, stage: Stage) -> None:
    initials = page.get_by_role("button", name="Initials")

    with page.expect_response(lambda answer: "/act/phi" in answer.url):
        initials.click()

    expect(initials).to_have_attribute("aria-pressed", "true")
    assert stage.posted("phi") == [{"level": "initials"}]


def test_notices_of_slack_are_told_to_their_person(page: Page, stage: Stage) -> None:
    stage.state["slack"]["notices"] = [
        {"user": DANA, "text": "This app did not answer", "at": NOW},
        {"user": PRIYA, "text": "For Priya alone", "at": NOW},
    ]
    stage.demo.changed()

    expect(page.get_by_text("This app did not answer")).to_be_visible()
    expect(page.get_by_text("For Priya alone")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_is_cut_off_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert card_of(page).evaluate("node => node.scrollWidth <= node.clientWidth")
