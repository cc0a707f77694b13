"""What Slack may not see is typed on our own page: the patient to start a program for, and a list of patients."""

import re
from collections.abc import Iterator

import httpx
import pytest

from sandbox.tls import TLS
from tests.page_scene import proof
from tests.world import BRUNO, FRANK, GRETA, VERA, World

pytestmark = pytest.mark.phi("any")

LIST = "mrn,last name\nMRN10001,Story\nMRN99999,Quibblesworth\n"


@pytest.fixture
def closed(world: World) -> World:
    """Slack may see nothing of patients."""
    world.command(GRETA, world.channel("front_office"), "phi none")
    return world


@pytest.fixture
def browser(closed: World) -> Iterator[httpx.Client]:
    with httpx.Client(verify=TLS, trust_env=False, base_url=closed.theatre.web.url, timeout=15) as client:
        yield client


def enter(world: World, browser: httpx.Client, by: str, *, where: str) -> httpx.Response:
    """Follow the newest one-time link that this person was given, in words or in a window."""
    said = " ".join(world.whispers_to(by)) + str(world.form(by) or "")
    link = re.findall(r"/open/[A-Za-z0-9._/-]+", said)[-1]
    assert link.endswith(where)
    assert browser.get(link).status_code == 200
    entered = browser.post(link)
    assert entered.status_code == 303, entered.text
    return browser.get(entered.headers["location"])


def start(browser: httpx.Client, page: httpx.Response, patient: str, **changed: str) -> httpx.Response:
    usual = {"program": "no_show", "patient": patient, "reason": "list_work", "population": "Overdue"}
    return browser.post("/worklist/start", data={"proof": proof(page)} | usual | changed)


def test_at_none_outreach_is_started_on_the_page_by_record_number(closed: World, browser: httpx.Client) -> None:
    closed.command(BRUNO, closed.channel("patient_access"), "start")
    assert closed.form(BRUNO) is None

    page = enter(closed, browser, BRUNO, where="/start")
    done = start(browser, page, "MRN10001")
    closed.drain()

    assert "The program has started." in done.text
    assert len(closed.texts("story")) == 1


def test_the_shortcut_gives_the_link_in_a_window_and_it_works_once(closed: World, browser: httpx.Client) -> None:
    closed.act("slack/shortcut", user=BRUNO, callback_id="outreach.start")
    enter(closed, browser, BRUNO, where="/start")

    link = re.findall(r"/open/[A-Za-z0-9._/-]+", str(closed.form(BRUNO)))[-1]

    assert "used already" in browser.post(link).text
    assert browser.get(link.replace("/start", "/elsewhere")).status_code == 404


def test_a_refused_start_gives_back_what_was_typed(closed: World, browser: httpx.Client) -> None:
    closed.command(BRUNO, closed.channel("patient_access"), "start")
    page = enter(closed, browser, BRUNO, where="/start")

    for patient in ("MRN-nobody", "x\0y", "9" * 60):
        refused = start(browser, page, patient)

        assert refused.status_code == 409
        assert "No patient here has this id" in refused.text
        assert "Overdue" in refused.text


def test_without_a_session_or_with_anothers_form_nothing_starts(closed: World, browser: httpx.Client) -> None:
    closed.command(BRUNO, closed.channel("patient_access"), "start")
    page = enter(closed, browser, BRUNO, where="/start")

    forged = start(browser, page, "MRN10001", proof="0" * 64)
    from_elsewhere = browser.post("/worklist/start", data={}, headers={"sec-fetch-site": "cross-site"})
    browser.cookies.clear()

    assert forged.status_code == from_elsewhere.status_code == 403
    assert start(browser, page, "MRN10001").status_code == 401
    assert browser.get("/worklist/list").status_code == 401
    assert closed.texts("story") == []


def hand_over(browser: httpx.Client, page: httpx.Response, content: bytes) -> httpx.Response:
    return browser.post(
        "/worklist/list",
        data={"proof": proof(page), "source": "Billing"},
        files={"file": ("list.csv", content, "text/csv")},
    )


def test_at_none_a_list_is_handed_over_on_the_page_and_told_by_line(closed: World, browser: httpx.Client) -> None:
    closed.command(FRANK, closed.channel("front_office"), "csv", name="/recall")
    page = enter(closed, browser, FRANK, where="/list")

    done = hand_over(browser, page, LIST.encode())

    assert "2 lines: 1 patient taken, 1 line left out." in done.text
    assert "1: nobody in the chart</strong><br>line 3" in done.text
    code = re.search(r"/recall (billing_[0-9a-f]{8})", done.text)
    assert code
    assert f"`{code[1]}`" in closed.command(FRANK, closed.channel("front_office"), "list", name="/recall")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"name\nx\n", b'mrn\n"', bytes(range(256))])
def test_a_file_that_cannot_be_read_gets_a_sentence(closed: World, browser: httpx.Client, content: bytes) -> None:
    closed.command(FRANK, closed.channel("front_office"), "csv", name="/recall")
    page = enter(closed, browser, FRANK, where="/list")

    refused = hand_over(browser, page, content)

    assert refused.status_code == 409
    assert "Nothing was imported." in refused.text


def test_a_body_that_is_no_form_or_too_long_is_refused(closed: World, browser: httpx.Client) -> None:
    closed.command(FRANK, closed.channel("front_office"), "csv", name="/recall")
    page = enter(closed, browser, FRANK, where="/list")

    for kind, body in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"\0" * 90),
        ("text/plain", b"x"),
        ("", b""),
    ):
        assert browser.post("/worklist/list", content=body, headers={"content-type": kind}).status_code in (400, 403)
    assert hand_over(browser, page, b"x" * 20_200_000).status_code == 413


def test_who_may_not_is_told_so_on_the_page_too(closed: World, browser: httpx.Client) -> None:
    closed.command(BRUNO, closed.channel("patient_access"), "start")
    enter(closed, browser, BRUNO, where="/start")

    assert browser.get("/worklist/list").status_code == 403
    assert "not work on it" in closed.command(VERA, closed.channel("front_office"), "start")
