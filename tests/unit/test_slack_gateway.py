import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest

from bot.blocks import Message, section
from bot.gateway import ChannelFacts, Gateway, OpenedView
from core import ids
from core.errors import Conflict, Misconfigured, Permanent, Temporary, Unknown

CASE = ids.show("cas", UUID(int=1042))
MESSAGE = Message("Case 1042: offer new times · Patient Access", (section("<@U1> & co"),))
VIEW = {"type": "modal"}
SINCE = datetime(2026, 12, 1, 21, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """One scripted answer; `status` 0 hangs up without a word, -1 never answers."""

    body: Any = field(default_factory=lambda: {"ok": True})
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Script:
    """A Slack that says what it is told to, over real HTTP, and remembers what it was asked."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    base_url: str = ""

    def gateway(self) -> Gateway:
        return Gateway("xoxb-test", base_url=self.base_url, timeout_s=1)

    def says(self, code: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Gateway:
        self.answers.append(Answer({"ok": False, "error": code}, status, headers or {}))
        return self.gateway()


@pytest.fixture
def slack() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            is_json = "json" in self.headers["Content-Type"]
            script.asked.append((self.path, json.loads(raw) if is_json else dict(parse_qsl(raw))))
            script.tokens.append(self.headers["Authorization"])
            answer = script.answers.pop(0)
            if answer.status == -1:
                script.let_go.wait(10)
            if answer.status <= 0:
                return
            body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """The test's output stays clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    script.base_url = f"http://127.0.0.1:{server.server_port}/slack/api/"
    yield script
    script.let_go.set()
    server.shutdown()
    thread.join()
    server.server_close()


def post(gateway: Gateway) -> object:
    return gateway.post("C1", MESSAGE, metadata={"case_id": CASE})


def update(gateway: Gateway) -> None:
    gateway.update("C1", "1.5", MESSAGE)


def whisper(gateway: Gateway) -> None:
    gateway.whisper("C1", "U1", "Ana has it.")


Call = Callable[[Gateway], object]


def test_a_post_carries_words_blocks_and_ids_and_gives_back_its_ts(slack: Script) -> None:
    slack.answers.append(Answer({"ok": True, "channel": "C1", "ts": "1733087100.000100"}))

    ts = post(slack.gateway())

    assert ts == "1733087100.000100"
    path, body = slack.asked[0]
    assert path == "/slack/api/chat.postMessage"
    assert slack.tokens == ["Bearer xoxb-test"]
    assert body == {
        "channel": "C1",
        "text": MESSAGE.text,
        "blocks": list(MESSAGE.blocks),
        "metadata": {"event_type": "careloop_case", "event_payload": {"case_id": CASE}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_an_update_keeps_the_blocks_and_a_whisper_goes_to_one_person(slack: Script) -> None:
    slack.answers += [Answer(), Answer()]

    update(slack.gateway())
    whisper(slack.gateway())

    assert slack.asked[0][1] == {
        "channel": "C1",
        "ts": "1.5",
        "text": MESSAGE.text,
        "blocks": list(MESSAGE.blocks),
    }
    assert slack.asked[1] == ("/slack/api/chat.postEphemeral", {"channel": "C1", "user": "U1", "text": "Ana has it."})


def test_a_modal_is_opened_and_replaced_with_its_hash(slack: Script) -> None:
    slack.answers += [
        Answer({"ok": True, "view": {"id": "V1", "hash": "h1"}}),
        Answer({"ok": True, "view": {"id": "V1", "hash": "h2"}}),
        Answer(),
    ]
    gateway = slack.gateway()

    opened = gateway.open_view("T1", VIEW)
    replaced = gateway.update_view(opened, VIEW)
    gateway.publish_home("U1", {"type": "home", "blocks": []})

    assert (opened, replaced) == (OpenedView("V1", "h1"), OpenedView("V1", "h2"))
    assert slack.asked[1][1] == {"view_id": "V1", "hash": "h1", "view": VIEW}
    assert slack.asked[2] == ("/slack/api/views.publish", {"user_id": "U1", "view": {"type": "home", "blocks": []}})


@pytest.mark.req("N2")
@pytest.mark.parametrize("flag", ["is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared"])
def test_a_channel_shared_in_any_way_counts_as_shared(slack: Script, flag: str) -> None:
    slack.answers.append(
        Answer({"ok": True, "channel": {"id": "C1", "is_private": True, "is_member": True, flag: True}})
    )

    facts = slack.gateway().channel_facts("C1")

    assert facts == ChannelFacts(private=True, shared=True, archived=False, member=True)
    assert slack.asked == [("/slack/api/conversations.info", {"channel": "C1"})]


def posted(ts: str, case_id: str, event_type: str = "careloop_case") -> dict[str, Any]:
    return {"ts": ts, "metadata": {"event_type": event_type, "event_payload": {"case_id": case_id}}}


def test_a_post_whose_answer_was_lost_is_found_again_pages_back(slack: Script) -> None:
    others = [
        {"ts": "9.0"},
        {"ts": "8.0", "metadata": None},
        posted("7.0", "cas_other"),
        posted("6.0", CASE, "another_app"),
    ]
    slack.answers += [
        Answer({"ok": True, "messages": others, "response_metadata": {"next_cursor": "older"}}),
        Answer({"ok": True, "messages": [posted("5.0", CASE)]}),
    ]

    found = slack.gateway().find_post("C1", CASE, since=SINCE)

    assert found == "5.0"
    assert slack.asked[0][1] == {
        "channel": "C1",
        "oldest": "1796159100.000000",
        "include_all_metadata": "1",
        "limit": "200",
    }
    assert slack.asked[1][1]["cursor"] == "older"


def test_a_post_that_is_not_there_is_none(slack: Script) -> None:
    slack.answers.append(Answer({"ok": True, "messages": [], "response_metadata": {"next_cursor": ""}}))

    assert slack.gateway().find_post("C1", CASE, since=SINCE) is None


@pytest.mark.parametrize("call", [post, update, whisper])
def test_throttled_means_wait_as_long_as_slack_asks(slack: Script, call: Call) -> None:
    gateway = slack.says("ratelimited", status=429, headers={"Retry-After": "7"})

    with pytest.raises(Temporary) as error:
        call(gateway)

    assert error.value.retry_after_s == 7.0
    assert len(slack.asked) == 1


def test_throttled_without_a_number_leaves_the_wait_to_us(slack: Script) -> None:
    gateway = slack.says("ratelimited", status=429, headers={"Retry-After": "soon"})

    with pytest.raises(Temporary) as error:
        post(gateway)

    assert error.value.retry_after_s is None


DOUBTFUL = [
    Answer("<html>upstream died</html>", 503),
    Answer({"ok": False, "error": "internal_error"}, 200),
    Answer({"ok": False, "error": "fatal_error"}, 500),
    Answer("not json", 200),
    Answer(status=0),
    Answer(status=-1),
]
DOUBTS = ["503", "internal_error", "fatal_error", "not json", "hung up", "timed out"]


@pytest.mark.parametrize("answer", DOUBTFUL, ids=DOUBTS)
def test_a_post_without_a_clear_answer_may_have_happened(slack: Script, answer: Answer) -> None:
    slack.answers.append(answer)

    with pytest.raises(Unknown):
        post(slack.gateway())

    assert len(slack.asked) == 1, "never posted twice"


@pytest.mark.parametrize("call", [update, whisper])
@pytest.mark.parametrize("answer", DOUBTFUL[:5], ids=DOUBTS[:5])
def test_what_may_be_done_twice_is_only_tried_later(slack: Script, answer: Answer, call: Call) -> None:
    slack.answers.append(answer)

    with pytest.raises(Temporary):
        call(slack.gateway())

    assert len(slack.asked) == 1


def test_ok_without_a_ts_is_not_taken_for_a_post(slack: Script) -> None:
    slack.answers.append(Answer())

    with pytest.raises(Unknown):
        post(slack.gateway())


def test_nobody_listening_is_unknown_for_a_post_and_later_for_an_update() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    gateway = Gateway("xoxb-test", base_url=f"http://127.0.0.1:{port}/api/", timeout_s=1)

    with pytest.raises(Unknown):
        post(gateway)
    with pytest.raises(Temporary):
        update(gateway)


@pytest.mark.parametrize(
    "code",
    [
        "message_not_found",
        "cant_update_message",
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "invalid_blocks",
        "user_not_in_channel",
        "expired_trigger_id",
    ],
)
def test_what_will_never_work_says_slacks_code(slack: Script, code: str) -> None:
    gateway = slack.says(code)

    with pytest.raises(Permanent) as error:
        update(gateway)

    assert error.value.code == code


def test_a_modal_that_changed_meanwhile_is_a_conflict(slack: Script) -> None:
    gateway = slack.says("hash_conflict")

    with pytest.raises(Conflict):
        gateway.update_view(OpenedView("V1", "h1"), VIEW)


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("invalid_auth", "bot_token"),
        ("account_inactive", "Reinstall"),
        ("token_revoked", "Reinstall"),
        ("missing_scope", "app.py manifest"),
    ],
)
def test_a_wrong_token_or_scope_says_how_to_fix_it(slack: Script, code: str, fix: str) -> None:
    gateway = slack.says(code)

    with pytest.raises(Misconfigured) as error:
        post(gateway)

    assert fix in error.value.fix
    assert "xoxb-test" not in str(error.value)


def test_errors_repeat_nothing_of_what_was_sent(slack: Script, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = Message("preview", (section("Zyxwina Quibblesworth"),))
    gateway = slack.says("invalid_blocks: Zyxwina Quibblesworth is too long")

    with pytest.raises(Permanent) as error:
        gateway.post("C1", secret, metadata={"case_id": CASE})

    assert error.value.code == "invalid_blocks"
    assert "Quibblesworth" not in f"{error.value} {error.value.__cause__}"
    assert "Quibblesworth" not in caplog.text
