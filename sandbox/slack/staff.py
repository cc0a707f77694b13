"""What a person does in Slack: presses, fills in, submits, types; each act returns what the app answered."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sandbox.slack import files
from sandbox.slack.answers import ApiError
from sandbox.slack.blocks_check import elements_in
from sandbox.slack.config import Person
from sandbox.slack.form_values import FILES, UnfitError, missing_inputs, shaped
from sandbox.slack.passes import ResponseUrl
from sandbox.slack.requests import Heard
from sandbox.slack.responses import say
from sandbox.slack.rooms import Message, Room, as_typed, public_message
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace


class ImpossibleError(Exception):
    """Slack's client would not let this person do that; `status` is the HTTP status for the caller."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def told(heard: Heard, trigger_id: str | None = None) -> Json:
    """What the caller of an act learns; status 0 means that the app could not be reached."""
    body: Json = {"status": heard.status, "ms": heard.ms, "reason": heard.reason, "answer": heard.json()}
    return body if trigger_id is None else {**body, "trigger_id": trigger_id}


def _named(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, Json] | None:
    for block, element, _ in elements_in(blocks):
        if element.get("action_id") == action_id and block_id in (None, block["block_id"]):
            return block, element
    return None


def _action(block: Json, element: Json, given: Any) -> Json:
    """The entry of `actions` for this element; a button carries its own value, whatever the caller says."""
    common = {"action_id": element["action_id"], "block_id": block["block_id"]}
    if element["type"] != "button":
        kept = {key: element[key] for key in ("placeholder",) if key in element}
        return {**common, **shaped(element, given), **kept}
    if given is not None and given != element.get("value"):
        raise ImpossibleError(404, "that button now carries another value")
    kept = {key: element[key] for key in ("value", "style", "url") if key in element}
    return {**common, "type": "button", "text": element["text"], **kept}


class Staff:
    """Acts for the people of one workspace, with the limits their own client puts on them."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws

    def _who(self, user: str) -> Person:
        try:
            person = self._ws.person(user)
        except ApiError as unknown:
            raise ImpossibleError(404, "nobody here has that id") from unknown
        if person.deleted:
            raise ImpossibleError(403, "that account is deactivated: Slack has signed them out")
        return person

    def _room(self, user: str, channel: str) -> Room:
        room = self._ws.rooms.all.get(channel)
        if room is None:
            raise ImpossibleError(404, "there is no such channel")
        if user not in room.members:
            raise ImpossibleError(403, "that person is not in the channel")
        return room

    def _message(self, user: str, room: Room, ts: str) -> Message:
        try:
            message = self._ws.rooms.message(room, ts)
        except ApiError as gone:
            raise ImpossibleError(404, "there is no such message") from gone
        if message.ephemeral_to not in (None, user):
            raise ImpossibleError(404, "that message is for another person's eyes")
        return message

    def _mind(self, user: str, heard: Heard, *, what: str = "") -> None:
        """Slack tells the person, never the app, that the app did not answer."""
        if heard.good:
            return
        if what:
            word = "operation_timeout" if heard.reason == "http_timeout" else "dispatch_failed"
            self._ws.notice(user, f'{what} failed with the error "{word}" (operation timed out)')
        elif heard.reason == "http_error":
            self._ws.notice(user, f"This app responded with status code {heard.status}: operation timed out")
        else:
            self._ws.notice(user, "This app did not answer: operation timed out")
        self._ws.changed()

    async def click(self, user: str, where: tuple[str, str], action: Json) -> Json:
        """Press or pick something in the message at `where` = (channel, ts); `action` has action_id, block_id, value, stale.

        What the message no longer shows cannot be pressed, unless `stale` says that the click raced its re-drawing.
        """
        ws, person = self._ws, self._who(user)
        room = self._room(user, where[0])
        message = self._message(user, room, where[1])
        found = _named(message.blocks, action["action_id"], action["block_id"])
        if action["stale"]:
            text = {"type": "plain_text", "text": action["action_id"], "emoji": True}
            ids = {"action_id": action["action_id"], "block_id": action["block_id"] or "redrawn"}
            pressed = {**ids, "type": "button", "text": text, "value": action["value"]}
        elif found:
            pressed = _action(*found, action["value"])
        else:
            raise ImpossibleError(404, "the message has no such button")
        trigger = ws.passes.trigger(user)
        answer = ResponseUrl(user, room.id, ws.machine(), message.ts)
        payload = ws.payloads.message_action(person, room, message, action=pressed)
        heard = await ws.deliveries.interact(
            {**payload, "trigger_id": trigger, "response_url": ws.response_url(answer)}
        )
        self._mind(user, heard)
        return told(heard, trigger)

    def _view(self, user: str, view_id: str) -> Json:
        """The view this person has before their eyes: the top of their stack, or their Home tab."""
        top, home = self._ws.modals.top(user), self._ws.modals.homes.get(user)
        for view in (top, home):
            if view is not None and view["id"] == view_id:
                return view
        raise ImpossibleError(404, "that view is not open on top")

    async def view_action(self, user: str, view_id: str, action: Json) -> Json:
        """Press or pick something in a modal or on Home; an input that does not dispatch only remembers it."""
        ws, person = self._ws, self._who(user)
        view = self._view(user, view_id)
        found = _named(view["blocks"], action["action_id"], action["block_id"])
        if found is None:
            raise ImpossibleError(404, "the view has no such element")
        block, element = found
        pressed = _action(block, element, action["value"])
        slots = view["state"]["values"].get(block["block_id"], {})
        if element["action_id"] in slots:
            slots[element["action_id"]] = shaped(element, action["value"])
            ws.changed()
        if block["type"] == "input" and not block.get("dispatch_action"):
            return {"status": None, "ms": 0, "reason": None, "answer": None}
        trigger = ws.passes.trigger(user, view_id=view_id if view["type"] == "modal" else None)
        heard = await ws.deliveries.interact({**ws.payloads.view_action(person, view, pressed), "trigger_id": trigger})
        self._mind(user, heard)
        return told(heard, trigger)

    async def submit(self, user: str, view_id: str, values: dict[str, dict[str, Any]]) -> Json:
        """Fill in and send a modal; the answer decides what is shown next, as Slack reads it."""
        ws, person = self._ws, self._who(user)
        view = self._view(user, view_id)
        if not view["submit"] or view["submit_disabled"]:
            raise ImpossibleError(422, "this view has no submit button")
        self._fill(user, view, values)
        missing = missing_inputs(view)
        if missing:
            raise ImpossibleError(422, f"please complete: {', '.join(missing)}")
        ws.modals.errors.pop(view_id, None)
        trigger = ws.passes.trigger(user, view_id=view_id)
        heard = await ws.deliveries.interact(ws.payloads.submission(person, view, trigger))
        self._mind(user, heard)
        if heard.good:
            with ws.lock:
                self._follow(user, view, heard.json() or {})
        ws.changed()
        return told(heard, trigger)

    def _handed_over(self, user: str, element: Json, given: Any) -> Any:
        """For a file input: {"name", "content"} is uploaded first, as Slack's client does; the app is given the file object."""
        if element["type"] != FILES or not isinstance(given, dict):
            return given
        name = str(given.get("name", ""))
        content = base64.b64decode(given.get("content_base64", "")) or str(given.get("content", "")).encode()
        if name.rpartition(".")[2].lower() not in element.get("filetypes", [name.rpartition(".")[2].lower()]):
            raise UnfitError(f"{element['action_id']} takes {', '.join(element['filetypes'])} files")
        kept = self._ws.files.add(user, name, content)
        return [files.shown(self._ws, kept)]

    def _fill(self, user: str, view: Json, values: dict[str, dict[str, Any]]) -> None:
        entered = []
        for block_id, inputs in values.items():
            for action_id, given in inputs.items():
                found = _named(view["blocks"], action_id, block_id)
                if found is None or action_id not in view["state"]["values"].get(block_id, {}):
                    raise UnfitError(f"the view has no field {block_id}/{action_id}")
                entered.append((block_id, action_id, shaped(found[1], self._handed_over(user, found[1], given))))
        for block_id, action_id, value in entered:
            view["state"]["values"][block_id][action_id] = value

    def _follow(self, user: str, view: Json, answer: Json) -> None:
        """Carry out the answer to a submission; nothing in it means that this view closes."""
        try:
            self._obey(user, view, answer)
        except ApiError as refusal:
            self._ws.notice(user, f"We had some trouble connecting. Try again? ({refusal.error})")

    def _obey(self, user: str, view: Json, answer: Json) -> None:
        modals, action = self._ws.modals, answer.get("response_action")
        if action is None:
            modals.close_answered(user, view["id"])
        elif action == "errors":
            modals.errors[view["id"]] = self._known_errors(view, answer.get("errors"))
        elif action == "update":
            modals.replace(view["id"], modals.checked(answer.get("view"), "modal"))
        elif action == "push":
            modals.push(user, modals.checked(answer.get("view"), "modal"))
        elif action == "clear":
            modals.clear(user)
        else:
            raise ApiError("invalid_response_action")

    @staticmethod
    def _known_errors(view: Json, errors: Any) -> Json:
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
            raise ApiError("invalid_errors")
        return errors

    async def close_view(self, user: str, view_id: str) -> Json:
        """Close the top modal; the app hears of each view that goes and asked to be told."""
        ws, person = self._ws, self._who(user)
        view = self._view(user, view_id)
        if view["type"] != "modal":
            raise ImpossibleError(404, "the Home tab does not close")
        with ws.lock:
            gone = ws.modals.close(user, view_id)
        ws.changed()
        cleared = bool(view["clear_on_close"])
        heard = Heard(0, 0)
        for each in gone:
            if each["notify_on_close"]:
                heard = await ws.deliveries.interact(ws.payloads.closing(person, each, cleared=cleared))
        return {**told(heard), "status": heard.status or None} if heard.good else told(heard)

    async def shortcut(self, user: str, callback_id: str, where: tuple[str, str] | None) -> Json:
        """Pick a shortcut: of the message at `where` = (channel, ts), or a global one."""
        ws, person = self._ws, self._who(user)
        trigger = ws.passes.trigger(user)
        if where is None:
            payload = ws.payloads.global_shortcut(person, callback_id)
        else:
            room = self._room(user, where[0])
            message = self._message(user, room, where[1])
            if message.ephemeral_to is not None:
                raise ImpossibleError(404, "a message that only one person sees has no shortcuts")
            payload = ws.payloads.message_shortcut(person, room, message, callback_id=callback_id)
            payload |= {"response_url": ws.response_url(ResponseUrl(user, room.id, ws.machine()))}
        heard = await ws.deliveries.interact({**payload, "trigger_id": trigger})
        self._mind(user, heard)
        return told(heard, trigger)

    async def command(self, user: str, channel: str, command: str, *, text: str) -> Json:
        """Type a slash command; an answer with words in it is shown to the person who typed it."""
        ws, person = self._ws, self._who(user)
        room = self._room(user, channel)
        trigger = ws.passes.trigger(user)
        form = ws.payloads.command(person, room, command, text=text)
        url = ws.response_url(ResponseUrl(user, room.id, ws.machine()))
        heard = await ws.deliveries.command({**form, "trigger_id": trigger, "response_url": url})
        self._mind(user, heard, what=command)
        if heard.good and heard.body.strip():
            words = heard.json() or {"text": heard.body.decode(errors="replace")}
            try:
                with ws.lock:
                    say(ws, ResponseUrl(user, room.id, ws.machine()), words)
            except ApiError as refusal:
                ws.notice(user, f'{command} failed with the error "{refusal.error}"')
            ws.changed()
        return told(heard, trigger)

    def message(self, user: str, channel: str, text: str, *, thread_ts: str | None, subtype: str | None = None) -> Json:
        """Say something as a person; `subtype` as Slack marks a file beside the words, or a copy to the channel."""
        ws = self._ws
        self._who(user)
        room = self._room(user, channel)
        with ws.lock:
            try:
                thread = ws.rooms.thread(room, thread_ts)
            except ApiError as missing:
                raise ImpossibleError(404, "there is no such thread") from missing
            message = ws.rooms.written(user, as_typed(text), [], by_bot=False)
            message.thread_ts = thread
            ws.post(room, message, subtype=subtype)
        ws.changed()
        return {"ts": message.ts}

    def edit(self, user: str, where: tuple[str, str], text: str | None) -> Json:
        """Change or delete what one wrote oneself; the app is told as Slack tells it."""
        ws = self._ws
        self._who(user)
        room = self._room(user, where[0])
        with ws.lock:
            message = ws.rooms.message(room, where[1])
            if message.by_bot or message.author != user:
                raise ImpossibleError(403, "only one's own messages can be changed")
            before = public_message(message, ws.config)
            if text is None:
                message.deleted, message.text, message.blocks = True, "", []
                ws.tell_deleted(room, message.ts, before)
            else:
                message.text, message.edited_ts = as_typed(text), ws.rooms.next_ts()
                ws.tell_edited(room, message, before)
        ws.changed()
        return {"ts": message.ts}

    def open_home(self, user: str) -> None:
        """Open the app's Home tab; the app is told, and publishes what it wants seen."""
        ws, person = self._ws, self._who(user)
        room = ws.rooms.direct_with(person.id)
        event: Json = {"type": "app_home_opened", "user": person.id, "channel": room.id, "tab": "home"}
        home = ws.modals.homes.get(person.id)
        ws.deliveries.event(ws.payloads.event({**event, "view": home} if home else event))
        ws.changed()
