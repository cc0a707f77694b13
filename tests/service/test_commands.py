"""What commands answer, by rows: every verb with every kind of text, what may not be said back, and who is refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Refused
from core.ids import show
from handlers.commands import discover, outreach, typed
from tests import factories
from tests.service.desk import Desk
from workflows import cases, staff
from workflows.staff import Who

WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["1", "#1001", "9" * 40, "case 1001", "٣", "²", "enr_x", "cas_", "enr_" + "0" * 26, "site", "program", "program x",
         "channel text", "all", "mine", "1001 stop", "1001 call after 5", "none", "closed 2026-13-45", "25:99-30:00",
         "no_show week 5 7 why", "approve x", "status", "today", "list", "csv", "pause 1", "last 7 days", "November", "😀"]
    ),
)  # fmt: skip


def who(desk: Desk, role: str = "manager") -> Who:
    with desk.begin() as session:
        slack = f"U0{role.upper()}"
        factories.a_member_of_staff(session, role=role, slack_id=slack)
        return staff.of_slack(session, factories.WORKSPACE, slack)


def say(desk: Desk, by: Who, text: str, *, name: str = "/outreach") -> object:
    """What the command answers, or its refusal."""
    with desk.begin() as session:
        try:
            return discover()[name].answer(session, typed(text), by)
        except Refused as refusal:
            session.rollback()
            return refusal.say


@pytest.mark.parametrize("verb", [*sorted(outreach.verbs()), ""])
def test_no_text_after_a_verb_is_more_than_refused_in_a_sentence(desk: Desk, verb: str) -> None:
    desk.enrolled(phone=None)
    by = who(desk)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(WORDS)
    def any_text(rest: str) -> None:
        with desk.begin() as session:
            try:
                said = outreach.answer(session, typed(f"{verb} {rest}"), by)
                assert said
            except Refused as refusal:
                said = refusal.say
                if not said.rstrip("`").endswith((".", "?")):
                    pytest.fail(f"not a sentence: {said}")
            session.rollback()

    any_text()


@pytest.mark.parametrize("name", ["/recall", "/kpi", "/worklist"])
def test_no_text_after_another_command_is_more_than_refused_in_a_sentence(desk: Desk, name: str) -> None:
    desk.enrolled(phone=None)
    by = who(desk)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(WORDS)
    def any_text(text: str) -> None:
        said = say(desk, by, text, name=name)
        if isinstance(said, str) and not said.rstrip("`").endswith((".", "?")):
            pytest.fail(f"not a sentence: {said}")

    any_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("zzz last 7 days", "There is no program of that name, and it is no period either. Known: "),
        ("zzz", "Known: "),
        ("no_sho", "Did you mean `/kpi no_show`?"),
        ("no_show zzz", "That is no period we know."),
        ("2026-01-01..zzz", "period"),
    ],
)
def test_a_program_or_period_that_is_none_gets_a_sentence(desk: Desk, text: str, said: str) -> None:
    assert said in str(say(desk, who(desk), text, name="/kpi"))


@pytest.mark.parametrize(
    "text",
    [
        "Zyxwina Quibblesworth",
        "find Zyxwina Quibblesworth 1961-04-03",
        "zyxwina",
        "stop-all site zyxwina",
        "why zyxwina",
        "stop-all program zyxwina",
        "consent zyxwina",
        "pause zyxwina",
        "phi zyxwina",
        "hours zyxwina",
        "pilot zyxwina",
    ],
)
def test_a_name_typed_by_mistake_is_never_said_back(desk: Desk, text: str) -> None:
    by = who(desk)

    for name in discover():
        assert "zyxwina" not in str(say(desk, by, text, name=name)).lower()


def test_why_is_asked_by_case_number_case_id_or_enrollment_id(desk: Desk) -> None:
    enrollment, by = desk.enrolled(phone=None), who(desk)
    case = desk.cases()[0]

    answers = [
        str(say(desk, by, f"why {asked}"))
        for asked in (
            str(case.number),
            f"#{case.number}",
            f"case {case.number}",
            show("cas", case.id),
            show("enr", enrollment),
        )
    ]

    assert len({answer.partition("\n")[2] for answer in answers}) == 1
    assert answers[2].startswith(f"*Why, case {case.number}*")
    assert "refused number.none" in answers[0]


def test_ehr_status_says_what_was_read_and_what_waits(desk: Desk) -> None:
    by = who(desk, "agent")
    assert "has not been read yet" in str(say(desk, by, "ehr status"))
    desk.enrolled(phone=None)
    with desk.begin() as session:
        from storage import feeds

        feeds.seen(session, "Patient", [])
        feeds.refused(session, "Condition")

    said = str(say(desk, by, "ehr status"))

    assert "last read under 1 min ago (Patient)" in said
    assert "It serves Patient; it does not serve Condition." in said
    assert "Writes: 1 waiting (0 tried before), 0 given up." in said


def test_pause_mine_pauses_what_stands_behind_the_cases_one_has(desk: Desk) -> None:
    enrollment, by = desk.enrolled(phone=None), who(desk)
    with desk.begin() as session:
        cases.claim(session, desk.cases()[0].id, by=by)

    said = say(desk, by, "pause mine")

    assert said == "Paused behind your cases: 1. `/outreach resume mine` lets them go on."
    assert desk.enrollment(enrollment).state == "paused"
    assert say(desk, by, "resume mine") == "They go on: 1."
    assert desk.enrollment(enrollment).state != "paused"


def test_one_patient_is_paused_by_the_case_number_that_people_say(desk: Desk) -> None:
    enrollment, by = desk.enrolled(phone=None), who(desk)
    number = desk.cases()[0].number

    said = say(desk, by, f"pause {number}")

    assert said == f"Paused. What the patient writes is still read. `/outreach resume {number}` lets it go on."
    assert desk.enrollment(enrollment).state == "paused"
    assert say(desk, by, f"resume case {number}") == "It goes on where it stood."
    assert say(desk, by, "pause 999999") == "There is no case 999999 here. Nothing was changed."


def test_who_may_only_read_pauses_nothing(desk: Desk) -> None:
    enrollment, viewer = desk.enrolled(), who(desk, "viewer")

    said = say(desk, viewer, f"pause {show('enr', enrollment)}")

    assert said == "Your role cannot stop texts. Nothing was stopped. Any agent, clinician or manager can."
    assert desk.enrollment(enrollment).state != "paused"
