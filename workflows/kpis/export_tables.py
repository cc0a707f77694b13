"""What `app.py facts` writes: which rows of which tables, and what each column means. Nothing here names or quotes anybody."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "at", "plain"]


@dataclass(frozen=True, slots=True)
class Column:
    """`kind`: an id is written as its hash; an instant as two columns, UTC and the organisation's local day (`…_day`)."""

    name: str
    says: str
    kind: Kind = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """One file. `sql` is asked with :org and gives the columns in their order, oldest row first."""

    name: str
    says: str
    columns: tuple[Column, ...]
    sql: str


def _id(name: str, says: str) -> Column:
    return Column(name, says, "id")


def _at(name: str, says: str) -> Column:
    return Column(name, says, "at")


AGE = """CASE WHEN p.birth_year IS NULL THEN NULL ELSE
    CASE WHEN years < 18 THEN 'under 18' WHEN years < 35 THEN '18-34' WHEN years < 50 THEN '35-49' WHEN years < 65 THEN '50-64'
         WHEN years < 80 THEN '65-79' ELSE '80 or older' END END"""
TABLES = (
    Table(
        "enrollments",
        "Patients' runs of programs.",
        (
            _id("enrollment", "the run"),
            Column("program", "its program"),
            _id("version", "the program's version, see programs.csv"),
            _id("patient", "whose"),
            _id("number", "the phone it writes to"),
            _id("appointment", "the visit it is about"),
            _id("booked_appointment", "the visit it led to"),
            _id("campaign", "the campaign that began it"),
            Column("trigger", "what began it"),
            _at("happened", "when that happened, as its source says"),
            Column("follow_up_due", "until when a discharge wants a follow-up visit, where its source says so"),
            Column("source", "which source"),
            Column("segment", "which segment, as the source says"),
            _id("site", "the site"),
            Column("language", "the patient's language"),
            Column("age", "the patient's age band when it began; 80 or older is one"),
            Column("payer", "the payer's code, as the source says"),
            Column("run_no", "the how-manieth run of its pilot"),
            Column("holdout", "yes: not contacted on purpose"),
            Column("state", "active, waiting, paused, ended"),
            Column("outcome", "how it ended"),
            Column("score", "what a survey's patient gave, 0 to 10"),
            _at("started", "when it began: its cohort day"),
            _at("ended", "when it ended"),
            _at("quarantined", "when it was put aside because it could not go on"),
        ),
        f"""
        SELECT e.id, g.code, e.version_id, e.patient_id, e.number_id, e.appointment_id, e.booked_appointment_id, e.campaign_id, t.kind,
            t.occurred_at, t.context ->> 'due_at', e.source, e.segment, e.site_id, p.language, {AGE}, t.context ->> 'payer', e.run_no,
            e.holdout, e.state, e.outcome, e.score, e.started_at, e.ended_at, e.quarantined_at
        FROM enrollments e
        JOIN programs g ON g.org_id = e.org_id AND g.id = e.program_id
        JOIN patients p ON p.org_id = e.org_id AND p.id = e.patient_id
        LEFT JOIN trigger_events t ON t.org_id = e.org_id AND t.id = e.trigger_event_id
        CROSS JOIN LATERAL (SELECT extract(year FROM e.started_at AT TIME ZONE :zone) - p.birth_year AS years) born
        WHERE e.org_id = :org ORDER BY e.id
        """,  # noqa: S608 - a constant
    ),
    Table(
        "steps",
        "The steps that runs went through.",
        (
            _id("enrollment", "the run"),
            Column("step", "the step"),
            _at("entered", "when it was entered"),
            _at("left", "when it was left"),
            Column("how", "by what"),
        ),
        "SELECT enrollment_id, step, entered_at, left_at, how FROM enrollment_steps WHERE org_id = :org ORDER BY id",
    ),
    Table(
        "messages",
        "Texts and forms, in and out, without their words.",
        (
            _id("message", "the text"),
            _id("enrollment", "the run it belongs to"),
            _id("patient", "whose"),
            _id("number", "the phone"),
            _id("case", "the case it was written from"),
            Column("direction", "in or out"),
            Column("channel", "sms, form and so on"),
            Column("purpose", "program, safety, opt_out, answer, booking, staff; inbound for what came in"),
            Column("step", "the program's step that sent it"),
            Column("state", "its last status"),
            Column("accepted", "yes: the provider gave it an id, so it took it"),
            Column("rule", "the rule that held or refused it"),
            _id("merged_into", "the one text of a household that said this one's matter too"),
            Column("language", "its language"),
            Column("segments", "what is paid for"),
            _at("created", "when it was planned, or came in"),
            _at("sent", "when it left"),
            _at("changed", "when its status changed last"),
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
            _id("message", "the reply"),
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
            _at("read", "when it was read"),
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
            _id("message", "the reply"),
            Column("was_urgency", "as it stood before"),
            Column("urgency", "what staff said"),
            Column("note", "why"),
            _at("corrected", "when"),
        ),
        "SELECT message_id, was_urgency, urgency, note, corrected_at FROM corrections WHERE org_id = :org ORDER BY id",
    ),
    Table(
        "forms",
        "Forms that were handed in.",
        (
            _id("enrollment", "the run"),
            _id("patient", "whose"),
            _id("message", "the line in messages.csv that stands for it"),
            Column("form", "which form"),
            Column("version", "in which version"),
            Column("score", "the score it gives"),
            Column("answers", "how many coded answers it has"),
            _at("answered", "when"),
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
            _id("case", "the case"),
            _id("enrollment", "the run it came of"),
            _id("patient", "about whom"),
            _id("number", "the phone"),
            Column("kind", "what kind of work"),
            Column("priority", "normal, high, urgent, emergency"),
            Column("team", "whose work it is"),
            _id("owner", "who has it"),
            Column("state", "open, claimed, booking, snoozed, waiting_patient, closed"),
            Column("disposition", "how it was closed"),
            _at("opened", "when it was opened"),
            _at("posted", "when its card stood in the channel, where that is known"),
            _at("due", "when it is due"),
            _at("claimed", "when its owner took it"),
            _at("closed", "when it was closed"),
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
            _id("case", "the case"),
            Column("what", "what happened"),
            Column("detail", "how a call went, or how it was closed; of other events nothing is said"),
            _id("staff", "who did it"),
            _at("at", "when"),
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
            _id("enrollment", "the run of that discharge"),
            _id("case", "the case they worked on"),
            Column("method", "phone, video, in_person"),
            Column("result", "spoke, left_message, no_answer"),
            _at("at", "when"),
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
            _id("appointment", "the visit"),
            _id("patient", "whose"),
            _id("site", "where"),
            Column("status", "the EHR's word"),
            Column("called_off", "yes: the clinic itself had called off that day"),
            _at("start", "when it begins"),
            _at("booked", "when we heard first that it was booked"),
            _at("changed", "when the EHR changed it last"),
        ),
        """
        SELECT a.id, a.patient_id, a.location, a.status,
            EXISTS (SELECT FROM disruptions d WHERE d.org_id = a.org_id AND d.approved_at IS NOT NULL
                    AND d.key IN (a.practitioner, a.location) AND d.day = (a.start_at AT TIME ZONE :zone)::date),
            a.start_at, b.at, a.ehr_updated_at
        FROM appointments a
        LEFT JOIN (SELECT appointment_id, min(received_at) AS at FROM trigger_events
                   WHERE org_id = :org AND kind = 'appointment.booked' GROUP BY 1) b ON b.appointment_id = a.id
        WHERE a.org_id = :org ORDER BY a.id
        """,
    ),
    Table(
        "suppressions",
        "Numbers that may not be texted.",
        (
            _id("number", "the phone"),
            Column("source", "keyword, natural, carrier, wrong_number, staff"),
            Column("scope", "all, or marketing only"),
            _id("message", "the reply that asked for it"),
            _at("since", "from when"),
            _at("lifted", "until when"),
        ),
        "SELECT number_id, source, scope, message_id, since, lifted_at FROM suppressions WHERE org_id = :org ORDER BY since, id",
    ),
    Table(
        "numbers",
        "Phones, by their hash.",
        (_id("number", "the phone"), _at("first_texted", "when it was texted for the first time")),
        "SELECT id, first_texted_at FROM phone_numbers WHERE org_id = :org ORDER BY id",
    ),
    Table(
        "patients",
        "Charts, by their hash.",
        (
            _id("patient", "the chart"),
            Column("language", "the language on file"),
            Column("state", "the state on file"),
            Column("active", "no: the EHR took it out of use, as it does with one that was merged into another"),
        ),
        "SELECT id, language, state, active FROM patients WHERE org_id = :org ORDER BY id",
    ),
)
