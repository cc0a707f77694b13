"""What `app.py facts` writes besides patients' rows: campaigns, reviews, discharges, calls as a phone system counted them, baselines."""

from workflows.kpis.export_columns import Column, Table, an_id, an_instant

AROUND = (
    Table(
        "campaigns",
        "Launches of a program over a list of patients.",
        (
            an_id("campaign", "the campaign"),
            Column("number", "its number"),
            Column("program", "its program"),
            Column("cohort", "the list's code"),
            Column("team", "who takes the replies"),
            an_instant("launched", "when it was launched"),
        ),
        """
        SELECT k.id, k.number, p.code, h.code, t.code, k.launched_at
        FROM campaigns k
        JOIN programs p ON p.org_id = k.org_id AND p.id = k.program_id
        JOIN cohorts h ON h.org_id = k.org_id AND h.id = k.cohort_id
        JOIN teams t ON t.org_id = k.org_id AND t.id = k.team_id
        WHERE k.org_id = :org ORDER BY k.number
        """,
    ),
    Table(
        "campaign_wordings",
        "The wordings that a campaign tries; more than one is a comparison.",
        (an_id("campaign", "the campaign"), an_id("version", "a version of its program")),
        """
        SELECT k.id, v.version::uuid FROM campaigns k, jsonb_array_elements_text(k.version_ids) WITH ORDINALITY AS v (version, place)
        WHERE k.org_id = :org ORDER BY k.number, v.place
        """,
    ),
    Table(
        "campaign_members",
        "Patients of a campaign's list.",
        (
            an_id("campaign", "the campaign"),
            an_id("patient", "who"),
            Column("verdict", "eligible, call, excluded"),
            Column("holdout", "yes: not contacted on purpose"),
            an_id("enrollment", "the run that came of it"),
        ),
        """
        SELECT campaign_id, patient_id, verdict, holdout, enrollment_id
        FROM campaign_members WHERE org_id = :org ORDER BY campaign_id, patient_id
        """,
    ),
    Table(
        "discharges",
        "Discharges as their source says, those that began no run too.",
        (an_id("event", "the same as in enrollments.csv"), an_id("patient", "whose"), an_instant("happened", "when")),
        """
        SELECT id, patient_id, occurred_at FROM trigger_events
        WHERE org_id = :org AND kind = 'encounter.discharged' ORDER BY id
        """,
    ),
    Table(
        "reviews",
        "Runs that a reviewer looked at.",
        (
            an_id("enrollment", "the run"),
            Column("stage", "start, or end: all of its replies were read"),
            Column("verdict", "passed, or the code of what was wrong"),
            an_instant("judged", "when"),
        ),
        "SELECT enrollment_id, stage, verdict, judged_at FROM pilot_reviews WHERE org_id = :org ORDER BY id",
    ),
    Table(
        "callback_weeks",
        "Calls of patients, as a phone system counted them by the week.",
        (
            Column("week", "its Monday"),
            Column("reason", "why they called"),
            Column("program", "empty where the file did not say"),
            Column("calls", "how many"),
        ),
        "SELECT week, reason, program, calls FROM callback_weeks WHERE org_id = :org ORDER BY week, reason, program",
    ),
    Table(
        "baselines",
        "How it was before the first live text.",
        (
            Column("program", "empty for all"),
            Column("kpi", "which figure"),
            Column("numerator", "above the line"),
            Column("denominator", "below it"),
            Column("from", "its first day"),
            Column("to", "its last day"),
        ),
        "SELECT program, kpi, numerator, denominator, first, last FROM baselines WHERE org_id = :org ORDER BY program, kpi",
    ),
    Table(
        "routing_changes",
        "When the rules changed by which runs are routed: the phase after it.",
        (an_instant("changed", "when"),),
        "SELECT at FROM audit WHERE org_id = :org AND action LIKE 'routing.%' ORDER BY id",
    ),
)
