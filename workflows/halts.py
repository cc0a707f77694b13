"""The kill switch: a scope whose texts do not leave, held back inside the claim's own transaction and planned again when lifted.

Texts to patients stop; what patients write, the confirmation of an opt-out and the safety text go on. Any agent stops, a manager resumes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, messages, notices, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Enrollment, Halt, Message, ProgramRow, Site, Staff
from workflows import roles
from workflows.staff import Who

Scope = Literal["organisation", "site", "program", "channel"]
EXEMPT = ("safety", "opt_out")
CHANNELS = {"text": "sms"}  # what staff call it, and what messages carry
STAYS_ON = "What patients write is still read, opt-outs are confirmed, red flags get their safety text and a person."


@dataclass(frozen=True, slots=True)
class Target:
    """What to stop: `key` is a site's id, a program's code or a message channel; `words` say it to staff."""

    scope: Scope
    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Halts:
    """The halts in force at one moment, asked for every text that is about to be claimed."""

    live: frozenset[tuple[str, str]]

    def rule(self, *, program: str | None, site: UUID | None, channel: str) -> str | None:
        """The ledger's rule that keeps such a text back, widest scope first; None when it may go on to the gate."""
        asked = (("organisation", ""), ("channel", channel), ("site", str(site)), ("program", program or ""))
        return next((f"halt.{scope}" for scope, key in asked if (scope, key) in self.live), None)


def of(session: Session) -> Halts:
    """What is halted now, as committed by whoever pressed last."""
    return Halts(frozenset((halt.scope, halt.key) for halt in in_force(session)))


def rules(
    session: Session,
    texts: Sequence[Message],
    *,
    enrollments: Mapping[UUID, Enrollment],
    visits: Mapping[UUID, Appointment],
) -> dict[UUID, str]:
    """{message: rule} of the texts a halt keeps back. Ask after the locks that a claim waits for: a stop pressed meanwhile counts."""
    halted = of(session)
    if not halted.live:
        return {}
    found = select(ProgramRow.id, ProgramRow.code).where(ProgramRow.org_id == org_of(session))
    codes = {row.id: row.code for row in session.execute(found)}
    sites = sites_of(session, enrollments, visits)
    kept: dict[UUID, str] = {}
    for text_ in texts:
        row = enrollments.get(text_.enrollment_id) if text_.enrollment_id else None
        site = sites.get(row.id) if row else None
        rule = halted.rule(program=codes.get(row.program_id) if row else None, site=site, channel=text_.channel)
        if rule is not None:
            kept[text_.id] = rule
    return kept


def sites_of(
    session: Session, enrollments: Mapping[UUID, Enrollment], visits: Mapping[UUID, Appointment]
) -> dict[UUID, UUID]:
    """{enrollment: site}: its own, else the one where its visit is; an enrollment about neither is left out."""
    sites = {site.ehr_id: site.id for site in _sites(session) if site.ehr_id}
    found: dict[UUID, UUID] = {}
    for row in enrollments.values():
        visit = visits.get(row.appointment_id) if row.appointment_id else None
        site = row.site_id or (sites.get(visit.location) if visit and visit.location else None)
        if site is not None:
            found[row.id] = site
    return found


def in_force(session: Session) -> Sequence[Halt]:
    """Halts not lifted yet, oldest first."""
    found = select(Halt).where(Halt.org_id == org_of(session), Halt.lifted_at.is_(None))
    return session.scalars(found.order_by(Halt.since, Halt.id)).all()


def target(session: Session, words: str) -> Target:
    """What "site Main Street", "program no_show", "channel text" or nothing (all of it) means here. Refused names what there is."""
    scope, _, name = words.strip().partition(" ")
    name = name.strip()
    if not scope:
        return Target("organisation", "", "All texts")
    if scope == "site":
        sites = {site.name.casefold(): site for site in _sites(session)}
        if name.casefold() in sites:
            site = sites[name.casefold()]
            return Target("site", str(site.id), f"Texts of site {site.name}")
        raise Refused(_no_such("site", name, [site.name for site in sites.values()]))
    if scope == "program":
        found = select(ProgramRow.code).where(ProgramRow.org_id == org_of(session)).order_by(ProgramRow.code)
        codes = list(session.scalars(found))
        if name in codes:
            return Target("program", name, f"Texts of program {name}")
        raise Refused(_no_such("program", name, codes))
    if scope == "channel" and name in CHANNELS:
        return Target("channel", CHANNELS[name], f"Texts by channel {name}")
    if scope == "channel":
        raise Refused(_no_such("channel", name, list(CHANNELS)))
    raise Refused("Stop what? `stop-all`, `stop-all site NAME`, `stop-all program CODE` or `stop-all channel text`.")


def named(session: Session, subject: str) -> Target:
    """The target behind "scope:key", as a form carries it. Refused when there is none."""
    scope, _, key = subject.partition(":")
    if scope == "site":
        found = next((site.name for site in _sites(session) if str(site.id) == key), "")
        return target(session, f"site {found}")
    if scope == "channel":
        key = next((word for word, channel in CHANNELS.items() if channel == key), key)
    return target(session, "" if scope == "organisation" else f"{scope} {key}")


def covered(session: Session, what: Target) -> bool:
    """Whether exactly this is stopped already."""
    return (what.scope, what.key) in of(session).live


def waiting(session: Session, what: Target) -> int:
    """Texts planned or held that a halt of this scope would keep back, or keeps back already."""
    count = select(func.count()).select_from(Message).where(Message.org_id == org_of(session))
    return session.scalar(belonging(session, count, what.scope, what.key).where(Message.state.in_(messages.OPEN))) or 0


def belonging(session: Session, found: Select[Any], scope: str, key: str) -> Select[Any]:
    """Narrow a query over messages to those of a scope: the one place where SQL says what belongs to a site or program."""
    found = found.outerjoin(
        Enrollment, (Enrollment.org_id == Message.org_id) & (Enrollment.id == Message.enrollment_id)
    ).where(Message.direction == "out", Message.purpose.not_in(EXEMPT))
    if scope == "program":
        program = select(ProgramRow.id).where(ProgramRow.org_id == org_of(session), ProgramRow.code == key)
        return found.where(Enrollment.program_id == program.scalar_subquery())
    if scope == "site":
        place = select(Site.ehr_id).where(Site.org_id == org_of(session), Site.id == UUID(key)).scalar_subquery()
        visit = select(Appointment.location).where(
            Appointment.org_id == Enrollment.org_id, Appointment.id == Enrollment.appointment_id
        )
        by_visit = Enrollment.site_id.is_(None) & (visit.scalar_subquery() == place)
        return found.where((Enrollment.site_id == UUID(key)) | by_visit)
    return found.where(Message.channel == key) if scope == "channel" else found


def words_of(session: Session, halt: Halt) -> str:
    """What a halt stops, as staff say it."""
    if halt.scope == "site":
        name = session.scalar(select(Site.name).where(Site.org_id == halt.org_id, Site.id == UUID(halt.key)))
        return f"Texts of site {name}"
    if halt.scope == "program":
        return f"Texts of program {halt.key}"
    if halt.scope == "channel":
        return f"Texts by channel {next((word for word, key in CHANNELS.items() if key == halt.key), halt.key)}"
    return "All texts"


def stop(session: Session, what: Target, *, reason: str, by: Who) -> Halt:
    """From this commit on no text of the scope is claimed. Stopping what is stopped already changes nothing."""
    roles.demand(by.role, roles.Verb.STOP)
    said = _reason(reason)
    key = (Halt.org_id == org_of(session)) & (Halt.scope == what.scope) & (Halt.key == what.key)
    made: Halt | None = session.scalar(
        insert(Halt)
        .values(org_id=org_of(session), scope=what.scope, key=what.key, since=now(session), by_id=by.id, reason=said)
        .on_conflict_do_nothing(index_elements=["org_id", "scope", "key"], index_where=text("lifted_at IS NULL"))
        .returning(Halt)
    )
    if made is None:
        return session.scalars(select(Halt).where(key, Halt.lifted_at.is_(None))).one()
    subject = ("halt", show("hlt", made.id))
    audit.record(session, "sends.stopped", actor=by.actor, subject=subject, scope=what.scope, key=what.key)
    notices.tell_teams(session, "halt", made.id)
    return made


def lift(session: Session, halt_id: UUID, *, reason: str, by: Who) -> Halt:
    """End a halt; what it held is planned again by a job, judged anew, and what has become too late goes to a person."""
    roles.demand(by.role, roles.Verb.RESUME)
    said = _reason(reason)
    lifted = session.scalar(
        update(Halt)
        .where(Halt.org_id == org_of(session), Halt.id == halt_id, Halt.lifted_at.is_(None))
        .values(lifted_at=now(session), lifted_by_id=by.id, lifted_reason=said)
        .returning(Halt)
        .execution_options(synchronize_session=False)
    )
    if lifted is None:
        raise Refused("That stop was lifted already. Nothing was changed.")
    subject = ("halt", show("hlt", lifted.id))
    audit.record(session, "sends.resumed", actor=by.actor, subject=subject, scope=lifted.scope, key=lifted.key)
    outbox.put(session, Topic.HALT_LIFTED, lifted.id, lane=Lane.BULK)
    notices.tell_teams(session, "halt", lifted.id)
    return lifted


def get(session: Session, halt_id: UUID) -> Halt:
    """One halt, in force or lifted. Refused when there is none."""
    found = session.scalar(select(Halt).where(Halt.org_id == org_of(session), Halt.id == halt_id))
    if found is None:
        raise Refused("There is no such stop here.")
    return found


def lines(session: Session) -> list[str]:
    """For every view of what is sent: one sentence a halt in force."""
    people = select(Staff.id, Staff.name).where(Staff.org_id == org_of(session))
    names = {row.id: row.name for row in session.execute(people)}
    return [
        f"{words_of(session, halt)} are stopped since {halt.since:%b %-d %H:%M} UTC by {names[halt.by_id]}: {halt.reason}"
        for halt in in_force(session)
    ]


def stop_clock(session: Session, message: Message) -> None:
    """The text of this step is held by a halt: its enrollment does not wait for an answer to what never left."""
    if message.enrollment_id is not None:
        session.execute(
            update(Enrollment)
            .where(
                Enrollment.org_id == org_of(session),
                Enrollment.id == message.enrollment_id,
                Enrollment.step == message.step,
                Enrollment.state == "waiting",
            )
            .values(wake_at=None, wake_local=None)
        )


def _sites(session: Session) -> Sequence[Site]:
    return session.scalars(select(Site).where(Site.org_id == org_of(session)).order_by(Site.name)).all()


def _reason(said: str) -> str:
    if not said.strip():
        raise Refused("Say why, in a few words without patient names. Nothing was changed.")
    return said.strip()[:200]


def _no_such(kind: str, name: str, known: Sequence[str]) -> str:
    asked = f"no {kind} of that name" if name else f"a {kind} to name"  # never said back: it may be a patient's
    return f"There is {asked}. Known: {', '.join(known) or 'none'}. Nothing was stopped."
