"""A starter pack in an organisation: what is live, what is retired, what stays, and who may do it."""

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from core.errors import Misconfigured, Refused
from handlers.cli import organisation
from handlers.cli.commands import pack
from handlers.cli.root import Root
from storage.tables import AuditRow
from tests import factories
from tests.service.desk import Desk
from workflows import cohorts, drafts, packs, publishing, staff
from workflows.packs import installing
from workflows.staff import Who

OWN = "{clinic}: our words. Reply 1 for a new time, 2 for a call."


def typed(desk: Desk, *words: str) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    return CliRunner().invoke(pack.COMMAND, words, obj=root)


def who(desk: Desk, role: str) -> Who:
    with desk.begin() as session:
        return staff.of_id(session, factories.a_member_of_staff(session, role=role, slack_id=f"U0{role}".upper()).id)


def named(desk: Desk, code: str | None) -> None:
    """The organisation file is applied, and names this pack."""
    with desk.begin() as session:
        organisation._programs(session, code)


def live(desk: Desk) -> dict[str, str]:
    """What is live, by program: its source."""
    with desk.begin() as session:
        return {row.code: version.source for row, version, _ in publishing.every_live(session)}


def test_a_pack_is_live_as_it_words_itself_and_built_in_programs_that_it_leaves_out_start_nobody(desk: Desk) -> None:
    old = desk.enrolled()

    named(desk, "dental")

    dental = packs.of_code("dental")
    assert live(desk) == {code: dental.source(code) for code in dental.programs}
    with desk.begin() as session:
        assert {row.code for row in cohorts.every(session)} == set(dental.cohorts)
        retired = select(AuditRow).where(AuditRow.action == "program.retired")
        assert len(session.scalars(retired).all()) == len(
            {"care_gap", "discharge", "forms_chase", "post_treatment", "referral"}
        )
    assert desk.enrollment(old).state != "ended"


def test_the_same_file_again_leaves_what_staff_changed_since_and_another_pack_replaces_it(desk: Desk) -> None:
    named(desk, "dental")
    agent, manager = who(desk, "agent"), who(desk, "manager")
    with desk.begin() as session:
        revision = drafts.edit_text(session, "no_show", "first", language="en", words=OWN, by=agent).revision
        drafts.approve(session, "no_show", revision=revision, by=manager)

    named(desk, "dental")
    named(desk, None)
    assert OWN in live(desk)["no_show"]
    assert "care_gap" not in live(desk)

    named(desk, "clinic")
    assert OWN not in live(desk)["no_show"]
    assert live(desk).keys() == packs.of_code("clinic").programs.keys()


def test_without_a_pack_the_file_leaves_what_staff_changed_too(desk: Desk) -> None:
    agent, manager = who(desk, "agent"), who(desk, "manager")
    with desk.begin() as session:
        revision = drafts.edit_text(session, "no_show", "first", language="en", words=OWN, by=agent).revision
        drafts.approve(session, "no_show", revision=revision, by=manager)

    named(desk, None)

    assert OWN in live(desk)["no_show"]


def test_the_command_shows_first_and_installs_with_yes(desk: Desk) -> None:
    who(desk, "manager")
    before = live(desk)

    shown = typed(desk, "install", "dental", "--by", "u0manager@clinic.example")
    assert "Would be live: recall@2, reminder@2, no_show@2, waitlist@1, disrupted@1, survey@1" in shown.output
    assert "Would be retired: care_gap, discharge, forms_chase, post_treatment, referral" in shown.output
    assert live(desk) == before

    assert "Live: recall@2" in typed(desk, "install", "dental", "--by", "u0manager@clinic.example", "--yes").output
    assert live(desk)["reminder"] == packs.of_code("dental").source("reminder")


def test_an_agent_may_not_install_and_an_unknown_pack_is_named(desk: Desk) -> None:
    agent = who(desk, "agent")

    with desk.begin() as session:
        with pytest.raises(Refused, match="Nothing was published"):
            installing.install_for(session, "dental", by=agent)
        with pytest.raises(Misconfigured, match="There is no pack 'zoo'"):
            installing.install(session, "zoo", actor="test")
