"""The Web API of the local Slack, used through slack_sdk as Careloop uses it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox_slack import (
    BOT,
    CLERK,
    LOUNGE,
    NURSE,
    OLD,
    OUTSIDER,
    ROOM,
    SCOPES,
    SECRET,
    LocalSlack,
    card,
    local_slack,
    modal,
    note_input,
)


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with local_slack(tier_factor=100.0) as running:
        yield running


def _refusal(slack: LocalSlack, method: str, **args: Any) -> str:
    answer = slack.call(method, **args).json()
    assert answer["ok"] is False, answer
    return str(answer["error"])


def test_the_sdk_posts_updates_reads_and_deletes(slack: LocalSlack) -> None:
    client = slack.client()
    posted = client.chat_postMessage(channel=ROOM, text="New case", blocks=card())
    client.chat_update(channel=ROOM, ts=posted["ts"], text="Claimed", blocks=card())
    reply = client.chat_postMessage(channel=ROOM, text="on it", thread_ts=posted["ts"])

    thread = client.conversations_replies(channel=ROOM, ts=posted["ts"])
    client.chat_delete(channel=ROOM, ts=reply["ts"])
    newest = client.conversations_history(channel=ROOM, limit=1)["messages"][0]

    assert [message["text"] for message in thread["messages"]] == ["Claimed", "on it"]
    assert (newest["ts"], newest["text"], "reply_count" in newest) == (posted["ts"], "Claimed", False)
    assert newest["edited"]["user"] == slack.ws.config.bot_id


def test_auth_test_names_the_bot_and_its_scopes(slack: LocalSlack) -> None:
    answer = slack.client().auth_test()

    assert (answer["user_id"], answer["bot_id"]) == (BOT, "B0BOT")
    assert set(answer.headers["x-oauth-scopes"].split(",")) == SCOPES


def test_people_and_conversations_are_found(slack: LocalSlack) -> None:
    client = slack.client()

    assert client.users_lookupByEmail(email="NORA@clinic.example")["user"]["id"] == NURSE
    assert client.users_info(user=OUTSIDER)["user"]["is_restricted"] is True
    assert client.conversations_info(channel=ROOM)["channel"]["is_private"] is True
    assert client.conversations_members(channel=ROOM)["members"] == [NURSE, CLERK, BOT]
    listed = client.conversations_list(types="public_channel,private_channel", exclude_archived=True)["channels"]
    assert {channel["id"] for channel in listed} == {ROOM, LOUNGE}
    first = client.users_list(limit=3)
    assert len(client.users_list(cursor=first["response_metadata"]["next_cursor"])["members"]) == 1


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("chat.postMessage", {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": SECRET, "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": LOUNGE, "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": OLD, "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": ROOM}, "no_text"),
        ("chat.postMessage", {"channel": ROOM, "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": ROOM, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": ROOM, "text": "x", "blocks": [{"type": "y"}]}, "invalid_blocks"),
        (
            "chat.postMessage",
            {
                "channel": ROOM,
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_500}}] * 5,
            },
            "msg_blocks_too_long",
        ),
        ("chat.postMessage", {"channel": ROOM, "text": "x", "thread_ts": "1.0"}, "thread_not_found"),
        ("chat.postMessage", {"channel": ROOM, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ("chat.update", {"channel": ROOM, "ts": "1.0", "text": "x"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": ROOM, "user": OUTSIDER, "text": "x"}, "user_not_in_channel"),
        ("users.info", {"user": "U9"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "no@clinic.example"}, "users_not_found"),
        ("conversations.info", {"channel": SECRET}, "channel_not_found"),
        ("conversations.history", {"channel": LOUNGE}, "not_in_channel"),
        ("conversations.history", {"channel": ROOM, "cursor": "?"}, "invalid_cursor"),
        ("conversations.replies", {"channel": ROOM, "ts": "1.0"}, "thread_not_found"),
        ("views.open", {"view": modal()}, "invalid_arguments"),
        ("views.open", {"view": modal(), "trigger_id": "1.2.x"}, "invalid_trigger_id"),
        ("views.update", {"view": modal(), "view_id": "V0"}, "not_found"),
        ("views.publish", {"view": modal(), "user_id": NURSE}, "invalid_arguments"),
        ("reactions.guess", {}, "unknown_method"),
    ],
)
def test_slack_says_no_in_its_own_words(slack: LocalSlack, method: str, args: dict[str, Any], error: str) -> None:
    assert _refusal(slack, method, **args) == error


def test_no_token_and_a_wrong_token_are_told_apart(slack: LocalSlack) -> None:
    url = f"{slack.url}/slack/api/auth.test"

    assert slack.http.post(url).json()["error"] == "not_authed"
    assert slack.http.post(url, data={"token": "xoxb-no"}).json()["error"] == "invalid_auth"
    assert slack.http.post(url, data={"token": "xoxb-sandbox"}).json()["ok"] is True


def test_a_missing_scope_is_named() -> None:
    with local_slack(scopes=frozenset({"chat:write"})) as slack:
        answer = slack.call("users.info", user=NURSE).json()

        assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "chat:write")
        assert _refusal(slack, "conversations.info", channel=ROOM) == "missing_scope"


def test_the_reasons_for_refused_blocks_are_listed(slack: LocalSlack) -> None:
    with pytest.raises(SlackApiError) as refused:
        slack.client().chat_postMessage(channel=ROOM, text="x", blocks=[{"type": "section"}])

    messages = refused.value.response["response_metadata"]["messages"]
    assert messages == ["[ERROR] must provide text or fields [json-pointer:/blocks/0]"]


def test_text_alone_takes_the_old_blocks_away_and_blocks_alone_leave_no_edited_label(slack: LocalSlack) -> None:
    client = slack.client()
    first = client.chat_postMessage(channel=ROOM, text="a", blocks=card())["ts"]
    second = client.chat_postMessage(channel=ROOM, text="b", blocks=card())["ts"]

    client.chat_update(channel=ROOM, ts=first, text="done")
    slack.call("chat.update", channel=ROOM, ts=second, blocks=card())

    room = next(room for room in slack.ws.state()["channels"] if room["id"] == ROOM)
    shown = {message["ts"]: message for message in room["messages"]}
    assert (shown[first]["blocks"], shown[first]["edited"]) == ([], True)
    assert (shown[second]["text"], shown[second]["edited"]) == ("b", False)


def test_another_persons_message_and_a_whisper_cannot_be_changed(slack: LocalSlack) -> None:
    said = slack.act("message", user=NURSE, channel=ROOM, text="hello").json()["ts"]
    whisper = slack.client().chat_postEphemeral(channel=ROOM, user=NURSE, text="only you")["message_ts"]

    assert _refusal(slack, "chat.update", channel=ROOM, ts=said, text="x") == "cant_update_message"
    assert _refusal(slack, "chat.delete", channel=ROOM, ts=said) == "cant_delete_message"
    assert _refusal(slack, "chat.update", channel=ROOM, ts=whisper, text="x") == "message_not_found"
    history = slack.client().conversations_history(channel=ROOM)["messages"]
    assert whisper not in {message["ts"] for message in history}


def test_metadata_comes_back_only_when_asked_for(slack: LocalSlack) -> None:
    metadata = {"event_type": "case_card", "event_payload": {"case": "case_1"}}
    client = slack.client()
    ts = client.chat_postMessage(channel=ROOM, text="card", metadata=metadata)["ts"]

    plain = client.conversations_history(channel=ROOM, latest=ts, inclusive=True, limit=1)
    full = client.conversations_history(channel=ROOM, latest=ts, inclusive=True, limit=1, include_all_metadata=True)

    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == metadata


def test_more_than_a_message_a_second_a_channel_is_throttled_with_the_wait() -> None:
    with local_slack(post_per_second=0.25, post_burst=3) as slack:
        first = [slack.call("chat.postMessage", channel=ROOM, text="x").status_code for _ in range(4)]
        elsewhere = slack.call("chat.postMessage", channel=NURSE, text="x").status_code
        waits = slack.call("chat.postMessage", channel=ROOM, text="x")
        slack.clock.ahead = float(waits.headers["Retry-After"])
        later = slack.call("chat.postMessage", channel=ROOM, text="x").status_code

    assert first == [200, 200, 200, 429]
    assert (elsewhere, waits.headers["Retry-After"], waits.json()["error"]) == (200, "4", "ratelimited")
    assert later == 200


def test_the_same_post_twice_is_two_messages(slack: LocalSlack) -> None:
    same = {"channel": ROOM, "text": "twice", "client_msg_id": "1"}

    first, second = (slack.call("chat.postMessage", **same).json()["ts"] for _ in range(2))

    assert first != second


def test_a_trigger_opens_one_modal_within_three_seconds(slack: LocalSlack) -> None:
    fresh, old = slack.trigger(), slack.trigger()

    bad = _refusal(slack, "views.open", trigger_id=fresh, view=modal(title=None))
    opened = slack.call("views.open", trigger_id=fresh, view=modal()).json()
    again = _refusal(slack, "views.open", trigger_id=fresh, view=modal())
    slack.clock.ahead += 3.1
    late = _refusal(slack, "views.open", trigger_id=old, view=modal())

    assert (bad, again, late) == ("invalid_arguments", "exchanged_trigger_id", "expired_trigger_id")
    assert opened["view"]["root_view_id"] == opened["view"]["id"]
    assert opened["view"]["state"]["values"] == {"note": {"text": {"type": "plain_text_input", "value": None}}}


def test_a_stale_hash_is_a_conflict_on_modals_and_home(slack: LocalSlack) -> None:
    client = slack.client()
    view = client.views_open(trigger_id=slack.trigger(), view=modal())["view"]
    home = client.views_publish(user_id=NURSE, view={"type": "home", "blocks": card()})["view"]

    client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    client.views_publish(user_id=NURSE, hash=home["hash"], view={"type": "home", "blocks": []})

    assert _refusal(slack, "views.update", view_id=view["id"], hash=view["hash"], view=modal()) == "hash_conflict"
    stale = {"user_id": NURSE, "hash": home["hash"], "view": {"type": "home", "blocks": []}}
    assert _refusal(slack, "views.publish", **stale) == "hash_conflict"


def test_at_most_three_modals_are_stacked(slack: LocalSlack) -> None:
    client = slack.client()
    root = client.views_open(trigger_id=slack.trigger(), view=modal())["view"]
    outside = _refusal(slack, "views.push", trigger_id=slack.trigger(), view=modal())
    for _ in range(2):
        pushed = client.views_push(trigger_id=slack.trigger(view_id=root["id"]), view=modal())["view"]

    fourth = _refusal(slack, "views.push", trigger_id=slack.trigger(view_id=root["id"]), view=modal())

    assert (outside, fourth) == ("invalid_trigger_id", "push_limit_reached")
    assert pushed["root_view_id"] == root["id"]
    assert len(slack.ws.state()["views"][NURSE]) == 3


def test_an_external_id_belongs_to_one_open_view(slack: LocalSlack) -> None:
    client = slack.client()
    client.views_open(trigger_id=slack.trigger(CLERK), view=modal(external_id="case_9"))

    taken = {"trigger_id": slack.trigger(NURSE), "view": modal(external_id="case_9")}

    assert _refusal(slack, "views.open", **taken) == "duplicate_external_id"
    assert client.views_update(external_id="case_9", view=modal(note_input(optional=True)))["view"]["blocks"][0][
        "optional"
    ]


def test_planted_trouble_meets_the_next_calls_and_then_ends(slack: LocalSlack) -> None:
    slack.act("fault", method="chat.postMessage", status=429, retry_after=7)
    slack.act("fault", method="chat.postMessage", error="channel_not_found")

    answers = [slack.call("chat.postMessage", channel=ROOM, text="t") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 200, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert [answer.json().get("error") for answer in answers] == ["ratelimited", "channel_not_found", None]


@pytest.mark.parametrize(("drop", "posted"), [("request", 0), (True, 1)])
def test_a_lost_answer_may_or_may_not_have_happened(slack: LocalSlack, drop: object, posted: int) -> None:
    before = len(slack.client().conversations_history(channel=ROOM, limit=500)["messages"])
    slack.act("fault", method="chat.postMessage", drop=drop)

    with pytest.raises(httpx.TransportError):
        slack.call("chat.postMessage", channel=ROOM, text="lost?")

    after = len(slack.client().conversations_history(channel=ROOM, limit=500)["messages"])
    assert after - before == posted


def test_calls_are_listed_without_the_token(slack: LocalSlack) -> None:
    slack.http.post(f"{slack.url}/slack/api/users.info", data={"token": "xoxb-sandbox", "user": CLERK})

    calls = slack.http.get(f"{slack.url}/act/slack/calls", params={"method": "users.info"}).json()["calls"]

    assert calls[-1]["args"] == {"user": CLERK}
    assert calls[-1]["answer"]["user"]["id"] == CLERK
    assert "xoxb" not in str(calls)


def test_a_channel_forgets_nothing_and_the_page_draws_its_newest_five_hundred_messages() -> None:
    with local_slack(scopes=SCOPES - {"groups:history"}) as slack:
        room = slack.ws.rooms.all[ROOM]
        for count in range(510):
            slack.ws.rooms.add(room, slack.ws.rooms.written(BOT, str(count), [], by_bot=True))
        drawn = next(one for one in slack.ws.state()["channels"] if one["id"] == ROOM)["messages"]

        assert [room.messages[0].text, room.messages[-1].text, len(room.messages)] == ["0", "509", 510]
        assert [drawn[0]["text"], drawn[-1]["text"], len(drawn)] == ["10", "509", 500]


def test_what_is_dumped_can_be_loaded_by_the_next_run(slack: LocalSlack) -> None:
    slack.client().views_publish(user_id=NURSE, view={"type": "home", "blocks": card()})
    kept = slack.ws.dump()

    with local_slack() as later:
        later.ws.load(kept)

        assert later.ws.state() == slack.ws.state()
