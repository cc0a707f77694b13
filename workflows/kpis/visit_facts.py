"""Visits that were due, and those that were missed with what became of them (docs/kpis.md, no-show rate and S112).

- Due: it came to its time; not those cancelled at least 24 hours ahead (by the EHR's last change; where that is unknown they are taken
  as ahead), nor those that never were a visit. One moved to another time is due then.
- Missed: the EHR says so, and the clinic had not called it off itself. Eligible: no later visit was booked when it was missed.
- Rebooked: a later visit booked within 14 days. Recovered: a later visit attended within 60 days. Closed: its run ended within 60 days,
  however. Windows run from the missed visit's time, by the organisation's wall clock.
- Groups are its run's (for what was due the run that reminded of it, for what was missed the run that the miss began); language, age and
  area are the patient's anyway, the site the visit's.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import org_of
from storage.tables import KpiVisit
from workflows import local_days
from workflows.kpis.enrollment_facts import ATTENDED, BOOKED, NO_VISIT
from workflows.kpis.written import AREA, Changed, Facts, age_band

FACTS = Facts(KpiVisit, ("appointment_id", "what"), "appointment_id", ("day",))
ROWS = """
    runs AS (
        SELECT DISTINCT ON (e.appointment_id, t.kind) e.appointment_id, t.kind, e.id, e.outcome AS ended_as, e.ended_at
        FROM enrollments e JOIN trigger_events t ON t.org_id = :org AND t.id = e.trigger_event_id
        LEFT JOIN kpi_enrollments k ON k.org_id = :org AND k.enrollment_id = e.id
        WHERE e.org_id = :org AND e.appointment_id IN (SELECT id FROM visits) AND t.kind IN ('appointment.booked', 'appointment.noshow')
        ORDER BY e.appointment_id, t.kind, k.counted DESC NULLS LAST, e.started_at DESC, e.id DESC
    ),
    called_off AS (
        SELECT DISTINCT a.id FROM appointments a
        JOIN disruptions d ON d.org_id = :org AND d.approved_at IS NOT NULL AND d.key IN (a.practitioner, a.location)
            AND d.day = (a.start_at AT TIME ZONE :zone)::date
        WHERE a.org_id = :org AND a.status = 'noshow' AND a.id IN (SELECT id FROM visits)
    ),
    missed AS MATERIALIZED (
        SELECT v.*, (v.start_at AT TIME ZONE :zone + interval '14 days') AT TIME ZONE :zone AS by_14d,
            (v.start_at AT TIME ZONE :zone + interval '60 days') AT TIME ZONE :zone AS by_60d
        FROM visits v WHERE v.status = 'noshow' AND NOT EXISTS (SELECT 1 FROM called_off c WHERE c.id = v.id)
    ),
    later AS (
        SELECT a.id,
            bool_or(v.booked_at <= a.start_at AND NOT (v.status = 'cancelled' AND coalesce(v.ehr_updated_at <= a.start_at, false)))
                AS had_one,
            bool_or(v.booked_at > a.start_at AND v.booked_at <= a.by_14d) AS rebooked,
            bool_or(v.status IN {attended} AND v.start_at <= a.by_60d) AS recovered
        FROM missed a JOIN visits v ON v.patient_id = a.patient_id AND v.id <> a.id AND v.start_at > a.start_at
        GROUP BY a.id
    ),
    counted_visits AS (
        SELECT v.id, v.patient_id, v.start_at, 'due' AS what, 'appointment.booked' AS kind, m.id IS NOT NULL AS no_show,
            false AS eligible, false AS rebooked, false AS recovered, NULL::timestamptz AS by_60d
        FROM visits v LEFT JOIN missed m ON m.id = v.id
        WHERE NOT (v.status = 'cancelled' AND coalesce(v.ehr_updated_at <= v.start_at - interval '24 hours', true))
            AND NOT EXISTS (SELECT 1 FROM called_off c WHERE c.id = v.id)
        UNION ALL
        SELECT m.id, m.patient_id, m.start_at, 'missed', 'appointment.noshow', true, NOT coalesce(l.had_one, false),
            coalesce(l.rebooked, false), coalesce(l.recovered, false), m.by_60d
        FROM missed m LEFT JOIN later l ON l.id = m.id
    ),
    facts AS (
        SELECT CAST(:org AS uuid) AS org_id, v.id AS appointment_id, v.what, v.patient_id, k.enrollment_id,
            (v.start_at AT TIME ZONE :zone)::date AS day, v.start_at, v.no_show, v.eligible, v.rebooked, v.recovered,
            coalesce(r.ended_as IS NOT NULL AND r.ended_at <= v.by_60d, false) AS closed,
            coalesce(k.counted, true) AS counted, coalesce(k.program, 'none') AS program, coalesce(k.phase, 'none') AS phase,
            coalesce(k.source, 'none') AS source, coalesce(k.cohort, 'none') AS cohort, coalesce(k.segment, 'none') AS segment,
            coalesce(k.payer, 'none') AS payer, coalesce(k.owner, 'none') AS owner, coalesce(k.outcome, 'none') AS outcome,
            coalesce(k.wording, 'none') AS wording, coalesce(l.name, k.site, 'none') AS site, n.language,
            {age} AS age, {area} AS area
        FROM counted_visits v
        JOIN patients n ON n.org_id = :org AND n.id = v.patient_id
        JOIN appointments a ON a.org_id = :org AND a.id = v.id
        LEFT JOIN sites l ON l.org_id = :org AND l.ehr_id = a.location
        LEFT JOIN runs r ON r.appointment_id = v.id AND r.kind = v.kind
        LEFT JOIN kpi_enrollments k ON k.org_id = :org AND k.enrollment_id = r.id
    )
"""


def put(session: Session, patients: Sequence[UUID]) -> Changed:
    """Write the facts of these patients' visits, after their enrollments' were written."""
    said = {"org": org_of(session), "zone": local_days.zone(session).key, "patients": literal(patients)}
    return FACTS.put(session, statement(), said)


def statement() -> str:
    """The WITH that ends in `facts`."""
    words = {
        "scope": "a.patient_id = ANY(CAST(:patients AS uuid[]))",
        "attended": ATTENDED, "no_visit": NO_VISIT, "age": age_band("n.birth_year", "(v.start_at AT TIME ZONE :zone)"),
        "area": AREA,
    }  # fmt: skip
    found = f"WITH {BOOKED}, {ROWS}"
    for name, value in words.items():
        found = found.replace(f"{{{name}}}", value)
    return found
