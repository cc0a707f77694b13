"""One row an enrollment with all that its KPIs ask of it (docs/kpis.md). Only rows decide: messages, readings, cases, calls, forms.

What each flag means, to the letter of the definitions:
- Windows run from where the version it runs on says (`measure` in its file): the enrollment's start, or the first text that left. Without
  any text the latter is its end, and while it goes on it has neither day nor flags yet. 72 hours are elapsed; 7 days and the long window
  (30, or what the version says) go by the organisation's wall clock. Their last moment is in.
- What came in before the first text, where windows begin with it, is no answer to us: it counts nowhere. A live call always reaches.
- Reached (S113): an inbound text or form, a call logged as reached or as theirs, an attempt that spoke. Texts from a number that is marked
  wrong within the long window, or that say so, are nobody's; whoever fills in a form has said the year of birth.
- Delivered: a text sent within 7 days whose final status is delivered, however late the provider said so.
- Replied (S108): delivered, and a text within 7 days that does not ask to stop; a form handed in is no reply.
- Completed (S109): ended within the long window with an outcome the program is for. Stopped first: by the EHR before any text had left.
- Untouched: ended, and no case for a person within the long window. Practice, approvals, our own alerts and reviews of a pilot are not work
  for a patient.
- Surveys (S110, S111): asked by a delivered text; an answer is a text to that question that does not ask to stop, or its form; complete
  with the score. Low: six of ten or less, or words a clinician must read.
- Understanding (S115): asked by a delivered text; of those reached within 7 days of it, who said that all is clear and asked nothing after.
- Follow-up (S114): due when the discharge says (`due_at`), else on the day of the first visit booked by then; attended up to that day.
- Phases (S121): runs 1 to 50 and 51 to 100 of a pilot; steady, but for the first hundred runs within four weeks of a change of the routing
  rules, which are of no phase.
- A duplicate is a run of the same program for the same visit or campaign (then: and patient) that began while another one ran: two charts
  that turned out to be one person's.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import org_of
from storage.tables import KpiEnrollment
from workflows import local_days
from workflows.heard import FLAGGED
from workflows.inbound import LOW_SCORE
from workflows.kpis import terms
from workflows.kpis.written import AREA, Changed, Facts, age_band

FACTS = Facts(KpiEnrollment, ("enrollment_id",), "enrollment_id", ("day", "asked_day", "follow_up_day"))
NO_WORK = ("practice", "approval", "system_alert", "pilot_review")
"""Kinds of cases that are no work for a patient."""

ARRIVED = "('delivered', 'read')"
GONE = "('sending', 'unknown', 'accepted', 'sent', 'presumed_sent', 'delivered', 'undelivered', 'failed', 'read')"
ATTENDED = "('arrived', 'checked-in', 'fulfilled')"
NO_VISIT = "('waitlist', 'proposed', 'pending', 'entered-in-error')"
CLASS = """CASE c.kind WHEN 'red_flag' THEN 'red_flag' WHEN 'clinical' THEN 'clinical' WHEN 'low_score' THEN 'low_score'
    WHEN 'reschedule' THEN 'reschedule' WHEN 'ready_to_schedule' THEN 'reschedule' ELSE 'admin' END"""
CLASSES = ("red_flag", "clinical", "low_score", "reschedule", "admin")

BOOKED = """
    of_them AS MATERIALIZED (
        SELECT a.id, a.patient_id, a.status, a.start_at, a.ehr_updated_at FROM appointments a
        WHERE a.org_id = :org AND a.start_at IS NOT NULL AND a.status NOT IN {no_visit} AND {scope}
    ),
    booked AS (
        SELECT t.appointment_id, min(t.received_at) AS at FROM of_them v
        JOIN trigger_events t ON t.org_id = :org AND t.appointment_id = v.id AND t.kind = 'appointment.booked' GROUP BY 1
    ),
    visits AS MATERIALIZED (
        SELECT v.*, coalesce(b.at, v.ehr_updated_at, v.start_at) AS booked_at
        FROM of_them v LEFT JOIN booked b ON b.appointment_id = v.id
    )
"""
"""Visits with when they were booked: as we heard it first; else by its last change in the EHR, at the latest when it began."""

MINE = """
    mine AS MATERIALIZED (
        SELECT e.*, t.kind AS trigger_kind, t.context, t.occurred_at,
            (e.began AT TIME ZONE :zone)::date AS day,
            e.began + interval '72 hours' AS by_72h,
            (e.began AT TIME ZONE :zone + interval '7 days') AT TIME ZONE :zone AS by_7d,
            (e.began AT TIME ZONE :zone + make_interval(days => e.long_days)) AT TIME ZONE :zone AS by_long,
            CASE WHEN e.from_text THEN e.began ELSE '-infinity' END AS heard_from
        FROM (
            SELECT e.id, e.patient_id, e.version_id, e.number_id, e.program_id, e.site_id, e.campaign_id, e.source, e.segment, e.outcome,
                e.holdout, e.run_no, e.started_at, e.ended_at, e.trigger_event_id, v.from_text, v.long_days,
                coalesce('a' || e.appointment_id, 'c' || e.campaign_id || e.patient_id) AS same,
                CASE WHEN v.from_text THEN coalesce({first_text}, e.ended_at) ELSE e.started_at END AS began
            FROM enrollments e JOIN terms v ON v.id = e.version_id
            WHERE e.org_id = :org AND {scope}
            OFFSET 0
        ) e
        LEFT JOIN trigger_events t ON t.org_id = :org AND t.id = e.trigger_event_id
    )
"""
"""`began`: where its windows begin. OFFSET keeps that one look a run at its texts, whatever is computed from it."""
FIRST_TEXT = f"""(
    SELECT min(m.sent_at) FROM messages m
    WHERE m.org_id = :org AND m.enrollment_id = e.id AND m.direction = 'out' AND m.state IN {GONE}
)"""  # noqa: S608 - a constant

SETTLING = """
    routings AS MATERIALIZED (SELECT at FROM audit WHERE org_id = :org AND action LIKE 'routing.%'),
    settling AS (
        SELECT id FROM (
            SELECT e.id, row_number() OVER (PARTITION BY e.program_id, c.at ORDER BY e.started_at, e.id) AS place
            FROM enrollments e CROSS JOIN LATERAL (SELECT max(r.at) AS at FROM routings r WHERE r.at <= e.started_at) c
            WHERE e.org_id = :org AND c.at > e.started_at - interval '4 weeks' AND EXISTS (SELECT 1 FROM routings)
        ) numbered WHERE place <= 100
    )
"""
"""Runs among the first hundred of their program, and in the first four weeks, after the routing rules had changed."""

TALKED = """
    wrong AS (
        SELECT number_id, min(since) AS since FROM suppressions
        WHERE org_id = :org AND source = 'wrong_number' AND lifted_at IS NULL GROUP BY 1
    ),
    said AS (
        SELECT e.id,
            bool_or(o AND m.state IN {arrived} AND m.sent_at <= e.by_7d) AS delivered,
            min(m.sent_at) FILTER (WHERE o AND m.state IN {gone}) AS first_sent,
            min(m.created_at) FILTER (WHERE i AND w.number_id IS NULL AND e.outcome IS DISTINCT FROM 'wrong_number'
                AND NOT coalesce(r.intents ? 'wrong_number', false)) AS reached_at,
            bool_or(i AND m.channel <> 'form' AND NOT coalesce(r.opt_out, false) AND m.created_at <= e.by_7d) AS replied,
            bool_or(i AND m.created_at <= e.by_long) AS inbound,
            bool_or(o AND a.what = 'survey' AND m.state IN {arrived} AND m.sent_at <= e.by_7d) AS surveyed,
            bool_or(i AND r.context = 'survey_0_10' AND NOT r.opt_out AND m.created_at <= e.by_7d) AS answered,
            bool_or(i AND r.context = 'survey_0_10' AND NOT r.opt_out AND r.score IS NOT NULL AND m.created_at <= e.by_7d) AS scored,
            bool_or(i AND m.created_at <= e.by_7d AND (r.urgency = ANY(:flagged)
                OR (r.context = 'survey_0_10' AND NOT r.opt_out AND r.score <= :low))) AS low,
            min(m.sent_at) FILTER (WHERE o AND a.what = 'instructions' AND m.state IN {arrived}) AS asked_at,
            min(m.created_at) FILTER (WHERE i AND r.context = 'instruction_check' AND (r.choice = 1 OR r.intents ? 'understood'))
                AS understood_at,
            array_agg(m.created_at) FILTER (WHERE i AND r.intents ?| ARRAY['not_understood', 'question']) AS questions
        FROM mine e
        JOIN messages m ON m.org_id = :org AND m.enrollment_id = e.id
        CROSS JOIN LATERAL (SELECT m.direction = 'out' AS o, m.direction = 'in' AND m.created_at >= e.heard_from AS i) d
        LEFT JOIN readings r ON r.org_id = :org AND r.message_id = m.id
        LEFT JOIN asks a ON a.id = e.version_id AND a.step = m.step
        LEFT JOIN wrong w ON w.number_id = m.number_id AND w.since <= e.by_long
        GROUP BY e.id
    ),
    handed_in AS (
        SELECT e.id, min(f.answered_at) AS at, bool_or(f.form = 'survey' AND f.answered_at <= e.by_7d) AS answered,
            bool_or(f.form = 'survey' AND f.answered_at <= e.by_7d AND f.coded ? 'score') AS scored,
            bool_or(f.form = 'survey' AND f.answered_at <= e.by_7d AND (f.coded ->> 'score')::numeric <= :low) AS low
        FROM mine e JOIN form_answers f ON f.org_id = :org AND f.enrollment_id = e.id AND f.answered_at >= e.heard_from
        GROUP BY e.id
    ),
    spoken AS (
        SELECT id, min(at) AS at FROM (
            SELECT c.enrollment_id AS id, v.at FROM case_events v JOIN cases c ON c.org_id = :org AND c.id = v.case_id
            WHERE v.org_id = :org AND v.what = 'call_logged' AND (v.detail = 'reached' OR v.detail LIKE 'they_called%')
            UNION ALL
            SELECT k.enrollment_id, t.at FROM contact_attempts t JOIN contact_clocks k ON k.org_id = :org AND k.id = t.clock_id
            WHERE t.org_id = :org AND t.result = 'spoke'
        ) calls WHERE id IS NOT NULL GROUP BY id
    ),
    work AS (
        SELECT e.id, array_agg(DISTINCT {of_class} ORDER BY {of_class}) AS classes
        FROM mine e JOIN cases c ON c.org_id = :org AND c.enrollment_id = e.id
        WHERE c.kind <> ALL(:no_work) AND c.opened_at <= e.by_long
        GROUP BY e.id
    )
"""

FOLLOWED = """
    first_booked AS (
        SELECT e.id, min(v.start_at) AS at FROM mine e JOIN visits v ON v.patient_id = e.patient_id
        WHERE e.trigger_kind = 'encounter.discharged' AND v.start_at > e.occurred_at AND v.booked_at <= e.started_at
        GROUP BY e.id
    ),
    ordered AS (
        SELECT e.id, e.patient_id, e.occurred_at AS since,
            (CASE WHEN pg_input_is_valid(e.context ->> 'due_at', 'timestamptz') THEN (e.context ->> 'due_at')::timestamptz ELSE b.at END
             AT TIME ZONE :zone)::date AS day
        FROM mine e LEFT JOIN first_booked b ON b.id = e.id WHERE e.trigger_kind = 'encounter.discharged'
    ),
    attended AS (
        SELECT DISTINCT o.id FROM ordered o JOIN visits v ON v.patient_id = o.patient_id
        WHERE v.status IN {attended} AND v.start_at > o.since AND (v.start_at AT TIME ZONE :zone)::date <= o.day
    ),
    doubled AS (
        SELECT e.id FROM mine e
        WHERE e.same IS NOT NULL AND EXISTS (
            SELECT 1 FROM enrollments f
            WHERE f.org_id = :org AND f.program_id = e.program_id AND NOT f.holdout
              AND coalesce('a' || f.appointment_id, 'c' || f.campaign_id || f.patient_id) = e.same
              AND (f.started_at, f.id) < (e.started_at, e.id) AND coalesce(f.ended_at, 'infinity') > e.started_at)
    )
"""

ROWS = """
    facts AS (
        SELECT CAST(:org AS uuid) AS org_id, e.id AS enrollment_id, e.patient_id, e.day, e.long_days, e.started_at,
            least(s.reached_at, f.at, k.at) AS reached_at,
            coalesce(least(s.reached_at, f.at, k.at) <= e.by_72h, false) AS reached_72h,
            coalesce(least(s.reached_at, f.at, k.at) <= e.by_7d, false) AS reached,
            coalesce(s.delivered, false) AS delivered, coalesce(s.delivered AND s.replied, false) AS replied,
            coalesce(s.inbound, false) AS inbound,
            coalesce(e.outcome = 'stopped_by_ehr' AND (s.first_sent IS NULL OR s.first_sent > e.ended_at), false) AS stopped_first,
            coalesce(e.ended_at <= e.by_long, false) AS ended,
            coalesce(e.ended_at <= e.by_long AND EXISTS (
                SELECT 1 FROM goals g WHERE g.id = e.version_id AND g.outcome = e.outcome), false) AS completed,
            w.classes IS NOT NULL AS touched, coalesce(w.classes, '{}') AS classes,
            coalesce(s.surveyed, false) AS surveyed,
            coalesce(s.answered, false) OR coalesce(f.answered, false) AS survey_answered,
            coalesce(s.scored, false) OR coalesce(f.scored, false) AS survey_completed,
            coalesce(s.low, false) OR coalesce(f.low, false) AS survey_low,
            CASE WHEN least(s.reached_at, f.at, k.at) <= u.by THEN (s.asked_at AT TIME ZONE :zone)::date END AS asked_day,
            coalesce(s.understood_at BETWEEN s.asked_at AND u.by AND NOT EXISTS (
                SELECT 1 FROM unnest(s.questions) q WHERE q > s.understood_at AND q <= u.by), false) AS understood,
            o.day AS follow_up_day, a.id IS NOT NULL AS followed_up,
            NOT e.holdout AND e.source <> 'test' AND x.id IS NULL AS counted,
            p.code AS program,
            CASE WHEN e.run_no BETWEEN 1 AND 50 THEN 'pilot_1' WHEN e.run_no BETWEEN 51 AND 100 THEN 'pilot_2'
                WHEN z.id IS NOT NULL THEN 'none' ELSE 'steady' END AS phase,
            e.source, coalesce(h.code, 'none') AS cohort, coalesce(l.name, 'none') AS site,
            coalesce(e.segment, 'none') AS segment,
            coalesce(n.language, 'none') AS language, {age} AS age, coalesce(e.context ->> 'payer', 'none') AS payer,
            {area} AS area,
            coalesce(ct.code, t.team, 'none') AS owner, coalesce(e.outcome, 'running') AS outcome, coalesce(t.wording, 'none') AS wording
        FROM mine e
        JOIN programs p ON p.org_id = :org AND p.id = e.program_id
        JOIN patients n ON n.org_id = :org AND n.id = e.patient_id
        LEFT JOIN terms t ON t.id = e.version_id
        LEFT JOIN said s ON s.id = e.id
        CROSS JOIN LATERAL (SELECT (s.asked_at AT TIME ZONE :zone + interval '7 days') AT TIME ZONE :zone AS by) u
        LEFT JOIN handed_in f ON f.id = e.id
        LEFT JOIN spoken k ON k.id = e.id
        LEFT JOIN work w ON w.id = e.id
        LEFT JOIN ordered o ON o.id = e.id
        LEFT JOIN attended a ON a.id = e.id
        LEFT JOIN doubled x ON x.id = e.id
        LEFT JOIN settling z ON z.id = e.id
        LEFT JOIN sites l ON l.org_id = :org AND l.id = e.site_id
        LEFT JOIN campaigns c ON c.org_id = :org AND c.id = e.campaign_id
        LEFT JOIN cohorts h ON h.org_id = :org AND h.id = c.cohort_id
        LEFT JOIN teams ct ON ct.org_id = :org AND ct.id = c.team_id
    )
"""


def put(session: Session, patients: Sequence[UUID]) -> Changed:
    """Write the facts of these patients' enrollments, as the rows say now."""
    said: dict[str, Any] = terms.load(session) | {
        "org": org_of(session), "zone": local_days.zone(session).key, "low": LOW_SCORE,
        "flagged": sorted(urgency.value for urgency in FLAGGED), "no_work": list(NO_WORK), "patients": literal(patients),
    }  # fmt: skip
    return FACTS.put(session, statement(), said)


def statement() -> str:
    """The WITH that ends in `facts`."""
    words = {
        "arrived": ARRIVED, "gone": GONE, "attended": ATTENDED, "of_class": CLASS, "no_visit": NO_VISIT,
        "age": age_band("n.birth_year", "(e.started_at AT TIME ZONE :zone)"), "first_text": FIRST_TEXT,
        "area": AREA,
    }  # fmt: skip
    mine = MINE.replace("{scope}", "e.patient_id = ANY(CAST(:patients AS uuid[]))")
    visits = BOOKED.replace(
        "{scope}", "a.patient_id IN (SELECT patient_id FROM mine WHERE trigger_kind = 'encounter.discharged')"
    )
    found = f"WITH {terms.COLUMNS}, {mine}, {SETTLING}, {TALKED}, {visits}, {FOLLOWED}, {ROWS}"
    for name, value in words.items():
        found = found.replace(f"{{{name}}}", value)
    return found
