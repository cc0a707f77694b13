"""When the next text of an enrollment may leave, and which of the overlapping rules sets that time (N12)."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import new_id, now, org_of
from storage.tables import Enrollment, Message, PhoneNumber
from workflows import gate, judging, windows
from workflows.gate import Verdict

WORDS = {
    "gate.open": "nothing stands against it",
    "suppressed": "the patient stopped texts",
    "suppressed.marketing": "the patient stopped texts of this kind",
    "number.quarantined": "the number is somebody else's",
    "number.not_textable": "the number cannot get texts",
    "patient.not_to_be_contacted": "the patient is not to be contacted now",
    "consent.none": "no consent to texts is on file",
    "consent.marketing": "no written consent to texts of this kind is on file",
    "channel.not_allowed": "the organisation or the program does not allow texts",
    "preference.channel": "the patient asked for another way",
    "privacy.sender": "a sensitive matter, and no neutral sender name is set",
    "provider.ails": "the text provider does not answer",
    "cap.day": "one text a day to one number",
    "cap.week": "three texts in seven days to one number",
    "cap.state": "the state's limit of contacts in 24 hours",
    "window.T1.federal": "8 am to 9 pm where the patient is",
    "window.T1.hours": "our own hours",
    "window.T1.sunday": "Sunday",
    "window.T1.holiday": "a holiday",
    "window.T3.every_us_zone": "no place is known: open in every US zone",
    "window.patient": "the hours the patient asked for",
    "window.closing": "the window closes in a moment",
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """`at`: the next instant (UTC) a program text may leave, None when none may; `rule` decided it, in the patient's `zone`."""

    at: datetime | None
    rule: str
    zone: str

    @property
    def words(self) -> str:
        """One line for staff: when, and why not earlier."""
        why = WORDS.get(self.rule) or (
            f"the law of {self.rule[-2:]}" if self.rule.startswith("window.T2.") else self.rule
        )
        if self.at is None:
            return f"Next text: none. {why} ({self.rule})"
        if self.rule == "gate.open":
            return "Next text: may leave now."
        local = self.at.astimezone(ZoneInfo(self.zone))
        clock = f"{local:%a %b} {local.day}, {local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"
        return f"Next text: {clock} at the patient's. {why} ({self.rule})"


def of_enrollment(session: Session, enrollment_id: UUID) -> Outlook | None:
    """Asks the gate as if the enrollment's next text were due now; None when it has ended or has no number to text."""
    row = session.scalar(select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id == enrollment_id))
    if row is None or row.number_id is None or row.state == "ended":
        return None
    number = session.scalars(
        select(PhoneNumber).where(PhoneNumber.org_id == row.org_id, PhoneNumber.id == row.number_id)
    ).one()
    text = Message(
        org_id=row.org_id, id=new_id(session), number_id=number.id, patient_id=row.patient_id, enrollment_id=row.id,
        direction="out", channel="sms", purpose="program", step=row.step, state="planned",
    )  # fmt: skip
    batch = judging.around(session, {text.id: text}, {number.id: number})
    asked = replace(judging.question(session, text, batch), step_is_current=True, ehr_limit_s=None)
    answer = gate.ask(asked)
    at = now(session) if answer.verdict is Verdict.SEND else answer.until
    return Outlook(at, answer.rule, windows.zones(asked.where)[0])
