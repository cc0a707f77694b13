"""How many patients can be texted, and why the others cannot: "1,240 patients, 310 textable"."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of

WORDS = {
    "textable": "can be texted",
    "not_contactable": "not to be contacted (dead, inactive, admitted or do-not-contact)",
    "no_number": "no number on file",
    "not_textable": "the number cannot get texts",
    "wrong_number": "the number is somebody else's",
    "opted_out": "stopped texts",
    "no_consent": "no consent on file",
}
COUNT = text(
    """
    WITH best AS (
        SELECT DISTINCT ON (pn.patient_id) pn.patient_id, n.id, n.textable
        FROM patient_numbers pn JOIN phone_numbers n ON n.org_id = pn.org_id AND n.id = pn.number_id
        WHERE pn.org_id = :org ORDER BY pn.patient_id, n.textable = 'no', pn.rank, n.id
    ), stopped AS (
        SELECT number_id, bool_or(source = 'wrong_number') AS wrong FROM suppressions
        WHERE org_id = :org AND lifted_at IS NULL AND (scope = 'all' OR scope = :class) GROUP BY number_id
    ), agreed AS (
        SELECT DISTINCT number_id FROM consents
        WHERE org_id = :org AND withdrawn_at IS NULL AND (:class = 'care' OR (consent_class = :class AND written))
          AND (consent_class <> 'marketing' OR written)
    )
    SELECT CASE
        WHEN p.deceased OR p.admitted OR p.do_not_contact OR NOT p.active THEN 'not_contactable'
        WHEN b.id IS NULL THEN 'no_number'
        WHEN b.textable = 'no' THEN 'not_textable'
        WHEN s.wrong THEN 'wrong_number'
        WHEN s.number_id IS NOT NULL THEN 'opted_out'
        WHEN a.number_id IS NULL THEN 'no_consent'
        ELSE 'textable' END AS why, count(*) AS patients
    FROM patients p
    LEFT JOIN best b ON b.patient_id = p.id
    LEFT JOIN stopped s ON s.number_id = b.id
    LEFT JOIN agreed a ON a.number_id = b.id
    WHERE p.org_id = :org AND (:everybody OR p.id = ANY(CAST(:ids AS uuid[])))
    GROUP BY 1
    """
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """`counts`: patients by the first reason that stands against a text; "textable" without one."""

    counts: dict[str, int]

    @property
    def patients(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def textable(self) -> int:
        """Those who can be texted."""
        return self.counts.get("textable", 0)

    @property
    def lines(self) -> list[str]:
        """What a manager reads before a first launch; a small organisation's zeros are left out."""
        head = f"{self.patients:,} patients, {self.textable:,} textable."
        rest = [
            f"{self.counts[why]:,}: {words}"
            for why, words in WORDS.items()
            if why != "textable" and self.counts.get(why)
        ]
        return [head, *rest]


def of(session: Session, *, patients: Sequence[UUID] | None = None, consent_class: str = "care") -> Coverage:
    """Count all patients, or these, by whether texts of this class may go to their best number; one statement."""
    where = {"org": org_of(session), "class": consent_class, "everybody": patients is None, "ids": list(patients or ())}
    return Coverage({row.why: row.patients for row in session.execute(COUNT, where)})
