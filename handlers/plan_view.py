"""The plan of a day as Slack and the terminal show it: the same rows, the same numbers."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import times
from bot.blocks import View
from bot.modals import plan as form
from handlers.edge import After, Click, Whisper
from storage import outbox
from storage.db import now
from storage.outbox import Lane, Topic
from workflows import halts, local_days, plans, skips
from workflows.staff import Who

AT_ONCE = 3000  # looked at while somebody waits; more is counted by a job
GOOD_FOR = timedelta(minutes=15)


def show(session: Session, day: date, *, by: str) -> View | str:
    """The day's plan, taken anew; or, where it is too large to count while Slack waits, the one a job took lately."""
    taken = plans.taken_at(session, day)
    if plans.size(session, day) <= AT_ONCE:
        plans.freeze(session, day, by=by)
    elif taken is None or now(session) - taken > GOOD_FOR:
        outbox.put(session, Topic.PLAN_FREEZE, day.isoformat(), lane=Lane.REPORTS)
        return f"There are many texts on {day:%a %b} {day.day}: they are being counted. Ask again in a minute."
    return view(session, day)


def view(session: Session, day: date) -> View:
    """The frozen plan as a form."""
    items = plans.frozen(session, day) or ()
    lines = [
        form.Line(
            f"{row.program}:{row.hour}:{row.site}"[:150],
            f"{clock(row.hour)} {row.program}, {row.site}",
            row.texts,
            row.held,
        )
        for row in plans.rows(session, items)
    ]
    taken = plans.taken_at(session, day) or now(session)
    zone: ZoneInfo = local_days.zone(session)
    return form.build(day, lines, halts=halts.lines(session), taken=f"As of {times.moment(taken, zone)}.")


def skip(session: Session, click: Click, who: Who) -> After:
    """The form's Skip."""
    sent = form.submission(click.view)
    program, hour, site = sent.key.split(":", 2)
    skips.add(
        session, sent.day, reason=sent.reason, by=who,
        program=program, hour=int(hour), site=None if site == plans.NO_SITE else site,
    )  # fmt: skip
    return Whisper(f"Skipped on {sent.day:%a %b} {sent.day.day}: {program} at {clock(int(hour))}, {site}.")


def clock(hour: int) -> str:
    """An hour as staff say it: "9 am"."""
    return f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}"
