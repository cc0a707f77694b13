"""How notices about no case look. Drawing asks nobody: everything is handed in, so that a face can be looked at without a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import Block, Message, actions, button, context, escape, header, section

MOST_LINES = 25


@dataclass(frozen=True)
class HaltView:
    """A stop of texts; `lifted` is "Tue Dec 1, 3:00 pm by Ana: the number works again" once it is over."""

    halt_id: str
    what: str
    since: str
    stays_on: str
    lifted: str | None = None


@dataclass(frozen=True)
class DisruptionView:
    """A provider out or a site closed; `approved` is "Tue Dec 1, 3:00 pm by Ana" once somebody did."""

    disruption_id: str
    title: str
    asked: str
    counts: Mapping[str, Any]
    approved: str | None = None


def halt(view: HaltView) -> Message:
    """What is stopped and why, with Resume; one line more than that once it is over."""
    since = f"Stopped {escape(view.since)}"
    if view.lifted is not None:
        title = f"{view.what} may leave again"
        return Message(escape(title), (header(title), section(f"Resumed {escape(view.lifted)}"), context(since)))
    title = f"{view.what} are stopped"
    blocks: tuple[Block, ...] = (
        header(title),
        section(since),
        section(f"{escape(view.stays_on)} Cases, calls and bookings go on."),
        actions(button("Resume", "halt.lift", value=view.halt_id)),
        context("A manager resumes. Held texts are checked again then."),
    )
    return Message(escape(title), blocks)


def disruption(view: DisruptionView) -> Message:
    """What it touches, and Review and approve until somebody has."""
    counts = view.counts
    asked = f"Asked by {escape(view.asked)}"
    count = (
        f"{counts['visits']} visits, {counts['textable']} patients reached by text, {counts['to_call']} to be called."
    )
    if view.approved is None:
        look = button("Review and approve", "disruption.look", value=view.disruption_id, style="primary")
        title = f"{view.title}: approve the move"
        return Message(escape(view.title), (header(title), section(asked), section(count), actions(look)))
    done = f"Approved {escape(view.approved)}. Their reminders are stopped; each patient is told not to come."
    return Message(escape(view.title), (header(view.title), section(done), section(count), context(asked)))


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """Whose work went on (`why`: off, shift, left, less), until when, and the (number, due in words) of what went to this receiver."""

    who: str
    why: str
    until: str
    yours: bool  # to one person; else to a team
    cases: tuple[tuple[int, str], ...]


def absence(view: AbsenceView) -> Message:
    """One summary for one receiver. Numbers only."""
    title = {
        "off": f"{view.who} is off until {view.until}",
        "left": f"{view.who} has no access to Careloop any more",
        "less": f"{view.who} has another role now",
    }.get(view.why, f"{view.who}'s turn on call ended at {view.until}")
    one = len(view.cases) == 1
    whose = "yours" if view.yours else "open to this team again"
    what = f"{len(view.cases)} case{'' if one else 's'} of theirs {'is' if one else 'are'} {whose}."
    lines = [f"• Case {number}, {due}" for number, due in view.cases[:MOST_LINES]]
    if len(view.cases) > MOST_LINES:
        lines.append(f"… and {len(view.cases) - MOST_LINES} more on the worklist")
    stays = context("They stay here when somebody comes back.")
    return Message(escape(f"{title}: {what}"), (header(title), section(escape("\n".join([what, *lines]))), stays))


@dataclass(frozen=True, slots=True)
class DepartureView:
    """Somebody who lost access, and why; `cases` handed over; `lists` are teams whose on-call list still names them."""

    who: str
    role: str
    why: str
    cases: int
    lists: tuple[str, ...] = ()


def departure(view: DepartureView) -> Message:
    """What an admin has to know: nothing is left to do but the on-call lists."""
    title = f"{view.who} has no access to Careloop any more"
    handed = f"{view.cases} case{'' if view.cases == 1 else 's'} handed over" if view.cases else "They had no cases"
    said = [f"Role {view.role}; {view.why}. {handed}; signed out everywhere."]
    if view.lists:
        teams = ", ".join(view.lists)
        said.append(f"Still on the on-call list of {teams}, where they are skipped. Name somebody else there.")
    after = context("Access does not come back by itself: an admin gives it.")
    return Message(escape(title), (header(title), section(escape("\n".join(said))), after))


def return_of(who: str, role: str, *, staff_id: str | None) -> Message:
    """Somebody is back in Slack; with the button while nobody has given access back."""
    if staff_id is None:
        title = f"{who} has access to Careloop again"
        return Message(escape(title), (header(title), section(escape(f"Role {role}, with the teams they had."))))
    title = f"{who} is back in Slack"
    said = f"They were {role} in Careloop. Access was not given back: an admin decides."
    give = actions(button("Give access back", "staff.back", value=staff_id))
    return Message(escape(title), (header(title), section(escape(said)), give))


def unfound(who: str, email: str, *, found: bool) -> Message:
    """Somebody of the staff list whom Slack does not know by e-mail."""
    if found:
        title = f"{who}'s Slack account is found"
        return Message(escape(title), (header(title), section("They work in Slack from now on.")))
    title = f"{who} is not found in Slack"
    said = f"No member of this workspace has the e-mail {email}. Invite them with it, or correct it in the organisation file."
    after = context("Careloop looks again by itself. Until then they sign in on the page.")
    return Message(escape(title), (header(title), section(escape(said)), after))


def slack_down(began: str, ended: str, *, opened: int, closed: int, texts: int) -> Message:
    """Since when Slack did not answer, and what was done meanwhile."""
    title = f"Slack did not answer us from {began} to {ended}"
    came = f"{opened} case{'' if opened == 1 else 's'} opened and {closed} closed"
    line = f"Meanwhile {came}; {texts} page{'' if texts == 1 else 's'} went out by text."
    after = context(
        "Everything that waited is being posted now, red flags first. Cards that are missing are posted anew."
    )
    return Message(escape(f"{title}. {line}"), (header(title), section(escape(line)), after))
