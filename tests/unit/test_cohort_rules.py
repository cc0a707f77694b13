"""A cohort's rule: read strictly, its spans are calendar months, its words never become SQL."""

from datetime import UTC, date, datetime

import pytest

from core.errors import Misconfigured
from workflows import cohorts
from workflows.cohorts import spec
from workflows.cohorts.compiling import Moment, compile_rule
from workflows.cohorts.evaluation import age_on, funnel
from workflows.cohorts.periods import Span, begins

A1C = cohorts.built_in()["diabetes_a1c"]
MOMENT = Moment(datetime(2026, 11, 22, 15, tzinfo=UTC), date(2026, 11, 22), "America/Chicago")


@pytest.mark.parametrize(
    ("span", "day", "before"),
    [
        ("P6M", date(2026, 8, 31), date(2026, 2, 28)),
        ("P6M", date(2024, 8, 31), date(2024, 2, 29)),
        ("P11M", date(2026, 1, 15), date(2025, 2, 15)),
        ("P1Y", date(2024, 2, 29), date(2023, 2, 28)),
        ("P2W", date(2026, 1, 5), date(2025, 12, 22)),
        ("P1Y6M3D", date(2026, 7, 4), date(2025, 1, 1)),
    ],
)
def test_months_are_calendar_months_and_end_with_the_month(span: str, day: date, before: date) -> None:
    assert Span.parse(span).before(day) == before


@pytest.mark.parametrize("text", ["", "P", "6M", "P0D", "P-1M", "PT5H", "P6", "180 days"])
def test_a_span_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="span"):
        Span.parse(text)


def test_a_day_begins_at_the_clinics_midnight_in_summer_and_in_winter() -> None:
    assert begins(date(2026, 7, 1), "America/Chicago") == datetime(2026, 7, 1, 5, tzinfo=UTC)
    assert begins(date(2026, 12, 1), "America/Chicago") == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_age_turns_on_the_birthday() -> None:
    assert [age_on(date(1976, 11, day), date(2026, 11, 22)) for day in (21, 22, 23)] == [50, 50, 49]


@pytest.mark.parametrize("code", sorted(cohorts.built_in()))
def test_what_comes_with_careloop_is_readable_and_holds_no_code_that_is_somebodys_property(code: str) -> None:
    rule = spec.parse(cohorts.built_in()[code])

    systems = {codes.url for one in (*rule.require, *rule.exclude) for codes in one.codes}
    assert rule.cohort == code
    assert systems <= {spec.SYSTEMS[name] for name in ("snomed", "loinc", "icd10", "hcpcs")}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("P6M}", "180d}", "exclude.0.within"),
        ("within: P6M", "within: P6M, ahead: P6M", "not both"),
        ("resource: Condition", "resource: MedicationRequest", "require.0.resource"),
        ("system: loinc", "system: labcodes", "exclude.0.codes.0"),
        ('in: ["4548-4", "17856-6", "4549-2"]', "in: []", "name some"),
        ("from: 18, to: 75", "from: 75, to: 18", "from is more than to"),
        ("name: visit_booked", "name: diabetes", "two rules are called diabetes"),
        ("reentry: P6M", "colour: blue", "colour"),
        ("status: [active]", 'status: ["x\'; DROP"]', "require.0.status"),
        ("cohort: diabetes_a1c", "cohort: diabetes_a1c\ncohort: twice", "written twice"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_its_place(old: str, new: str, complaint: str) -> None:
    assert old in A1C

    with pytest.raises(Misconfigured, match=r"form|YAML") as refused:
        spec.parse(A1C.replace(old, new, 1))

    assert complaint in refused.value.fix


def test_every_word_of_a_rule_goes_to_postgresql_as_a_value() -> None:
    sql, values = compile_rule(spec.parse(A1C), MOMENT)

    assert "4548-4" not in sql
    assert "E11" not in sql
    assert ["4548-4", "17856-6", "4549-2"] in values.values()
    assert datetime(2026, 5, 22, 5, tzinfo=UTC) in values.values()  # 22 May in Chicago, not 180 days


def test_the_funnel_tells_every_step_in_order_and_adds_up() -> None:
    counts = {
        "in": 7,
        "age": 80,
        "require.diabetes": 146,
        "exclude.a1c_recent": 10,
        "exclude.visit_booked": 10,
        "hospice": 1,
    }

    told = funnel(spec.parse(A1C), counts, stale=[])

    steps = [(step["step"], step["left"]) for step in told["steps"]]
    assert steps == [
        ("age", 174), ("require.diabetes", 28), ("exclude.a1c_recent", 18), ("exclude.visit_booked", 8), ("hospice", 7)
    ]  # fmt: skip
    assert told["considered"] == 254
    assert told["in"] == 7
