"""The conversation of a case in a window: the handoff first, then the texts, newest last, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.blocks import Block, View, actions, button, clip, context, divider, escape, section
from bot.modals.frame import modal
from bot.modals.more import action
from workflows.case_verbs import CaseVerb

OLDER, NEWER = "talk.older", "talk.newer"
PAGE = 6
BODY_SHOWN, FATE_SHOWN, FACTS_SHOWN, LINE_SHOWN = 700, 160, 900, 300
"""Characters. A window may hold about 12,000 in all: six texts of 900, five lines of 300 and the facts."""


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled sentence of the handoff, plain text."""

    label: str
    said: str


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the conversation, in words: who, when, what, and what became of it and why."""

    by: str
    at: str
    body: str = field(repr=False)
    fate: str = ""
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """What the window shows. `texts` are all, oldest first; `page` counts from the newest, 0."""

    case_id: str
    number: int
    who: str = field(repr=False)
    handoff: Sequence[Line]
    background: Sequence[Line]
    texts: Sequence[Text]
    linked: Sequence[str] = ()
    verbs: Sequence[CaseVerb] = ()
    page: int = 0


def build(talk: Talk) -> View:
    """Only where Slack may see patients (level initials or full); the caller has checked and audited."""
    blocks: list[Block] = [section(f"*{escape(clip(talk.who, LINE_SHOWN))}*")] if talk.who else []
    blocks.append(section("\n".join(f"*{line.label}*  {escape(clip(line.said, LINE_SHOWN))}" for line in talk.handoff)))
    if talk.background:
        facts = " · ".join(f"{line.label}: {line.said}" for line in talk.background)
        blocks.append(context(escape(clip(facts, FACTS_SHOWN))))
    if talk.linked:
        blocks.append(context(escape(clip("Same patient: " + ", ".join(talk.linked), LINE_SHOWN))))
    if talk.verbs:
        blocks.append(actions(*[button(verb.label, action(verb.code), value=talk.case_id) for verb in talk.verbs]))
    blocks.append(divider())
    last = max(0, -(-len(talk.texts) // PAGE) - 1)
    page = max(0, min(talk.page, last))
    end = len(talk.texts) - page * PAGE
    shown = talk.texts[max(0, end - PAGE) : end]
    blocks += [_text(text) for text in shown] or [section("No texts yet.")]
    turns = [button("Older", OLDER, value=f"{page + 1}:{talk.case_id}")] if page < last else []
    turns += [button("Newer", NEWER, value=f"{page - 1}:{talk.case_id}")] if page else []
    if turns:
        blocks.append(actions(*turns))
    if last:
        blocks.append(context(f"Page {last - page + 1} of {last + 1}, the newest text last."))
    return modal(f"Case {talk.number}", blocks, case_id=talk.case_id)


def _text(text: Text) -> Block:
    mark = " · *this case*" if text.asks else ""
    quoted = "\n".join(f">{escape(line)}" for line in clip(text.body, BODY_SHOWN).splitlines()) or ">–"
    fate = f"\n_{escape(clip(text.fate, FATE_SHOWN))}_" if text.fate else ""
    return section(f"*{escape(clip(text.by, 80))}* · {escape(text.at)}{mark}\n{quoted}{fate}")
