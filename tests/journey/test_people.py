"""Somebody's Slack account is deactivated or becomes a guest's: access, sessions and cases go at once, and come back by an admin alone."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from core.errors import Refused
from handlers import processes
from handlers.cli.commands.staff import COMMAND
from storage.tables import AuditRow, Case, PageSession, Staff, Team
from tests.world import BRUNO, CHLOE, GRETA, World
from workflows import accounts, cases, on_call, page_access, returning, staff, surroundings
from workflows.accounts import Account
from workflows.cases import Opening

pytestmark = pytest.mark.phi("any")


def workspace(world: World) -> str:
    return str(world.theatre.facts["slack"]["team_id"])


def opened(world: World, key: str, *, by: str | None, team: str = "patient_access") -> int:
    """A case that this person has; its number."""
    with world.begin() as session:
        opening = Opening(kind="admin", team=team, reason="question", due="4 business hours", dedupe_key=key)
        case = cases.open_one(session, opening)
        if by is not None:
            cases.claim(session, case.id, by=staff.of_slack(session, workspace(world), by))
        number = case.number
    world.drain()
    return number


def row(world: World, number: int) -> Case:
    with world.begin() as session:
        return cases.by_number(session, number)


def person(world: World, user: str) -> Staff:
    email = next(one.email for one in world.clinic.staff if one.id == user)
    with world.begin() as session:
        return session.scalars(select(Staff).where(Staff.email == email)).one()


def actions(world: World) -> list[str]:
    with world.begin() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


@pytest.mark.req("S57", by="workflows.departures:end")
def test_a_deactivated_person_loses_role_and_cases_at_once_and_the_team_has_one_summary(monday: World) -> None:
    numbers = [opened(monday, key, by=BRUNO) for key in ("one", "two")]

    monday.act("slack/account", user=BRUNO, deleted=True)

    assert [(row(monday, n).owner_id, row(monday, n).state) for n in numbers] == [(None, "open")] * 2
    told = [card for card in monday.cards("patient_access") if "has no access to Careloop any more" in card.text]
    assert len(told) == 1
    assert all(f"Case {number}" in told[0] for number in numbers)
    gone = person(monday, BRUNO)
    assert (gone.active, gone.left_why) == (False, "deactivated")
    notice = str(monday.messages_to(GRETA)[-1]["blocks"])
    assert "the Slack account was deactivated" in notice
    assert "2 cases handed over" in notice
    assert {"staff.account_lost", "staff.left"} <= set(actions(monday))


def test_the_event_twice_and_late_changes_nothing_more(monday: World) -> None:
    opened(monday, "one", by=BRUNO)
    monday.act("slack/account", user=BRUNO, deleted=True)
    before = actions(monday).count("staff.left"), len(monday.messages_to(GRETA))

    monday.act("slack/redeliver", kind="events", n=1)

    assert (actions(monday).count("staff.left"), len(monday.messages_to(GRETA))) == before == (1, 1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"guest": "single"}, "your Slack account became a guest's"),
        ({"guest": "multi"}, "your Slack account became a guest's"),
        ({"stranger": True}, "your Slack account left this workspace"),
        ({"team": "T0ELSEWHERE"}, "your Slack account left this workspace"),
    ],
)
def test_a_guests_button_and_command_are_refused_with_the_reason_and_nobody_is_troubled(
    monday: World, change: dict[str, object], why: str
) -> None:
    number = opened(monday, "one", by=None)
    card = monday.card("patient_access", f"Case {number}")
    monday.act("slack/account", user=BRUNO, **change)

    monday.click("Claim", card, by=BRUNO)

    said = monday.whispers_to(BRUNO)[-1]
    assert why in said
    assert "Nothing was done" in said
    assert why in monday.command(BRUNO, monday.channel("patient_access"), "help")
    monday.act("slack/open_home", user=BRUNO)
    assert "An admin can give it to you" in str(monday.slack.state()["home"][BRUNO])
    assert row(monday, number).owner_id is None
    assert not monday.cards("front_office", holding="not on the staff list")


def test_page_sessions_and_links_of_that_person_end_at_once(monday: World) -> None:
    with monday.begin() as session:
        bruno, chloe = (staff.of_slack(session, workspace(monday), who) for who in (BRUNO, CHLOE))
        link = page_access.make_link(session, who=bruno, case_id=None)
        page_access.begin(session, bruno, way="code")
        page_access.begin(session, bruno, way="link")
        page_access.begin(session, chloe, way="link")

    monday.act("slack/account", user=BRUNO, deleted=True)

    with monday.begin() as session:
        assert list(session.scalars(select(PageSession.staff_id))) == [chloe.id]
        with pytest.raises(Refused, match="not complete, or not one of ours"):
            page_access.use_link(session, link)


def test_coming_back_gives_nothing_back_until_an_admin_does(monday: World) -> None:
    number = opened(monday, "one", by=BRUNO)
    monday.act("slack/account", user=BRUNO, deleted=True)

    monday.act("slack/account", user=BRUNO, deleted=False)

    card = monday.card("patient_access", f"Case {number}", "Claim")
    monday.click("Claim", card, by=BRUNO)
    assert "You have no access to Careloop now" in monday.whispers_to(BRUNO)[-1]
    (back,) = [card for card in monday._shown("D" + GRETA[1:]) if "is back in Slack" in card.text]
    monday.click("Give access back", back, by=GRETA)
    assert "has access to Careloop again" in monday._shown("D" + GRETA[1:])[-1].text
    assert row(monday, number).owner_id is None
    monday.click("Claim", card, by=BRUNO)
    assert row(monday, number).owner_id == person(monday, BRUNO).id
    assert "staff.returned" in actions(monday)


@pytest.mark.phi("full")
def test_nobody_but_an_admin_gives_access_back_and_not_while_the_account_is_off(monday: World) -> None:
    monday.act("slack/account", user=BRUNO, deleted=True)
    gone = person(monday, BRUNO)
    with monday.begin() as session:
        chloe, greta = (staff.of_slack(session, workspace(monday), who) for who in (CHLOE, GRETA))
        with pytest.raises(Refused, match="An admin changes settings"):
            returning.give_back(session, gone.id, by=chloe)
        with pytest.raises(Refused, match="Slack account is deactivated"):
            returning.give_back(session, gone.id, by=greta)


def test_the_last_admin_gone_is_an_alert_to_the_managers(monday: World) -> None:
    managers = [one.id for one in monday.clinic.staff if one.role == "manager"]

    monday.act("slack/account", user=GRETA, deleted=True)

    assert "The last admin has lost access" in monday.card("front_office", "last admin")
    for manager in managers:
        assert "The last admin has lost access" in json.dumps(monday.messages_to(manager)[-2:])


def test_what_was_under_way_is_handed_over_by_the_clock(monday: World) -> None:
    number = opened(monday, "one", by=BRUNO)
    with monday.begin() as session:
        session.execute(update(Case).where(Case.number == number).values(state="booking"))
    monday.act("slack/account", user=BRUNO, deleted=True)
    assert row(monday, number).state == "booking"

    with monday.begin() as session:
        session.execute(update(Case).where(Case.number == number).values(state="claimed"))
    processes.seal(monday.deps)
    monday.drain()

    assert row(monday, number).owner_id is None


def test_an_admin_sees_who_has_no_access_and_gives_it_back_by_command(monday: World) -> None:
    monday.act("slack/account", user=BRUNO, deleted=True)
    bruno, front = person(monday, BRUNO), monday.channel("front_office")

    listed = monday.command(GRETA, front, "staff")

    assert f"{bruno.name} ({bruno.email}), agent: none since" in listed
    assert "the Slack account was deactivated" in listed
    assert "is deactivated. Nothing was changed" in monday.command(GRETA, front, f"staff back {bruno.email}")
    assert "An admin changes settings" in monday.command(
        CHLOE, monday.channel("patient_access"), f"staff back {bruno.email}"
    )
    monday.act("slack/account", user=BRUNO, deleted=False)
    assert "has access again as agent" in monday.command(GRETA, front, f"staff back {bruno.email.upper()}")
    assert person(monday, BRUNO).active
    assert "Nobody on the staff list" in monday.command(GRETA, front, "staff back nobody@lakeside.example")


def test_the_operator_gives_access_back_when_no_admin_can(monday: World) -> None:
    monday.act("slack/account", user=GRETA, deleted=True)
    monday.act("slack/account", user=GRETA, deleted=False)
    greta = person(monday, GRETA)

    assert "no access (deactivated)" in monday.operate(COMMAND, "list")
    assert "Say --yes" in monday.operate(COMMAND, "back", greta.email)
    said = monday.operate(COMMAND, "back", greta.email, "--yes")

    assert "has access again as admin" in said
    assert person(monday, GRETA).active


def test_an_on_call_list_that_names_the_person_is_skipped_and_told(monday: World) -> None:
    bruno = person(monday, BRUNO)
    with monday.begin() as session:
        organisation = surroundings.organisation_of(session)
        organisation.settings = organisation.settings | {"on_call": {"patient_access": {"people": [bruno.email]}}}

    monday.act("slack/account", user=BRUNO, deleted=True)

    assert "Still on the on-call list of Patient access" in str(monday.messages_to(GRETA)[-1]["blocks"])
    with monday.begin() as session:
        team = session.scalars(select(Team).where(Team.code == "patient_access")).one()
        assert on_call.people(session, team) == []


def test_two_witnesses_at_once_end_access_once(monday: World) -> None:
    opened(monday, "one", by=BRUNO)
    lost = Account(BRUNO, "", "", lost="deactivated")

    def sees() -> None:
        with monday.begin() as session:
            accounts.seen(session, workspace(monday), lost)

    with ThreadPoolExecutor(4) as pool:
        for witness in [pool.submit(sees) for _ in range(4)]:
            witness.result()
    monday.drain()

    assert actions(monday).count("staff.left") == 1
    assert len([m for m in monday.messages_to(GRETA) if "has no access" in m["text"]]) == 1
