"""`/recall list` and `/recall status` in lines: cohorts and campaigns, counts and codes only at every phi level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import times
from bot.blocks import Message, actions, button, clip, context, escape, header, section
from bot.campaign import STATES, CampaignView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from workflows.cohorts.overview import Glance

KINDS = {"rule": "rule", "csv": "list", "group": "EHR group"}
LINES_A_SECTION = 15
REVIEWS = tuple(f"campaign.review.{place}" for place in range(5))
"""Their own ids, since a message takes no action id twice."""


def cohorts(found: Sequence[Glance], *, now: datetime, zone: tzinfo) -> Message:
    """One line a cohort: code, title, size, when last asked and when next."""
    lines = [_cohort(one, now=now, zone=zone) for one in found]
    blocks = [header("Cohorts")]
    blocks += [
        section("\n".join(lines[at : at + LINES_A_SECTION])) for at in range(0, min(len(lines), 60), LINES_A_SECTION)
    ]
    more = f"{len(lines) - 60} more are not shown. " if len(lines) > 60 else ""
    blocks.append(
        context(f"{more}`/recall CODE` shows who would be reached and what it costs. Nothing is sent by looking.")
    )
    return Message("Cohorts", tuple(blocks))


def _cohort(one: Glance, *, now: datetime, zone: tzinfo) -> str:
    size = "not counted yet" if one.size is None else f"{one.size:,} patient{'' if one.size == 1 else 's'}"
    never = "never asked" if one.kind == "rule" else ""
    last = f"last asked {times.moment_near(one.last_run, zone, now=now)}" if one.last_run else never
    following = (
        f"next {times.moment(one.next_run, zone)}" if one.next_run else "every day from 6 am" if one.daily else ""
    )
    parts = [size, KINDS.get(one.kind, one.kind), last, following]
    return f"`{escape(clip(one.code, 40))}` {escape(clip(one.title, 60))}: {' · '.join(part for part in parts if part)}"


def campaigns(found: Sequence[CampaignView], title: str, *, review: bool = False) -> Message:
    """One line a campaign; with `review` a button for each of the first five."""
    lines = [_campaign(view) for view in found]
    blocks = [header(title), section("\n".join(lines))]
    if review:
        shown = zip(REVIEWS, found, strict=False)
        blocks.append(actions(*[button(f"Review {view.number}", name, value=view.campaign_id) for name, view in shown]))
    return Message(title, tuple(blocks))


def _campaign(view: CampaignView) -> str:
    done = f"{view.numbers['texted']:,} texted, {view.numbers['replied']:,} answered, " if view.numbers else ""
    booked = f"{view.numbers['booked']:,} booked" if view.numbers else ""
    to_come = f"{view.plan['contacted']:,} to contact" if view.plan and not view.numbers else ""
    parts = [STATES[view.state], done + booked, to_come, f"by {escape(view.launcher)}"]
    return f"*{view.number}* {escape(view.title[:60])}: {' · '.join(part for part in parts if part)}"
