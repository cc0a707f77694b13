"""What the figures say in a sentence, by fixed rules (S67): figures in, verdicts out, nothing read and nothing guessed.

A rule speaks only where the whole interval lies on one side, so small numbers never do. Thresholds are `LIMITS`; docs/digest.md has them
in words.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workflows.kpis.definitions import CUTS, FEWEST, KPIS
from workflows.kpis.figures import Figure, share
from workflows.kpis.group_names import GroupNames
from workflows.kpis.words import NBSP, minutes, percent, said

LIMITS = {
    "response_high": 0.50,
    "completion_low": 0.40,
    "delivery_goal": 0.97,
    "reach_goal": 0.60,
    "opt_out_most": 0.025,
    "fewest_lost": FEWEST,
}
"""Shares, but `fewest_lost`: of so many who entered a step. Goals from docs/kpis.md; high and low are ours."""

CLAIM_WITHIN = {"red_flag": 15, "clinical": 60, "reschedule": 240, "low_score": 240}
"""Minutes from card to claim by class of case: red flags by the clock, the others of business time."""

MUST_BE_ZERO = ("red_flag_miss", "duplicate_send")
GROUPED = ("cohort", "site", "segment", "source", "language", "age", "payer", "area")
"""Cuts whose groups may need another approach."""


@dataclass(frozen=True, slots=True)
class Step:
    """How many entered a step of a program, and how many of them were lost there. `title` is what people call it."""

    step: str
    title: str
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict may stand on, of one program or of all.

    `groups`: completion by cut; `claims`: time to claim by class of case; `programs`: completion of each program.
    """

    figures: Mapping[str, Figure]
    before: Mapping[str, Figure] = field(default_factory=dict)
    baseline: Mapping[str, Figure] = field(default_factory=dict)
    groups: Mapping[str, Sequence[Figure]] = field(default_factory=dict)
    claims: Sequence[Figure] = ()
    programs: Sequence[Figure] = ()
    steps: Sequence[Step] = ()
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(cut, code) → the name that people know."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A sentence with its numbers, the rule that made it by code and in words, the figures it stands on, and what to do next."""

    code: str
    sentence: str
    rule: str
    numbers: tuple[Figure, ...] = ()
    next: str = ""
    program: str = ""
    """The code of the program it is about; "" for all."""


Rule = Callable[[Evidence], Iterable[Verdict]]


def of(evidence: Evidence) -> list[Verdict]:
    """What every rule says, what is most pressing first."""
    return [verdict for rule in RULES for verdict in rule(evidence)]


def worst_step(steps: Sequence[Step]) -> Step | None:
    """Where most of those who began were lost; None when nobody was, or too few entered any."""
    enough = [one for one in steps if one.entered >= LIMITS["fewest_lost"] and one.left > 0]
    return max(enough, key=lambda one: (one.left, one.step), default=None)


def apart(one: Figure, other: Figure) -> int:
    """1 when `one` is surely higher than `other`, -1 when surely lower, 0 when their intervals touch or there are too few to say."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return 0
    if KPIS[one.kpi].kind == "duration":  # `high` is the ninth of ten there, no interval
        return 0
    return 1 if one.low > other.high else -1 if one.high < other.low else 0


def rest_of(one: Figure, groups: Iterable[Figure]) -> Figure:
    """All the other groups together."""
    others = [group for group in groups if group.group != one.group]
    hits, of_ = sum(round(group.numerator) for group in others), sum(group.denominator for group in others)
    return share(one.kpi, hits, of_, period=one.period, phase=one.phase)


def _must_be_zero(evidence: Evidence) -> Iterable[Verdict]:
    for kpi in MUST_BE_ZERO:
        figure = evidence.figures.get(kpi)
        if figure is not None and figure.numerator > 0:
            of_ = f"{figure.numerator:,.0f} of {figure.denominator:,} {KPIS[kpi].unit}"
            sentence = f"{KPIS[kpi].title}: {of_}. There should be none"
            yield Verdict(f"zero.{kpi}", sentence, "More than none", (figure,), "Look at each of them today.")


def _slow_claims(evidence: Evidence) -> Iterable[Verdict]:
    """Too late, or so many not at all that there is no 90th percentile yet."""
    for figure in evidence.claims:
        target = CLAIM_WITHIN.get(figure.group)
        if target is None or figure.denominator < FEWEST or (figure.high is not None and figure.high <= target):
            continue
        name = _name(evidence, "class", figure.group).lower()
        of = f"(target {minutes(target)}, n = {figure.denominator:,})"
        if figure.high is None:
            said_ = f"fewer than 9 in 10 {name} cases are claimed at all {of}"
        else:
            said_ = f"1 in 10 {name} cases waits {minutes(figure.high)} or longer for a claim {of}"
        rule = "The 90th percentile of time to claim is over the target of the class"
        todo = f"See who can claim {name} cases, and when they wait."
        yield Verdict("slow_claims", f"Needs faster staff follow-up: {said_}", rule, (figure,), todo)


def _response_without_completion(evidence: Evidence) -> Iterable[Verdict]:
    response, completion = evidence.figures.get("response"), evidence.figures.get("completion")
    if response is None or completion is None or response.low is None or completion.high is None:
        return
    if response.low >= LIMITS["response_high"] and completion.high < LIMITS["completion_low"]:
        what = "High response but low reschedule completion"
        sentence = f"{what}: {said(response)} replied, {said(completion)} completed"
        high, low = percent(LIMITS["response_high"]), percent(LIMITS["completion_low"])
        rule = f"Surely {high} or more reply, and surely fewer than {low} complete"
        todo = "Offer times sooner after the reply, and look at the cases that wait for one."
        yield Verdict("response_without_completion", sentence, rule, (response, completion), todo)


def _against_baseline(evidence: Evidence) -> Iterable[Verdict]:
    """Worse ones first: they are to be looked at."""
    found = [*_compared(evidence.figures, evidence.baseline)]
    for better in (False, True):
        for figure, base, good in found:
            if good is not better:
                continue
            code, word = ("better_than_baseline", "Better") if good else ("worse_than_baseline", "Worse")
            sentence = f"{word} than before launch: {KPIS[figure.kpi].title.lower()} {said(figure)}, was {said(base)}"
            todo = "" if good else f"Find out what changed for “{KPIS[figure.kpi].title.lower()}”."
            yield Verdict(
                code, sentence, "The interval lies wholly on one side of the baseline's", (figure, base), todo
            )


def _goals(evidence: Evidence) -> Iterable[Verdict]:
    for kpi, limit, todo in (
        ("delivery", "delivery_goal", "Clean up the numbers that texts do not reach."),
        ("reach_72h", "reach_goal", "Call those who do not answer by text within 3 days."),
    ):
        figure = evidence.figures.get(kpi)
        if figure is not None and figure.high is not None and figure.high < LIMITS[limit]:
            sentence = f"{KPIS[kpi].title}: {said(figure)}, under the goal of {percent(LIMITS[limit])}"
            yield Verdict(f"goal.{kpi}", sentence, "The whole interval is under the goal", (figure,), todo)
    figure = evidence.figures.get("opt_out")
    if figure is not None and figure.low is not None and figure.low > LIMITS["opt_out_most"]:
        sentence = f"Many opt out: {said(figure)} of the numbers texted"
        rule = f"The whole interval is over 2.5{NBSP}%"
        yield Verdict(
            "goal.opt_out", sentence, rule, (figure,), "Send fewer texts, or say more plainly what they are for."
        )


def _other_approach(evidence: Evidence) -> Iterable[Verdict]:
    """A group is named only when the interval says so: it does not touch that of all the others together."""
    for cut in GROUPED:
        groups = evidence.groups.get(cut, ())
        for group in groups:
            rest = rest_of(group, groups)
            if apart(group, rest) >= 0:
                continue
            name = _name(evidence, cut, group.group)
            sentence = f"{CUTS[cut]} {name} needs another approach: {said(group)} completed, the others {said(rest)}"
            rule = "The group's interval lies wholly under that of all the others together"
            yield Verdict(
                "other_approach", sentence, rule, (group, rest), f"Try another wording, time or a call for {name}."
            )


def _drop_off(evidence: Evidence) -> Iterable[Verdict]:
    worst = worst_step(evidence.steps)
    if worst is None:
        return
    lost = f"{worst.left:,} of {worst.entered:,}"
    sentence = f"Most drop after {worst.title}: {lost} end there"
    yield Verdict("drop_off", sentence, "The step at which most runs end", (), f"Look at what follows {worst.title}.")


def _best(evidence: Evidence) -> Iterable[Verdict]:
    for one in evidence.programs:
        rest = rest_of(one, evidence.programs)
        others = [other for other in evidence.programs if other.group != one.group and other.value is not None]
        if (
            not others
            or one.value is None
            or any(other.value >= one.value for other in others if other.value is not None)
        ):
            continue
        if apart(one, rest) > 0:
            name = _name(evidence, "program", one.group)
            sentence = f"Best completion rate: {name}, {said(one)}, the others {said(rest)}"
            rule = "The highest, and its interval lies wholly over that of all the others together"
            yield Verdict("best_completion", sentence, rule, (one, rest))


def _since_last(evidence: Evidence) -> Iterable[Verdict]:
    for figure, before, good in _compared(evidence.figures, evidence.before):
        word = "Up" if apart(figure, before) > 0 else "Down"
        sentence = (
            f"{word} since the period before: {KPIS[figure.kpi].title.lower()} {said(figure)}, was {said(before)}"
        )
        code = "improved" if good else "worsened"
        yield Verdict(
            code, sentence, "The interval lies wholly on one side of that of the period before", (figure, before)
        )


def _compared(figures: Mapping[str, Figure], others: Mapping[str, Figure]) -> Iterable[tuple[Figure, Figure, bool]]:
    """(figure, the other, whether that is good) of those that are surely apart and where one way is good."""
    for kpi, figure in figures.items():
        other, better = others.get(kpi), KPIS[kpi].better
        side = apart(figure, other) if other is not None and better else 0
        if side and other is not None:
            yield figure, other, (side > 0) == (better == "up")


def _name(evidence: Evidence, cut: str, code: str) -> str:
    return GroupNames(evidence.names).of(cut, code)


RULES: tuple[Rule, ...] = (
    _must_be_zero,
    _slow_claims,
    _response_without_completion,
    _goals,
    _other_approach,
    _against_baseline,
    _since_last,
    _drop_off,
    _best,
)
"""In the order in which they are told."""
