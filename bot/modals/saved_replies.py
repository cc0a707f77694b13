"""Saved replies: what is offered and what waits for approval, word for word; and the form that hands one in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import Block, View, actions, button, clip, context, escape, input_block, input_text, section
from bot.modals.frame import STALE, Submit, modal, typed
from core.errors import Refused

CALLBACK = "replies.propose.submit"
PROPOSE = "replies.propose"
APPROVE = "replies.approve"
WITHDRAW = "replies.withdraw"
PAGE = "replies.page"
A_PAGE = 8
LONGEST = 480

_TITLE, _EN, _ES = "replies.title", "replies.en", "replies.es"


@dataclass(frozen=True)
class Entry:
    """One reply; `texts` as {language: (template, segments)}; `by` is who handed it in or approved it."""

    id: str
    title: str
    texts: Mapping[str, tuple[str, int]]
    waits: bool
    by: str
    approve: bool
    withdraw: bool


@dataclass(frozen=True)
class Submission:
    """What was handed in."""

    title: str
    texts: dict[str, str]


def listed(entries: Sequence[Entry], *, page: int = 1, proposes: bool, said: str = "") -> View:
    """`entries` of one page of all; those that wait come first."""
    pages = max(1, -(-len(entries) // A_PAGE))
    page = min(max(1, page), pages)
    blocks: list[Block] = [section(f":white_check_mark: {escape(said)}")] if said else []
    intro = (
        "Picked in Reply instead of writing: sent in the patient's language, in the clinic's name. {clinic}, {phone} and {when} "
        "(the next visit) are filled in."
    )
    blocks.append(context(intro))
    if proposes:
        blocks.append(actions(button("Hand in a reply", PROPOSE, value="new", style="primary")))
    if not entries:
        blocks.append(section("There is none yet."))
    for entry in entries[(page - 1) * A_PAGE : page * A_PAGE]:
        blocks += _entry(entry)
    turns = [button("Earlier", f"{PAGE}.back", value=str(page - 1))] if page > 1 else []
    turns += [button("More", f"{PAGE}.next", value=str(page + 1))] if page < pages else []
    return modal("Saved replies", [*blocks, *([actions(*turns)] if turns else [])])


def form() -> View:
    """Both languages are asked for: a reply in one of them alone is not kept."""
    blocks = [
        input_block("Name, as colleagues pick it", _TITLE, element=input_text(_TITLE, max_length=75, multiline=False)),
        input_block("English", _EN, element=input_text(_EN, max_length=LONGEST)),
        input_block("Spanish", _ES, element=input_text(_ES, max_length=LONGEST)),
        context(
            "The clinic's name is put in front. Short words, one question, nothing about a diagnosis, result or medicine. The same "
            "name again is a new wording of that reply. A second person approves it; until then nothing changes."
        ),
    ]
    return modal("Hand in a reply", blocks, submit=Submit("Hand in", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    if view.get("callback_id") != CALLBACK:
        raise Refused(STALE)
    return Submission(typed(view, _TITLE) or "", {"en": typed(view, _EN) or "", "es": typed(view, _ES) or ""})


def _entry(entry: Entry) -> list[Block]:
    state = ":hourglass: waits for approval" if entry.waits else "offered"
    who = f" · {escape(clip(entry.by, 80))}" if entry.by else ""
    lines = [f"*{escape(clip(entry.title, 75))}* · {state}{who}"]
    for language, (text, size) in entry.texts.items():
        count = f"{size} segment{'s' if size != 1 else ''}"
        lines.append(f"{language.upper()} ({count}): {escape(clip(text, LONGEST))}")
    buttons = [button("Approve", APPROVE, value=entry.id, style="primary")] if entry.approve else []
    buttons += [button("Withdraw", WITHDRAW, value=entry.id)] if entry.withdraw else []
    return [section("\n".join(lines)), *([actions(*buttons)] if buttons else [])]
