"""Every verb of a card's menu on the signed-in page: while Slack is down the team works there alone."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from httpx import Client, Response
from sqlalchemy import select

from core.ids import show
from handlers.pages.verb_acts import ACTS
from storage import numbers
from storage.tables import Case, CaseEvent, PromiseRow
from tests.business_clock import set_business_time
from tests.databases import Bells, Database
from tests.factories import MONDAY_NOON
from tests.journey.test_case_page import Web, flash, press, signed_in
from tests.page_scene import Scene, a_case, clinic, proof, web
from tests.serving import serving
from workflows import case_verbs


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        yield made


@pytest.fixture
def app(scene: Scene, valkey: Bells) -> Iterator[Web]:
    with serving(web(scene, valkey.url)) as url, ExitStack() as open_ones:
        yield Web(url, open_ones)


@pytest.fixture
def dana(scene: Scene, app: Web) -> Client:
    """Signed in, with the case."""
    scene.claimed()
    return signed_in(scene, app)


def what_happened(scene: Scene) -> list[str]:
    with scene.db.begin(org=scene.org) as session:
        told = select(CaseEvent.what).where(CaseEvent.case_id == scene.case_id).order_by(CaseEvent.id)
        return list(session.scalars(told))


def undo(client: Client, page: Response) -> Response:
    """Press the page's Undo."""
    form = re.search(r'action="([^"]+/undo)">.*?name="undo" value="(\w+)"', page.text, re.DOTALL)
    assert form
    answer = client.post(form[1], data={"proof": proof(page), "undo": form[2]})
    return client.get(answer.headers["location"]) if answer.status_code == 303 else answer


def another_case(scene: Scene, **facts: Any) -> Case:
    with scene.db.begin(org=scene.org) as session:
        return a_case(session, key="other", patient_id=scene.patient_id, **facts)


def test_every_verb_of_a_case_has_its_act_on_the_page() -> None:
    assert {verb.code for verb in case_verbs.VERBS} - {"open"} <= ACTS.keys()


@pytest.mark.req("N11", by="handlers.pages.verb_forms:of")
def test_the_owner_finds_every_verb_of_the_menu_on_the_page(scene: Scene, dana: Client) -> None:
    another_case(scene, kind="admin")

    page = dana.get(f"/worklist/case/{scene.cas}").text

    offered = set(re.findall(rf'action="/worklist/case/{scene.cas}/(\w+)"', page))
    told = set(re.findall(r"<summary>([^<]+)</summary>", page))
    assert offered >= {
        "reschedule", "close", "reply", "log_call", "call_now", "snooze", "waiting", "escalate", "reassign", "release",
        "wrong_number", "link", "approval",
    }  # fmt: skip
    assert "Send recap" in told


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_snooze")
def test_snoozed_until_tomorrow_and_taken_back(scene: Scene, dana: Client) -> None:
    page = press(dana, scene, "snooze", until="tomorrow")
    asleep = scene.row().state

    back = undo(dana, page)

    assert flash(page) == "Snoozed until Tue Nov 24, 8:00 am. It comes back to you by itself."
    assert (asleep, scene.row().state) == ("snoozed", "claimed")
    assert flash(back) == "Taken back: the case is as it was before."


def test_snoozed_until_a_time_of_one_s_own_on_the_clinic_s_clock(scene: Scene, dana: Client) -> None:
    page = press(dana, scene, "snooze", until="pick", moment="2026-11-25T09:30")

    assert flash(page).startswith("Snoozed until Wed Nov 25, 9:30 am.")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "No time was picked"),
        ({"until": "pick", "moment": "soon"}, "Pick a day and a time"),
        ({"until": "pick", "moment": "2020-01-01T09:00"}, "Pick a time from now on"),
        ({"until": "pick", "moment": "9999-12-31T23:59"}, "Pick a day and a time"),
    ],
)
def test_a_snooze_without_a_time_is_refused_with_the_form_still_open(
    scene: Scene, dana: Client, fields: dict[str, str], said: str
) -> None:
    page = press(dana, scene, "snooze", **fields)

    assert page.status_code == 409
    assert said in flash(page)
    assert '<details open id="snooze">' in page.text
    assert scene.row().state == "claimed"


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_waiting")
def test_it_waits_for_the_patient_and_is_taken_up_again(scene: Scene, dana: Client) -> None:
    waits = press(dana, scene, "waiting")
    state = scene.row().state

    up = press(dana, scene, "resume")

    assert (flash(waits), state) == (
        "The case waits for the patient. It comes back when they write.",
        "waiting_patient",
    )
    assert (flash(up), scene.row().state) == ("The case is active again, and yours.", "claimed")


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_escalate")
def test_escalated_with_a_reason_by_a_colleague_who_has_not_got_it(scene: Scene, app: Web) -> None:
    scene.claimed("Mia")

    page = press(signed_in(scene, app), scene, "escalate", reason="worse")

    assert flash(page) == "The case is high priority now. Who can help is told."
    assert (scene.row().priority, scene.row().owner_id) == ("high", scene.staff["Mia"])


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_log_call")
@pytest.mark.req("S117", by="handlers.pages.verb_acts:_log_call")
def test_a_call_is_logged_in_one_form_and_whoever_logs_it_has_the_case(scene: Scene, app: Web) -> None:
    page = press(signed_in(scene, app), scene, "log_call", result="they_called:billing")

    assert flash(page) == "The call is logged."
    assert scene.row().owner_id == scene.staff["Dana"]
    with scene.db.begin(org=scene.org) as session:
        told = session.scalars(select(CaseEvent.detail).where(CaseEvent.what == "call_logged")).one()
    assert told == "they_called:billing"


def test_call_now_is_logged_and_asks_how_it_went(scene: Scene, dana: Client) -> None:
    page = press(dana, scene, "call_now")

    assert flash(page).startswith("That you call is logged")
    assert '<details open id="log_call">' in page.text
    assert "dialled" in what_happened(scene)


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_wrong_number")
def test_a_wrong_number_gets_no_more_texts(scene: Scene, dana: Client) -> None:
    page = press(dana, scene, "wrong_number")

    assert flash(page).startswith("No text goes to this number any more.")
    with scene.db.begin(org=scene.org) as session:
        assert numbers.suppressed(session, [scene.number_id])


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_link")
@pytest.mark.parametrize(("how", "state"), [("link", "open"), ("merge", "closed")])
def test_two_cases_of_one_patient_are_linked_or_merged(scene: Scene, dana: Client, how: str, state: str) -> None:
    other = another_case(scene, kind="admin", asked=None)

    page = press(dana, scene, "link", other=show("cas", other.id), how=how)

    assert flash(page).startswith(f"Case {other.number} is {'linked' if how == 'link' else 'closed'}")
    with scene.db.begin(org=scene.org) as session:
        assert session.scalars(select(Case.state).where(Case.id == other.id)).one() == state


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_approval")
def test_an_approval_is_asked_and_given_on_the_page(scene: Scene, app: Web, dana: Client) -> None:
    asked = press(dana, scene, "approval", what="overbook")
    with scene.db.begin(org=scene.org) as session:
        scene.case_id = session.scalars(select(Case.id).where(Case.kind == "approval")).one()

    mine = press(dana, scene, "approve")
    given = press(signed_in(scene, app, "Mia"), scene, "approve")

    assert flash(asked).startswith("Asked: case")
    assert "A manager or a clinician approves this" in flash(mine)
    assert flash(given) == "Approved. Whoever asked is told."


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_close")
def test_closed_with_a_promise_which_is_a_case_of_its_own(scene: Scene, dana: Client) -> None:
    page = press(dana, scene, "close", disposition="declined", promise="call", by_when="1 business day")

    assert re.match(r"The case is closed. Our promise is case \d+: yours, due Tue Nov 24", flash(page))
    with scene.db.begin(org=scene.org) as session:
        assert session.scalars(select(PromiseRow.kind)).one() == "call"
    assert scene.row().state == "closed"


def test_half_a_promise_is_refused_and_nothing_is_closed(scene: Scene, dana: Client) -> None:
    page = press(dana, scene, "close", disposition="declined", promise="call", note="Asked twice.")

    assert flash(page) == "Pick what you promised, and by when; or neither. The case is still open."
    assert ">Asked twice.</textarea>" in page.text
    assert '<option value="call" selected>' in page.text
    assert scene.row().state == "claimed"


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_undo")
def test_a_closing_is_taken_back_within_a_minute_and_not_after(
    scene: Scene, dana: Client, clean_database: Database
) -> None:
    undo(dana, press(dana, scene, "close", disposition="declined"))
    back = scene.row().state
    page = press(dana, scene, "close", disposition="declined")
    set_business_time(clean_database.owner_url, MONDAY_NOON + timedelta(seconds=61))

    late = undo(dana, page)

    assert back == "claimed"
    assert "more than a minute ago" in flash(late)
    assert scene.row().state == "closed"


def test_a_claim_is_taken_back(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)

    undo(client, press(client, scene, "claim"))

    assert (scene.row().state, scene.row().owner_id) == ("open", None)


@pytest.mark.req("N11", by="handlers.pages.verb_acts:_reassign")
def test_handed_to_a_person_and_to_a_team(scene: Scene, dana: Client) -> None:
    mia = show("stf", scene.staff["Mia"])
    page = press(dana, scene, "reassign", to=mia)
    desk = re.search(r'<option value="(tem_\w+)"[^>]*>Front', dana.get(f"/worklist/case/{scene.cas}").text)
    assert desk

    moved = press(dana, scene, "reassign", to=desk[1])

    assert flash(page) == "The case is handed to Mia."
    assert scene.row().owner_id is None
    assert "Front" in flash(moved)


def test_a_step_of_another_case_is_not_taken_back_from_here(scene: Scene, dana: Client) -> None:
    page = press(dana, scene, "snooze", until="hour")
    step = re.search(r'name="undo" value="(und_\w+)"', page.text)
    assert step
    other = another_case(scene, kind="admin")

    answer = dana.post(f"/worklist/case/{show('cas', other.id)}/undo", data={"proof": proof(page), "undo": step[1]})

    assert answer.status_code == 409
    assert scene.row().state == "snoozed"


def test_an_empty_form_of_any_verb_is_answered_with_a_sentence(scene: Scene, dana: Client) -> None:
    for verb in sorted(ACTS):
        page = press(dana, scene, verb)

        assert page.status_code in (200, 409), verb
        assert flash(page), verb
