"""The signed-in page over HTTP: what staff see, what they may do, and what never leaks."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx import Client, Response
from sqlalchemy import event, select, text, update
from sqlalchemy.engine import Engine

from core.ids import show
from storage import audit, messages, numbers
from storage.tables import Case, Message, Slot, Staff
from tests.business_clock import set_business_time
from tests.databases import Bells, Database
from tests.factories import MONDAY_NOON, a_patient, a_team
from tests.page_scene import HTTPS, Scene, a_case, clinic, proof, web
from tests.serving import serving
from workflows import page_access, readings, saved_replies, staff

pytestmark = pytest.mark.phi("any")

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        yield made


@pytest.fixture
def app(scene: Scene, valkey: Bells) -> Iterator["Web"]:
    with serving(web(scene, valkey.url)) as url, ExitStack() as open_ones:
        yield Web(url, open_ones)


class Web:
    """Browsers at the page's address."""

    def __init__(self, url: str, open_ones: ExitStack) -> None:
        self.url = url
        self._open_ones = open_ones

    def browser(self) -> Client:
        return self._open_ones.enter_context(Client(base_url=self.url, timeout=30))


def signed_in(scene: Scene, app: Web, name: str = "Dana") -> Client:
    client = app.browser()
    assert client.post(f"/open/{scene.link(name)}").status_code == 303
    return client


def press(client: Client, scene: Scene, verb: str, **fields: str) -> Response:
    """Open the case as a person would, fill the form, send it, follow the redirect."""
    page = client.get(f"/worklist/case/{scene.cas}")
    answer = client.post(f"/worklist/case/{scene.cas}/{verb}", data={"proof": proof(page), **fields})
    return client.get(answer.headers["location"]) if answer.status_code == 303 else answer


def flash(page: Response) -> str:
    found = re.search(r'class="flash [a-z]+"[^>]*>\s*<p role="[a-z]+"[^>]*>([^<]*)<', page.text)
    return found.group(1) if found else ""


@pytest.mark.req("S41", by="workflows.casefile:_talk")
@pytest.mark.req("S42", by="workflows.casefile:load")
@pytest.mark.req("S25")
def test_a_link_from_slack_opens_the_case_with_its_conversation(scene: Scene, app: Web) -> None:
    client = app.browser()
    token = scene.link("Dana")
    before = client.get(f"/open/{token}")
    entered = client.post(f"/open/{token}")

    page = client.get(entered.headers["location"])

    assert (before.status_code, entered.status_code, page.status_code) == (200, 303, 200)
    assert "Open case" in before.text
    assert "Rosa Delgado" in page.text
    assert "(312) 555-0101" in page.text
    assert "65 years" in page.text
    assert "can we do next tues afternoon?" in page.text
    assert "Asked</dt><dd>Tue 12–17" in page.text


def test_what_a_patient_wrote_is_never_markup(scene: Scene, app: Web) -> None:
    page = signed_in(scene, app).get(f"/worklist/case/{scene.cas}")

    assert "&lt;b&gt;Rosa&lt;/b&gt;" in page.text
    assert "<script" not in page.text


def test_a_previewer_that_follows_the_link_does_not_spend_it(scene: Scene, app: Web) -> None:
    token = scene.link("Dana")
    for _ in range(3):
        app.browser().get(f"/open/{token}")

    assert app.browser().post(f"/open/{token}").status_code == 303


def test_a_link_used_twice_says_so_on_a_page(scene: Scene, app: Web) -> None:
    token = scene.link("Dana")
    app.browser().post(f"/open/{token}")

    again = app.browser().post(f"/open/{token}")

    assert again.status_code == 403
    assert "used already. Press Open on the case in Slack" in again.text
    assert "set-cookie" not in again.headers


def test_every_answer_carries_the_headers(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)
    answers = [
        client.get("/worklist"), client.get(f"/worklist/case/{scene.cas}"), client.get("/worklist/page.css"), client.get("/open/x"),
        client.get("/worklist/case/nonsense"), client.post("/worklist/case/x/claim"), app.browser().get("/worklist"),
    ]  # fmt: skip

    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_cookie_is_bound_to_this_host_and_out_of_reach(scene: Scene, valkey: Bells) -> None:
    with serving(web(scene, valkey.url, origin=HTTPS)) as url, Client(base_url=url) as client:
        cookie = client.post(f"/open/{scene.link('Dana')}").headers["set-cookie"]

    assert cookie.startswith("__Host-careloop=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_on_loopback_http_the_cookie_has_a_plain_name(scene: Scene, app: Web) -> None:
    cookie = app.browser().post(f"/open/{scene.link('Dana')}").headers["set-cookie"]

    assert cookie.startswith("careloop=")
    assert "Secure" not in cookie


@pytest.mark.req("S25")
def test_claim_then_close_with_a_note(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)

    claimed = press(client, scene, "claim")
    closed = press(client, scene, "close", disposition="declined", note="Will call in spring.")

    assert flash(claimed) == "You have this case now."
    assert flash(closed) == "The case is closed."
    assert "Closed: Patient does not want it, by Dana" in closed.text
    assert "Will call in spring." in closed.text
    assert scene.row().disposition == "declined"


def test_an_interpreters_case_is_closed_with_who_interpreted(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Case).values(kind="interpreter"))
    scene.claimed()
    client = signed_in(scene, app)

    refused = press(client, scene, "close", disposition="interpreted", interpreter="", language="es")
    page = press(
        client, scene, "close", disposition="interpreted", interpreter="Agency 7, no. 12", language="es", how="video"
    )

    assert flash(refused).startswith("Say who interpreted")
    assert flash(page) == "The case is closed."
    assert "Interpreter</dt><dd>Spanish, by video, Agency 7, no. 12" in page.text


def test_release_gives_the_case_back(scene: Scene, app: Web) -> None:
    scene.claimed()

    page = press(signed_in(scene, app), scene, "release")

    assert flash(page) == "The case is back with its team."
    assert scene.row().owner_id is None


def test_the_slower_of_two_reads_who_was_faster(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)
    page = client.get(f"/worklist/case/{scene.cas}")
    scene.claimed("Mia")

    late = client.post(f"/worklist/case/{scene.cas}/claim", data={"proof": proof(page)})

    assert late.status_code == 409
    assert "Mia claimed case" in flash(late)


@pytest.mark.req("S39")
def test_reschedule_offers_free_times_and_holds_the_one_picked(scene: Scene, app: Web) -> None:
    scene.claimed()
    client = signed_in(scene, app)
    page = client.get(f"/worklist/case/{scene.cas}")
    offered = re.findall(r'name="slot" value="(slt_[0-9a-v]{26})"', page.text)

    booked = press(client, scene, "reschedule", slot=offered[0])

    assert len(offered) == 3
    assert "The EHR is asked to book" in flash(booked)
    assert scene.row().state == "booking"


def test_a_slot_taken_meanwhile_is_said_and_nothing_is_booked(scene: Scene, app: Web) -> None:
    scene.claimed()
    client = signed_in(scene, app)
    page = client.get(f"/worklist/case/{scene.cas}")
    slot = re.findall(r'name="slot" value="(slt_[0-9a-v]{26})"', page.text)[0]
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Slot).values(status="busy"))

    late = client.post(f"/worklist/case/{scene.cas}/reschedule", data={"proof": proof(page), "slot": slot})

    assert (late.status_code, flash(late)) == (409, "That time was just taken. Nothing was booked. Pick another.")
    assert scene.row().state == "claimed"


@pytest.mark.req("S25")
def test_a_reply_is_planned_once_and_the_page_says_what_became_of_it(scene: Scene, app: Web) -> None:
    scene.claimed()
    client = signed_in(scene, app)
    fields = {"text": "Tuesday 1:00 pm is free.", "form_id": str(uuid4())}

    press(client, scene, "reply", **fields)
    page = press(client, scene, "reply", **fields)

    assert flash(page) == "Your text (1 segment) is on its way."
    with scene.db.begin(org=scene.org) as session:
        assert session.query(Message).filter_by(direction="out").count() == 1


def test_a_reply_at_night_says_at_once_until_when_it_waits(scene: Scene, app: Web, clean_database: Database) -> None:
    scene.claimed()
    set_business_time(clean_database.owner_url, MONDAY_NOON + timedelta(hours=11))

    page = press(signed_in(scene, app), scene, "reply", text="Tuesday is free.", form_id=str(uuid4()))

    assert flash(page).startswith("Your text (1 segment) waits until Tue Nov 24, 9:00 am: quiet hours")


def test_a_refused_reply_keeps_what_was_typed(scene: Scene, app: Web) -> None:
    scene.claimed()

    page = press(signed_in(scene, app), scene, "reply", text="x" * 500, form_id=str(uuid4()))

    assert page.status_code == 409
    assert "4 segments long" in flash(page)
    assert f">{'x' * 500}</textarea>" in page.text


def test_a_reply_to_a_number_that_just_opted_out_is_refused_with_the_text_kept(scene: Scene, app: Web) -> None:
    scene.claimed()
    client = signed_in(scene, app)
    page = client.get(f"/worklist/case/{scene.cas}")
    with scene.db.begin(org=scene.org) as session:
        numbers.suppress(session, scene.number_id, source="keyword", message_id=None)

    late = client.post(
        f"/worklist/case/{scene.cas}/reply", data={"proof": proof(page), "text": "See you", "form_id": str(uuid4())}
    )

    assert flash(late) == "This number opted out of texts. Call instead."
    assert ">See you</textarea>" in late.text


@pytest.mark.req("S25")
def test_held_and_refused_texts_stand_in_the_conversation_with_their_rule(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        drafts = [
            messages.Draft(number_id=scene.number_id, body=f"text {n}", purpose="program", dedupe_key=f"k{n}",
                           patient_id=scene.patient_id,
                           conversation_id=messages.conversation(session, patient_id=scene.patient_id, number_id=scene.number_id))
            for n in (1, 2)
        ]  # fmt: skip
        held, refused = messages.plan(session, drafts)
        until = MONDAY_NOON + timedelta(hours=21)
        messages.move(session, [held], state="held", rule="window.T1.hours", hold_until=until)
        messages.move(session, [refused], state="refused", rule="cap.week")

    page = signed_in(scene, app).get(f"/worklist/case/{scene.cas}")

    assert "Waiting until Tue Nov 24, 9:00 am: outside the clinic&#39;s texting hours" in page.text
    assert "Not sent: the limit of three program texts a week" in page.text


def test_a_form_of_another_sign_in_changes_nothing(scene: Scene, app: Web) -> None:
    mias = signed_in(scene, app, "Mia")
    stolen = proof(mias.get("/worklist"))

    answer = signed_in(scene, app).post(f"/worklist/case/{scene.cas}/claim", data={"proof": stolen})

    assert answer.status_code == 403
    assert scene.row().owner_id is None


@pytest.mark.phi("full")
def test_a_saved_reply_is_seen_as_the_patient_reads_it_and_sent_from_the_page(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        words = {"en": "please call us at {phone}.", "es": "por favor llame al {phone}."}
        row = saved_replies.propose(session, "Call us", words, by=scene.who("Dana"))
        saved_replies.approve(session, row.id, by=scene.who("Mia"))
    scene.claimed()
    client = signed_in(scene, app)
    assert "Lakeside Clinic: please call us at 555-0100." in client.get(f"/worklist/case/{scene.cas}").text

    page = press(client, scene, "reply", saved=show("svr", row.id), form_id=str(uuid4()))

    assert flash(page) == "Your text (1 segment) is on its way."
    with scene.db.begin(org=scene.org) as session:
        (sent,) = session.scalars(select(Message).where(Message.purpose == "staff"))
        assert messages.body(session, sent) == "Lakeside Clinic: please call us at 555-0100."


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_sent_by_another_site_changes_nothing(scene: Scene, app: Web, site: str) -> None:
    client = signed_in(scene, app)
    page = client.get(f"/worklist/case/{scene.cas}")

    answer = client.post(
        f"/worklist/case/{scene.cas}/claim", data={"proof": proof(page)}, headers={"sec-fetch-site": site}
    )

    assert answer.status_code == 403
    assert scene.row().owner_id is None


@pytest.mark.req("P4")
@pytest.mark.parametrize(
    ("name", "why"), [("Vik", "Your role can read this case"), ("Ola", "belongs to Patient access")]
)
def test_who_may_only_read_sees_no_buttons_and_is_refused(scene: Scene, app: Web, name: str, why: str) -> None:
    client = signed_in(scene, app, name)
    page = client.get(f"/worklist/case/{scene.cas}")

    answer = client.post(f"/worklist/case/{scene.cas}/claim", data={"proof": proof(page)})

    assert (page.status_code, answer.status_code) == (200, 403)
    assert ">Claim</button>" not in page.text
    assert why in flash(answer)
    assert scene.row().owner_id is None


@pytest.mark.req("P4")
def test_a_clinical_case_is_a_clinicians(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        scene.case_id = a_case(session, kind="clinical", team="clinical", key="two", patient_id=scene.patient_id).id

    refused = press(signed_in(scene, app, "Mia"), scene, "claim")
    taken = press(signed_in(scene, app, "Noor"), scene, "claim")

    assert "a clinician has to take it" in flash(refused)
    assert flash(taken) == "You have this case now."


@pytest.mark.req("P4")
def test_a_role_taken_away_counts_at_the_next_click(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)
    client.get(f"/worklist/case/{scene.cas}")
    with scene.db.begin(org=scene.org) as session:
        session.execute(update(Staff).where(Staff.name == "Dana").values(role="auditor"))

    answer = client.get(f"/worklist/case/{scene.cas}")

    assert answer.status_code == 403
    assert "Your role cannot open cases" in answer.text
    assert "Rosa" not in answer.text


@pytest.mark.req("P4")
def test_each_view_of_a_case_is_in_the_audit(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)
    client.get(f"/worklist/case/{scene.cas}")
    client.get(f"/worklist/case/{scene.cas}")

    with scene.db.begin(org=scene.org) as session:
        rows = [row.actor for row in audit.of_subject(session, "case", scene.cas) if row.action == "case.viewed"]

    assert rows == [f"staff:{scene.staff['Dana']}"] * 2


BAD = [
    "nonsense",
    "cas_",
    "cas_" + "0" * 26,
    "cas_" + "z" * 26,
    "pat_" + "0" * 26,
    "%00",
    "cas_%ff" + "0" * 25,
    "a" * 3000,
]


@pytest.mark.parametrize("bad", BAD)
def test_an_unknown_case_is_a_page_with_a_sentence(scene: Scene, app: Web, bad: str) -> None:
    client = signed_in(scene, app)
    form = {"proof": proof(client.get("/worklist"))}

    answers = [client.get(f"/worklist/case/{bad}"), client.post(f"/worklist/case/{bad}/claim", data=form)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert all("There is no such case here." in answer.text for answer in answers)


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=99999999999999", "page=x", "page=%00", "page=²", "page=999", "team="]
)
def test_odd_questions_of_the_worklist_are_answered(scene: Scene, app: Web, query: str) -> None:
    assert signed_in(scene, app).get(f"/worklist?{query}").status_code == 200


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("close", {}), ("close", {"disposition": "\0"}), ("close", {"disposition": "declined", "note": "n" * 2001}),
        ("reschedule", {}), ("reschedule", {"slot": "slt_\0"}), ("reschedule", {"slot": "slt_" + "0" * 26}),
        ("reply", {}), ("reply", {"form_id": "1", "text": "hi"}), ("reply", {"form_id": str(uuid4()), "text": "a\0b"}),
    ],
)  # fmt: skip
def test_a_form_filled_wrongly_is_answered_on_the_page(
    scene: Scene, app: Web, verb: str, fields: dict[str, str]
) -> None:
    scene.claimed()

    answer = press(signed_in(scene, app), scene, verb, **fields)

    assert answer.status_code == 409
    assert flash(answer)
    assert scene.row().state == "claimed"


def test_bodies_that_are_no_form_are_turned_away(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)
    where = f"/worklist/case/{scene.cas}/claim"

    answers = [
        client.post(where, content=b"proof=\xff\xfe", headers=FORM),
        client.post(where, content=b"x" * 40_000, headers=FORM),
        client.post(where, content="&".join(f"f{n}=1" for n in range(30)).encode(), headers=FORM),
        client.post(where, files={"proof": ("a.txt", b"x")}),
        client.post(f"/worklist/case/{scene.cas}/explode"),
        client.post(where, data={"proof": "ü"}),
    ]

    assert [answer.status_code for answer in answers] == [400, 413, 400, 403, 404, 403]


def test_a_cookie_that_is_nobodys_is_signed_out_with_the_text_given_back(scene: Scene, app: Web) -> None:
    client = app.browser()
    client.cookies.set("careloop", f"{scene.link('Dana')[:26]}.{'a' * 43}")

    page = client.get("/worklist")
    lost = client.post(f"/worklist/case/{scene.cas}/reply", data={"text": "Long words I typed"})

    assert page.status_code == 401
    assert "signed out" in page.text
    assert lost.status_code == 403
    assert "Nothing was changed" in lost.text


def test_a_session_that_ran_out_gives_the_typed_text_back(scene: Scene, app: Web) -> None:
    scene.claimed()
    client = signed_in(scene, app)
    page = client.get(f"/worklist/case/{scene.cas}")
    with scene.db.begin(org=scene.org) as session:
        session.execute(text("DELETE FROM page_sessions"))

    late = client.post(
        f"/worklist/case/{scene.cas}/reply",
        data={"proof": proof(page), "text": "Words I typed", "form_id": str(uuid4())},
    )

    assert late.status_code == 401
    assert ">Words I typed</textarea>" in late.text


def test_signing_out_ends_it(scene: Scene, app: Web) -> None:
    client = signed_in(scene, app)
    kept = dict(client.cookies)
    out = client.post("/worklist/sign-out", data={"proof": proof(client.get("/worklist"))})

    client.cookies.set("careloop", kept["careloop"])

    assert out.status_code == 200
    assert client.get("/worklist").status_code == 401


def test_the_worklist_shows_own_teams_clinical_first_then_by_due_time(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        a_case(session, kind="call_task", key="b", due=MONDAY_NOON - timedelta(minutes=10))
        a_case(session, kind="clinical", team="clinical", key="c", due=MONDAY_NOON + timedelta(hours=5))

    dana = signed_in(scene, app).get("/worklist").text
    mia = signed_in(scene, app, "Mia").get("/worklist").text

    assert "Answer a care question" not in dana
    assert dana.index("Call: texting") < dana.index("Offer new times")
    assert mia.index("Answer a care question") < mia.index("Call: texting")
    assert "late by 10 min" in dana
    assert "Rosa" not in dana


def test_the_worklist_filters_by_team(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        a_case(session, kind="clinical", team="clinical", key="c")
    client = signed_in(scene, app, "Mia")
    link = re.search(r'href="(/worklist\?team=tem_[0-9a-v]{26})">Clinical', client.get("/worklist").text)
    assert link

    page = client.get(link.group(1)).text

    assert "Answer a care question" in page
    assert ">Offer new times</a>" not in page


MANY = """
INSERT INTO cases (org_id, dedupe_key, kind, priority, reason, team_id, patient_id, opened_at, due_at, state, writeback, version)
SELECT org_id, 'many' || n, kind, priority, reason, team_id, patient_id, opened_at, due_at + n * interval '1 second', 'open', 'pending', 1
FROM cases, generate_series(1, 9999) n WHERE dedupe_key = 'one'
"""


def test_ten_thousand_open_cases_cost_three_queries(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        session.execute(text(MANY))
    client, asked = signed_in(scene, app), []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        if "FROM cases" in statement or "JOIN cases" in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        first, last = client.get("/worklist"), client.get("/worklist?page=200")
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert "10000 open cases" in first.text
    assert (first.text.count("<tr>"), last.text.count("<tr>")) == (51, 51)
    assert len(asked) <= 2 * 3


def test_nothing_of_the_patient_stands_in_an_address(scene: Scene, app: Web) -> None:
    page = signed_in(scene, app).get(f"/worklist/case/{scene.cas}")

    addresses = re.findall(r'(?:href|action|src)="(?!tel:)([^"]*)"', page.text)

    assert addresses
    assert not [a for a in addresses if "3125550101" in a or "Rosa" in a or str(scene.patient_id) in a]


def test_another_organisations_case_does_not_exist_here(scene: Scene, app: Web) -> None:
    other = scene.db.found(name="Other", brand="Other", phone="555-0199", zone="America/Chicago")
    with scene.db.begin(org=other) as session:
        a_team(session)
        patient = a_patient(session, given="Other", family="Person")
        scene.case_id = a_case(session, patient_id=patient.id).id

    answer = signed_in_without_a_case(scene, app).get(f"/worklist/case/{scene.cas}")

    assert answer.status_code == 404
    assert "Other Person" not in answer.text


def signed_in_without_a_case(scene: Scene, app: Web) -> Client:
    client = app.browser()
    with scene.db.begin(org=scene.org) as session:
        who = staff.of_id(session, scene.staff["Dana"])
        token = page_access.make_link(session, who=who, case_id=None)
    answer = client.post(f"/open/{token}")
    assert answer.headers["location"] == "/worklist"
    return client


def test_a_stranger_s_case_opens_too(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        number = numbers.add(session, "+13125550177")
        text_in = messages.receive(session, number_id=number.id, body="who is this", sid="SM2", patient_id=None)
        case = a_case(
            session,
            kind="admin",
            key="s",
            number_id=number.id,
            message_id=text_in.id,
            reason="unknown_sender",
            asked=None,
        )
        scene.case_id = case.id

    page = signed_in(scene, app).get(f"/worklist/case/{scene.cas}")

    assert "Nobody is charted with this number" in page.text
    assert "who is this" in page.text
    with scene.db.begin(org=scene.org) as session:
        assert session.get(Case, (scene.org, scene.case_id)) is not None


@pytest.mark.req("S97", by="handlers.pages.readings:correct")
def test_staff_correct_what_a_text_was_read_as_on_its_page(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        text = messages.get(session, _asked_about(scene))
        readings.read(session, text, "can we do next tues afternoon?", context=None, patient=None)
    client = signed_in(scene, app)
    page = client.get(f"/worklist/case/{scene.cas}")
    link = re.search(r'href="(/worklist/case/cas_\w+\?correct=msg_\w+)#correct"', page.text)
    assert link
    form = client.get(link.group(1))
    named = re.search(r'name="message" value="(msg_\w+)"', form.text)
    assert named

    fields = {"message": named.group(1), "urgency": "urgent", "is.complication": "on", "note": "missed"}
    done = press(client, scene, "correct", **fields)

    assert "Read as desk" in page.text
    assert flash(done).startswith("Your correction is kept.")
    assert "Dana corrected it to urgent: trouble after a procedure (read as desk: " in done.text
    with scene.db.begin(org=scene.org) as session:
        flag = session.scalars(select(Case).where(Case.kind == "clinical")).one()
    assert (flag.priority, flag.reason) == ("urgent", "corrected")


def test_a_refused_correction_comes_back_as_it_was_typed(scene: Scene, app: Web) -> None:
    with scene.db.begin(org=scene.org) as session:
        text = messages.get(session, _asked_about(scene))
        readings.read(session, text, "i cant breathe", context=None, patient=None)
    client = signed_in(scene, app)

    fields = {"message": show("msg", _asked_about(scene)), "urgency": "none", "is.thanks": "on", "note": "false_alarm"}
    page = press(client, scene, "correct", **fields)

    assert "clinician" in flash(page)
    assert re.search(r'name="is.thanks" checked', page.text)
    assert re.search(r'value="false_alarm" required checked', page.text)


def _asked_about(scene: Scene) -> UUID:
    found = scene.row().message_id
    assert found
    return found


@pytest.mark.req("N11")
def test_the_worklist_shows_mine_nobodys_and_the_late_ones(scene: Scene, app: Web) -> None:
    scene.claimed("Dana")
    with scene.db.begin(org=scene.org) as session:
        free = a_case(session, kind="call_task", key="free", reason="no_answer").number
        late = a_case(
            session, kind="call_task", key="late", due=MONDAY_NOON - timedelta(minutes=1), reason="no_answer"
        ).number
    mine, client = scene.row().number, signed_in(scene, app)

    def shown(query: str) -> set[int]:
        found = re.findall(r'<td class="number">(\d+)</td>', client.get(f"/worklist?{query}").text)
        return {int(number) for number in found}

    assert shown("show=mine") == {mine}
    assert shown("show=free") == {free, late}
    assert shown("show=late") == {late}
    assert shown("show=nonsense") == shown("") == {mine, free, late}
    team = re.search(r"/worklist\?team=(tem_[a-z0-9]+)&amp;show=mine", client.get("/worklist?show=mine").text)
    assert team
    assert shown(f"team={team[1]}&show=mine") == {mine}
