"""Verdicts by fixed rules: each has its numbers, none stands on small ones, and what cannot count cannot turn one."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.kpis import verdicts
from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period
from workflows.kpis.verdicts import CLAIM_WITHIN, Evidence, Step

PERIOD = Period(date(2026, 11, 9), date(2026, 11, 15))
SHARES = [code for code, kpi in KPIS.items() if kpi.kind == "share"]


def of(kpi: str, hits: int, n: int, group: str = "") -> Figure:
    return share(kpi, hits, n, period=PERIOD, group=group)


def wait(group: str, *, p90: float, n: int = 40) -> Figure:
    return Figure("time_to_claim", 0, n, PERIOD, group=group, value=p90 / 2, high=p90)


def said(**evidence: object) -> dict[str, str]:
    shown = Evidence(**{"figures": {}, **evidence})  # type: ignore[arg-type]
    return {one.code: one.sentence for one in verdicts.of(shown)}


def figures(**counts: tuple[int, int]) -> dict[str, Figure]:
    return {kpi: of(kpi, *hits_of) for kpi, hits_of in counts.items()}


@pytest.mark.req("S67", by="workflows.kpis.verdicts:of")
def test_high_response_and_low_completion_is_said_with_both_numbers() -> None:
    found = said(figures=figures(response=(160, 240), completion=(58, 240)))

    sentence = found["response_without_completion"]
    assert sentence.startswith("High response but low reschedule completion: ")
    assert "67\u00a0% (n = 240, 60 to 72\u00a0%) replied" in sentence
    assert "24\u00a0% (n = 240, 19 to 30\u00a0%) completed" in sentence


def test_it_is_not_said_when_an_interval_reaches_over_its_limit() -> None:
    assert "response_without_completion" not in said(figures=figures(response=(13, 24), completion=(4, 24)))
    assert "response_without_completion" not in said(figures=figures(response=(160, 240), completion=(96, 240)))


@pytest.mark.parametrize("group", CLAIM_WITHIN)
def test_a_ninth_tenth_over_its_target_needs_faster_staff_and_one_at_it_does_not(group: str) -> None:
    late = said(claims=[wait(group, p90=CLAIM_WITHIN[group] + 1)])

    assert late["slow_claims"].startswith("Needs faster staff follow-up: ")
    assert "n = 40" in late["slow_claims"]
    assert said(claims=[wait(group, p90=CLAIM_WITHIN[group])]) == {}
    assert said(claims=[wait(group, p90=9999, n=FEWEST - 1)]) == {}
    assert said(claims=[wait("admin", p90=9999)]) == {}
    unclaimed = Figure("time_to_claim", 20, 40, PERIOD, group=group, note="Fewer than half are claimed yet.")
    assert "fewer than 9 in 10" in said(claims=[unclaimed])["slow_claims"]


@pytest.mark.req("S66", by="workflows.kpis.verdicts:of")
def test_a_cohort_needs_another_approach_only_when_its_interval_is_clear_of_the_others() -> None:
    clear = {"cohort": [of("completion", 8, 80, "diabetes"), of("completion", 60, 120, "asthma")]}
    touching = {"cohort": [of("completion", 38, 80, "diabetes"), of("completion", 60, 120, "asthma")]}

    found = said(groups=clear)

    assert found["other_approach"].startswith("Cohort Diabetes needs another approach: 10\u00a0% (n = 80, ")
    assert "the others 50\u00a0% (n = 120, 41 to 59\u00a0%)" in found["other_approach"]
    assert said(groups=touching) == {}


def test_the_best_program_is_named_only_when_it_is_clear_of_the_others() -> None:
    clear = [of("completion", 90, 120, "recall"), of("completion", 30, 120, "no_show")]

    found = said(programs=clear, names={("program", "recall"): "Recall"})

    assert found["best_completion"].startswith("Best completion rate: Recall, 75\u00a0% (n = 120, ")
    assert said(programs=clear[:1]) == {}
    assert said(programs=[of("completion", 62, 120, "recall"), of("completion", 60, 120, "no_show")]) == {}


def test_most_drop_where_most_are_lost_and_too_few_are_no_step() -> None:
    steps = [Step("ask", "Text 1", 120, 20), Step("ask_2", "Text 2", 100, 41), Step("call", "Call", 9, 9)]

    assert said(steps=steps) == {"drop_off": "Most drop after Text 2: 41 of 100 end there"}
    assert said(steps=steps[2:]) == {}
    assert verdicts.worst_step([Step("ask", "Text 1", 50, 0)]) is None


@pytest.mark.parametrize(
    ("kpi", "now", "base", "code"),
    [
        ("completion", (120, 240), (60, 240), "better_than_baseline"),
        ("completion", (60, 240), (120, 240), "worse_than_baseline"),
        ("no_show", (20, 200), (50, 200), "better_than_baseline"),
        ("no_show", (60, 200), (25, 200), "worse_than_baseline"),
    ],
)
def test_better_and_worse_than_the_baseline_by_which_way_is_good(
    kpi: str, now: tuple[int, int], base: tuple[int, int], code: str
) -> None:
    found = said(figures={kpi: of(kpi, *now)}, baseline={kpi: of(kpi, *base)})

    assert [name for name in found if name.endswith("_baseline")] == [code]


def test_what_may_be_chance_is_no_verdict() -> None:
    assert said(figures={"reach": of("reach", 50, 100)}, before={"reach": of("reach", 45, 100)}) == {}
    assert (
        said(figures={"escalation": of("escalation", 90, 100)}, before={"escalation": of("escalation", 5, 100)}) == {}
    )


def test_an_alarm_that_was_missed_comes_first_however_few_there_are() -> None:
    shown = Evidence(figures=figures(red_flag_miss=(1, 9), response=(160, 240), completion=(58, 240)))

    first = verdicts.of(shown)[0]

    assert first.code == "zero.red_flag_miss"
    assert first.sentence == "Alarms missed: 1 of 9 replies. There should be none"
    assert first.next


COUNTS = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SMALL = st.integers(0, FEWEST - 1).flatmap(lambda n: st.tuples(st.just(0), st.just(n)))
SOME = st.dictionaries(st.sampled_from(SHARES), COUNTS, max_size=8)
GROUPS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), COUNTS, max_size=4)


@given(SOME, SOME, SOME, GROUPS)
def test_no_verdict_stands_on_small_numbers_and_each_has_rule_and_numbers(
    now: dict[str, tuple[int, int]],
    before: dict[str, tuple[int, int]],
    base: dict[str, tuple[int, int]],
    groups: dict[str, tuple[int, int]],
) -> None:
    split = [of("completion", *counts, group=code) for code, counts in groups.items()]
    shown = Evidence(
        figures(**now),
        figures(**before),
        figures(**base),
        {"cohort": split},
        programs=split,
        steps=[Step("a", "A", 9, 9)],
    )

    for verdict in verdicts.of(shown):
        assert verdict.rule
        assert any(letter.isdigit() for letter in verdict.sentence)
        if not verdict.code.startswith("zero."):  # claims are apart: see above
            assert all(figure.enough for figure in verdict.numbers)


@given(SOME, st.dictionaries(st.sampled_from(SHARES), SMALL, max_size=8))
def test_figures_too_small_to_say_turn_no_verdict(
    now: dict[str, tuple[int, int]], few: dict[str, tuple[int, int]]
) -> None:
    counted = figures(**now)
    more = figures(**few) | counted

    assert verdicts.of(Evidence(counted)) == verdicts.of(Evidence(more))


@given(SOME)
def test_the_order_in_which_figures_come_changes_nothing(now: dict[str, tuple[int, int]]) -> None:
    shown = figures(**now)
    turned = dict(reversed(shown.items()))

    assert {one.code for one in verdicts.of(Evidence(shown))} == {one.code for one in verdicts.of(Evidence(turned))}


@given(GROUPS)
def test_what_is_left_of_all_is_all_but_the_group(groups: dict[str, tuple[int, int]]) -> None:
    split = [of("completion", *counts, group=code) for code, counts in groups.items()]

    for one in split:
        rest = verdicts.rest_of(one, split)
        assert rest.denominator + one.denominator == sum(group.denominator for group in split)
        assert rest.numerator + one.numerator == sum(group.numerator for group in split)


@given(COUNTS, COUNTS)
def test_apart_is_fair_to_both_sides(one: tuple[int, int], other: tuple[int, int]) -> None:
    first, second = of("completion", *one), of("completion", *other)

    assert verdicts.apart(first, second) == -verdicts.apart(second, first)
    assert verdicts.apart(first, first) == 0
    assert verdicts.apart(replace(first, kpi="time_to_claim"), second) == 0
