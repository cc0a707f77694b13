"""Messages that are no case's card: notices, lists, pages to staff. Counts and codes only at every level."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from bot import campaign, campaign_lists, notice_faces, paging, urgent
from bot.blocks import Message
from bot.campaign import CampaignView
from bot.surfaces import digests, worst

TIERS = ("on_call", "admin", "manager", "lead", "owner", "was_owner", "no_admin")
COUNTS = {"visits": 99_999, "textable": 99_999, "to_call": 99_999, "spanish": 99_999, "reminders": 9, "free_slots": 9}


def lines(_level: str) -> Mapping[str, dict[str, Any]]:
    """By name; a notice's name ends in its kind of `bot.notices.KINDS`."""
    return {name: worst.message(drawn, case_id=worst.case()) for name, drawn in _drawn().items()}


def _drawn() -> dict[str, Message]:
    states = {state: campaign.build(a_campaign(state)) for state in campaign.STATES}
    return {
        "notice.halt": notice_faces.halt(_halt()),
        "notice.halt.lifted": notice_faces.halt(_halt(lifted=worst.REASON)),
        "notice.disruption": notice_faces.disruption(_disruption()),
        "notice.disruption.approved": notice_faces.disruption(_disruption(approved=worst.PERSON)),
        **{f"notice.campaign.{state}": drawn for state, drawn in states.items()},
        "list.cohorts": campaign_lists.cohorts(_cohorts(300), now=worst.NOW, zone=worst.ZONE),
        "list.campaigns": campaign_lists.campaigns([a_campaign("previewed")] * 300, "Campaigns", review=True),
        "list.worklist": urgent.build(_urgent(300), words={}, at=worst.NOW, me=UUID(int=9)),
        "list.worklist.shared": urgent.build(_urgent(300), words={}, at=worst.NOW, me=None),
        **digests.messages(),
        "notice.absence": notice_faces.absence(_absence(1)),
        "notice.slack_down": notice_faces.slack_down(worst.LONG, worst.LONG, opened=99_999, closed=1, texts=99_999),
        "notice.staff_left": notice_faces.departure(_departure()),
        "notice.staff_unfound": notice_faces.unfound(worst.PERSON, worst.LONG, found=False),
        "notice.staff_unfound.found": notice_faces.unfound(worst.PERSON, worst.LONG, found=True),
        "notice.staff_back": notice_faces.return_of(worst.PERSON, "manager", staff_id=worst.record("stf")),
        "notice.staff_back.given": notice_faces.return_of(worst.PERSON, "manager", staff_id=None),
        "notice.absence.many": notice_faces.absence(_absence(200)),
        **{f"page.{tier}": paging.message(_page(tier), worst.ZONE, now=worst.NOW) for tier in TIERS},
        "page.thread": paging.thread(_page("team"), now=worst.later(days=3)),
    }


def _absence(count: int) -> notice_faces.AbsenceView:
    return notice_faces.AbsenceView(
        worst.PERSON,
        "off" if count > 1 else "left",
        worst.LONG,
        count > 1,
        ((9_999_999, "late by 300 days 23 h"),) * count,
    )


def _departure() -> notice_faces.DepartureView:
    return notice_faces.DepartureView(worst.PERSON, "manager", worst.LONG, 200, (worst.LONG, worst.LONG))


def _halt(lifted: str | None = None) -> notice_faces.HaltView:
    return notice_faces.HaltView(worst.record("hlt"), worst.LONG, worst.REASON, worst.LONG, lifted)


def _disruption(approved: str | None = None) -> notice_faces.DisruptionView:
    return notice_faces.DisruptionView(worst.record("dis"), worst.LONG, worst.REASON, COUNTS, approved)


def a_campaign(state: str) -> CampaignView:
    """A campaign of a million with every reason, sample and zone there is."""
    sample = {"language": "en", "version": 1, "segments": 2, "first": 3, "body": worst.LONG}
    plan = {
        "cohort": 1_000_000,
        "texts": 900_000,
        "calls": 50_000,
        "holdout": 50_000,
        "contacted": 950_000,
        "needs_approval": True,
        "excluded": dict.fromkeys((*campaign.REASONS, worst.LONG), 123_456),
        "samples": [sample, sample | {"version": 2}, sample | {"language": "es"}],
        "segments": {"first": 2_000_000, "most": 9_000_000},
        "usd": {"first": 1_234_567.5, "most": 9_999_999.0},
        "capacity": {"daily": 10_000, "bound_by": "carrier", "free_slots": 99_999, "open_cases": 99_999},
        "carrier": {"per_day": 200_000},
        "finish": [{"zone": str(worst.ZONE), "at": worst.NOW.isoformat()}] * 9,
        "households": 9_999,
        "paused": {"crossed": 99_999, "of": 99_999, "limit": 99_999},
    }
    begun = state not in ("draft", "previewed", "approved")
    counted = ("contacted", "waiting", "texted", "replied", "booked", "needs_person")
    return CampaignView(
        campaign_id=worst.record("cmp"),
        number=9_999_999,
        title=worst.TITLE,
        state=state,
        reason=worst.REASON,
        population=worst.LONG,
        plan=plan if state != "draft" else {},
        numbers=dict.fromkeys(counted, 999_999) if begun else {},
        paused_for="delivery" if state == "paused" else None,
        launcher=worst.PERSON,
        approver=worst.PERSON,
        now=worst.NOW,
        zone=worst.ZONE,
    )


def _cohorts(count: int) -> list[Any]:
    one = SimpleNamespace(
        code=worst.LONG[:60], title=worst.LONG, kind="rule", size=1_000_000,
        last_run=worst.NOW, next_run=worst.later(days=30), daily=True,
    )  # fmt: skip
    return [one] * count


def _urgent(count: int) -> Any:
    """The fields of `workflows.urgent.Urgent` with so many cases, shown as the command shows them."""
    team = UUID(int=7)
    row = {"id": UUID(int=1), "number": 9_999_999, "kind": "call_task", "priority": "emergency", "asked": worst.LONG, "team": worst.TEAM,
           "due_at": worst.later(days=-30), "program": worst.TITLE, "clinical": True}  # fmt: skip
    mine = SimpleNamespace(**row, owner_id=UUID(int=9), owner=worst.PERSON, state="claimed")
    free = SimpleNamespace(**row, owner_id=None, owner=None, state="open")
    queues = [SimpleNamespace(id=team, name=worst.TEAM, clinical=True, open=count)]
    return SimpleNamespace(team=team, queues=queues, late={team: count}, entries=[mine, free] * 5, open=count)


def _page(tier: str) -> Any:
    """The fields of `workflows.paging.Page`, which would bring the database along."""
    shown = {"case_id": UUID(int=1), "number": 9_999_999, "priority": "emergency", "team": worst.TEAM}
    return SimpleNamespace(**shown, opened_at=worst.NOW, due_at=worst.NOW, tier=tier)
