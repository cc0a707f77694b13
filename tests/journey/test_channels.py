"""A team's channel is archived, opened to others, or the bot is taken out: cards stand elsewhere, once, until it is mended."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from handlers import processes
from storage.tables import AuditRow, CardPost, Case, Rung, Team
from tests.journey.test_slack_down import texted
from tests.world import AMINA, BRUNO, World
from workflows import channel_checks

HOME, THERE = "patient_access", "front_office"


def asked(world: World, who: str = "story") -> None:
    world.no_show(who)
    world.text(who, "can I come next tue afternoon?")
    world.drain()


def stand_in(world: World, code: str | None = THERE) -> None:
    with world.begin() as session:
        channel_checks.set_fallback(session, code)


def to_channel(world: World, team: str, **what: Any) -> None:
    """Somebody of the workspace does this to the channel of a team."""
    room = world.slack.rooms.all[world.channel(team)]
    by = next(one for one in room.members if one in world.slack.people)
    world.act("slack/channel", user=by, channel=room.id, **what)


def live(world: World, team: str) -> list[str]:
    """The cards of patients' cases in a channel that can be claimed."""
    return [
        card.text
        for card in world.cards(team)
        if card.control("Claim") and "alert" not in card.text.lower() and "Careloop" not in card.text
    ]


def notices(world: World, reason: str = "slack_fallback") -> list[Case]:
    with world.begin() as session:
        return list(session.scalars(select(Case).where(Case.reason == reason).order_by(Case.number)))


def problem(world: World, team: str = HOME) -> str | None:
    with world.begin() as session:
        return session.scalars(select(Team.channel_problem).where(Team.code == team)).one()


@pytest.mark.req("N11", by="workflows.channels:spot")
def test_an_archived_channels_cards_stand_in_the_fallback_channel_once_and_new_ones_go_home_when_it_is_mended(
    world: World,
) -> None:
    stand_in(world)
    asked(world)
    assert len(live(world, HOME)) == 1

    to_channel(world, HOME, archived=True)
    for _ in range(2):
        processes.reconcile(world.deps)
        world.drain()

    assert problem(world) == "archived"
    assert len(live(world, THERE)) == 1
    (told,) = notices(world)
    assert told.state == "open"
    with world.begin() as session:
        pages = session.scalars(select(Rung.tier).where(Rung.case_id == told.id)).all()
    assert set(pages) == {"fallback"}

    to_channel(world, HOME, archived=False)
    assert problem(world) is None
    assert notices(world)[0].state == "closed"
    assert len(live(world, THERE)) == 1, "what stands there stays there"
    assert live(world, HOME) == [], "the old card says where the case is"
    assert "is in the channel of Front office for now" in world.cards(HOME)[0]
    asked(world, "spanish")
    assert len(live(world, HOME)) == 1
    assert len(live(world, THERE)) == 1


def test_further_cards_go_to_the_fallback_channel_and_are_worked_there(world: World) -> None:
    stand_in(world)
    to_channel(world, HOME, archived=True)

    asked(world)
    to_channel(world, THERE, invite=BRUNO)
    world.click("Claim", world.card(THERE, "Claim", "new times"), by=BRUNO)

    with world.begin() as session:
        case = session.scalars(select(Case).where(Case.kind == "reschedule")).one()
        assert case.state == "claimed"
        post = session.scalars(select(CardPost).where(CardPost.case_id == case.id)).one()
        assert post.channel == world.channel(THERE)
    assert f"<@{BRUNO}>" in world.card(THERE, "new times")


@pytest.mark.parametrize(("what", "code"), [({"private": False}, "public"), ({"shared": True}, "shared")])
def test_a_channel_that_others_may_read_keeps_nothing_of_a_case(world: World, what: dict[str, Any], code: str) -> None:
    stand_in(world)
    asked(world)

    to_channel(world, HOME, **what)
    processes.reconcile(world.deps)
    world.drain()

    assert problem(world) == code
    assert len(live(world, THERE)) == 1
    (left,) = world.cards(HOME)
    assert "for now" in left
    assert left.control("Claim") is None


def test_without_a_fallback_channel_a_public_ones_cards_are_withdrawn_and_come_back(world: World) -> None:
    asked(world)

    to_channel(world, HOME, private=False)
    processes.reconcile(world.deps)
    world.drain()

    assert live(world, HOME) == []
    assert "is on the signed-in page" in world.cards(HOME)[0]
    assert texted(world, "Slack takes no cards in the channel of")
    to_channel(world, HOME, private=True)
    processes.reconcile(world.deps)
    world.drain()
    assert len(live(world, HOME)) == 1


def test_the_bot_is_taken_out_and_let_in_again(world: World) -> None:
    stand_in(world)
    asked(world)
    bot = world.theatre.facts["slack"]["bot_user_id"]

    to_channel(world, HOME, remove=bot)
    assert problem(world) == "gone"
    assert len(live(world, THERE)) == 1
    to_channel(world, HOME, invite=bot)

    assert problem(world) is None
    assert len(notices(world)) == 1


def test_an_event_that_was_lost_is_made_up_for_by_the_next_card(world: World) -> None:
    stand_in(world)
    to_channel(world, HOME, archived=True, quiet=True)
    assert problem(world) is None

    asked(world)

    assert problem(world) == "archived"
    assert len(live(world, THERE)) == 1
    assert len(notices(world)) == 1


def test_the_fallback_channel_is_gone_too_the_cards_wait_for_either(world: World) -> None:
    stand_in(world)
    to_channel(world, THERE, archived=True)
    to_channel(world, HOME, archived=True)

    asked(world)
    assert live(world, HOME) == []
    to_channel(world, THERE, archived=False)
    processes.reconcile(world.deps)
    world.hurry()

    assert len(live(world, THERE)) == 1
    assert live(world, HOME) == []


def test_a_clinical_card_shows_nothing_of_the_patient_in_another_desks_channel(world: World) -> None:
    stand_in(world)
    world.no_show("story")
    to_channel(world, "clinical", archived=True)

    world.text("story", "I have chest pain right now")
    world.drain()

    (card,) = [one for one in world.cards(THERE) if one.control("Claim") and "symptom" in one]
    person = world.person("story")
    assert person.name.split()[-1] not in card
    assert "chest pain right now" not in card
    assert not [one for one in world.cards("clinical") if one.control("Claim")]


def test_a_rename_and_a_colleague_who_leaves_change_nothing(world: World) -> None:
    asked(world)

    to_channel(world, HOME, name="access-desk")
    to_channel(world, HOME, remove=AMINA) if AMINA in world.slack.rooms.all[world.channel(HOME)].members else None

    assert problem(world) is None
    assert len(live(world, HOME)) == 1
    with world.begin() as session:
        assert session.scalar(select(func.count()).where(AuditRow.action.startswith("channel."))) == 0


def test_a_fallback_set_while_cards_wait_takes_them_at_once(world: World) -> None:
    to_channel(world, HOME, archived=True)
    asked(world)
    assert live(world, THERE) == []

    stand_in(world)
    world.drain()

    assert len(live(world, THERE)) == 1
    stand_in(world, None)
    with world.begin() as session:
        session.execute(update(Case).values(version=Case.version + 1))
    processes.reconcile(world.deps)
    world.drain()
    assert len(live(world, THERE)) == 1, "what stands there stays there"


def test_a_guest_in_a_teams_channel_is_told_once_a_colleague_never(world: World) -> None:
    world.act("slack/account", user="U0GUEST0001", name="Visitor", guest="single", quiet=True)
    world.act("slack/account", user="U0PLAIN0001", name="Newcomer", quiet=True)

    for newcomer in ("U0GUEST0001", "U0PLAIN0001"):
        to_channel(world, HOME, invite=newcomer)
    processes.reconcile(world.deps)
    world.drain()

    (told,) = notices(world, "slack_guest")
    assert told.asked == "Patient access"
    with world.begin() as session:
        assert set(session.scalars(select(Rung.tier).where(Rung.case_id == told.id))) == {"guest"}


def test_a_guest_whose_coming_slack_did_not_tell_is_found_by_the_days_look(world: World) -> None:
    world.act("slack/account", user="U0GUEST0001", name="Visitor", guest="multi", quiet=True)
    to_channel(world, HOME, invite="U0GUEST0001", quiet=True)
    assert notices(world, "slack_guest") == []

    for _ in range(2):
        processes.reconcile(world.deps)
        world.drain()

    assert len(notices(world, "slack_guest")) == 1
