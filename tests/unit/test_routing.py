"""The routing table as a rule: any case has exactly one team, the order is fixed, a clinical case stays with clinicians."""

import random
from itertools import product
from uuid import UUID

import pytest

from bot import cards
from workflows.routing import CLINICAL_KINDS, KINDS, Book, Combination, Queue, Rule, choose

NURSES, NIGHT = (Queue(UUID(int=n), code, code, True) for n, code in ((1, "clinical"), (2, "night_nurses")))
DESK, ACCESS, SPANISH = (
    Queue(UUID(int=n), code, code, False) for n, code in ((3, "front_office"), (4, "patient_access"), (5, "spanish"))
)
TEAMS = (NURSES, NIGHT, DESK, ACCESS, SPANISH)
SITES = (UUID(int=11), UUID(int=12))
KIND, PROGRAM, LANGUAGE = ("red_flag", "clinical", "call_task", "reschedule"), ("recall", "tcm"), ("en", "es")


def line(n: int = 99, **named: object) -> Rule:
    usual: dict[str, object] = {
        "kind": None, "program": None, "site": None, "language": None, "hours": "any", "team": DESK, "backup": None,
    }  # fmt: skip
    return Rule(id=UUID(int=n), **(usual | named))  # type: ignore[arg-type]


def every_case() -> list[Combination]:
    parts = product(KIND, (None, *PROGRAM), (None, *SITES), (None, *LANGUAGE), ("in", "out"))
    return [Combination(*one) for one in parts]


def a_table(dice: random.Random) -> Book:
    """Lines as they may be saved: no two of one key, a clinical kind with clinical teams only."""
    keys = {
        (
            dice.choice((None, *KIND)), dice.choice((None, *PROGRAM)), dice.choice((None, *SITES)),
            dice.choice((None, *LANGUAGE)), dice.choice(("any", "in", "out")),
        )
        for _ in range(dice.randrange(30))
    }  # fmt: skip
    rules = []
    for n, (kind, program, site, language, hours) in enumerate(sorted(keys, key=repr)):
        teams = (None, NURSES, NIGHT) if kind in CLINICAL_KINDS else (None, *TEAMS)
        rules.append(
            Rule(UUID(int=100 + n), kind, program, site, language, hours, dice.choice(teams), dice.choice(teams))
        )
    dice.shuffle(rules)
    return Book(tuple(rules), dice.choice((None, *TEAMS)), NURSES)


@pytest.mark.parametrize("seed", range(12))
def test_every_case_has_one_team_and_a_clinical_one_never_leaves_clinicians(seed: int) -> None:
    book = a_table(random.Random(seed))
    backwards = Book(book.rules[::-1], book.default, book.clinical)

    for case in every_case():
        for asked in TEAMS:
            choice = choose(book, case, asked)
            assert choice.team in TEAMS
            assert choice == choose(backwards, case, asked), "the order in which lines were saved decides nothing"
            best = [one for one in book.rules if one.fits(case) and choice.rule and one.rank == choice.rule.rank]
            assert len(best) == (1 if choice.rule else 0), "no two lines rank alike"
            if case.kind in CLINICAL_KINDS or asked.clinical:
                assert choice.team.clinical
                assert choice.backup is None or choice.backup.clinical


@pytest.mark.parametrize(
    ("lines", "to"),
    [
        ([], ACCESS),
        ([line(team=SPANISH, language="es")], SPANISH),
        ([line(team=SPANISH, language="es"), line(team=DESK, site=SITES[0])], DESK),
        ([line(team=DESK, site=SITES[0], language="es", hours="in"), line(team=SPANISH, program="recall")], SPANISH),
        ([line(team=SPANISH, program="recall", site=SITES[0], language="es", hours="in"), line(team=DESK, kind="call_task")], DESK),
        ([line(team=DESK, kind="call_task"), line(team=SPANISH, kind="call_task", hours="in")], SPANISH),
        ([line(team=DESK, kind="call_task"), line(team=SPANISH, kind="call_task", hours="out")], DESK),
        ([line(team=None)], ACCESS),
        ([line(team=DESK, kind="reschedule")], ACCESS),
    ],
)  # fmt: skip
def test_the_kind_goes_before_the_program_before_the_site_before_the_language_before_the_hours(
    lines: list[Rule], to: Queue
) -> None:
    case = Combination("call_task", "recall", SITES[0], "es", "in")

    assert choose(Book(lines), case, ACCESS).team == to


def test_a_line_of_another_desk_does_not_count_for_what_a_clinical_team_is_asked_for() -> None:
    book = Book([line(team=SPANISH, kind="call_task"), line(team=NIGHT, hours="out")], default=DESK, clinical=NURSES)

    night = choose(book, Combination("call_task", hours="out"), NURSES)
    day = choose(book, Combination("call_task", hours="in"), NURSES)

    assert (night.team, day.team, day.rule) == (NIGHT, NURSES, None)


def test_the_table_decides_every_kind_that_has_a_card_but_practice_approvals_and_our_own_alerts() -> None:
    assert set(cards.discover()) - {"approval", "practice", "system_alert"} == KINDS
