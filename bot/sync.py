"""From a case's row to what its card shows now: loaded in one place, drawn by `bot.cards`."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import beats, card_facts, cards, times
from bot.blocks import Message, actions, button, clip, escape, section
from bot.cards.view import CardView, PhiLevel, Priority, State, Writeback
from core import clock
from core.ids import show
from storage.db import now, org_of
from storage.tables import CardPost, Case, Enrollment, ProgramRow, Team
from workflows import (
    approvals,
    case_links,
    cases,
    channels,
    closing,
    interpreting,
    pilot_reviews,
    policy,
    pre_check,
    safety,
    said,
    sensitive,
    staff,
    surroundings,
    tcm,
)

REASONS = {
    "reply": "The patient answered",
    "not_understood": "the instructions are not clear to the patient",
    "no_answer": "texts were not answered",
    "consent.none": "no consent to texts is on file; ask for it, or call",
    "number.none": "no phone number is on file",
    "number.not_textable": "the number on file cannot get texts",
    "undeliverable": "texts do not arrive at the number on file",
    "language": "no approved text in the patient's language: call with an interpreter",
    "consent.marketing": "no written consent to texts of this kind is on file",
    "channel.not_allowed": "texts are not allowed for this program",
    "preference.channel": "the patient asked not to be texted",
    "privacy.sender": "a protected matter, and no neutral sender is set",
    "proxy.ended": "the person at this number may not be told any more",
    "proxy.came_of_age": "the patient is 18 now; the guardian's number is no longer theirs to use",
    "proxy.confidential": "a confidential matter: not for the person at this number",
    "proxy.out_of_scope": "not for the person at this number",
    "came_of_age": "The patient is 18 now: ask for their own number and consent",
    "cap.state": "the state's limit of contacts in 24 hours is reached",
    "cap.day": "the limit of one text a day is reached",
    "cap.week": "the limit of three texts a week is reached",
    "cancel_word": "CANCEL stops texts; the visit may have been meant",
    "wrong_number": "The person at this number is somebody else",
    "unknown_sender": "A number nobody is charted with wrote to us",
    "discharge_died": "A stay ended with the patient's death; the chart may not say so yet",
    "discharge_hospice": "The patient went from a stay to a hospice; automation stops",
    "discharge_against_advice": "The patient left a stay against advice; automation does not follow up",
    "discharge_unknown": "A stay ended in a way that has no rule here; automation does not follow up",
    "from_message": "A colleague made a case of a message; open it to read the note",
    "number_told": "A number was told on the phone that the chart does not have; open it to read it",
    "language_told": "The language was told on the phone and the chart has another; open it to read which",
    "unknown_clicker": "Somebody who is not on the staff list pressed a button",
    "same_person": "Two charts with one name and birth date; texts may go to both, or to the wrong one. Merge or keep them in the EHR",
    "practice": "Claim it, look around, close it.",
    "unclear_reply": "Careloop is not sure what the reply means",
    "question": "The patient asks something no approved answer covers",
    "answer_expired": "The approved answer to this question has expired: renew it, and answer the patient",
    "answer_not_enough": "The approved answer did not help; the patient wants a person",
    "answer_needs_you": "The patient was told that a person will see to it",
    "no_answer_from_provider": "The text provider's answer was lost",
    "deceased": "A reply says that the patient has died; nothing is texted to this number",
    "legal_threat": "The patient speaks of lawyers or authorities; automation is off, a manager calls",
    "hostile": "The patient is angry with us",
    "other_language": "The reply is in a language Careloop does not read: find an interpreter",
    "promised.call": "We promised the patient a call",
    "promised.send": "We promised to send the patient something",
    "promised.book": "We promised to find the patient a time",
    "we_promised": "The patient reminds us of something we promised",
    "trigger.stale": "texts were stopped until it was too late for this one",
    "reminder.late": "texts were stopped until it was too late for this one",
    "unknown_patient": "A source sent an event of somebody who is not in the mirror",
    "tcm.running_out": "Nobody has tried to call yet, and the 2 business days after discharge are running out",
    "tcm.over": "Nobody has tried to call, and the 2 business days after discharge are over",
    "opinion.raised": "A language model reads this text as more urgent than our rules did",
    "opinion.review": "A language model doubts that our rules read this text rightly",
    "corrected": "A colleague corrected how this text was read",
    "missed_red_flag": "a reviewer found a red flag that was missed",
    "low_score": "the patient gave a low score",
    "ehr_refused": "the patient picked this time, and the EHR refused the booking",
    "confirmed": "the patient said that they come; the EHR did not take it",
    "slack_down": "Slack does not answer us: work on the signed-in page; cases that cannot wait are paged by text",
    "slack_ends": "Slack gives Careloop no newer token: its access ends in a few hours. Connect it again on the signed-in page, Slack",
    "slack_cards": "Slack takes no cards in this team's channel: see that it exists, is private and not archived, and invite Careloop."
    " Until then the cases are on the signed-in page",
    "slack_cut_off": "Slack has ended Careloop's access: install the app again and connect it. Until then work on the signed-in page",
    "no_admin": "The last admin has lost access. Decide who is admin now; the operator makes them one (docs/people.md)",
    "slack_fallback": "Slack takes no cards in this team's channel; they go to the fallback channel. Mend it, and this closes by itself",
    "slack_guest": "A guest account is in a team's channel and reads what stands there: take it out, or find the team another channel",
    "no_route": "The routing table has no line for cases like this; they go to the default queue. An admin adds a line, then close this",
    "quarantined": "Careloop cannot move this patient's program",
}
ENDINGS = {
    "merged": "Merged into another case",
    "booked": "Booked",
    "superseded": "The patient answered",
    "opted_out": "Patient stopped texts",
    "stopped_by_ehr": "Stopped by the EHR",
    "confirmed": "Patient confirmed",
    "completed": "Visit took place",
    "withdrawn": "Withdrawn",
    "approved": "Approved",
    "refused": "Refused",
}


@dataclass(frozen=True, slots=True)
class CardPlan:
    """What to draw where. `ts` is None while nothing is posted; `posting_since` (machine time) when a post may have been lost."""

    case_id: UUID
    channel: str
    ts: str | None
    posting_since: datetime | None
    version: int
    message: Message
    elsewhere: tuple[tuple[str, str], ...]
    """(channel, ts) of what stands where the card is no longer, and can be changed."""
    moved: Message
    drawn_at: datetime
    redraw_at: datetime | None
    shown: bytes | None = None
    """Digest of what stands there."""
    stands_in_for: UUID | None = None
    """The team for whose channel this one stands in."""
    out_of_reach: frozenset[str] = frozenset()
    troubled: bool = False
    """Its own channel took no cards when it was last tried, and none stands in."""
    says: bytes = b""
    """Digest of `message`, but for the minutes: the same as `shown`, and Slack need not be called."""

    @property
    def stands(self) -> bool:
        """The card is there and says this already."""
        return self.ts is not None and self.shown == self.says


def plan(session: Session, case_id: UUID) -> CardPlan:
    """Read the case as it is now and draw it; marks a first post as begun, in this transaction."""
    case = cases.get(session, case_id)
    team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.id == case.team_id)).one()
    posts = list(
        session.scalars(select(CardPost).where(CardPost.org_id == org_of(session), CardPost.case_id == case.id))
    )
    spot = channels.spot(session, team, posts)
    stands_in_for = team.id if spot.stands_in else None
    here = next((post for post in posts if post.channel == spot.channel), None)
    since = here.posting_since if here else None
    if here is None:
        values = {"case_id": case.id, "channel": spot.channel, "stands_in_for": stands_in_for}
        session.execute(insert(CardPost).values(org_id=case.org_id, posting_since=clock.machine(), **values))
    seen = view(session, case, team)
    seen = replace(seen, phi=None) if spot.shielded else seen
    moved, shut = _moved(case, spot), channels.out_of_reach(session)
    gone = [post for post in posts if post.channel not in {spot.channel, *shut} and post.shown != digest(moved)]
    if team.channel_problem in channels.OPEN and not spot.stands_in:
        return _withdrawn(case, here, team, seen=seen)
    return CardPlan(
        case_id=case.id,
        channel=spot.channel,
        ts=here.ts if here else None,
        posting_since=since,
        version=case.version,
        message=cards.build(seen),
        elsewhere=tuple((post.channel, post.ts) for post in gone if post.ts),
        moved=moved,
        stands_in_for=stands_in_for,
        out_of_reach=shut,
        troubled=team.channel_problem is not None and not spot.stands_in,
        drawn_at=seen.now,
        redraw_at=beats.following(seen),
        shown=here.shown if here else None,
        says=digest(cards.build(replace(seen, now=beats.last(seen)))),
    )


def _moved(case: Case, spot: channels.Spot) -> Message:
    """What is left where the card no longer is."""
    to = f"is in the channel of {spot.name} for now" if spot.stands_in else f"moved to {spot.name}"
    line = escape(f"Case {case.number} {to}.")
    return Message(line, (section(line),))


def _withdrawn(case: Case, here: CardPost | None, team: Team, *, seen: CardView) -> CardPlan:
    """The channel is no longer the team's alone, and none stands in: what stands there says nothing of the case."""
    line = f"Case {case.number} is on the signed-in page: this channel is not private to the team."
    said = Message(line, (section(line),))
    return CardPlan(
        case_id=case.id, channel=team.channel_id, ts=here.ts if here else None,
        posting_since=here.posting_since if here else None, version=case.version, message=said, elsewhere=(), moved=said,
        drawn_at=seen.now, redraw_at=None, shown=here.shown if here else None, says=digest(said), troubled=True,
    )  # fmt: skip


def digest(message: Message) -> bytes:
    """What tells two drawings apart."""
    return hashlib.sha256(json.dumps([message.text, message.blocks]).encode()).digest()


def plain(plan: CardPlan) -> CardPlan:
    """The same card in one line with Claim and Open, for when Slack refuses what it is made of."""
    case_id = show("cas", plan.case_id)
    buttons = actions(
        button("Claim", "case.claim", value=case_id), button("Open", "case.more", value=f"open:{case_id}")
    )
    line = clip(plan.message.text, 2000)
    return replace(plan, message=Message(line, (section(f"*{line}*"), buttons)))


def stale(session: Session, *, most: int) -> None:
    """Promise to redraw the cards whose words about time have changed, the longest stale first, `most` of them at most."""
    row = (CardPost.org_id == org_of(session)) & (CardPost.redraw_at <= now(session))
    picked = select(CardPost.id).where(row).order_by(CardPost.redraw_at).limit(most).with_for_update(skip_locked=True)
    taken = (
        update(CardPost)
        .where(CardPost.org_id == org_of(session), CardPost.id.in_(picked.scalar_subquery()))
        .values(redraw_at=None)
        .returning(CardPost.case_id)
    )
    ids = list(session.scalars(taken))
    for case in session.scalars(select(Case).where(Case.org_id == org_of(session), Case.id.in_(ids))) if ids else []:
        cases.refresh_card(session, case)


def post_of(session: Session, case_id: UUID, channel: str) -> str | None:
    """The ts of a case's card in a channel; None while it is not posted."""
    return session.scalar(
        select(CardPost.ts).where(
            CardPost.org_id == org_of(session), CardPost.case_id == case_id, CardPost.channel == channel
        )
    )


def channel_of(session: Session, case: Case) -> str:
    """The private channel where the case's card is."""
    return channels.of_case(session, case).channel


def posted(session: Session, plan: CardPlan, ts: str) -> None:
    """The card stands in the channel as of this version; one that the case has left meanwhile (it was opened again) stays left.

    The first one of a case begins the time it waits to be claimed.
    """
    if plan.ts is None:  # the case before its card: whoever reopens a case locks them in this order
        first = (Case.org_id == org_of(session)) & (Case.id == plan.case_id) & Case.card_posted_at.is_(None)
        session.execute(
            update(Case).where(first).values(card_posted_at=now(session)).execution_options(synchronize_session=False)
        )
    values = {
        "ts": ts,
        "rendered_version": plan.version,
        "shown": plan.says,
        "redraw_at": plan.redraw_at,
        "stands_in_for": plan.stands_in_for,
    } | ({} if plan.stands else {"drawn_at": plan.drawn_at})
    if plan.ts is None:
        row = insert(CardPost).values(org_id=org_of(session), case_id=plan.case_id, channel=plan.channel, **values)
        session.execute(row.on_conflict_do_update(index_elements=["org_id", "case_id", "channel"], set_=values))
    else:
        here = (CardPost.case_id == plan.case_id) & (CardPost.channel == plan.channel) & (CardPost.ts == plan.ts)
        session.execute(update(CardPost).where(CardPost.org_id == org_of(session), here).values(**values))
    elsewhere = (CardPost.case_id == plan.case_id) & (CardPost.channel != plan.channel)
    left = update(CardPost).where(CardPost.org_id == org_of(session), elsewhere)
    session.execute(left.values(redraw_at=None, stands_in_for=None))
    told = left.where(CardPost.channel.not_in(plan.out_of_reach))
    session.execute(told.values(shown=digest(plan.moved)))


def not_begun(session: Session, plan: CardPlan) -> None:
    """The first post was certainly not made: it need not be looked for. One that may have been lost earlier stays in doubt."""
    if plan.ts is not None or plan.posting_since is not None:
        return
    here = (CardPost.case_id == plan.case_id) & (CardPost.channel == plan.channel) & CardPost.ts.is_(None)
    session.execute(delete(CardPost).where(CardPost.org_id == org_of(session), here))


def lost(session: Session, plan: CardPlan) -> None:
    """The card is gone from the channel (deleted by hand): the next sync posts a new one."""
    post = session.scalar(
        select(CardPost).where(
            CardPost.org_id == org_of(session), CardPost.case_id == plan.case_id, CardPost.channel == plan.channel
        )
    )
    if post is not None:
        session.delete(post)


def view(session: Session, case: Case, team: Team) -> CardView:
    """The facts of one card; the patient's only as far as the organisation's phi level lets Slack see them."""
    organisation = surroundings.organisation_of(session)
    _, protected = sensitive.of_case(session, case)
    contact = tcm.words_of(session, case) if case.state != "closed" else None
    return CardView(
        case_id=show("cas", case.id),
        number=case.number,
        kind=case.kind,
        priority=Priority(case.priority),
        reason=_reason(session, case),
        team=team.name,
        due_at=case.due_at,
        opened_at=case.opened_at,
        now=now(session),
        zone=ZoneInfo(organisation.zone),
        state=State(case.state),
        writeback=Writeback.NEEDS_MANUAL if case.writeback == "manual" else Writeback(case.writeback),
        program_title=None if protected else _program(session, case),
        step=None if protected else case.step,
        asked=case.asked,
        owner_slack_id=staff.slack_id(session, case.owner_id) if case.owner_id else None,
        owner_name=staff.name(session, case.owner_id) if case.owner_id else None,
        claimed_at=case.claimed_at,
        outcome=_outcome(session, case, ZoneInfo(organisation.zone)),
        closed_at=case.closed_at,
        booked_for=case.booked_for,
        note_kept=case.note is not None,
        contact=contact,
        attempt=card_facts.attempt(session, case) if contact is None else None,
        snoozed_until=case.snoozed_until,
        said="; ".join(said.words(case.objection, case.next_step, case.promise)) or None,
        paged=card_facts.paged(session, case, ZoneInfo(organisation.zone)),
        warning=safety.no_text_reaches(session, case),
        phi=None if protected else card_facts.phi(session, case, organisation),
        linked=tuple(case_links.linked(session, case)),
        patient=case.patient_id is not None,
        number_known=case.number_id is not None,
    )


def patient_line(session: Session, case: Case) -> str | None:
    """Who a modal is about, as far as the phi level allows; None at level none."""
    shown = card_facts.phi(session, case, surroundings.organisation_of(session))
    if shown is None or sensitive.of_case(session, case)[1]:
        return None
    return shown.name if shown.level is PhiLevel.FULL and shown.name else shown.initials


def _reason(session: Session, case: Case) -> str:
    if case.kind == pilot_reviews.KIND:
        return pilot_reviews.of_case(session, case)
    if case.reason.startswith("policy."):
        return policy.words(case.reason.removeprefix("policy."))
    if case.kind == approvals.KIND:
        return approvals.words(case.reason)
    if case.reason.startswith("missing."):
        return pre_check.words(case.reason.removeprefix("missing."))
    if case.kind in cases.CLINICAL_KINDS and case.reason not in REASONS:
        return case.reason.rpartition(".")[2].replace("_", " ")
    if case.reason.startswith("provider."):
        return "the text did not arrive"
    if case.reason.startswith("window."):
        return "texts may not go out at this hour"
    return REASONS.get(case.reason, case.reason.replace("_", " "))


def _outcome(session: Session, case: Case, zone: ZoneInfo) -> str | None:
    if case.disposition is None:
        return None
    if case.disposition == case_links.MERGED:
        return f"Merged into case {case_links.merged_into(session, case)}"
    if case.disposition == "booked" and case.booked_for is not None:
        return f"Booked {times.moment(case.booked_for, zone)}"
    said = closing.dispositions(case.kind).get(case.disposition) or ENDINGS.get(case.disposition, case.disposition)
    row = interpreting.of_closing(session, case)
    if row is None:
        return said
    level = surroundings.organisation_of(session).phi_level
    return f"{said}, {interpreting.HOW[row.how].lower()}" if level == "none" else f"{said} ({interpreting.words(row)})"


def _program(session: Session, case: Case) -> str | None:
    if case.enrollment_id is None:
        return None
    return session.scalar(
        select(ProgramRow.title)
        .join(Enrollment, (Enrollment.org_id == ProgramRow.org_id) & (Enrollment.program_id == ProgramRow.id))
        .where(ProgramRow.org_id == case.org_id, Enrollment.id == case.enrollment_id)
    )
