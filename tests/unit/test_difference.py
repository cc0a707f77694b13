"""Two versions side by side, in words."""

from workflows.programs import built_in, source
from workflows.programs.difference import difference
from workflows.programs.model import Program, parse

FILE = """
grammar: 1
program: small
title: Small
purpose: For a test.
trigger: {event: appointment.noshow, fresh: 24h}
goal: {appointment: booked, within: 14d}
stop_on: {patient.deceased: deceased}
touch_blocked: {case: {kind: call_task, team: patient_access, due: 4 business hours}}
steps:
  first: {ask: first, wait: 2d, on: {1: done}, silence: done}  # a comment
  done: {outcome: completed}
texts:
  first:
    en: "{clinic}: please call us. Reply 1 to be called."
    es: '{clinic}: llámenos. Responda 1.'
"""


def changed(**swap: str) -> Program:
    text = FILE
    for old, new in swap.items():
        text = text.replace(old, new)
    return parse(text)


def test_the_same_program_has_no_difference() -> None:
    for program in built_in().values():
        assert difference(program, program) == []


def test_a_text_a_wait_and_a_step_are_each_named() -> None:
    old = parse(FILE)
    new = parse(
        FILE.replace("wait: 2d", "wait: 3d")
        .replace("please call us", "we would like to hear from you")
        .replace("  done: {outcome: completed}", "  done: {outcome: completed}\n  over: {outcome: declined}")
    )

    found = difference(old, new)

    assert found == [
        "step first: wait 2d -> 3d",
        "step over: new (outcome: declined)",
        "text first.en:",
        "  - {clinic}: please call us. Reply 1 to be called.",
        "  + {clinic}: we would like to hear from you. Reply 1 to be called.",
    ]


def test_a_text_is_replaced_in_the_file_and_nothing_else_is_touched() -> None:
    made = source.with_text(FILE, "first", "es", '{clinic}: "hola", llámenos. Responda 1.')

    assert made is not None
    assert parse(made).texts["first"]["es"] == '{clinic}: "hola", llámenos. Responda 1.'
    assert "# a comment" in made
    assert made.splitlines()[:-1] == FILE.splitlines()[:-1]


def test_a_text_that_is_not_there_is_not_invented() -> None:
    assert source.with_text(FILE, "second", "en", "words") is None
    assert source.with_text(FILE, "first", "fr", "words") is None
