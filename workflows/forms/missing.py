"""A form that a coming visit still needs: sent, not filled in, and nobody asks any more. It starts the chase, once a visit."""

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Appointment, Enrollment, FormAnswer, FormLink
from workflows import local_days, triggers
from workflows.admission import Heard

SOURCE, EVENT, ROUND = "forms", "form.missing", "forms.daily"
NEEDED = ("intake",)  # forms that belong to a visit to come; the others ask how one was
PATIENCE = timedelta(days=2)  # since the link went out
SOON, FAR = timedelta(days=1), timedelta(days=14)  # how far off the visit is
OVER = ("confirmed", "booked", "completed", "unreachable", "handed_over", "withdrawn")  # ends that leave the form open
MOST = 200


def promise(session: Session) -> int:
    """Once a day, from six in the morning: record what is missing as triggers; the enrollments made."""
    if not local_days.first_round(session, ROUND):
        return 0
    made = 0
    for visit, form in _unanswered(session):
        started = triggers.record(
            session,
            Heard(
                source=SOURCE, external_id=f"{visit.id}:{form}", kind=EVENT, occurred_at=now(session), owner="system",
                patient_id=visit.patient_id, appointment_id=visit.id, context={"form": form}, site=visit.location,
            ),
        )  # fmt: skip
        made += len(started)
    return made


def _unanswered(session: Session) -> list[tuple[Appointment, str]]:
    """(visit, form), soonest first: the program that sent the form is over, and the patient has not filled it in since."""
    at = now(session)
    answered = exists().where(
        FormAnswer.org_id == FormLink.org_id,
        FormAnswer.patient_id == FormLink.patient_id,
        FormAnswer.form == FormLink.form,
        FormAnswer.answered_at >= FormLink.made_at,
    )
    rows = session.execute(
        select(Appointment, FormLink.form)
        .join(Enrollment, (Enrollment.org_id == Appointment.org_id) & (Enrollment.appointment_id == Appointment.id))
        .join(FormLink, (FormLink.org_id == Enrollment.org_id) & (FormLink.enrollment_id == Enrollment.id))
        .where(
            Appointment.org_id == org_of(session),
            Appointment.status == "booked",
            Appointment.start_at.between(at + SOON, at + FAR),
            Enrollment.state == "ended",
            Enrollment.outcome.in_(OVER),
            Enrollment.source != SOURCE,
            FormLink.form.in_(NEEDED),
            FormLink.made_at <= at - PATIENCE,
            ~answered,
        )
        .order_by(Appointment.start_at, Appointment.id)
        .limit(MOST)
    )
    return list(dict.fromkeys((visit, form) for visit, form in rows))
