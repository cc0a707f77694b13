"""Sign-in by a code, in Chromium by keyboard alone, on a desk and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect, sync_playwright

from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_case_page import CHROMIUM_ARGS, CONTRAST, DESK, PHONE, UNLABELLED, picture
from tests.databases import Bells, Database
from tests.page_scene import Scene, clinic, newest_code, web, with_phone
from tests.serving import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield launched
        launched.close()


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        yield made


@pytest.fixture
def url(scene: Scene, valkey: Bells) -> Iterator[str]:
    with serving(web(scene, valkey.url)) as address:
        yield address


@pytest.mark.req("N11")
@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_an_email_then_the_code_then_the_worklist(
    browser: Browser, scene: Scene, url: str, size: dict[str, int], scheme: str
) -> None:
    complaints: list[str] = []
    page = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE_MS)

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "403" not in message.text:  # the refusal itself
            complaints.append(message.text)

    page.on("console", heard)
    page.goto(f"{url}/sign-in")
    expect(page.get_by_label("Your work e-mail")).to_be_focused()
    picture(page, f"sign-in-{scheme}")
    page.keyboard.type(with_phone(scene, "Dana"))
    page.keyboard.press("Enter")

    expect(page.get_by_label("Code from the text")).to_be_focused()
    code = newest_code(scene)
    page.keyboard.type("000000" if code != "000000" else "111111")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("That code does not fit")
    expect(page.get_by_label("Code from the text")).to_be_focused()
    picture(page, f"sign-in-code-{scheme}")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    picture(page, f"signed-in-{scheme}")

    page.get_by_role("link", name="I'm off").click()
    expect(page.get_by_role("heading", name="I'm off")).to_be_visible()
    picture(page, f"off-{scheme}")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Who takes your cases?").focus()
    page.keyboard.type("Mia")
    page.get_by_role("button", name="Hand over").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You are off until")
    picture(page, f"off-done-{scheme}")
    assert complaints == []
    page.context.close()
