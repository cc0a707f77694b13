"""Before a launch: who is in, who is out and why, what it costs, how long it takes and what bounds it (N3, S15)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now
from storage.tables import Organisation, Patient, PatientNumber
from tests import factories
from tests.campaign_desk import PROGRAM, a_manager, drafted, people, previewed, publish, verdicts
from tests.service.desk import Desk
from workflows import campaigns, publishing, staff


@pytest.fixture
def session(desk: Desk) -> Iterator[Session]:
    with desk.begin() as session:
        publish(session)
        yield session


def settings(session: Session, **said: Any) -> None:
    organisation = session.query(Organisation).one()
    organisation.settings = {"campaigns": said, "pilot": "off"}
    session.flush()


def other(session: Session, n: int, **facts: Any) -> Patient:
    return factories.a_patient(session, phone=f"+1773555{n:04d}", ehr_id=f"other-{n}", **facts)


@pytest.mark.req("N3", by="workflows.campaigns.verdicts:judge")
def test_each_patient_is_in_or_out_for_one_named_reason(session: Session) -> None:
    enrolled, recent, booked, talking = (other(session, n).id for n in range(4))
    past = previewed(session, [enrolled, recent], a_manager(session))
    campaigns.start(session, past.id, by=a_manager(session))
    campaigns.launch(session, past.id)
    session.execute(text("UPDATE enrollments SET state = 'ended', wake_at = NULL WHERE patient_id = :p"), {"p": recent})
    patient = factories.patient_of(session, booked)
    factories.an_appointment(session, patient, status="booked", start=now(session) + timedelta(days=2))
    row = session.execute(text("SELECT id, live_version_id FROM programs WHERE code = 'no_show'")).one()
    session.execute(
        text(
            "INSERT INTO enrollments (org_id, program_id, version_id, patient_id, state, step, started_at, owner, source) "
            "SELECT org_id, :p, :v, id, 'waiting', 'first', :now, 'ehr', 'ehr' FROM patients WHERE id = :patient"
        ),
        {"p": row.id, "v": row.live_version_id, "now": now(session), "patient": talking},
    )
    wrong = other(session, 10)
    session.execute(
        text(
            "INSERT INTO suppressions (org_id, number_id, source, since) SELECT org_id, number_id, 'wrong_number', now() "
            "FROM patient_numbers WHERE patient_id = :p"
        ),
        {"p": wrong.id},
    )
    cohort = [
        *people(session, 3), enrolled, recent, booked, talking, wrong.id,
        other(session, 11, language="es").id, other(session, 12, language="vi").id,
        other(session, 13, deceased=True).id, other(session, 14, admitted=True).id, other(session, 15, do_not_contact=True).id,
        other(session, 16, active=False).id, factories.a_patient(session, phone=None).id,
        other(session, 20, sensitive=["sud"]).id, other(session, 21, hospice=True).id,
        other(session, 17, textable="no").id, other(session, 18, consented=False).id, other(session, 19, opted_out=True).id,
    ]  # fmt: skip

    campaign = previewed(session, cohort, a_manager(session))

    assert verdicts(session, campaign) == {
        None: 4, "language.no_text": 1, "patient.deceased": 1, "patient.admitted": 1, "patient.do_not_contact": 1,
        "patient.inactive": 1, "number.none": 1, "number.not_textable": 1, "consent.none": 1, "number.opted_out": 1,
        "number.wrong": 1, "program.live": 1, "program.recent": 1, "visit.booked": 1, "question.open": 1,
        "patient.sensitive": 1, "patient.hospice": 1,
    }  # fmt: skip
    assert (campaign.plan["cohort"], campaign.plan["texts"], campaign.plan["calls"]) == (20, 4, 1)


def test_a_patient_with_one_good_number_among_bad_ones_gets_the_text_there(session: Session) -> None:
    patient = other(session, 1, opted_out=True)
    good = factories.a_number(session, phone="+17735559999")
    session.add(PatientNumber(org_id=patient.org_id, patient_id=patient.id, number_id=good.id, rank=2))
    session.flush()

    campaign = previewed(session, [patient.id], a_manager(session))

    assert verdicts(session, campaign) == {None: 1}


def test_samples_and_cost_come_from_the_wording_in_each_language_never_from_a_patient(session: Session) -> None:
    settings(session, price_per_segment_usd=0.01)
    cohort = [*people(session, 3), other(session, 1, language="es", given="Graciela").id]

    plan = previewed(session, cohort, a_manager(session)).plan

    assert [(s["language"], s["segments"], s["first"]) for s in plan["samples"]] == [("en", 1, 2), ("es", 1, 2)]
    assert plan["segments"] == {"first": 8, "most": 12}
    assert plan["usd"] == {"first": 0.08, "most": 0.12}
    assert plan["samples"][0]["body"] == "Lakeside Clinic: it is time for your visit. Reply 1 for a time, 2 for a call."
    assert "Graciela" not in str(plan)


def test_free_slots_decide_how_many_begin_a_day_and_when_the_last_one_does(session: Session) -> None:
    for n in range(3):
        factories.a_slot(session, start=now(session) + timedelta(days=1 + n), ehr_id=f"s{n}")

    plan = previewed(session, people(session, 5), a_manager(session)).plan

    assert plan["capacity"] == {"free_slots": 3, "open_cases": 0, "daily": 2, "bound_by": "slots"}
    assert plan["finish"] == [{"zone": "America/Chicago", "at": "2026-11-26T01:00:00+00:00"}]  # Wednesday 19:00


def test_two_patients_of_one_number_are_asked_one_after_the_other(session: Session) -> None:
    settings(session, booking_rate=0.001, reply_rate=0.01)
    factories.a_slot(session, start=now(session) + timedelta(days=1))
    both = [factories.a_patient(session, phone="+13125550001", ehr_id=f"kid-{n}").id for n in range(2)]

    campaign = previewed(session, both, a_manager(session))

    waves = session.execute(text("SELECT wave FROM campaign_members ORDER BY wave")).scalars().all()
    assert campaign.plan["households"] == 2
    assert waves == [0, 7]


@pytest.mark.req("S15", by="workflows.campaigns.drafts:_said")
@pytest.mark.parametrize("missing", ["reason", "population"])
def test_no_campaign_without_a_reason_and_a_named_population(session: Session, missing: str) -> None:
    said = {"reason": "Overdue for 12 months", "population": "Adults"} | {missing: "  "}
    draft = campaigns.Draft("checkup", a_manager(session).id, said["reason"], said["population"])

    with pytest.raises(Refused, match=missing):
        campaigns.create(session, draft, by=a_manager(session))


def test_an_event_program_and_an_agent_are_refused(session: Session) -> None:
    agent = factories.a_member_of_staff(session, role="agent", slack_id="U0A")
    with pytest.raises(Refused):
        drafted(session, staff.of_id(session, agent.id))
    draft = campaigns.Draft(program="no_show", cohort_id=agent.id, reason="r", population="p")
    with pytest.raises(Refused, match="no_show"):
        campaigns.create(session, draft, by=a_manager(session))


def test_wordings_and_holdout_are_drawn_by_the_campaigns_own_seed(session: Session) -> None:
    publishing.publish(session, PROGRAM.replace("it is time for your visit", "your visit is due"), actor="system")
    cohort = people(session, 60)

    campaign = previewed(session, cohort, a_manager(session), versions=(1, 2), holdout=0.3)

    counted = session.execute(text("SELECT holdout, count(*) FROM campaign_members GROUP BY 1"))
    drawn: dict[bool, int] = {held: n for held, n in counted}  # noqa: C416 - a Row is no tuple of two
    wordings = session.execute(text("SELECT count(*) FROM campaign_members GROUP BY version_id")).scalars().all()
    assert 5 <= drawn[True] <= 32
    assert len(wordings) == 2
    assert min(wordings) >= 15
    assert campaign.plan["contacted"] == drawn[False]
    assert [sample["version"] for sample in campaign.plan["samples"]] == [1, 1, 2, 2]
