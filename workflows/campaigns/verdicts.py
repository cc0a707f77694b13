"""Who of a frozen cohort may be contacted, and of the others the first reason why not: one statement, however many they are.

"call" is for a language without an approved text: nothing is sent in another one, an interpreter calls (P8).
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Campaign
from workflows import sending_rules
from workflows.programs.model import Program

JUDGE = text(
    """
    WITH who AS MATERIALIZED (
        SELECT patient_id FROM campaign_members
        WHERE org_id = :org AND campaign_id = :campaign AND verdict <> 'excluded' AND enrollment_id IS NULL
    ), stopped AS (
        SELECT number_id, bool_or(source = 'wrong_number') AS wrong, bool_or(scope <> 'marketing' OR :marketing) AS stops
        FROM suppressions WHERE org_id = :org AND channel_class LIKE 'text%' AND lifted_at IS NULL GROUP BY number_id
    ), agreed AS (
        SELECT number_id, bool_or(consent_class = 'marketing') AS marketing
        FROM consents WHERE org_id = :org AND withdrawn_at IS NULL AND (consent_class <> 'marketing' OR written) GROUP BY number_id
    ), reach AS (
        SELECT DISTINCT ON (found.patient_id) * FROM (
            SELECT w.patient_id, n.id AS number_id, pn.rank,
                CASE WHEN s.wrong THEN 'number.wrong'
                     WHEN s.stops THEN 'number.opted_out'
                     WHEN n.textable = 'no' THEN 'number.not_textable'
                     WHEN c.number_id IS NULL THEN 'consent.none'
                     WHEN :marketing AND NOT c.marketing THEN 'consent.marketing' END AS problem
            FROM who w
            JOIN patient_numbers pn ON pn.org_id = :org AND pn.patient_id = w.patient_id
            JOIN phone_numbers n ON n.org_id = :org AND n.id = pn.number_id
            LEFT JOIN stopped s ON s.number_id = n.id
            LEFT JOIN agreed c ON c.number_id = n.id
        ) found
        ORDER BY found.patient_id, (found.problem IS NULL) DESC, found.rank, found.number_id
    ), judged AS (
        SELECT w.patient_id, r.number_id, CASE
            WHEN p.deceased THEN 'patient.deceased'
            WHEN p.admitted THEN 'patient.admitted'
            WHEN p.hospice THEN 'patient.hospice'
            WHEN p.do_not_contact THEN 'patient.do_not_contact'
            WHEN NOT p.active THEN 'patient.inactive'
            WHEN :telling AND (:sensitive OR jsonb_array_length(p.sensitive) > 0) THEN 'patient.sensitive'
            WHEN w.patient_id IN (SELECT patient_id FROM enrollments
                WHERE org_id = :org AND program_id = :program AND state <> 'ended') THEN 'program.live'
            WHEN w.patient_id IN (SELECT patient_id FROM enrollments
                WHERE org_id = :org AND program_id = :program AND started_at > :since) THEN 'program.recent'
            WHEN w.patient_id IN (SELECT m.patient_id FROM campaign_members m
                JOIN campaigns k ON k.org_id = m.org_id AND k.id = m.campaign_id
                WHERE m.org_id = :org AND m.holdout AND k.series_id = :series AND k.id <> :campaign
                  AND k.launched_at > :since) THEN 'series.holdout'
            WHEN :books AND w.patient_id IN (SELECT patient_id FROM appointments
                WHERE org_id = :org AND status = 'booked' AND start_at > :now) THEN 'visit.booked'
            WHEN r.number_id IS NULL THEN 'number.none'
            WHEN r.problem IS NOT NULL THEN r.problem
            WHEN w.patient_id IN (SELECT patient_id FROM enrollments
                WHERE org_id = :org AND program_id <> :program AND state IN ('waiting', 'paused') AND step IS NOT NULL
                UNION SELECT patient_id FROM cases WHERE org_id = :org AND state <> 'closed' AND patient_id IS NOT NULL)
                THEN 'question.open'
            WHEN NOT lower(split_part(replace(p.language, '_', '-'), '-', 1)) = ANY(CAST(:languages AS text[]))
                THEN 'language.no_text' END AS reason
        FROM who w
        JOIN patients p ON p.org_id = :org AND p.id = w.patient_id
        LEFT JOIN reach r ON r.patient_id = w.patient_id
    )
    UPDATE campaign_members m SET number_id = j.number_id, reason = j.reason,
        wave = CASE WHEN j.reason IS NULL OR j.reason = 'language.no_text' THEN m.wave END,
        verdict = CASE WHEN j.reason IS NULL THEN 'eligible' WHEN j.reason = 'language.no_text' THEN 'call' ELSE 'excluded' END
    FROM judged j
    WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.patient_id = j.patient_id
      AND (m.verdict, m.reason, m.number_id) IS DISTINCT FROM
          (CASE WHEN j.reason IS NULL THEN 'eligible' WHEN j.reason = 'language.no_text' THEN 'call' ELSE 'excluded' END,
           j.reason, j.number_id)
    """
)


def judge(session: Session, campaign: Campaign, program: Program, *, languages: list[str]) -> None:
    """Set verdict, reason and number of every member not excluded or enrolled yet. At the launch it is asked again.

    Who was in the program within the campaign's re-entry days is not asked again. `languages` have approved texts.
    """
    session.execute(
        JUDGE,
        {
            "org": org_of(session),
            "campaign": campaign.id,
            "program": campaign.program_id,
            "series": campaign.series_id or campaign.id,
            "languages": languages,
            "books": program.goal.appointment == "booked",
            "marketing": program.consent == "marketing",
            "sensitive": bool(program.sensitive),
            "telling": sending_rules.of(session).neutral_sender is None,
            "now": now(session),
            "since": now(session) - timedelta(days=campaign.re_entry_days),
        },
    )


def freeze(session: Session, campaign_id: UUID, run_id: UUID) -> int:
    """Copy who is in a cohort's run as members without a verdict; how many. What was frozen before is dropped."""
    where = {"org": org_of(session), "campaign": campaign_id, "run": run_id}
    session.execute(text("DELETE FROM campaign_members WHERE org_id = :org AND campaign_id = :campaign"), where)
    done = session.execute(
        text(
            "INSERT INTO campaign_members (org_id, campaign_id, patient_id, verdict) "
            "SELECT org_id, :campaign, patient_id, 'unasked' FROM cohort_members "
            "WHERE org_id = :org AND run_id = :run AND verdict = 'in'"
        ),
        where,
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult
