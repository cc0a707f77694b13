"""How figures that are counted from rows are split: by what the facts say of the run behind a row (`kpi_enrollments`)."""

RUNS = "LEFT JOIN kpi_enrollments k ON k.org_id = :org AND k.enrollment_id ="
"""Joins a run's facts as `k`; the run's id follows. A run that is too new to have any is "none" of everything."""

COUNTED = "coalesce(k.counted, true)"
NONE = "none"
OF_RUN = {
    cut: f"coalesce(k.{cut}, '{NONE}')"
    for cut in (
        "program", "phase", "source", "cohort", "site", "segment", "language", "age", "payer", "area", "owner", "outcome", "wording",
    )
}  # fmt: skip
"""Cut: the SQL that names a row's group."""

IN_PHASE = "(:phase = '' OR k.phase = :phase)"


def week(at: str) -> str:
    """The Monday of an instant's local week, in SQL; `:zone` is the organisation's."""
    day = f"({at} AT TIME ZONE :zone)::date"
    return f"({day} - (extract(isodow FROM {day})::int - 1))::text"
