"""Changing what patients are sent: edited by one, approved by another, published once, and running enrollments moved on purpose."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.errors import Refused
from storage.tables import AuditRow, Decision, EnrollmentStep, ProgramVersion
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import drafts, enrollments, migrating, publishing, staff
from workflows.staff import Who

NEW = "{clinic}: we kept a place for you. Reply 1 for a new time, 2 for a call, 3 not now. STOP to end."


def who(desk: Desk, role: str, name: str = "") -> Who:
    with desk.begin() as session:
        slack = f"U0{role}{name}".upper()
        return staff.of_id(session, factories.a_member_of_staff(session, role=role, slack_id=slack).id)


def edit(desk: Desk, by: Who, words: str = NEW, key: str = "second") -> int:
    with desk.begin() as session:
        return drafts.edit_text(session, "no_show", key, language="en", words=words, by=by).revision


def approve(desk: Desk, by: Who, revision: int) -> int:
    with desk.begin() as session:
        return drafts.approve(session, "no_show", revision=revision, by=by).number


@pytest.mark.req("N13", by="workflows.drafts:approve")
def test_an_approved_draft_is_a_new_version_while_running_enrollments_keep_theirs(desk: Desk) -> None:
    old = desk.enrolled()
    desk.claim()
    agent, manager = who(desk, "agent"), who(desk, "manager")

    number = approve(desk, manager, edit(desk, agent))

    desk.at(MONDAY_NOON + timedelta(minutes=20))
    new = desk.enrolled(phone="+13125550102")
    desk.claim()
    desk.at(MONDAY_NOON + timedelta(days=2))
    with desk.begin() as session:
        enrollments.advance(session)
    bodies = " ".join(text for _, text in desk.planned())
    assert number == 2
    assert "we would still like to see you" in bodies
    assert "we kept a place for you" in bodies
    assert desk.enrollment(old).version_id != desk.enrollment(new).version_id


def test_the_preview_shows_the_change_both_languages_their_segments_and_what_lint_says(desk: Desk) -> None:
    edit(desk, who(desk, "agent"), "{clinic}: you missed your visit! Reply YES to book.")

    with desk.begin() as session:
        seen = drafts.preview(session, "no_show")

    assert any("you missed your visit" in line for line in seen.changes)
    assert {(t.language, t.changed) for t in seen.texts if t.key == "second"} == {("en", True), ("es", False)}
    assert all(text.segments == 1 for text in seen.texts)
    assert any("exclamation" in problem.say for problem in seen.problems)


def test_who_edited_cannot_approve_and_neither_can_an_agent(desk: Desk) -> None:
    editor, agent = who(desk, "manager"), who(desk, "agent")
    revision = edit(desk, editor)

    for by, why in ((editor, "second person"), (agent, "has to approve")):
        with pytest.raises(Refused, match=why):
            approve(desk, by, revision)


def test_a_draft_that_lint_refuses_is_not_published(desk: Desk) -> None:
    revision = edit(desk, who(desk, "agent"), "{clinic}: come now! Reply 1 for a new time, 2 for a call, 3 not now.")

    with pytest.raises(Refused, match="Nothing was published"):
        approve(desk, who(desk, "manager"), revision)


def test_an_edit_after_the_preview_needs_a_new_look(desk: Desk) -> None:
    agent, manager = who(desk, "agent"), who(desk, "manager")
    seen = edit(desk, agent)
    edit(desk, agent, NEW.replace("place", "seat"))

    with pytest.raises(Refused, match="Look at it again"):
        approve(desk, manager, seen)


def test_two_who_approve_at_once_make_one_version(desk: Desk) -> None:
    revision = edit(desk, who(desk, "agent"))
    approvers = [who(desk, "manager", str(n)) for n in range(4)]

    def press(by: Who) -> int | None:
        try:
            return approve(desk, by, revision)
        except Refused:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(press, approvers))

    assert sorted(n for n in made if n) == [2]
    with desk.begin() as session:
        assert (
            len(session.scalars(select(ProgramVersion).where(ProgramVersion.source.contains("kept a place"))).all())
            == 1
        )


def test_the_audit_says_who_edited_who_approved_and_what_was_live_before(desk: Desk) -> None:
    agent, manager = who(desk, "agent"), who(desk, "manager")

    approve(desk, manager, edit(desk, agent))

    with desk.begin() as session:
        row = session.scalars(
            select(AuditRow).where(AuditRow.action == "program.published", AuditRow.actor == manager.actor)
        ).one()
    assert (row.detail["before"], row.detail["version"], row.detail["edited_by"]) == (1, 2, str(agent.id))


def second_version(desk: Desk) -> None:
    """no_show@2: the first text waits a day, and `second` is called `again`."""
    with desk.begin() as session:
        text = publishing.live(session, "no_show")[1].source
        text = text.replace("    wait: 2d\n    on: &answers", "    wait: 1d\n    on: &answers")
        text = text.replace("silence: second", "silence: again").replace(
            "  second:\n    ask: second", "  again:\n    ask: second"
        )
        publishing.publish(session, text, actor="system")


def test_running_enrollments_move_with_a_ledger_line_and_wait_by_the_new_version(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.claim()
    second_version(desk)
    manager = who(desk, "manager")

    with desk.begin() as session:
        [group] = migrating.preview(session, "no_show", to=2)
        moved = migrating.migrate(session, "no_show", to=2, by=manager)

    assert (group.step, group.patients, group.to, moved) == ("first", 1, "first", 1)
    assert "moved version.migrated" in desk.rules()
    desk.at(MONDAY_NOON + timedelta(days=1))
    for _ in range(2):
        with desk.begin() as session:
            enrollments.advance(session)
    assert desk.enrollment(enrollment).step == "again"


def test_a_step_without_a_counterpart_refuses_the_whole_move_until_it_is_mapped(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.claim()
    desk.at(MONDAY_NOON + timedelta(days=2))
    with desk.begin() as session:
        enrollments.advance(session)
    second_version(desk)
    manager = who(desk, "manager")

    with pytest.raises(Refused, match="no step 'second'"), desk.begin() as session:
        migrating.migrate(session, "no_show", to=2, by=manager)
    with desk.begin() as session:
        assert migrating.migrate(session, "no_show", to=2, by=manager, steps={"second": "again"}) == 1

    assert desk.enrollment(enrollment).step == "again"
    with desk.begin() as session:
        steps = session.execute(select(EnrollmentStep.step, EnrollmentStep.how).order_by(EnrollmentStep.id)).all()
        line = session.scalars(select(Decision).where(Decision.rule == "version.migrated")).one()
    assert [tuple(step) for step in steps] == [("first", "silence"), ("second", "migrated"), ("again", None)]
    assert line.detail["by"] == manager.actor


def test_only_who_stands_at_a_named_step_is_moved(desk: Desk) -> None:
    desk.enrolled()
    second_version(desk)
    manager = who(desk, "manager")

    with desk.begin() as session:
        assert migrating.migrate(session, "no_show", to=2, by=manager, where=["third"]) == 0
