"""A campaign's card and its words. Counts and codes only, at every phi level; drawing asks nobody and decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from bot import times
from bot.blocks import Block, Element, Message, actions, button, clip, context, escape, fields, header, section

WORDS_SHOWN, SAMPLE_SHOWN = 300, 900
"""Characters of one fact, and of one text as patients get it: a message's words together may hold about 12,000."""

REASONS = {
    "consent.none": "no consent to texts on file",
    "consent.marketing": "no written consent to marketing texts on file",
    "number.none": "no phone number on file",
    "number.not_textable": "landline, or texts do not arrive",
    "number.opted_out": "stopped texts",
    "number.wrong": "wrong number",
    "language.no_text": "no approved text in their language",
    "patient.deceased": "deceased",
    "patient.admitted": "in hospital now",
    "patient.hospice": "in hospice care",
    "patient.do_not_contact": "do not contact",
    "patient.inactive": "no longer a patient",
    "patient.sensitive": "a sensitive matter, and no neutral sender name is set",
    "program.live": "in this program already",
    "program.recent": "asked a short while ago",
    "series.holdout": "not contacted on purpose (holdout)",
    "visit.booked": "a visit is booked already",
    "question.open": "another question or a case is open",
}
LANGUAGES = {"en": "English", "es": "Spanish"}
STATES = {
    "draft": "Being counted",
    "previewed": "Waiting for its launch",
    "approved": "Approved",
    "launching": "Being launched",
    "running": "Running",
    "paused": "Paused",
    "stopped": "Stopped",
    "done": "Over",
}
BOUNDS = {
    "slots": "the free slots of the next weeks",
    "cases": "what the team can answer",
    "carrier": "what the carrier takes a day",
}
PAUSES = {
    "by_hand": "Paused by hand.",
    "opt_outs": "Paused by itself: {crossed} of {of} patients texted stopped texts.",
    "filtered": "Paused by itself: carriers filtered {crossed} of {of} texts (30007). Check the wording before going on.",
    "delivery": "Paused by itself: {crossed} of {of} texts did not arrive.",
    "backlog": "Paused by itself: the team has {crossed} cases past their due time (limit {of}).",
}


@dataclass(frozen=True)
class CampaignView:
    """One campaign at one moment. `plan` is its preview; `numbers` what became of its patients, empty before the launch."""

    campaign_id: str
    number: int
    title: str
    state: str
    reason: str
    population: str
    plan: Mapping[str, Any]
    numbers: Mapping[str, int]
    paused_for: str | None
    launcher: str
    approver: str | None
    now: datetime
    zone: tzinfo


def build(view: CampaignView) -> Message:
    """The card: what is happening, for whom, how far it is, and what a manager can do about it."""
    blocks = [
        header(f"Campaign {view.number}: {view.title}"),
        section(f"*{_state_line(view)}*\n{_short(view.population)} · {_short(view.reason)}"),
    ]
    if view.state == "paused":
        blocks.append(section(pause_line(view)))
    if view.numbers:
        blocks.append(fields(*_numbers(view)))
    elif view.plan:
        blocks.append(section(headline(view.plan)))
    blocks.append(context(_footer(view)))
    buttons = _buttons(view)
    if buttons:
        blocks.append(actions(*buttons))
    return Message(f"Campaign {view.number}: {_state_line(view).lower()}", tuple(blocks))


def headline(plan: Mapping[str, Any]) -> str:
    """How many of the cohort are contacted, and how."""
    calls = f", {plan['calls']:,} by an interpreter's call" if plan["calls"] else ""
    held = f", {plan['holdout']:,} held out to compare" if plan["holdout"] else ""
    left = sum(plan["excluded"].values())
    return f"*{_of(plan['cohort'], 'patient')}: {plan['texts']:,} by text*{calls}{held}, {left:,} not contacted."


def _short(words: str) -> str:
    return escape(clip(words, WORDS_SHOWN))


def _of(number: int, thing: str) -> str:
    """ "1 segment", "2,000 segments"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def pause_line(view: CampaignView) -> str:
    """Why it stands still, with the numbers of the threshold."""
    return PAUSES.get(view.paused_for or "by_hand", PAUSES["by_hand"]).format(**view.plan.get("paused", {}))


def why_not(plan: Mapping[str, Any]) -> Sequence[str]:
    """Each reason with its count, the most frequent first."""
    counted = sorted(plan["excluded"].items(), key=lambda one: (-one[1], one[0]))  # jsonb keeps an order of its own
    return [f"{n:,}: {REASONS.get(reason, reason)}" for reason, n in counted]


def _state_line(view: CampaignView) -> str:
    if view.state == "previewed":
        return "Waiting for a second person's approval" if view.plan["needs_approval"] else STATES["previewed"]
    return STATES[view.state]


def _numbers(view: CampaignView) -> list[tuple[str, str]]:
    n = view.numbers
    return [
        ("Contacted", f"{n['contacted']:,} of {view.plan['contacted']:,}"),
        ("Not begun", f"{n['waiting']:,}"),
        ("Texted", f"{n['texted']:,}"),
        ("Answered", f"{n['replied']:,}"),
        ("Booked", f"{n['booked']:,}"),
        ("Need a person", f"{n['needs_person']:,}"),
    ]


def _footer(view: CampaignView) -> str:
    who = f"by {escape(view.launcher)}" + (f", approved by {escape(view.approver)}" if view.approver else "")
    pace = ""
    if view.plan:
        capacity = view.plan["capacity"]
        pace = f"{_of(capacity['daily'], 'patient')} a day, bound by {BOUNDS[capacity['bound_by']]}"
    shown = f"as of {times.moment_near(view.now, view.zone, now=view.now)}"
    return " · ".join(part for part in (who, pace, shown) if part)


def _buttons(view: CampaignView) -> list[Element]:
    pause = button("Pause", "campaign.pause", value=view.campaign_id)
    resume = button("Resume", "campaign.resume", value=view.campaign_id, style="primary")
    stop = button("Stop", "campaign.stop", value=view.campaign_id, style="danger")
    review = button("Review", "campaign.review", value=view.campaign_id, style="primary")
    return {
        "previewed": [review, stop],
        "approved": [review, stop],
        "launching": [pause, stop],
        "running": [pause, stop],
        "paused": [resume, stop],
    }.get(view.state, [])


def rows(view: CampaignView) -> list[Block]:
    """The preview in full, for the modal."""
    plan = view.plan
    capacity, usd, parts = plan["capacity"], plan["usd"], plan["segments"]
    reasons = why_not(plan)
    blocks = [section(f"{headline(plan)}\nFor: {_short(view.population)}\nWhy: {_short(view.reason)}")]
    if reasons:
        blocks.append(section("*Why not*\n" + "\n".join(f"• {escape(clip(line, WORDS_SHOWN))}" for line in reasons)))
    blocks += [
        section(f"*{_named(sample, plan)}*\n> {escape(clip(sample['body'], SAMPLE_SHOWN))}")
        for sample in plan["samples"]
    ]
    blocks.append(
        fields(
            ("First texts", f"{_of(parts['first'], 'segment')}, ${usd['first']:,.2f}"),
            ("If nobody answers", f"{_of(parts['most'], 'segment')}, ${usd['most']:,.2f}"),
            ("Pace", f"{_of(capacity['daily'], 'patient')} a day, bound by {BOUNDS[capacity['bound_by']]}"),
            ("Room", f"{_of(capacity['free_slots'], 'free slot')}, {_of(capacity['open_cases'], 'open case')}"),
            ("Carrier limit", f"{_of(plan['carrier']['per_day'], 'segment')} a day"),
            ("Last patients begin by", "\n".join(_finish(view)) or "–"),
        )
    )
    if plan["households"]:
        blocks.append(
            context(f"{plan['households']:,} share a number with another patient: they are asked one after the other.")
        )
    return blocks


def _named(sample: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    several = len({one["version"] for one in plan["samples"]}) > 1
    wording = f", wording {sample['version']}" if several else ""
    language = LANGUAGES.get(sample["language"], sample["language"])
    cost = f"{_of(sample['segments'], 'segment')}, {sample['first']} where it is the first to a number"
    return f"{language}{wording}: {cost}"


def _finish(view: CampaignView) -> list[str]:
    """At most four zones, each in its own time."""
    ends = [(one["zone"], datetime.fromisoformat(one["at"])) for one in view.plan["finish"]]
    return [
        f"{times.moment(at, ZoneInfo(zone))} ({zone.rpartition('/')[2].replace('_', ' ')})" for zone, at in ends[:4]
    ]
