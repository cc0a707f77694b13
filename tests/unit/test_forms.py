"""Form files: read strictly, linted, and what counts as an answer."""

import pytest

from core.errors import Misconfigured
from workflows.forms import built_in, of_code
from workflows.forms.lint import lint
from workflows.forms.model import Question, parse

GOOD = """
form: visit
version: 1
title: {en: "Your visit", es: "Su visita"}
intro: {en: "One question.", es: "Una pregunta."}
thanks: {en: "Thank you.", es: "Gracias."}
questions:
  - {code: went, kind: yes_no, label: {en: "Did it go well?", es: "¿Salió bien?"}}
"""
SCALE = """{code: often, kind: choice, label: {en: "Was it so?", es: "¿Fue así?"}, options: {
  a: {en: Never, es: Nunca}, b: {en: Sometimes, es: A veces}, c: {en: Usually, es: Casi}, d: {en: Always, es: Siempre}}}"""


def question(kind: str, **facts: object) -> Question:
    both = {"en": "x", "es": "x"}
    return Question.model_validate({"code": "q", "kind": kind, "label": both, **facts})


@pytest.mark.parametrize("code", sorted(built_in()))
def test_every_form_we_send_has_no_problem(code: str) -> None:
    assert lint(of_code(code)) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace(', es: "Gracias."', ""), "text.language thanks.es"),
        (GOOD.replace("Thank you.", "Thank you!"), "text.tone thanks.en"),
        (
            GOOD.replace("Did it go well?", "Would you Recommend this hospital to friends and family?"),
            "text.hcahps questions.0.label.en",
        ),
        (GOOD + f"  - {SCALE}\n", "text.hcahps questions.1.options"),
        (GOOD + "  - {code: slot, kind: slot, label: {en: When, es: Cuándo}}\n", "form.booking questions"),
    ],
)
def test_what_a_patient_must_not_see_is_a_problem_with_its_place(text: str, problem: str) -> None:
    assert problem in {f"{found.rule} {found.where}" for found in lint(parse(text))}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("form: [", "not valid YAML"),
        (GOOD.replace("kind: yes_no", "kind: stars"), "questions.0.kind"),
        (GOOD.replace("kind: yes_no", "kind: choice"), "options belong to a choice"),
        (GOOD.replace("kind: yes_no", "kind: scale"), "ends belong to a scale"),
        (GOOD + GOOD.rpartition("questions:\n")[2], "same code"),
        (GOOD + "colour: red\n", "colour"),
    ],
)
def test_a_broken_form_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse(text)

    assert place in f"{refused.value.what} {refused.value.fix}"


def test_an_unknown_form_is_named_with_those_that_exist() -> None:
    with pytest.raises(Misconfigured, match="There is no form 'poll'"):
        of_code("poll")


@pytest.mark.parametrize(
    ("asked", "said", "code"),
    [
        (question("scale", ends=[{"en": "a", "es": "a"}] * 2), "07", "7"),
        (question("scale", ends=[{"en": "a", "es": "a"}] * 2), "10", "10"),
        (question("scale", ends=[{"en": "a", "es": "a"}] * 2), "11", None),
        (question("scale", ends=[{"en": "a", "es": "a"}] * 2), "٣", None),
        (question("yes_no"), "yes", "yes"),
        (question("yes_no"), "maybe", None),
        (question("choice", options={"done": {"en": "a", "es": "a"}}), "done", "done"),
        (question("choice", options={"done": {"en": "a", "es": "a"}}), "undone", None),
        (question("date"), "2026-11-30", "2026-11-30"),
        (question("date"), "2026-02-30", None),
    ],
)
def test_only_what_was_offered_is_an_answer(asked: Question, said: str, code: str | None) -> None:
    assert asked.coded(said) == code
