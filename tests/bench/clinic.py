"""Half a year of a large clinic, as rows: so many enrollments, five texts each, visits, replies and cases."""

from datetime import datetime

import psycopg

TEXTS_EACH = 5
SHAPE = """
    CREATE TEMP TABLE b AS
    SELECT i, uuidv7() AS patient, uuidv7() AS number, uuidv7() AS run, uuidv7() AS visit, uuidv7() AS later, uuidv7() AS trigger,
        uuidv7() AS asked, uuidv7() AS matter, (SELECT org_id FROM organisations) AS org, p.id AS program, p.live_version_id AS version,
        p.code, %(now)s - make_interval(secs => 182 * 86400.0 * (1 - i::float / %(count)s)) AS started, random() AS luck, random() AS fate
    FROM generate_series(1, %(count)s) AS i
    JOIN LATERAL (SELECT * FROM programs ORDER BY code OFFSET i %% 5 LIMIT 1) p ON true
"""
# In the order of time, as they would have come. The rows as the app would have left them, without their secrets: no figure opens one.
ROWS = (
    """INSERT INTO patients (org_id, id, ehr_id, given, family, birth_year, language, zip3, state)
       SELECT org, patient, 'b' || i, '', '', 1930 + i % 80, CASE WHEN i % 5 = 0 THEN 'es' ELSE 'en' END,
              '6' || lpad((i % 20)::text, 2, '0'), 'IL' FROM b""",
    "INSERT INTO phone_numbers (org_id, id, e164_hash, e164) SELECT org, number, sha256(i::text::bytea), '' FROM b",
    """INSERT INTO appointments (org_id, id, ehr_id, patient_id, status, start_at, ehr_updated_at, location)
       SELECT org, visit, 'v' || i, patient, CASE WHEN luck < 0.6 THEN 'noshow' ELSE 'fulfilled' END, started - interval '1 hour', started,
              'loc-main' FROM b""",
    """INSERT INTO appointments (org_id, id, ehr_id, patient_id, status, start_at, ehr_updated_at, location)
       SELECT org, later, 'w' || i, patient, 'fulfilled', started + interval '9 days', started + interval '9 days', 'loc-main'
       FROM b WHERE luck < 0.4""",
    """INSERT INTO trigger_events (org_id, id, source, external_id, kind, occurred_at, received_at, owner, patient_id,
                                   appointment_id, verdict)
       SELECT org, trigger, 'ehr', 't' || i,
              CASE code WHEN 'no_show' THEN 'appointment.noshow' WHEN 'discharge' THEN 'encounter.discharged' ELSE 'appointment.booked' END,
              started, started, 'ehr', patient, visit, 'enrolled' FROM b""",
    """INSERT INTO trigger_events (org_id, source, external_id, kind, occurred_at, received_at, owner, patient_id, appointment_id, verdict)
       SELECT org, 'ehr', 'u' || i, 'appointment.booked', started + interval '2 days', started + interval '2 days', 'ehr', patient, later,
              'no_program' FROM b WHERE luck < 0.4""",
    """INSERT INTO enrollments (org_id, id, program_id, version_id, patient_id, number_id, appointment_id, trigger_event_id, state, owner,
                                source, segment, started_at, ended_at, outcome, run_no)
       SELECT org, run, program, version, patient, number, CASE WHEN code <> 'discharge' THEN visit END, trigger,
              CASE WHEN luck < 0.8 THEN 'ended' ELSE 'waiting' END, 'ehr', CASE WHEN i % 3 = 0 THEN 'crm' ELSE 'ehr' END,
              'segment_' || i % 4, started, CASE WHEN luck < 0.8 THEN started + interval '6 days' END,
              CASE WHEN luck < 0.4 THEN 'booked' WHEN luck < 0.6 THEN 'unreachable' WHEN luck < 0.8 THEN 'completed' END,
              CASE WHEN i <= 100 THEN i END FROM b""",
    """INSERT INTO messages (org_id, id, number_id, patient_id, enrollment_id, direction, purpose, dedupe_key, step, body, state,
                             created_at, sent_at, state_at)
       SELECT org, CASE WHEN n = 0 THEN asked ELSE uuidv7() END, number, patient, run, CASE WHEN n = 0 THEN 'in' ELSE 'out' END,
              CASE WHEN n = 0 THEN 'inbound' ELSE 'program' END, 'm' || i || ':' || n, CASE WHEN n > 0 THEN 'step_' || n END, '',
              CASE WHEN n = 0 THEN 'received' WHEN fate < 0.05 THEN 'undelivered' WHEN fate < 0.07 THEN 'refused' ELSE 'delivered' END,
              started + make_interval(hours => n * 30), CASE WHEN n > 0 AND fate NOT BETWEEN 0.05 AND 0.07
              THEN started + make_interval(hours => n * 30) END, started + make_interval(hours => n * 30)
       FROM b, generate_series(0, %(texts)s - 1) AS n ORDER BY started + make_interval(hours => n * 30)""",
    """INSERT INTO readings (org_id, message_id, engine, context, intents, urgency, confidence, review, opt_out, score,
                             choice, evidence, read_at)
       SELECT org, asked, '1', CASE code WHEN 'survey' THEN 'survey_0_10' WHEN 'discharge' THEN 'instruction_check' END, '["ready"]',
              'none', 1, false, fate > 0.97, CASE WHEN code = 'survey' THEN i % 11 END, NULL, '', started FROM b""",
    """INSERT INTO enrollment_steps (org_id, enrollment_id, step, entered_at)
       SELECT org, run, 'step_' || n, started FROM b, generate_series(1, 2) AS n""",
    """INSERT INTO cases (org_id, id, dedupe_key, kind, priority, reason, team_id, state, enrollment_id, patient_id, opened_at, due_at,
                          claimed_at, closed_at, disposition)
       SELECT org, matter, 'c' || i, CASE WHEN i % 9 = 0 THEN 'clinical' ELSE 'reschedule' END, 'normal', 'reply',
              (SELECT id FROM teams WHERE code = 'patient_access'), 'closed', run, patient, started + interval '1 day',
              started + interval '2 days', started + interval '25 hours', started + interval '30 hours',
              'booked' FROM b WHERE fate < 0.3""",
    """INSERT INTO case_events (org_id, case_id, at, what, detail)
       SELECT org, matter, started + make_interval(hours => 24 + n, mins => (fate * 600)::int),
              (ARRAY['opened', 'claimed', 'call_logged', 'closed'])[n + 1],
              CASE n WHEN 2 THEN 'reached' END FROM b, generate_series(0, 3) AS n WHERE fate < 0.3 AND (n < 3 OR i % 50 > 0)""",
)  # fmt: skip


def fill(superuser_url: str, count: int, *, until: datetime) -> None:
    """Foreign keys hold by construction, so that they are not looked up."""
    with psycopg.connect(superuser_url, autocommit=True) as link:
        link.execute("SET session_replication_role = replica")
        link.execute(SHAPE.encode(), {"now": until, "count": count})
        for rows in ROWS:
            link.execute(rows.replace("%(texts)s", str(TEXTS_EACH)).encode())
        link.execute("VACUUM ANALYZE")


def forget_unsealed(superuser_url: str) -> None:
    """Take away what was written here instead of sealed words, which nobody could open."""
    with psycopg.connect(superuser_url, autocommit=True) as link:
        link.execute("SET session_replication_role = replica")
        for table, column in (
            ("readings", "evidence"),
            ("messages", "body"),
            ("phone_numbers", "e164"),
            ("patients", "given"),
        ):
            link.execute(f"DELETE FROM {table} WHERE {column} = ''")
