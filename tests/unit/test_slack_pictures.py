"""A picture in a channel, in Slack's three steps: held, shared, and seen once Slack has looked through it."""

from collections.abc import Iterator

import httpx
import pytest

from bot.files import NO_FILE, Held
from bot.gateway import Gateway
from core.errors import Misconfigured, Permanent, Temporary, Unknown
from sandbox.slack.faults import Fault
from sandbox.slack.rooms import Message
from tests.sandbox_slack import NURSE, OLD, ROOM, SCOPES, SECRET, LocalSlack, local_slack

PNG = b"\x89PNG" + bytes(range(256)) * 40


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as made:
        yield made


def gateway(slack: LocalSlack) -> Gateway:
    return Gateway("xoxb-sandbox", base_url=f"{slack.url}/slack/api/")


def said(slack: LocalSlack, room: str = ROOM) -> list[Message]:
    return slack.ws.rooms.all[room].messages


def hold(slack: LocalSlack, name: str = "chart-1.png", alt: str = "Reached 31 %") -> str:
    return gateway(slack).hold(name, PNG, alt=alt)


def test_pictures_are_shown_in_a_thread_in_order_with_their_texts(slack: LocalSlack) -> None:
    root = slack.call("chat.postMessage", channel=ROOM, text="The digest").json()["ts"]
    ids = [hold(slack), hold(slack, "chart-2.png", "A funnel")]

    gateway(slack).share([Held(ids[0], "Reached"), Held(ids[1], "Funnel")], ROOM, thread_ts=root, comment="Charts")

    post = said(slack)[-1]
    assert (post.thread_ts, post.text) == (root, "Charts")
    assert [(file["id"], file["title"], file["alt_txt"], file["mimetype"]) for file in post.files] == [
        (ids[0], "Reached", "Reached 31 %", "image/png"),
        (ids[1], "Funnel", "A funnel", "image/png"),
    ]
    assert [gateway(slack).whereabouts(one, ROOM) for one in ids] == ["shown", "shown"]
    assert slack.http.get(f"{slack.url}/slack/shown/{ids[0]}").content == PNG
    assert gateway(slack).file_bytes(ids[0], most=len(PNG)) == PNG


def test_nobody_sees_what_is_only_held(slack: LocalSlack) -> None:
    file_id = hold(slack)

    assert said(slack) == []
    assert gateway(slack).whereabouts(file_id, ROOM) == "unshared"
    assert slack.http.get(f"{slack.url}/slack/shown/{file_id}").status_code == 404


def test_until_slack_has_looked_through_it_a_picture_is_on_its_way() -> None:
    with local_slack(file_scan_s=3600) as slack:
        file_id = hold(slack)
        gateway(slack).share([Held(file_id, "Reached")], ROOM)

        on_its_way = gateway(slack).whereabouts(file_id, ROOM)
        slack.act("files_ready")

        assert (on_its_way, gateway(slack).whereabouts(file_id, ROOM)) == ("coming", "shown")


def test_a_person_is_shown_pictures_in_their_direct_message(slack: LocalSlack) -> None:
    room = gateway(slack).direct(NURSE)
    file_id = hold(slack)

    gateway(slack).share([Held(file_id, "Reached")], room)

    assert room == "D0NURSE"
    assert gateway(slack).whereabouts(file_id, room) == "shown"
    with pytest.raises(Permanent, match="channel_not_found"):
        gateway(slack).share([Held(hold(slack), "Reached")], NURSE)


def test_a_share_whose_answer_was_lost_is_unknown_and_can_be_asked_about(slack: LocalSlack) -> None:
    file_id = hold(slack)
    slack.ws.faults.plant(Fault(method="files.completeUploadExternal", drop="answer"))

    with pytest.raises(Unknown):
        gateway(slack).share([Held(file_id, "Reached")], ROOM)

    assert gateway(slack).whereabouts(file_id, ROOM) == "shown"


def test_an_upload_that_is_not_taken_may_be_tried_again(slack: LocalSlack) -> None:
    slack.ws.faults.plant(Fault(method="files.upload", status=503))

    with pytest.raises(Temporary):
        hold(slack)

    assert hold(slack).startswith("F")


def test_without_the_scope_the_fix_is_named() -> None:
    with local_slack(scopes=SCOPES - {"files:write"}) as slack, pytest.raises(Misconfigured) as refused:
        hold(slack)

    assert refused.value.code == "missing_scope"


@pytest.mark.parametrize(
    ("room", "code"), [(SECRET, "channel_not_found"), (OLD, "is_archived"), ("C0NOWHERE", "channel_not_found")]
)
def test_where_the_app_may_not_post_no_picture_is_shown(slack: LocalSlack, room: str, code: str) -> None:
    with pytest.raises(Permanent) as refused:
        gateway(slack).share([Held(hold(slack), "Reached")], room)

    assert refused.value.code == code


def test_a_file_is_shared_once_and_one_that_never_came_not_at_all(slack: LocalSlack) -> None:
    file_id = hold(slack)
    gateway(slack).share([Held(file_id, "Reached")], ROOM)

    for gone in (file_id, "F0NEVERCAME"):
        with pytest.raises(Permanent) as refused:
            gateway(slack).share([Held(gone, "Reached")], ROOM)
        assert refused.value.code == NO_FILE
    assert len(said(slack)) == 1


def test_a_reply_is_no_thread(slack: LocalSlack) -> None:
    root = slack.call("chat.postMessage", channel=ROOM, text="The digest").json()["ts"]
    reply = slack.call("chat.postMessage", channel=ROOM, text="A reply", thread_ts=root).json()["ts"]

    with pytest.raises(Permanent, match="invalid_thread_ts"):
        gateway(slack).share([Held(hold(slack), "Reached")], ROOM, thread_ts=reply)


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"filename": "a.png", "length": 0}, "missing_argument"),
        ({"length": 5}, "missing_argument"),
        ({"filename": "a.png", "length": "many"}, "invalid_arguments"),
        ({"filename": "a.png", "length": 5, "alt_txt": "x" * 1001}, "alt_txt_too_large"),
        ({"filename": "a.png", "length": 2_000_000_000}, "file_upload_size_restricted"),
    ],
)
def test_the_sandbox_refuses_what_slack_refuses(slack: LocalSlack, args: dict[str, object], error: str) -> None:
    assert slack.call("files.getUploadURLExternal", **args).json()["error"] == error


def test_an_address_takes_the_bytes_that_were_announced_once(slack: LocalSlack) -> None:
    address = slack.call("files.getUploadURLExternal", filename="a.png", length=len(PNG)).json()["upload_url"]

    answers = [httpx.post(address, content=body).status_code for body in (PNG[:-1], PNG, PNG)]

    assert answers == [400, 200, 404]
