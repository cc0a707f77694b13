"""The few Slack calls the bot makes, with Slack's answers turned into our errors. Never waits, never repeats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.blocks import Block, Message, View
from bot.files import Files
from bot.web_api import text_of
from core.errors import Permanent

METADATA_EVENT = "careloop_case"
NOT_SHOWN = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"})
"""Slack refuses what a message is made of, and would take a plainer one."""

_PAGE = 200
ACCOUNTS = 500  # a page of users.list; Slack takes 1,000 and begins to refuse large workspaces there
_NOBODY = frozenset({"user_not_found", "users_not_found", "user_not_visible"})


@dataclass(frozen=True)
class ChannelFacts:
    """What decides whether cases may be shown in a channel: private, ours alone, alive, and the bot a member."""

    private: bool
    shared: bool
    archived: bool
    member: bool

    @property
    def problem(self) -> str:
        """Why cards may not go there, as a code of workflows/channel_checks.py; empty when they may."""
        if self.archived:
            return "archived"
        if not self.private:
            return "public"
        return "shared" if self.shared else "" if self.member else "not_member"


@dataclass(frozen=True)
class OpenedView:
    """An open modal: its id, and the hash that guards an update against a newer one."""

    id: str
    hash: str


class Gateway(Files):
    """Slack's Web API for one workspace.

    `base_url` ends in /api/ (the real one, or the sandbox's); `timeout_s` is machine time for one call.
    """

    def post(self, channel: str, message: Message, *, metadata: Mapping[str, str], thread_ts: str | None = None) -> str:
        """Post a message (under another one: `thread_ts`) and return its ts. `metadata` holds ids only and lets `find_post` see it again.

        Raises Unknown when no clear answer came: it may be there; ask `find_post` before posting again.
        """
        answer = self._call(
            "chat.postMessage",
            _content(channel, message)
            | ({"thread_ts": thread_ts} if thread_ts else {})
            | {
                "metadata": {"event_type": METADATA_EVENT, "event_payload": dict(metadata)},
                "unfurl_links": False,
                "unfurl_media": False,
            },
            repeatable=False,
        )
        return text_of(answer, "ts")

    def update(self, channel: str, ts: str, message: Message) -> None:
        """Redraw a message of ours; doing it twice does no harm. Permanent when it is gone or not ours any more."""
        self._call("chat.update", _content(channel, message) | {"ts": ts})

    def whisper(
        self, channel: str, user: str, text: str, blocks: Sequence[Block] = (), *, thread_ts: str | None = None
    ) -> None:
        """Tell one member of a channel something only they see; Slack does not promise delivery to who is offline."""
        shown: dict[str, Any] = {"channel": channel, "user": user, "text": text}
        shown |= ({"blocks": list(blocks)} if blocks else {}) | ({"thread_ts": thread_ts} if thread_ts else {})
        self._call("chat.postEphemeral", shown)

    def delete(self, channel: str, ts: str) -> None:
        """Take a message of ours away; Permanent when it is gone or not ours."""
        self._call("chat.delete", {"channel": channel, "ts": ts})

    def open_view(self, trigger_id: str, view: View) -> OpenedView:
        """Open a modal within 3 s of the click; afterwards Permanent with code `expired_trigger_id`."""
        return _opened(self._call("views.open", {"trigger_id": trigger_id, "view": view}))

    def push_view(self, trigger_id: str, view: View) -> OpenedView:
        """Lay a modal over the one in which something was pressed: three deep at most, within 3 s of the click."""
        return _opened(self._call("views.push", {"trigger_id": trigger_id, "view": view}))

    def update_view(self, opened: OpenedView, view: View) -> OpenedView:
        """Replace what an open modal shows; Conflict when it changed since `opened`."""
        return _opened(self._call("views.update", {"view_id": opened.id, "hash": opened.hash, "view": view}))

    def fill_view(self, view_id: str, view: View) -> None:
        """Replace what an open modal shows, whatever it showed: for one that said it was loading. Permanent when it was closed."""
        self._call("views.update", {"view_id": view_id, "view": view})

    def publish_home(self, user: str, view: View) -> None:
        """Show a person's Home; the latest wins."""
        self._call("views.publish", {"user_id": user, "view": view})

    def channel_facts(self, channel: str) -> ChannelFacts:
        """Look a channel up before cases go there; shared with anybody else, or about to be, counts as shared."""
        found = self._call("conversations.info", {"channel": channel}, form=True).get("channel")
        known: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        shared = ("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared")
        return ChannelFacts(
            private=bool(known.get("is_private")),
            shared=any(known.get(key) for key in shared),
            archived=bool(known.get("is_archived")),
            member=bool(known.get("is_member")),
        )

    def users(self, team: str, *, cursor: str) -> tuple[list[Mapping[str, Any]], str]:
        """One page of a workspace's accounts, deactivated ones too, and where the next one begins; empty at the end."""
        page = self._call("users.list", {"limit": ACCOUNTS, "cursor": cursor, "team_id": team}, form=True)
        found = [user for user in page.get("members") or [] if isinstance(user, Mapping)]
        return found, str((page.get("response_metadata") or {}).get("next_cursor") or "")

    def members(self, channel: str, *, most: int) -> list[str]:
        """The accounts in a channel, the first `most` of them."""
        found: list[str] = []
        query: dict[str, Any] = {"channel": channel, "limit": _PAGE}
        while len(found) < most:
            page = self._call("conversations.members", query, form=True)
            found += [str(one) for one in page.get("members") or []]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            query["cursor"] = cursor
        return found[:most]

    def user(self, account: str) -> Mapping[str, Any] | None:
        """One account; None when nobody here has that id."""
        return self._one_user("users.info", {"user": account})

    def user_by_email(self, email: str) -> Mapping[str, Any] | None:
        """The member with this e-mail; None when there is none, or the account is deactivated."""
        return self._one_user("users.lookupByEmail", {"email": email})

    def _one_user(self, method: str, asked: dict[str, Any]) -> Mapping[str, Any] | None:
        try:
            user = self._call(method, asked, form=True).get("user")
        except Permanent as error:
            if error.code in _NOBODY:
                return None
            raise
        return user if isinstance(user, Mapping) else None

    def group(self, group_id: str, *, team: str) -> list[str] | None:
        """Who is in a user group of a workspace, by account; None when it is disabled or gone."""
        asked = {"usergroup": group_id, "team_id": team}
        try:
            users = self._call("usergroups.users.list", asked, form=True).get("users")
        except Permanent as error:
            if error.code == "no_such_subteam":
                return None
            raise
        return [user for user in users or [] if isinstance(user, str)]

    def find_post(self, channel: str, case_id: str, *, since: datetime) -> str | None:
        """The ts of the newest post about a case, or None when there is none after `since` (aware, machine time)."""
        query: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{since.timestamp():.6f}",
            "include_all_metadata": True,
            "limit": _PAGE,
        }
        while True:
            page = self._call("conversations.history", query, form=True)
            for post in page.get("messages") or []:
                if _is_about(post, case_id):
                    return text_of(post, "ts")
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            query["cursor"] = cursor

    def ping(self) -> None:
        """Whether Slack answers us at all; any answer will do."""
        self._call("auth.test", {}, form=True)

    def standing(self, channel: str, *, since_s: float, pages: int) -> tuple[set[tuple[str, str]], float]:
        """Our posts in a channel's newest `pages` of history as (what it is about, ts), and how far back that goes (seconds)."""
        oldest = since_s
        query: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{oldest:.6f}",
            "include_all_metadata": True,
            "limit": _PAGE,
        }
        seen: set[tuple[str, str]] = set()
        for _ in range(pages):
            page = self._call("conversations.history", query, form=True)
            posts = page.get("messages") or []
            seen |= {(about, text_of(post, "ts")) for post in posts if (about := _about(post))}
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return seen, oldest
            query["cursor"] = cursor
            oldest = min((float(text_of(post, "ts")) for post in posts), default=oldest)
        return seen, oldest

    def find_reply(self, channel: str, thread_ts: str, about: str) -> str | None:
        """The ts of our reply in a thread with this metadata, or None. One page: a case's thread is short."""
        query = {"channel": channel, "ts": thread_ts, "include_all_metadata": True, "limit": _PAGE}
        replies = self._call("conversations.replies", query, form=True).get("messages") or []
        return next((text_of(one, "ts") for one in replies if _is_about(one, about)), None)


def _content(channel: str, message: Message) -> dict[str, Any]:
    return {"channel": channel, "text": message.text, "blocks": list(message.blocks)}


def _opened(answer: Mapping[str, Any]) -> OpenedView:
    view = answer.get("view")
    known: Mapping[str, Any] = view if isinstance(view, Mapping) else {}
    return OpenedView(id=text_of(known, "id"), hash=text_of(known, "hash"))


def _is_about(post: Mapping[str, Any], case_id: str) -> bool:
    return _about(post) == case_id


def _about(post: Mapping[str, Any]) -> str:
    """What a post of ours is about, by its metadata; empty for anybody else's."""
    metadata = post.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != METADATA_EVENT:
        return ""
    payload = metadata.get("event_payload")
    return str(payload.get("case_id") or "") if isinstance(payload, Mapping) else ""
