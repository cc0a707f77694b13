"""Settings: an admin changes what the clinic is set to, in Slack; others cannot, and nobody writes over a colleague."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from storage.tables import Organisation, Staff, Team
from tests.journey.settings_desk import audited, opened, row, shown, window
from tests.journey.test_home import home
from tests.world import AMINA, BRUNO, FRANK, GRETA, World

pytestmark = pytest.mark.phi("any")

NEW_CHANNEL, PUBLIC = "C0NEWROOM01", "C0PUBLIC001"


def rooms(world: World) -> None:
    """A private channel that Careloop is in, and a public one."""
    bot = world.slack.config.bot_user_id
    first = next(iter(world.slack.rooms.all.values()))
    for id_, private in ((NEW_CHANNEL, True), (PUBLIC, False)):
        world.slack.rooms.all[id_] = replace(
            first, id=id_, name=id_.lower(), private=private, members=[GRETA, BRUNO, bot], messages=[]
        )


def team(world: World, code: str) -> Team:
    with world.begin() as session:
        return session.scalars(select(Team).where(Team.code == code)).one()


def demote(world: World, user: str) -> None:
    with world.begin() as session:
        session.execute(update(Staff).where(Staff.name.startswith("Greta")).values(role="manager"))


def test_only_an_admin_has_the_button_and_a_former_admin_is_refused_at_submission(world: World) -> None:
    assert "Settings" not in str(home(world, FRANK))
    opened(world, GRETA)
    row(world, GRETA, "What Slack may see")
    demote(world, GRETA)

    world.submit(GRETA, level="none")

    assert "An admin changes settings" in world.errors(GRETA)
    assert audited(world, "phi_level") == []


@pytest.mark.phi("none")
def test_a_teams_new_channel_is_looked_at_kept_and_gets_its_open_cards(world: World) -> None:
    rooms(world)
    world.no_show("story")
    world.text("story", "can I come next tue afternoon?")
    old = team(world, "patient_access").channel_id
    opened(world, GRETA)
    row(world, GRETA, "Teams and channels")
    row(world, GRETA, "Patient access")

    world.submit(GRETA, name="Access desk", channel=NEW_CHANNEL)

    assert "Access desk is saved" in shown(world, GRETA)
    kept = team(world, "patient_access")
    assert (kept.name, kept.channel_id, kept.clinical) == ("Access desk", NEW_CHANNEL, False)
    assert kept.channel_seen_at is not None
    assert any("Offer new times" in card for card in world._shown(NEW_CHANNEL))
    (change,) = audited(world, "team")
    assert change[0].startswith("staff:")
    assert old in str(change[2])
    assert NEW_CHANNEL in str(change[3])


@pytest.mark.phi("none")
@pytest.mark.parametrize(("channel", "why"), [(PUBLIC, "public, or shared"), ("C0UNKNOWN01", "not in that channel")])
def test_a_channel_that_may_not_hold_cards_is_refused_and_the_form_stays(world: World, channel: str, why: str) -> None:
    rooms(world)
    opened(world, GRETA)
    row(world, GRETA, "Teams and channels")
    row(world, GRETA, "Clinical")
    before = team(world, "clinical").channel_id

    world.submit(GRETA, name="Clinical", channel=channel)

    assert why in shown(world, GRETA)
    assert window(world, GRETA)["callback_id"] == "settings.team.submit"
    assert team(world, "clinical").channel_id == before


@pytest.mark.phi("none")
@pytest.mark.req("S122", by="workflows.organising.teams:keep")
def test_a_team_of_ones_own_is_added_under_a_name_that_is_free(world: World) -> None:
    rooms(world)
    opened(world, GRETA)
    row(world, GRETA, "Teams and channels")
    row(world, GRETA, "Another team")
    world.submit(GRETA, name="Referral desk", channel=NEW_CHANNEL, clinical="clinical")

    assert team(world, "referral_desk").clinical
    row(world, GRETA, "Another team")
    world.submit(GRETA, name="Referral Desk", channel=NEW_CHANNEL)

    assert "There is a team called Referral desk already" in shown(world, GRETA)


@pytest.mark.phi("none")
def test_who_saves_second_is_told_who_was_first_and_nothing_is_lost(world: World) -> None:
    rooms(world)
    with world.begin() as session:
        session.execute(update(Staff).where(Staff.name.startswith("Amina")).values(role="admin"))
    for admin in (GRETA, AMINA):
        opened(world, admin)
        row(world, admin, "Teams and channels")
        row(world, admin, "Clinical")
    channel = team(world, "clinical").channel_id
    world.submit(GRETA, name="Nurses", channel=channel)

    world.submit(AMINA, name="Doctors", channel=channel)

    assert "Greta" in shown(world, AMINA)
    assert "after you opened this. Nothing of yours was saved" in shown(world, AMINA)
    assert team(world, "clinical").name == "Nurses"
    assert len(audited(world, "team")) == 1


def test_to_show_more_in_slack_takes_a_second_press_that_says_what_will_stand_there(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi none")
    with world.begin() as session:
        session.execute(update(Organisation).values(settings={}))
    opened(world, GRETA)
    row(world, GRETA, "What Slack may see")
    world.submit(GRETA, level="full")
    asked = shown(world, GRETA)
    with world.begin() as session:
        before = session.scalars(select(Organisation.phi_level)).one()

    world.submit(GRETA, baa="baa")

    assert before == "none"
    assert "patients' names" in asked
    with world.begin() as session:
        found = session.scalars(select(Organisation)).one()
    assert found.phi_level == "full"
    assert found.settings["slack_baa"] is True
    assert "Slack sees of patients: names" in shown(world, GRETA)
    assert audited(world, "phi_level")[-1][2:] == ('"none"', '"full"')


def test_less_in_slack_is_done_at_once(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "What Slack may see")

    world.submit(GRETA, level="none")

    assert "Slack sees of patients: nothing" in shown(world, GRETA)
