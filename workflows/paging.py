"""Nobody may overlook a case that cannot wait: card, direct message, text to the phone, the next person, the admins, until it is claimed.

The clock climbs (`climb`); each call is a row and a promise of the safety lane. A call carries the case's number, nothing of the patient.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import log
from core.ids import show
from storage import ledger, outbox
from storage.db import now, org_of, vault
from storage.outbox import Lane, Topic
from storage.tables import Case, CaseEvent, Connection, Ladder, Outage, Rung, SlackWorkspace, Staff, Team
from workflows import channels, on_call, staff, team_hours

LOUD = frozenset({"emergency", "urgent"})
AT_ONCE = 50
OVER = "page.over"
OWNER = "owner"
OUTAGE = "outage"  # Slack does not answer: work goes on on the page
NO_CARDS = "no_cards"  # a team's channel takes no cards
CUT_OFF = "cut_off"  # Slack has ended our access
NO_ADMIN = "no_admin"  # the last admin has lost access
FALLBACK = "fallback"  # a team's channel takes no cards, and another one stands in
GUEST = "guest"  # a guest is in a team's channel
NO_ROUTE = "no_route"  # a kind of case has no line in the routing table
ENDS = "ends"  # Slack will end our access in some hours
ON_PAGE = frozenset({NO_CARDS, CUT_OFF, ENDS, NO_ADMIN})
OWNERS = frozenset({OWNER, "woken"})
ESCALATED = "escalated"
CALLED = ("on_call", "admin", "manager")


@dataclass(frozen=True, slots=True)
class Page:
    """What one call needs when it leaves; `to` is a Slack account or an E.164 number."""

    rung_id: UUID
    no: int
    via: str
    tier: str
    to: str = field(repr=False)
    case_id: UUID
    number: int
    priority: str
    team: str
    opened_at: datetime
    due_at: datetime
    instead: str  # the page's address while Slack is down
    owned: bool = False


def follow(session: Session, case: Case) -> None:
    """After any change of a case: one that is loud and nobody's is paged from the first rung on, any other no more."""
    if case.priority not in LOUD:
        return
    if case.state == "open" and case.owner_id is None:
        _begin(session, case)
    else:
        _end(session, case)


def climb(session: Session) -> int:
    """Make the calls whose time has come; how many. The clock's tick calls it: after a downtime each ladder goes on by one stage."""
    due = (
        select(Ladder, Case)
        .join(Case, (Case.org_id == Ladder.org_id) & (Case.id == Ladder.case_id))
        .where(Ladder.org_id == org_of(session), Ladder.ended_at.is_(None), Ladder.next_at <= now(session))
        .order_by(Ladder.next_at)
        .limit(AT_ONCE)
        .with_for_update(of=Ladder, skip_locked=True)
    )
    return sum(_climb(session, ladder, case) for ladder, case in session.execute(due).all())


def ready(session: Session, rung_id: UUID) -> Page | None:
    """A promised call as it stands now; None when it was made, or somebody has the case meanwhile."""
    rung = _rung(session, rung_id)
    case = session.scalars(select(Case).where(Case.org_id == rung.org_id, Case.id == rung.case_id)).one()
    if rung.state != "promised" or not _wanted(rung, case):
        return None
    to = _address(session, rung, case)
    if to is None:
        failed(session, rung_id, code="no_way")
        return None
    team = _team(session, case)
    return Page(
        rung.id, rung.no, rung.via, rung.tier, to, case.id, case.number, case.priority, team.name, case.opened_at,
        case.due_at, f"{session.info['origin'] or ''}/sign-in" if rung.tier in ON_PAGE or slack_is_down(session) else "",
        case.owner_id is not None,
    )  # fmt: skip


def _wanted(rung: Rung, case: Case) -> bool:
    """Whether the call still has a reason: to an owner while the case is theirs, to all others while it is nobody's."""
    if rung.tier == ESCALATED:
        return case.state != "closed" and case.owner_id != rung.staff_id
    if rung.tier in OWNERS:
        return case.owner_id == rung.staff_id and case.state in ("claimed", "booking", "waiting_patient")
    if rung.tier == OUTAGE or rung.tier in ON_PAGE:
        return case.state != "closed"
    return case.state == "open" and case.owner_id is None and (rung.staff_id is not None or rung.via == "thread")


def _address(session: Session, rung: Rung, case: Case) -> str | None:
    if rung.staff_id is None:
        return channels.of_case(session, case).channel
    here = select(Staff.id).where(Staff.org_id == org_of(session), Staff.id == rung.staff_id, Staff.active)
    if session.scalar(here) is None:  # access has ended since it was promised
        return None
    return staff.slack_id(session, rung.staff_id) if rung.via == "dm" else phone_of(session, rung.staff_id)


def reached(session: Session, rung_id: UUID) -> None:
    """The call is out: on the ledger, the case's story and its card."""
    rung = _settle(session, rung_id, "reached", code=None)
    if rung is not None:
        _tell(session, rung, verdict="paged", what=f"paged_{rung.via}")


def failed(session: Session, rung_id: UUID, *, code: str) -> None:
    """The call cannot be made or did not arrive: the ladder goes on at once."""
    rung = _settle(session, rung_id, "failed", code=code)
    if rung is None:
        return
    _tell(session, rung, verdict="failed", what=f"page_failed_{rung.via}")
    going = (Ladder.org_id == rung.org_id) & (Ladder.case_id == rung.case_id) & Ladder.ended_at.is_(None)
    others = select(Rung.id).where(Rung.org_id == rung.org_id, Rung.case_id == rung.case_id, Rung.no > rung.no)
    session.execute(
        update(Ladder)
        .where(going, ~others.exists())
        .values(next_at=func.least(Ladder.next_at, now(session)))
        .execution_options(synchronize_session=False)
    )


def shown(session: Session, case_id: UUID) -> None:
    """The card stands in its channel and pings it: the ladder's first rung."""
    rung = session.scalar(
        select(Rung.id)
        .where(Rung.org_id == org_of(session), Rung.case_id == case_id, Rung.via == "channel", Rung.state == "promised")
        .limit(1)
    )
    if rung is not None:
        reached(session, rung)


def tell(session: Session, case: Case, people: Sequence[on_call.Person], *, tier: str = "manager") -> None:
    """One direct message to each of these about a case that is theirs to settle, or by `tier`: nobody took it (`lead`), a colleague
    asks for help with it (`escalated`)."""
    for person in people:
        if person.in_slack:
            _promise(session, case, via="dm", tier=tier, staff_id=person.id)


def tell_team(session: Session, case: Case) -> None:
    """One line under the case's card that nobody has taken it; whoever is in the channel is pinged."""
    _promise(session, case, via="thread", tier="team", staff_id=None)


def tell_person(session: Session, case: Case, staff_id: UUID, *, tier: str) -> None:
    """One direct message about a case that is theirs (`owner`, `woken` from its snooze) or was until now (`was_owner`)."""
    _promise(session, case, via="dm", tier=tier, staff_id=staff_id)


def text_person(session: Session, case: Case, staff_id: UUID, *, tier: str) -> None:
    """One text to a phone, now."""
    _promise(session, case, via="text", tier=tier, staff_id=staff_id, lane=Lane.SAFETY)


def slack_is_down(session: Session) -> bool:
    """Whether it is certain that Slack does not answer, or that it gives us no access any more; read once a transaction."""
    known: bool | None = session.info.get("slack_down")
    if known is None:
        down = select(Outage.id).where(
            Outage.org_id == org_of(session),
            Outage.vendor == "slack",
            Outage.ended_at.is_(None),
            Outage.down_at.is_not(None),
        )
        cut = select(SlackWorkspace.id).where(
            SlackWorkspace.org_id == org_of(session),
            SlackWorkspace.cut_at.is_not(None),
            ~select(Connection.id)
            .where(Connection.org_id == SlackWorkspace.org_id, Connection.kind == "slack")
            .exists(),
        )
        known = session.info["slack_down"] = session.scalar(down.union_all(cut).limit(1)) is not None
    return known


def call_out(session: Session, case: Case) -> None:
    """People on call are called for a case that waits in vain although it is not loud: one round, in the team's hours."""
    values = {"round": 1, "stage": 0, "next_at": now(session), "ended_at": None}
    made = insert(Ladder).values(org_id=case.org_id, case_id=case.id, **values)
    session.execute(
        made.on_conflict_do_update(
            index_elements=["org_id", "case_id"], set_=values, where=Ladder.ended_at.is_not(None)
        )
    )


def calls(session: Session, case: Case) -> list[tuple[str, str, datetime]]:
    """(who, via, when) of the calls made to people on call and admins for a case, oldest first."""
    if case.priority == "normal":  # hardly ever called for, and drawn most often
        return []
    person = (Staff.org_id == Rung.org_id) & (Staff.id == Rung.staff_id)
    made = select(Staff.name, Rung.via, Rung.settled_at).join(Staff, person)
    found = made.where(
        Rung.org_id == case.org_id, Rung.case_id == case.id, Rung.state == "reached", Rung.tier.in_(CALLED)
    )
    return [(name, via, at) for name, via, at in session.execute(found.order_by(Rung.no)).all() if at is not None]


def phone_of(session: Session, staff_id: UUID) -> str | None:
    """Where a text reaches a member of staff, E.164."""
    sealed = session.scalar(select(Staff.phone).where(Staff.org_id == org_of(session), Staff.id == staff_id))
    return vault(session).open(sealed, "staff.phone", staff_id) if sealed else None


def _begin(session: Session, case: Case) -> None:
    team = _team(session, case)
    waits = on_call.minutes(session, team)
    emergency = case.priority == "emergency"
    ladder = on_call.stages(on_call.people(session, team), on_call.admins(session), waits)
    wait = (ladder[0].wait if ladder else timedelta()) if emergency else timedelta(minutes=waits.urgent)
    if slack_is_down(session):
        wait = timedelta()
    values = {"round": 1, "stage": 0, "next_at": now(session) + wait, "ended_at": None}
    made = insert(Ladder).values(org_id=case.org_id, case_id=case.id, **values)
    begun = session.scalar(
        made.on_conflict_do_update(
            index_elements=["org_id", "case_id"], set_=values, where=Ladder.ended_at.is_not(None)
        ).returning(Ladder.id)
    )
    never = ~select(Rung.id).where(Rung.org_id == case.org_id, Rung.case_id == case.id).exists()
    if (
        begun is not None and emergency and session.scalar(select(never))
    ):  # a card given back is redrawn, which pings nobody
        _add(session, case, via="channel", tier="team", staff_id=None)


def _end(session: Session, case: Case) -> None:
    """Somebody has it, or it is closed: what has not left yet stays here."""
    mine = (Ladder.org_id == case.org_id) & (Ladder.case_id == case.id) & Ladder.ended_at.is_(None)
    over = update(Ladder).where(mine).values(ended_at=now(session)).returning(Ladder.id)
    if session.scalar(over.execution_options(synchronize_session=False)) is None:
        return
    session.execute(
        update(Rung)
        .where(Rung.org_id == case.org_id, Rung.case_id == case.id, Rung.state == "promised")
        .values(state="stopped", settled_at=now(session))
        .execution_options(synchronize_session=False)
    )
    ledger.write(session, [ledger.Line("stopped", OVER, case.enrollment_id, case.message_id, case.id)])


def _climb(session: Session, ladder: Ladder, case: Case) -> int:
    if case.owner_id is not None or case.state != "open":  # of a case that is not loud nobody tells the ladder
        ladder.ended_at = now(session)
        return 0
    team = _team(session, case)
    waits = on_call.minutes(session, team)
    by_text = slack_is_down(session)
    round_ = on_call.stages(on_call.people(session, team), on_call.admins(session), waits, by_text=by_text)
    if not round_:
        log.get().error("page.nobody", case=show("cas", case.id))
        ladder.next_at = now(session) + timedelta(minutes=waits.again)
        return 0
    stage = round_[min(ladder.stage, len(round_) - 1)]
    for call in stage.calls:
        rung_id = _add(session, case, via=call.via, tier=call.tier, staff_id=call.person.id)
        outbox.put(session, Topic.PAGE_SEND, rung_id, lane=Lane.SAFETY)
    ladder.stage += 1
    if ladder.stage < len(round_):
        ladder.next_at = now(session) + round_[ladder.stage].wait
    else:
        ladder.round, ladder.stage = ladder.round + 1, 0
        ladder.next_at = now(session) + timedelta(minutes=waits.again)
    if case.priority not in LOUD:
        ladder.next_at = team_hours.of(session, team.code).opening(ladder.next_at)
        ladder.ended_at = now(session) if ladder.round > 1 else None
    session.flush()
    return len(stage.calls)


def _promise(
    session: Session, case: Case, *, via: str, tier: str, staff_id: UUID | None, lane: Lane = Lane.ACTIONS
) -> None:
    rung_id = _add(session, case, via=via, tier=tier, staff_id=staff_id)
    outbox.put(session, Topic.PAGE_SEND, rung_id, lane=lane)


def _add(session: Session, case: Case, *, via: str, tier: str, staff_id: UUID | None) -> UUID:
    last = select(func.coalesce(func.max(Rung.no), 0)).where(Rung.org_id == case.org_id, Rung.case_id == case.id)
    rung = Rung(
        org_id=case.org_id, case_id=case.id, no=(session.scalar(last) or 0) + 1, via=via, tier=tier, staff_id=staff_id,
        promised_at=now(session),
    )  # fmt: skip
    session.add(rung)
    session.flush()
    return rung.id


def _settle(session: Session, rung_id: UUID, state: str, *, code: str | None) -> Rung | None:
    """None when it was settled before; a call that was out may still turn out not to have arrived."""
    allowed: Sequence[str] = ("promised", "reached") if state == "failed" else ("promised",)
    return session.scalar(
        update(Rung)
        .where(Rung.org_id == org_of(session), Rung.id == rung_id, Rung.state.in_(allowed))
        .values(state=state, code=code, settled_at=now(session))
        .returning(Rung)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


def _tell(session: Session, rung: Rung, *, verdict: str, what: str) -> None:
    case = session.scalars(select(Case).where(Case.org_id == rung.org_id, Case.id == rung.case_id)).one()
    to = {"to": show("stf", rung.staff_id)} if rung.staff_id else {}
    detail = {"no": rung.no, "tier": rung.tier, **to, **({"code": rung.code} if rung.code else {})}
    line = ledger.Line(verdict, f"page.{rung.via}", case.enrollment_id, case.message_id, case.id, detail=detail)
    ledger.write(session, [line])
    event = CaseEvent(org_id=case.org_id, case_id=case.id, at=now(session), what=what, staff_id=rung.staff_id)
    session.add(event)
    session.flush()
    outbox.put(session, Topic.CARD_SYNC, case.id, lane=Lane.SAFETY)


def _rung(session: Session, rung_id: UUID) -> Rung:
    return session.scalars(select(Rung).where(Rung.org_id == org_of(session), Rung.id == rung_id)).one()


def _team(session: Session, case: Case) -> Team:
    return session.scalars(select(Team).where(Team.org_id == case.org_id, Team.id == case.team_id)).one()
