import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bot import urgent as drawing
from sandbox.slack.blocks_check import check_message
from workflows.urgent import Urgent
from workflows.worklist import Entry, Queue

NOW = datetime(2026, 11, 26, 18, tzinfo=UTC)
TEAM, ME = UUID(int=7), UUID(int=8)


def entry(n: int, owner: UUID | None = None, *, long: bool = False) -> Entry:
    return Entry(
        id=UUID(int=100 + n), number=1000 + n, kind="call_task", priority="emergency", state="claimed" if owner else "open",
        asked="Tue 12–17 <!channel>" * (20 if long else 1), due_at=NOW + timedelta(minutes=25), team="Front office",
        clinical=False, owner_id=owner, owner="Áé👩‍⚕️ש" * (30 if long else 1), program="P" * (200 if long else 5),
    )  # fmt: skip


def found(*entries: Entry, team: UUID | None = TEAM, waiting: int = 12) -> Urgent:
    return Urgent(team, [Queue(TEAM, "Front office", False, waiting)], {TEAM: 3}, entries)


def words(made: Urgent, me: UUID | None = ME) -> str:
    message = drawing.build(made, words={"call_task": "Call: texting has done what it can"}, at=NOW, me=me)
    assert check_message(list(message.blocks), message.text) == []
    return json.dumps([message.text, *message.blocks], ensure_ascii=False)


def test_a_row_says_what_by_when_and_who_has_it_and_offers_the_one_thing_to_do() -> None:
    said = words(found(entry(1), entry(2, ME), entry(3, UUID(int=9))))

    assert "Front office: 12 open, *3 late*" in said
    assert "*Case 1001* Call: texting has done what it can (asked: Tue 12–17 &lt;!channel&gt;)" in said
    assert "due in 25 min · unclaimed" in said
    assert ":rotating_light: *Emergency* · *Case 1001*" in said
    assert said.count('"Claim"') == 1
    assert said.count('"Open"') == 1
    assert "9 more: Careloop's Home shows all." in said


def test_what_a_channel_sees_has_no_buttons() -> None:
    said = words(found(entry(1), entry(2, ME)), me=None)

    assert "Claim" not in said
    assert "Share" not in said
    assert "action_id" not in said


def test_only_one_teams_list_can_be_shared() -> None:
    assert "Share in channel" in words(found(entry(1)))
    assert "Share in channel" not in words(found(entry(1), team=None))


def test_the_longest_rows_fit_a_message() -> None:
    words(found(*[entry(n, ME, long=True) for n in range(10)], team=None))


def test_an_empty_list_says_so() -> None:
    assert "Nothing waits." in words(found(waiting=0))
