"""An organisation reads with its own words once a clinician who is somebody else has approved them."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from core.errors import Refused
from handlers.cli.commands import lexicon, understand
from handlers.cli.root import Root
from storage.tables import AuditRow, LexiconVersion, ReadingRow
from tests.service.desk import Desk
from tests.service.test_corrections import who
from workflows import lexicons, surroundings

FILE = Path(__file__).parents[1] / "data" / "lexicon_overlay.yaml"
SOURCE = FILE.read_text("utf-8")
CLOGGED = "my mediport is clogged"


def hand_in(desk: Desk, source: str = SOURCE, *, role: str = "manager") -> int:
    by = who(desk, role)
    with desk.begin() as session:
        return lexicons.hand_in(session, source, by=by).number


def live(desk: Desk) -> None:
    number, nurse = hand_in(desk), who(desk, "clinician")
    with desk.begin() as session:
        lexicons.approve(session, number, by=nurse)


def engines(desk: Desk) -> list[tuple[str, str]]:
    with desk.begin() as session:
        rows = session.scalars(select(ReadingRow).order_by(ReadingRow.id))
        return [(row.engine, row.urgency) for row in rows]


def run(desk: Desk, *words: str, command: object = lexicon.COMMAND) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    return CliRunner().invoke(command, words, obj=root)  # type: ignore[arg-type]


def test_texts_are_read_with_it_from_its_approval_on_and_the_reading_names_it(desk: Desk) -> None:
    desk.patient()
    number = hand_in(desk)
    desk.text(CLOGGED)
    nurse = who(desk, "clinician")
    with desk.begin() as session:
        lexicons.approve(session, number, by=nurse)

    desk.text(CLOGGED, sid="SM2")

    before, after = engines(desk)
    assert (before[1] == "urgent", after) == (False, (f"{before[0]}+overlay.1", "urgent"))
    assert [(case.kind, case.priority) for case in desk.cases()][-1] == ("clinical", "urgent")
    with desk.begin() as session:
        actions = session.scalars(
            select(AuditRow.action).where(AuditRow.subject_kind == "lexicon").order_by(AuditRow.id)
        )
        assert list(actions) == ["lexicon.handed_in", "lexicon.published"]


def test_who_handed_it_in_and_who_is_no_clinician_cannot_approve(desk: Desk) -> None:
    nurse, manager = who(desk, "clinician"), who(desk, "manager")
    with desk.begin() as session:
        number = lexicons.hand_in(session, SOURCE, by=nurse).number

    for by, why in ((nurse, "second person"), (manager, "clinician has to approve")):
        with pytest.raises(Refused, match=why), desk.begin() as session:
            lexicons.approve(session, number, by=by)
    with desk.begin() as session:
        assert lexicons.of(session) is None


def test_a_file_with_an_error_is_not_kept(desk: Desk) -> None:
    with pytest.raises(Refused, match="Nothing was kept"):
        hand_in(desk, SOURCE.replace("shuttle", "chest_pain"))

    with desk.begin() as session:
        assert lexicons.versions(session) == ([], None)


def test_it_is_compiled_once_and_a_broken_one_leaves_the_built_in_words(desk: Desk) -> None:
    desk.patient()
    live(desk)
    with desk.begin() as session:
        assert lexicons.of(session) is lexicons.of(session)
        row = LexiconVersion(
            org_id=desk.org,
            number=2,
            source="overlay: 9",
            editor_id=who(desk, "agent").id,
            edited_at=session.info["now"],
        )
        session.add(row)
        session.flush()
        surroundings.organisation_of(session).lexicon_id = row.id

    desk.text("i cant breathe")

    ((engine, urgency),) = engines(desk)
    assert (engine.endswith("+overlay.2"), urgency) == (True, "emergency")


def test_an_operator_checks_hands_in_approves_and_shows(desk: Desk, tmp_path: Path) -> None:
    manager, nurse = "u0manager@clinic.example", "u0clinician@clinic.example"
    who(desk, "manager")
    who(desk, "clinician")
    messages = tmp_path / "some.jsonl"
    messages.write_text('{"id": "a", "text": "lakeside shuttle", "context": null, "ref": "2026-12-02T09:00:00"}\n')

    checked = run(desk, "lint", str(FILE), "--messages", str(messages))
    tried = run(desk, "apply", str(FILE), "--messages", str(messages), "--by", manager)
    assert "The built-in lexicon alone." in run(desk, "show").output
    handed = run(desk, "apply", str(FILE), "--messages", str(messages), "--by", manager, "--yes")
    approved = run(desk, "approve", "1", "--by", nurse, "--yes")

    assert (checked.exit_code, "0 to mend" in checked.output) == (0, True)
    assert "would be lexicon 1" in tried.output
    assert "Lexicon 1 is handed in" in handed.output
    assert approved.output == "Lexicon 1 is live.\n"
    assert "1  2026-11-23  live" in run(desk, "show").output
    assert run(desk, "show", "1").output == SOURCE
    assert "chest_pain  clinical  emergency  emergency" in run(desk, "built-in").output


def test_a_file_with_an_error_ends_the_check_with_1(desk: Desk, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SOURCE.replace("tier: urgent", "tier: none"))

    done = run(desk, "lint", str(wrong), "--messages", str(wrong.with_suffix(".none")))
    assert done.exit_code == 2
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    done = run(desk, "lint", str(wrong), "--messages", str(empty))

    assert (done.exit_code, "1 to mend" in done.output) == (1, True)


def test_stored_texts_can_be_read_again_with_a_file_that_is_not_live(desk: Desk) -> None:
    desk.patient()
    desk.text(CLOGGED)

    done = run(desk, "--replay", "2026-11-23", "--lexicon", str(FILE), command=understand.COMMAND)

    assert "-> urgent" in done.output
    assert "1 texts read again, 1 differently" in done.output
