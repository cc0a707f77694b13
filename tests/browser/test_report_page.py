"""The report in Chromium, as a clinic's manager on Monday: by mouse and by keyboard, on a desk, on a phone, on paper, in one file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from handlers.pages import outreach, report, routes
from handlers.pages import worklist as list_page
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_case_page import CONTRAST, DESK, PHONE, UNLABELLED, browser, picture, tab_to
from tests.databases import Bells, Database
from tests.page_scene import Scene, clinic, deps_of
from tests.report_scene import gather
from tests.serving import serving

__all__ = ["browser"]  # a fixture
BROKEN = """() => [...document.querySelectorAll('.figures th')].flatMap((cell) => {
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
  for (let node; (node = walk.nextNode()); ) for (const word of node.data.matchAll(/[^\\s-]+/g)) {
    const range = document.createRange();
    range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
  }
  return broken; })"""
"""Words in the heads of tables that stand on two lines."""
pytestmark = pytest.mark.browser


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database, programs=True) as made:
        yield made


@pytest.fixture
def url(scene: Scene, valkey: Bells) -> Iterator[str]:
    deps, app = deps_of(scene, valkey.url), FastAPI()
    for part in (routes.router(deps), list_page.router(deps), outreach.router(deps), report.router(deps, gather)):
        app.include_router(part)
    with serving(app) as address:
        yield address


def opened(browser: Browser, scene: Scene, url: str, *, name: str = "Mia", **look: object) -> tuple[Page, list[str]]:
    """A tab on the report, by the link that Slack whispers, with what the browser complains about."""
    complaints: list[str] = []
    tab = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce"} | look).new_page()  # type: ignore[arg-type]
    tab.set_default_timeout(PATIENCE_MS)

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    tab.on("console", heard)
    tab.goto(f"{url}/open/{scene.link(name)}/report")
    expect(tab.get_by_role("button", name="Open")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_contain_text("runs complete")
    return tab, complaints


@pytest.mark.req("S66", by="handlers.pages.report_view:_step")
def test_a_manager_splits_opens_a_definition_and_takes_the_csv_by_mouse(
    browser: Browser, scene: Scene, url: str, tmp_path: Path
) -> None:
    page, complaints = opened(browser, scene, url)
    page.wait_for_load_state("networkidle")
    picture(page, "report-desk")
    expect(page.get_by_role("row", name=re.compile("^Text 2 610 596 222 212"))).to_be_visible()
    page.get_by_role("table").get_by_text("Finished by itself", exact=True).first.click()
    expect(
        page.get_by_text("runs that ended with no case for a person within 30 days, of runs that ended.")
    ).to_be_visible()

    page.get_by_label("Program", exact=True).select_option(label="Missed visit recovery")
    page.get_by_label("Period", exact=True).select_option(label="Last 28 days")
    page.get_by_label("Split by").select_option(label="Language")
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("heading", name="By language")).to_be_visible()
    expect(page.get_by_label("Period", exact=True)).to_have_value("28d")
    assert "program=no_show&period=28d&by=language" in page.url
    picture(page, "report-by-language")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download CSV").click()
    taken.value.save_as(tmp_path / "report.csv")
    assert "by_language" in (tmp_path / "report.csv").read_text("utf-8-sig")
    assert complaints == []
    page.context.close()


def test_wordings_and_objections_are_on_it_and_no_word_of_a_table_is_broken(
    browser: Browser, scene: Scene, url: str
) -> None:
    page, complaints = opened(browser, scene, url)

    wording = page.get_by_role("row", name=re.compile("Campaign 12, version 4"))
    expect(wording).to_contain_text("+13\u00a0points 5 to 20\u00a0points")
    expect(
        page.get_by_role("row", name=re.compile("^Getting there stands in the way No-show recovery 31"))
    ).to_be_visible()
    assert page.evaluate(BROKEN) == []
    assert complaints == []
    page.context.close()


def test_the_same_by_keyboard_alone(browser: Browser, scene: Scene, url: str) -> None:
    page, complaints = opened(browser, scene, url)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "by":
            break
    page.keyboard.type("Lang")
    tab_to(page, "Show")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="By language")).to_be_visible()
    tab_to(page, "Reached")
    page.keyboard.press("Enter")
    expect(page.get_by_text("form of the right person within 7 days, of runs started.")).to_be_visible()
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_is_legible_labelled_and_fits(
    browser: Browser, scene: Scene, url: str, scheme: str, size: dict[str, int]
) -> None:
    page, complaints = opened(browser, scene, url, viewport=size, color_scheme=scheme)
    page.goto(f"{page.url}?by=age")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("[...document.images].every((one) => one.naturalWidth > 300)")
    picture(page, f"report-{scheme}-{size['width']}")

    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.get_by_role("heading", level=1).count() == 1
    assert complaints == []
    page.context.close()


def test_the_file_opens_offline_and_looks_the_same(browser: Browser, scene: Scene, url: str, tmp_path: Path) -> None:
    page, _ = opened(browser, scene, url)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Save as one file").click()
    taken.value.save_as(tmp_path / "report.html")
    asked: list[str] = []
    page.context.set_offline(True)
    page.on("request", lambda request: asked.append(request.url))

    page.goto((tmp_path / "report.html").as_uri())

    expect(page.get_by_role("heading", level=1)).to_contain_text("runs complete")
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "12px"
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []
    picture(page, "report-file")
    page.context.close()


def test_on_paper_there_are_no_buttons_and_nothing_is_cut(
    browser: Browser, scene: Scene, url: str, tmp_path: Path
) -> None:
    page, _ = opened(browser, scene, url)
    page.emulate_media(media="print")

    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    expect(page.get_by_role("link", name="Download CSV")).to_be_hidden()
    page.set_viewport_size({"width": 700, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    picture(page, "report-paper")
    page.context.close()
