"""Where a row of the desk stands and what comes next, in words: the same on Home and on the signed-in page (S43, S60-S62)."""

from datetime import datetime, tzinfo

from bot import times
from bot.campaign import PAUSES
from bot.campaign import STATES as CAMPAIGNS
from workflows.desk_programs import CampaignState, ProgramState
from workflows.desk_rows import Line, Running
from workflows.lenses import STATES

BRANCHES = {
    "booked": "booked",
    "confirmed": "confirmed",
    "closed": "ended by the reply",
    "escalated": "handed to a person",
    "nurtured": "kept in touch",
    "recovered": "visit made up",
    "retried": "asked again",
    "sent_to_review": "a person reads the reply",
}
OUTCOMES = {"stopped_by_ehr": "ended by the chart", "opted_out": "texts stopped", "handed_over": "handed to a person"}


def state(code: str) -> str:
    """Active, Replied, Needs a person, Waiting, Done."""
    return "Done" if code == "done" else STATES.get(code, code)


def branch(code: str | None) -> str:
    """The way the run took so far; empty for none."""
    return BRANCHES.get(code, code.replace("_", " ")) if code else ""


def next_of_case(line: Line, *, zone: tzinfo, now: datetime) -> str:
    """What happens next with a case, and when."""
    if line.state == "closed":
        return f"closed {times.moment_near(line.closed_at, zone, now=now)}" if line.closed_at else "closed"
    if line.back_at is not None:
        return f"comes back {times.moment_near(line.back_at, zone, now=now)}"
    if line.state == "booking":
        return "the EHR is asked to book"
    if line.state == "waiting_patient":
        return f"the patient's answer, {times.due(line.due_at, now=now)}"
    return times.due(line.due_at, now=now)


def next_of_run(one: Running, *, zone: tzinfo, now: datetime) -> str:
    """What automation does next by itself, and when."""
    if one.state == "ended":
        how = OUTCOMES.get(one.outcome or "", (one.outcome or "ended").replace("_", " "))
        return f"{how}, {times.moment_near(one.ended_at, zone, now=now)}" if one.ended_at else how
    if one.wake_at is None:
        return "when it is resumed" if one.state == "paused" else "the patient's answer"
    step = (one.step or "start").replace("_", " ")
    return f"after step {step}, {times.moment_near(one.wake_at, zone, now=now)}"


def of_program(one: ProgramState) -> tuple[str, str]:
    """(state, what stands behind it)."""
    total = f"{100 * one.ended // one.all} % of {one.all:,} done" if one.all else "nobody was in it yet"
    live = [f"{one.live:,} running"] if one.live else []
    rest = [f"{one.resting:,} paused"] if one.resting else []
    lately = [f"{one.lately:,} ended this week"] if one.lately else []
    name = (
        "Stopped"
        if one.halted
        else "Running"
        if one.live
        else "Paused"
        if one.resting
        else "Finished"
        if one.all
        else "Idle"
    )
    return name, " · ".join([*live, *rest, *lately, total])


def of_campaign(one: CampaignState) -> tuple[str, str]:
    """(state, how far it is); why it is paused, where it paused itself."""
    far = f"{100 * one.through // one.of} % of {one.of:,} done" if one.of else "not launched"
    itself = " by itself" if one.paused_for and PAUSES.get(one.paused_for, "").startswith("Paused by itself") else ""
    name = {"done": "Finished"}.get(one.state, CAMPAIGNS.get(one.state, one.state))
    return f"{name}{itself if one.state == 'paused' else ''}", far
