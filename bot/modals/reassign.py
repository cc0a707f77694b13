"""Hand a case to another team or person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from bot.blocks import Element, View, clip, context, group, grouped_select, input_block, option
from bot.modals.frame import STALE, Submit, case_id_of, chosen, modal
from bot.modals.notice import message
from core.errors import Refused

CALLBACK = "case.reassign.submit"

MOST, LABEL = 75, 60  # all words of a view together may hold about 12,000 characters

_TO = "case.reassign.to"


@dataclass(frozen=True)
class Submission:
    """Who gets it: a team's or a staff member's id."""

    case_id: str
    to_kind: Literal["team", "staff"]
    to_id: str


def build(case_id: str, number: int, *, teams: Sequence[tuple[str, str]], staff: Sequence[tuple[str, str]]) -> View:
    """Offer teams and people as (id, label), the first 75 of each, and says so when there are more."""
    title = f"Reassign case {number}"
    groups = [*_group("Teams", "team", teams), *_group("People", "staff", staff)]
    if not groups:
        return message(title, ["There is no other team or person to give this to. It stays as it is."], case_id=case_id)
    who = grouped_select(_TO, groups, placeholder="Pick a team or a person")
    blocks = [input_block("Who takes it?", _TO, element=who)]
    if max(len(teams), len(staff)) > MOST:
        blocks.append(context(f"Only the first {MOST} teams and people are shown."))
    return modal(title, blocks, case_id=case_id, submit=Submit("Reassign", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form (`view` of Slack's view_submission); Refused with a sentence when it is not one of ours."""
    case_id = case_id_of(view, CALLBACK)
    kind, _, to_id = chosen(view, _TO, ask="Pick a team or a person.").partition(":")
    if kind not in ("team", "staff") or not to_id:
        raise Refused(STALE)
    return Submission(case_id, cast(Literal["team", "staff"], kind), to_id)


def _group(label: str, kind: str, choices: Sequence[tuple[str, str]]) -> list[Element]:
    options = [option(clip(name, LABEL), f"{kind}:{choice}") for choice, name in choices[:MOST]]
    return [group(label, options)] if options else []
