"""Every KPI that is no count by day has a figure or a sentence, whatever is asked."""

from datetime import date

import pytest

from tests.service.desk import Desk
from tests.service.kpi_rows import a_case, a_run, a_text, at, patients
from workflows.kpis import baselines, beside, engine
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import CUTS, KPIS, PHASES
from workflows.kpis.periods import Period

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))

ADD_UP = {"task_on_time", "task_ever", "sla", "time_to_claim", "time_to_resolve", "opt_out", "wrong_number"}


@pytest.mark.parametrize("phase", ["", PHASES[-1]])
def test_nothing_at_all_is_a_sentence_in_every_split(desk: Desk, phase: str) -> None:
    with desk.begin() as session:
        found = {by: beside.figures(session, Asked(OCTOBER, by=by, phase=phase)) for by in ("", *CUTS)}

    for by, figures in found.items():
        assert {one.kpi for one in figures} == beside.kpis(by)
        assert all(one.value is None and one.note for one in figures)


def test_groups_add_up_to_the_whole(desk: Desk) -> None:
    with desk.begin() as session:
        for n, person in enumerate(patients(session, 14)):
            program = "recall" if n % 3 else "no_show"
            run = a_run(session, person, program=program, source="crm" if n % 2 else "ehr", started=at("10-05 09:00"))
            a_text(session, run, sent=at("10-05 09:05"))
            story = [("claimed", at("10-06 09:30")), ("closed", at("10-06 15:00"))][: n % 3]
            opened, due = at(f"10-{6 + n} 09:00"), at(f"10-{6 + n} 17:00")
            a_case(
                session,
                opened=opened,
                due=due,
                kind="low_score" if n % 2 else "call_task",
                events=story,
                enrollment_id=run.id,
            )

        engine.refresh(session)

        whole = {one.kpi: one for one in beside.figures(session, Asked(OCTOBER))}
        split = {by: beside.figures(session, Asked(OCTOBER, by=by)) for by in CUTS}

    counted = [one for groups in split.values() for one in groups if one.kpi in ADD_UP and "not split" not in one.note]
    for by, groups in split.items():
        for kpi in {one.kpi for one in counted if one in groups}:
            mine = [one for one in groups if one.kpi == kpi]
            parts = (sum(one.numerator for one in mine), sum(one.denominator for one in mine))
            assert parts == (whole[kpi].numerator, whole[kpi].denominator), (kpi, by)
    assert {one.kpi for one in split["program"] if one in counted} == ADD_UP


def test_the_engine_has_every_kpi_once_in_the_order_of_the_catalogue(desk: Desk) -> None:
    with desk.begin() as session:
        engine.refresh(session)

        found = engine.figures(session, Asked(OCTOBER))
        some = engine.figures(session, Asked(OCTOBER, kpis=("sla", "reach")))
        arms = engine.figures(session, Asked(OCTOBER, by="arm", kpis=("recovered",)))

    assert [one.kpi for one in found] == list(KPIS)
    assert [one.kpi for one in some] == ["reach", "sla"]
    assert [one.group for one in arms] == ["contacted", "holdout"]


@pytest.mark.req("S121", by="workflows.kpis.baselines:figures")
def test_the_baseline_is_a_phase_beside_the_others(desk: Desk) -> None:
    line = baselines.Line("", "no_show", 188, 1000, date(2026, 8, 31), date(2026, 9, 27), "report 12")
    with desk.begin() as session:
        baselines.keep(session, [line], actor="operator")
        engine.refresh(session)

        by_phase = engine.figures(session, Asked(OCTOBER, by="phase", kpis=("no_show",)))
        alone = engine.figures(session, Asked(OCTOBER, phase="baseline", kpis=("no_show", "reach")))

    assert (by_phase[0].group, by_phase[0].value) == ("baseline", 0.188)
    assert [(one.kpi, one.value, one.note) for one in alone] == [
        ("no_show", 0.188, ""),
        ("reach", None, "There is no baseline of it."),
    ]
