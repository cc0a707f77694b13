"""When Slack's event is lost, and before there is an account: the clock's sweep of the workspace, and staff known by e-mail alone."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.gateway import ACCOUNTS
from handlers import processes
from handlers.cli import organisation
from sandbox.slack import Person
from storage.tables import AccountSweep, Staff, StaffIdentity
from tests.journey.test_people import actions, opened, person, row
from tests.kept import line
from tests.theatre import write_facts
from tests.world import BRUNO, CHLOE, ELENA, GRETA, World

NINA = "U0NINA00021"


def swept(world: World) -> None:
    """Two minutes after the last sweep the clock ticks, and the whole workspace is read."""
    with line(world.theatre.database.superuser_url) as connection:
        connection.execute("UPDATE account_sweeps SET ended_at = ended_at - interval '2 minutes'")
    processes.tick(world.deps)
    for _ in range(20):
        world.hurry()
        with world.begin() as session:
            if session.scalars(select(AccountSweep.ended_at)).one() is not None:
                return
    raise AssertionError("the sweep does not end")


def applied(world: World, folder: Path, **changes: Any) -> None:
    """The organisation file with these changes, applied, and the work that follows done."""
    organisation.apply(world.deps.db, write_facts(folder, world.theatre.facts | changes))
    world.drain()


def staff_with(world: World, **member: Any) -> list[dict[str, Any]]:
    return [*world.theatre.facts["staff"], {"name": "Nina Holm", "teams": ["patient_access"], **member}]


def accounts_of(world: World, email: str) -> list[str]:
    mine = StaffIdentity.staff_id == Staff.id
    with world.begin() as session:
        found = select(StaffIdentity.external_id).join(Staff, mine).where(Staff.email == email)
        return list(session.scalars(found))


def test_a_lost_event_is_made_good_by_the_sweep(monday: World) -> None:
    number = opened(monday, "one", by=BRUNO)
    monday.act("slack/account", user=BRUNO, deleted=True, quiet=True)
    assert person(monday, BRUNO).active

    swept(monday)

    assert not person(monday, BRUNO).active
    assert (row(monday, number).owner_id, row(monday, number).state) == (None, "open")
    assert {"staff.account_lost", "staff.left"} <= set(actions(monday))


def test_two_minutes_have_to_pass_between_two_sweeps(monday: World) -> None:
    before = len(monday.slack.calls.of("users.list"))

    processes.tick(monday.deps)
    monday.drain()

    assert len(monday.slack.calls.of("users.list")) == before


def test_an_account_that_no_page_names_is_asked_for_by_itself(monday: World) -> None:
    monday.act("slack/account", user=BRUNO, team="T0ELSEWHERE", quiet=True)

    swept(monday)

    assert [call.args["user"] for call in monday.slack.calls.of("users.info")] == [BRUNO]
    assert person(monday, BRUNO).left_why == "moved"


def test_when_slack_lists_hardly_anybody_nobody_loses_anything(monday: World) -> None:
    for one in monday.clinic.staff:
        monday.act("slack/account", user=one.id, team="T0ELSEWHERE", quiet=True)

    swept(monday)

    with monday.begin() as session:
        assert not list(session.scalars(select(Staff).where(~Staff.active)))


def test_pages_follow_each_other_and_slacks_wish_to_wait_is_heeded(monday: World) -> None:
    crowd = {f"U1CROWD{n:04}": Person(f"U1CROWD{n:04}", f"Somebody {n}") for n in range(2 * ACCOUNTS)}
    mine = dict(monday.slack.people)
    monday.slack.people.clear()
    monday.slack.people.update(crowd | mine)  # ours are on the last page
    monday.act("slack/account", user=GRETA, deleted=True, quiet=True)
    monday.fault("slack", method="users.list", error="ratelimited", status=429, retry_after=20, times=1)
    before = len(monday.slack.calls.of("users.list"))

    swept(monday)

    read = monday.slack.calls.of("users.list")[before:]
    assert [call.status for call in read] == [429, 200, 200, 200]
    assert not person(monday, GRETA).active


def test_staff_need_only_an_email_and_work_once_their_account_is_found(monday: World, tmp_path: Path) -> None:
    monday.act("slack/account", user=NINA, name="Nina Holm", email="Nina@Lakeside.example")

    applied(monday, tmp_path, staff=staff_with(monday, email="nina@lakeside.example", role="agent"))

    assert accounts_of(monday, "nina@lakeside.example") == [NINA]
    for room in monday.slack.rooms.all.values():
        room.members.append(NINA)
    assert "Patient access" in monday.command(NINA, monday.channel("patient_access"), "", name="/worklist")
    assert not [m for m in monday.messages_to(GRETA) if "not found in Slack" in m["text"]]


def test_an_unknown_email_is_told_once_and_found_by_the_sweep_later(monday: World, tmp_path: Path) -> None:
    member = staff_with(monday, email="nina@lakeside.example", role="agent")
    applied(monday, tmp_path, staff=member)
    applied(monday, tmp_path, staff=member)
    (told,) = [m for m in monday.messages_to(GRETA) if "not found in Slack" in m["text"]]
    assert "nina@lakeside.example" in str(told["blocks"])

    monday.act("slack/account", user=NINA, name="Nina Holm", email="nina@lakeside.example", quiet=True)
    swept(monday)

    assert accounts_of(monday, "nina@lakeside.example") == [NINA]
    assert not [m for m in monday.messages_to(GRETA) if "not found in Slack" in m["text"]]
    assert [m for m in monday.messages_to(GRETA) if "account is found" in m["text"]]


def test_a_guest_with_the_email_is_not_taken_for_the_colleague(monday: World, tmp_path: Path) -> None:
    monday.act("slack/account", user=NINA, name="Nina Holm", email="nina@lakeside.example", guest="multi")

    applied(monday, tmp_path, staff=staff_with(monday, email="nina@lakeside.example", role="agent"))
    swept(monday)

    assert accounts_of(monday, "nina@lakeside.example") == []


def group(world: World, group_id: str, *users: str, **how: Any) -> None:
    world.act("slack/user_group", group=group_id, users=list(users), **how)


CLERKS, LEADS, NURSES = "S0CLERKS01", "S0LEADS001", "S0NURSES01"
MAP = {
    CLERKS: {"role": "agent", "teams": ["patient_access"]},
    LEADS: {"role": "manager"},
    NURSES: {"role": "clinician", "teams": ["clinical"]},
}


def who(world: World, email: str) -> Staff:
    with world.begin() as session:
        return session.scalars(select(Staff).where(Staff.email == email)).one()


def joined(world: World, folder: Path) -> None:
    """Nina has an account, and the organisation maps its groups; nobody is in them yet."""
    world.act("slack/account", user=NINA, name="Nina Holm", email="nina@lakeside.example")
    for name in MAP:
        group(world, name)
    for room in world.slack.rooms.all.values():
        room.members.append(NINA)
    applied(world, folder, user_groups=MAP)


def test_who_joins_a_mapped_group_is_staff_and_who_leaves_it_loses_role_and_cases(
    monday: World, tmp_path: Path
) -> None:
    joined(monday, tmp_path)

    group(monday, CLERKS, NINA)

    nina = who(monday, "nina@lakeside.example")
    assert (nina.active, nina.role, nina.role_by, nina.name) == (True, "agent", "group", "Nina Holm")
    number = opened(monday, "one", by=NINA)
    group(monday, CLERKS)
    nina = who(monday, "nina@lakeside.example")
    assert (nina.active, nina.left_why) == (False, "no_group")
    assert row(monday, number).owner_id is None
    card = monday.card("patient_access", f"Case {number}", "Claim")
    monday.click("Claim", card, by=NINA)
    assert "in no user group" in monday.whispers_to(NINA)[-1]
    group(monday, CLERKS, NINA)
    assert who(monday, "nina@lakeside.example").active


def test_in_two_groups_the_higher_role_counts_and_the_other_one_stays_when_it_is_left(
    monday: World, tmp_path: Path
) -> None:
    joined(monday, tmp_path)
    group(monday, NURSES, NINA)
    group(monday, LEADS, NINA)
    assert who(monday, "nina@lakeside.example").role == "manager"

    group(monday, LEADS)

    assert who(monday, "nina@lakeside.example").role == "clinician"


def test_a_role_given_by_hand_beats_every_group(monday: World, tmp_path: Path) -> None:
    joined(monday, tmp_path)
    group(monday, LEADS, BRUNO)
    assert person(monday, BRUNO).role == "agent"

    group(monday, LEADS)

    assert (person(monday, BRUNO).active, person(monday, BRUNO).role) == (True, "agent")


def test_a_lower_role_keeps_what_it_may_still_work_on_and_hands_over_the_rest(monday: World, tmp_path: Path) -> None:
    joined(monday, tmp_path)
    group(monday, CLERKS, NINA)
    group(monday, NURSES, NINA)
    clinical, plain = opened(monday, "a", by=NINA, team="clinical"), opened(monday, "b", by=NINA)

    group(monday, NURSES)

    nina = who(monday, "nina@lakeside.example")
    assert nina.role == "agent"
    assert row(monday, clinical).owner_id is None
    assert row(monday, plain).owner_id == nina.id


def test_a_lost_group_event_is_made_good_and_a_disabled_group_gives_nothing(monday: World, tmp_path: Path) -> None:
    joined(monday, tmp_path)
    group(monday, CLERKS, NINA, quiet=True)
    swept(monday)
    assert who(monday, "nina@lakeside.example").active

    monday.act("slack/user_group", group=CLERKS, disabled=True, quiet=True)
    swept(monday)

    assert who(monday, "nina@lakeside.example").left_why == "no_group"


def test_a_deactivated_member_of_a_group_needs_an_admin_all_the_same(monday: World, tmp_path: Path) -> None:
    joined(monday, tmp_path)
    group(monday, CLERKS, NINA)
    monday.act("slack/account", user=NINA, deleted=True)
    monday.act("slack/account", user=NINA, deleted=False)

    group(monday, CLERKS)
    group(monday, CLERKS, NINA)
    swept(monday)

    assert who(monday, "nina@lakeside.example").left_why == "deactivated"
    back = [card for card in monday._shown("D" + GRETA[1:]) if "is back in Slack" in card.text][-1]
    monday.click("Give access back", back, by=GRETA)
    assert who(monday, "nina@lakeside.example").active


def test_a_group_that_is_mapped_no_more_gives_nothing(monday: World, tmp_path: Path) -> None:
    joined(monday, tmp_path)
    group(monday, CLERKS, NINA)

    applied(monday, tmp_path, user_groups={LEADS: MAP[LEADS]})

    assert who(monday, "nina@lakeside.example").left_why == "no_group"
    assert person(monday, CHLOE).active
    assert person(monday, ELENA).active
