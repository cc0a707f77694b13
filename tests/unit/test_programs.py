from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from bot.cards import discover as cards
from core.errors import Misconfigured
from handlers.cli.commands.program import COMMAND
from workflows import closing
from workflows.programs import built_in
from workflows.programs.lint import Problem, lint, lint_text
from workflows.programs.model import CaseStep, parse, schema
from workflows.programs.source import read
from workflows.texts import Untranslated

GOOD = """
grammar: 1
program: tiny
title: Tiny
purpose: Asks once, for tests.
trigger: {event: appointment.noshow, fresh: 24h}
goal: {appointment: booked, within: 14d}
stop_on: {appointment.booked: booked}
touch_blocked: {case: {kind: call_task, team: patient_access, due: 4 business hours}}
steps:
  ask: {ask: hello, wait: 2d, on: {1: person, ready: person}, silence: person}
  person: {case: {kind: call_task, team: patient_access, due: 1 business day}, on: {booked: done}, then: done}
  done: {outcome: booked}
texts:
  hello:
    en: "{clinic}: reply 1 for a call."
    es: "{clinic}: responda 1 para que le llamemos."
"""


def says(text: str) -> list[str]:
    return [f"{problem.where}: {problem.say}" for problem in lint_text(text)]


@pytest.mark.parametrize("name", sorted(built_in()))
def test_every_program_of_the_folder_lints_clean(name: str) -> None:
    assert lint(built_in()[name]) == []


@pytest.mark.parametrize("name", sorted(built_in()))
def test_every_text_is_filled_in_both_languages(name: str) -> None:
    program = built_in()[name]
    values = {
        "clinic": "Lakeside Clinic",
        "when": "Tue Dec 8, 3:00 pm",
        "visit": "visit",
        "phone": "555-0100",
        "slots": "1 = x",
        "link": "y",
    }

    for key in program.texts:
        for language in ("en", "es"):
            text = program.say(key, language, **values)
            assert text.startswith("Lakeside Clinic: ")
            assert "{" not in text


@pytest.mark.req("P8")
def test_a_language_without_a_variant_is_refused_not_sent_in_english() -> None:
    with pytest.raises(Untranslated, match="language 'vi'"):
        built_in()["no_show"].say("first", "vi", clinic="Lakeside Clinic")


def test_the_no_show_program_never_blames() -> None:
    texts = [text.lower() for variants in built_in()["no_show"].texts.values() for text in variants.values()]

    assert not any(word in text for text in texts for word in ("missed", "failed", "faltó", "perdió"))


def test_a_good_program_has_no_problems() -> None:
    assert lint_text(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("silence: person}", "silence: nobody}", "steps.ask.silence: There is no step 'nobody'."),
        (
            "  done: {outcome: booked}",
            "  done: {outcome: booked}\n  lost: {outcome: declined}",
            "steps.lost: No path leads",
        ),
        ("then: done}", "then: person}", "A loop without a wait"),
        ("silence: person}", "silence: ask}", "Silence leads back here"),
        ("wait: 2d, ", "", "steps.ask.ask.wait: Field required"),
        ("ask: hello,", "ask: hello, at: {after: trigger, days: 0},", "the opening of the day itself may be before it"),
        ("wait: 2d", "wait: 2 days", "steps.ask.ask.wait"),
        ("    es: ", "    fr: ", "texts.hello.es: This language is missing."),
        ("ask: hello", "ask: other", "steps.ask.ask: There is no text 'other'."),
        ("{clinic}: reply", "{patient}: reply", "Unknown placeholder {patient}."),
        ("{clinic}: reply", "Hi from {clinic}: reply", "Begin with {clinic}"),
        ("reply 1 for a call.", "reply 1 for a call!", "No exclamation marks."),
        ("reply 1 for a call.", "reply 1 for a call \U0001f600.", "No emoji."),
        ("reply 1 for a call.", "reply YES for a call.", "Do not ask for YES as an answer"),
        ("reply 1 for a call.", "reply with cancel if you cannot come.", "Do not ask for CANCEL as an answer"),
        ("reply 1 for a call.", "reply 1, STOP to skip.", "Do not ask for STOP as an answer"),
        ("reply 1 for a call.", "see https://bit.ly/x1 or reply 1.", "No public link shortener (bit.ly)"),
        ("reply 1 for a call.", "your biopsy: reply 1.", "'biopsy' tells strangers"),
        ("responda 1", "su cirugia: responda 1", "'cirugía' tells strangers"),
        ("reply 1 for a call.", "reply 1 for a call. " + "a" * 120, "2 segments (GSM-7, 16"),
        (
            "responda 1 para que le llamemos",
            "mañana será mejor: responda 1 para que le llamemos hoy",
            "2 segments (UCS-2",
        ),
        ("reply 1 for a call.", "“reply” 1.", "Write straight quotes"),
        ("reply 1 for a call.", "reply 1 {for a call.", "A text has unmatched braces"),
        ("stop_on: {appointment.booked: booked}", "stop_on: {}", "stop_on: Name at least one event"),
        ("stop_on: {appointment.booked: booked}", "stop_on: {appointment.booked: great}", "stop_on.appointment.booked"),
        (", fresh: 24h", "", "trigger: Say how fresh"),
        ("ready: person", "opt_out: person", "steps.ask.ask.on.opt_out"),
        ("ready: person", "1: done", "'1' is written twice"),
        ("{outcome: booked}", "{outcome: booked, ask: hello}", "steps.done: A step is exactly one of"),
        ("grammar: 1", "grammar: 2", "grammar: Input should be 1"),
        ("title: Tiny", "title: Tiny\ncolour: red", "colour: Extra inputs"),
        ("  person:", "  person\n:", "file: "),
    ],
)
def test_lint_names_the_place_and_what_to_change(old: str, new: str, problem: str) -> None:
    assert old in GOOD

    found = says(GOOD.replace(old, new, 1))

    assert any(problem in line for line in found), found


def test_four_texts_without_an_answer_are_too_many() -> None:
    chain = "".join(
        f"  {name}: {{ask: hello, wait: 2d, on: {{1: person}}, silence: {after}}}\n"
        for name, after in [("b", "c"), ("c", "d"), ("d", "person")]
    )

    found = says(GOOD.replace("silence: person}\n", "silence: b}\n" + chain, 1))

    assert found == ["steps: 4 texts without an answer; after 3 a person takes over."]


def test_a_first_text_may_have_two_segments_with_the_intro_and_no_more() -> None:
    found = says(GOOD.replace("que le llamemos.", "que le llamemos." + " Hoy no." * 12))

    assert found == ["texts.hello.es: 3 segments as a first text with the intro; 2 at most."]


def test_errors_come_before_warnings() -> None:
    unsent = GOOD + '  spare:\n    en: "{clinic}: hello!"\n    es: "{clinic}: hola."\n'

    assert [problem.level for problem in lint_text(unsent)] == ["error", "warning"]
    assert lint_text(unsent)[1] == Problem("text.unused", "texts.spare", "No step sends this text.", "warning")


def test_parse_refuses_with_every_place_that_is_wrong() -> None:
    with pytest.raises(Misconfigured) as refused:
        parse(GOOD.replace("wait: 2d", "wait: soon").replace("grammar: 1", "grammar: 9"))

    assert "grammar" in refused.value.fix
    assert "steps.ask.ask.wait" in refused.value.fix


def test_on_and_no_are_words_in_a_program_file() -> None:
    assert read("on: {1: a, no: b}\nsince: 2026-12-01") == {"on": {1: "a", "no": "b"}, "since": "2026-12-01"}


def test_the_digest_follows_the_meaning_not_the_writing() -> None:
    program = parse(GOOD)

    assert (
        program.digest
        == parse("# a comment\n" + GOOD.replace("{1: person, ready: person}", "{ready: person, '1': person}")).digest
    )
    assert program.digest != parse(GOOD.replace("wait: 2d", "wait: 3d")).digest
    assert program.digest != parse(GOOD.replace("  ask: {", "  aska: {", 1)).digest


def test_which_step_is_first_is_part_of_the_digest() -> None:
    done = "  done: {outcome: booked}\n"
    moved = GOOD.replace(done, "").replace("steps:\n", "steps:\n" + done)

    assert parse(moved).first == "done"
    assert parse(moved).digest != parse(GOOD).digest


def test_the_exported_schema_accepts_the_programs_and_refuses_a_stranger() -> None:
    validator = jsonschema.Draft202012Validator(schema())

    for program in built_in().values():
        validator.validate(program.model_dump(mode="json", exclude_none=True))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"grammar": 1, "program": "x"})


def test_the_schema_in_the_docs_is_what_the_command_prints() -> None:
    told = CliRunner().invoke(COMMAND, ["schema"])

    kept = Path(__file__).parents[2] / "docs" / "program.schema.json"
    assert kept.read_text("utf-8") == told.output, "python app.py program schema > docs/program.schema.json"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wait: 2d", "wait: soon", "line 11: steps.ask.ask.wait: String should match"),
        ("1: person, ready", "1: person, opt_out", "line 11: steps.ask.ask.on.opt_out: 'opt_out' is no digit, intent"),
        ("title: Tiny", "title: [", "tiny.yaml is not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_read_names_file_line_and_place(old: str, new: str, said: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse(GOOD.replace(old, new, 1), name="tiny.yaml")

    assert refused.value.what.startswith("tiny.yaml")
    assert said in str(refused.value)


@pytest.mark.parametrize("name", sorted(built_in()))
def test_every_case_of_a_program_has_a_card_and_closes_only_as_staff_may_close_it(name: str) -> None:
    program = built_in()[name]
    specs = [(step.case, step.on) for step in program.steps.values() if isinstance(step, CaseStep)]
    specs += [(program.touch_blocked.case, program.touch_blocked.on), (program.touch_failed, {})]

    for case, on in specs:
        assert case.kind in cards()
        assert [word for word in on if "." not in word and word not in closing.dispositions(case.kind)] == []
