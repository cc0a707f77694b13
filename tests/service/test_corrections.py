"""Staff correct a reading: an example is kept, what was missed is flagged, nothing is closed."""

import json
import stat
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot import sync
from core.errors import Refused
from handlers.cli.commands import understand
from handlers.cli.root import Root
from storage import audit
from storage.tables import Correction, Message, Team
from tests import factories
from tests.service.desk import Desk
from workflows import corrections, staff
from workflows.corrections import Meaning
from workflows.staff import Who
from workflows.understanding import Urgency, scoring

WROTE = "the thing looks funny, can someone look"


def inbound(desk: Desk) -> UUID:
    with desk.begin() as session:
        return session.scalars(select(Message.id).where(Message.direction == "in").order_by(Message.id)).all()[-1]


def who(desk: Desk, role: str) -> Who:
    with desk.begin() as session:
        person = factories.a_member_of_staff(session, role=role, slack_id=f"U0{role.upper()}", name=role.capitalize())
        return staff.of_id(session, person.id)


def correct(
    desk: Desk, by: Who, urgency: str, *intents: str, note: str = "meaning", place: int = 0
) -> Correction | None:
    case, message = desk.cases()[place], inbound(desk)
    with desk.begin() as session:
        means = Meaning(intents, Urgency(urgency))
        return corrections.correct(session, case.id, message, means=means, note=note, by=by)


@pytest.mark.req("S97", by="workflows.corrections:correct")
def test_what_was_missed_is_flagged_and_the_patient_is_told(desk: Desk) -> None:
    desk.patient()
    desk.text("Nothing new, see you")
    desk.text("lalala", sid="SM2")

    correct(desk, who(desk, "manager"), "emergency", "emergency", note="missed")

    (*_, flag) = desk.cases()
    assert (flag.kind, flag.priority, flag.reason, flag.message_id) == (
        "red_flag", "emergency", "corrected", inbound(desk),
    )  # fmt: skip
    assert [purpose for purpose, _ in desk.planned()][-1] == "safety"
    with desk.begin() as session:
        team = session.scalars(select(Team).where(Team.id == flag.team_id)).one()
        assert sync.view(session, flag, team).reason == "A colleague corrected how this text was read"


def test_a_flag_whose_case_is_closed_already_is_raised_again(desk: Desk) -> None:
    desk.patient()
    desk.text("i cant breathe")
    nurse = who(desk, "clinician")
    correct(desk, nurse, "none", "other", note="false_alarm")

    correct(desk, nurse, "emergency", "emergency", note="missed")

    assert [case.kind for case in desk.cases()] == ["red_flag", "red_flag"]


def test_lowering_takes_a_clinician_and_closes_nothing(desk: Desk) -> None:
    desk.patient()
    desk.text("i cant breathe")

    with pytest.raises(Refused, match="clinician"):
        correct(desk, who(desk, "manager"), "admin", "question")
    kept = correct(desk, who(desk, "clinician"), "admin", "question", note="false_alarm")

    assert kept is not None
    assert [(case.kind, case.state) for case in desk.cases()] == [("red_flag", "open")]
    with desk.begin() as session:
        (row,) = audit.of_subject(session, "message", f"msg_{_shown(kept.message_id)}")
    assert row.action == "reading.corrected"
    assert row.detail["is"] == "admin: question"


def _shown(value: UUID) -> str:
    from core.ids import show

    return show("msg", value).removeprefix("msg_")


def test_a_manager_who_raised_it_cannot_lower_it_again(desk: Desk) -> None:
    desk.patient()
    desk.text("lalala")
    manager = who(desk, "manager")
    correct(desk, manager, "urgent", "complication", note="missed")

    with pytest.raises(Refused, match="clinician"):
        correct(desk, manager, "admin", "human")


def test_a_wish_that_texts_stop_is_kept_once_somebody_sees_it(desk: Desk) -> None:
    desk.patient()
    desk.text("lalala")

    correct(desk, who(desk, "manager"), "admin", "opt_out")

    assert desk.suppressed()


def test_a_death_that_was_not_seen_ends_all_automation_without_a_word(desk: Desk) -> None:
    enrolled = desk.enrolled()
    desk.text("lalala")
    sent = desk.planned()

    correct(desk, who(desk, "clinician"), "clinical", "deceased", "symptom")

    assert desk.enrollment(enrolled).outcome == "deceased"
    assert [words for words in desk.planned() if words not in sent] == []


def test_saying_the_same_again_keeps_nothing(desk: Desk) -> None:
    desk.patient()
    desk.text(WROTE)
    nurse = who(desk, "clinician")

    assert correct(desk, nurse, "urgent", "complication", "abuse") is not None
    assert correct(desk, nurse, "urgent", "complication", "abuse") is None


@pytest.mark.parametrize(
    ("intents", "note"), [((), "meaning"), (("horoscope",), "meaning"), (("pain",), "because they said so")]
)
def test_only_codes_are_kept(desk: Desk, intents: tuple[str, ...], note: str) -> None:
    desk.patient()
    desk.text(WROTE)

    with pytest.raises(Refused, match="Nothing was changed"):
        correct(desk, who(desk, "clinician"), "clinical", *intents, note=note)


def test_another_patients_text_cannot_be_corrected_from_this_case(desk: Desk) -> None:
    desk.patient()
    desk.patient(phone="+13125550177")
    desk.text(WROTE)
    desk.text("lalala", sid="SM2", phone="+13125550177")

    with pytest.raises(Refused, match="does not belong"):
        correct(desk, who(desk, "clinician"), "clinical", "symptom")


def test_an_agent_of_another_team_is_refused(desk: Desk) -> None:
    desk.patient()
    desk.text(WROTE)

    with pytest.raises(Refused):
        correct(desk, who(desk, "agent"), "emergency", "emergency")


def run(desk: Desk, path: Path, *more: str) -> str:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    done = CliRunner().invoke(understand.COMMAND, ["--corrections", str(path), *more], obj=root)
    return done.output


def test_corrections_become_a_labelled_file_for_its_owner_alone(desk: Desk, tmp_path: Path) -> None:
    desk.patient()
    desk.text(WROTE)
    correct(desk, who(desk, "clinician"), "urgent", "complication", note="missed")
    path = tmp_path / "corrected.jsonl"
    path.write_text("older")
    path.chmod(0o644)

    assert "1 corrected texts would be written" in run(desk, path)
    said = run(desk, path, "--yes")

    (line,) = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert (line["text"], line["labels"], line["urgency"]) == (WROTE, ["complication"], "urgent")
    assert line["ref"] == "2026-11-23T12:10:00"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert WROTE not in said
    assert "what patients wrote" in said
    assert scoring.figures(scoring.judged([line]))


def test_patients_words_are_not_written_to_the_terminal(desk: Desk) -> None:
    assert "name a file" in run(desk, Path("-"), "--yes")
