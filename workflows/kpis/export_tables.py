"""What `app.py facts` writes of patients: which rows of which tables, and what each column means. Nothing here names or quotes anybody."""

from workflows.kpis.export_columns import Column, Table, an_id, an_instant
from workflows.kpis.written import AREA, age_band

AGE_THEN, AGE_AT_VISIT = (
    f"NULLIF({age_band('p.birth_year', f'({at} AT TIME ZONE :zone)')}, 'none')" for at in ("e.started_at", "a.start_at")
)
OF_PATIENTS = (
    Table(
        "enrollments",
        "Patients' runs of programs.",
        (
            an_id("enrollment", "the run"),
            Column("program", "its program"),
            an_id("version", "the program's version, see programs.csv"),
            an_id("patient", "whose"),
            an_id("number", "the phone it writes to"),
            an_id("appointment", "the visit it is about"),
            an_id("booked_appointment", "the visit it led to"),
            an_id("campaign", "the campaign that began it"),
            an_id("event", "what began it"),
            Column("trigger", "what kind of thing that was"),
            an_instant("happened", "when that happened, as its source says"),
            Column("follow_up_due", "until when a discharge wants a follow-up visit, where its source says so"),
            Column("source", "which source"),
            Column("segment", "which segment, as the source says"),
            an_id("site", "the site"),
            Column("language", "the patient's language"),
            Column("age", "the patient's age band when it began; 80 or older is one"),
            Column("payer", "the payer's code, as the source says"),
            Column("run_no", "the how-manieth run of its pilot"),
            Column("holdout", "yes: not contacted on purpose"),
            Column("state", "active, waiting, paused, ended"),
            Column("outcome", "how it ended"),
            Column("score", "what a survey's patient gave, 0 to 10"),
            an_instant("started", "when it began: its cohort day"),
            an_instant("ended", "when it ended"),
            an_instant("quarantined", "when it was put aside because it could not go on"),
        ),
        f"""
        SELECT e.id, g.code, e.version_id, e.patient_id, e.number_id, e.appointment_id, e.booked_appointment_id, e.campaign_id,
            e.trigger_event_id, t.kind, t.occurred_at, t.context ->> 'due_at', e.source, e.segment, e.site_id, p.language, {AGE_THEN},
            t.context ->> 'payer', e.run_no, e.holdout, e.state, e.outcome, e.score, e.started_at, e.ended_at, e.quarantined_at
        FROM enrollments e
        JOIN programs g ON g.org_id = e.org_id AND g.id = e.program_id
        JOIN patients p ON p.org_id = e.org_id AND p.id = e.patient_id
        LEFT JOIN trigger_events t ON t.org_id = e.org_id AND t.id = e.trigger_event_id
        WHERE e.org_id = :org ORDER BY e.id
        """,  # noqa: S608 - a constant
    ),
    Table(
        "steps",
        "The steps that runs went through.",
        (
            an_id("enrollment", "the run"),
            Column("step", "the step"),
            an_instant("entered", "when it was entered"),
            an_instant("left", "when it was left"),
            Column("how", "by what"),
        ),
        "SELECT enrollment_id, step, entered_at, left_at, how FROM enrollment_steps WHERE org_id = :org ORDER BY id",
    ),
    Table(
        "messages",
        "Texts and forms, in and out, without their words.",
        (
            an_id("message", "the text"),
            an_id("enrollment", "the run it belongs to"),
            an_id("patient", "whose"),
            an_id("number", "the phone"),
            an_id("case", "the case it was written from"),
            Column("direction", "in or out"),
            Column("channel", "sms, form and so on"),
            Column("purpose", "program, safety, opt_out, answer, booking, staff; inbound for what came in"),
            Column("step", "the program's step that sent it"),
            Column("state", "its last status"),
            Column("accepted", "yes: the provider gave it an id, so it took it"),
            Column("rule", "the rule that held or refused it"),
            an_id("merged_into", "the one text of a household that said this one's matter too"),
            Column("language", "its language"),
            Column("segments", "what is paid for"),
            an_instant("created", "when it was planned, or came in"),
            an_instant("sent", "when it left"),
            an_instant("changed", "when its status changed last"),
        ),
        """
        SELECT id, enrollment_id, patient_id, number_id, case_id, direction, channel, purpose, step, state, provider_sid IS NOT NULL, rule,
            merged_into, language, segments, created_at, sent_at, state_at
        FROM messages WHERE org_id = :org ORDER BY id
        """,
    ),
    Table(
        "readings",
        "What replies were understood to mean, in codes.",
        (
            an_id("message", "the reply"),
            Column("context", "the kind of question it answers"),
            Column("intents", "what it means, with spaces between"),
            Column("urgency", "emergency, urgent, clinical, admin, none"),
            Column("opt_out", "yes: it asks for no more texts"),
            Column("score", "the score it gives"),
            Column("choice", "the digit it answers"),
            Column("objection", "what holds the patient back"),
            Column("next_step", "what the patient wants to happen"),
            Column("confidence", "how sure, 0 to 1"),
            Column("review", "yes: a person was to look at it"),
            an_instant("read", "when it was read"),
        ),
        """
        SELECT message_id, context, (SELECT string_agg(i, ' ') FROM jsonb_array_elements_text(intents) i), urgency, opt_out, score, choice,
            objection, next_step, confidence, review, read_at
        FROM readings WHERE org_id = :org ORDER BY id
        """,
    ),
    Table(
        "corrections",
        "What staff said that a reply really meant.",
        (
            an_id("message", "the reply"),
            Column("was_urgency", "as it stood before"),
            Column("urgency", "what staff said"),
            Column("note", "why"),
            an_instant("corrected", "when"),
        ),
        "SELECT message_id, was_urgency, urgency, note, corrected_at FROM corrections WHERE org_id = :org ORDER BY id",
    ),
    Table(
        "forms",
        "Forms that were handed in.",
        (
            an_id("enrollment", "the run"),
            an_id("patient", "whose"),
            an_id("message", "the line in messages.csv that stands for it"),
            Column("form", "which form"),
            Column("version", "in which version"),
            Column("score", "the score it gives"),
            Column("answers", "how many coded answers it has"),
            an_instant("answered", "when"),
        ),
        """
        SELECT enrollment_id, patient_id, message_id, form, version, coded ->> 'score',
            (SELECT count(*) FROM jsonb_object_keys(coded)), answered_at
        FROM form_answers WHERE org_id = :org ORDER BY id
        """,
    ),
    Table(
        "cases",
        "Work for people, as it stands now.",
        (
            an_id("case", "the case"),
            an_id("enrollment", "the run it came of"),
            an_id("patient", "about whom"),
            an_id("number", "the phone"),
            Column("kind", "what kind of work"),
            Column("priority", "normal, high, urgent, emergency"),
            Column("team", "whose work it is"),
            an_id("owner", "who has it"),
            Column("state", "open, claimed, booking, snoozed, waiting_patient, closed"),
            Column("disposition", "how it was closed"),
            an_instant("opened", "when it was opened"),
            an_instant("posted", "when its card stood in the channel, where that is known"),
            an_instant("due", "when it is due"),
            an_instant("claimed", "when its owner took it"),
            an_instant("closed", "when it was closed"),
        ),
        """
        SELECT c.id, c.enrollment_id, c.patient_id, c.number_id, c.kind, c.priority, t.code, c.owner_id, c.state, c.disposition,
            c.opened_at, c.card_posted_at, c.due_at, c.claimed_at, c.closed_at
        FROM cases c JOIN teams t ON t.org_id = c.org_id AND t.id = c.team_id
        WHERE c.org_id = :org ORDER BY c.id
        """,
    ),
    Table(
        "case_events",
        "What happened to cases, in order.",
        (
            an_id("case", "the case"),
            Column("what", "what happened; undone takes back the last step before it (docs/facts.md)"),
            Column("detail", "how a call went, or how it was closed; of other events nothing is said"),
            an_id("staff", "who did it"),
            an_instant("at", "when"),
        ),
        """
        SELECT case_id, what, CASE WHEN what IN ('call_logged', 'closed') THEN detail END, staff_id, at
        FROM case_events WHERE org_id = :org ORDER BY id
        """,
    ),
    Table(
        "contact_attempts",
        "Attempts of people to speak with discharged patients.",
        (
            an_id("enrollment", "the run of that discharge"),
            an_id("case", "the case they worked on"),
            Column("method", "phone, video, in_person"),
            Column("result", "spoke, left_message, no_answer"),
            an_instant("at", "when"),
        ),
        """
        SELECT k.enrollment_id, a.case_id, a.method, a.result, a.at
        FROM contact_attempts a JOIN contact_clocks k ON k.org_id = a.org_id AND k.id = a.clock_id
        WHERE a.org_id = :org ORDER BY a.id
        """,
    ),
    Table(
        "appointments",
        "Visits, as the EHR says.",
        (
            an_id("appointment", "the visit"),
            an_id("patient", "whose"),
            an_id("site", "where, if that is a site we know"),
            Column("age", "the patient's age band on that day"),
            Column("status", "the EHR's word"),
            Column("called_off", "yes: the clinic itself had called off that day"),
            an_instant("start", "when it begins"),
            an_instant("booked", "when we heard first that it was booked"),
            an_instant("changed", "when the EHR changed it last"),
        ),
        f"""
        SELECT a.id, a.patient_id, s.id, {AGE_AT_VISIT}, a.status,
            EXISTS (SELECT FROM disruptions d WHERE d.org_id = a.org_id AND d.approved_at IS NOT NULL
                    AND d.key IN (a.practitioner, a.location) AND d.day = (a.start_at AT TIME ZONE :zone)::date),
            a.start_at, b.at, a.ehr_updated_at
        FROM appointments a
        JOIN patients p ON p.org_id = a.org_id AND p.id = a.patient_id
        LEFT JOIN sites s ON s.org_id = a.org_id AND s.ehr_id = a.location
        LEFT JOIN (SELECT appointment_id, min(received_at) AS at FROM trigger_events
                   WHERE org_id = :org AND kind = 'appointment.booked' GROUP BY 1) b ON b.appointment_id = a.id
        WHERE a.org_id = :org ORDER BY a.id
        """,  # noqa: S608 - a constant
    ),
    Table(
        "suppressions",
        "Numbers that may not be texted.",
        (
            an_id("number", "the phone"),
            Column("source", "keyword, natural, carrier, wrong_number, staff"),
            Column("scope", "all, or marketing only"),
            an_id("message", "the reply that asked for it"),
            an_instant("since", "from when"),
            an_instant("lifted", "until when"),
        ),
        "SELECT number_id, source, scope, message_id, since, lifted_at FROM suppressions WHERE org_id = :org ORDER BY since, id",
    ),
    Table(
        "numbers",
        "Phones, by their hash.",
        (an_id("number", "the phone"), an_instant("first_texted", "when it was texted for the first time")),
        "SELECT id, first_texted_at FROM phone_numbers WHERE org_id = :org ORDER BY id",
    ),
    Table(
        "patients",
        "Charts, by their hash.",
        (
            an_id("patient", "the chart"),
            Column("language", "the language on file"),
            Column(
                "area",
                "the first three digits of the ZIP code on file; the state where few live there, or no code is known",
            ),
            Column("active", "no: the EHR took it out of use, as it does with one that was merged into another"),
        ),
        f"SELECT n.id, n.language, NULLIF({AREA}, 'none'), n.active FROM patients n WHERE n.org_id = :org ORDER BY n.id",  # noqa: S608
    ),
)
