"""What somebody typed into a form, held against its questions: answers, or which of them to ask again. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from workflows.forms.model import CODED, MOST_WORDS, Form, Question


@dataclass(frozen=True, slots=True)
class Answers:
    """`coded` for branching (a slot's is its id), `words` as the patient wrote them, by question."""

    coded: Mapping[str, str]
    words: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gaps:
    """Why the form cannot be taken yet: {question: missing | wrong | long}."""

    by_question: Mapping[str, str]


def read(form: Form, typed: Mapping[str, str], *, slots: Collection[str] = ()) -> Answers | Gaps:
    """Take the fields of a posted form; fields that no question asked for are left out. `slots`: the ids that may be chosen."""
    coded: dict[str, str] = {}
    words: dict[str, str] = {}
    gaps: dict[str, str] = {}
    for question in form.questions:
        said = typed.get(question.code, "").replace("\r\n", "\n").strip()
        if not said:
            if not question.optional:
                gaps[question.code] = "missing"
        elif question.kind == "text":
            words[question.code] = said
            if len(said) > MOST_WORDS:
                gaps[question.code] = "long"
        elif (code := _code(question, said, slots)) is not None:
            coded[question.code] = code
        else:
            gaps[question.code] = "wrong"
    return Gaps(gaps) if gaps else Answers(coded, words)


def in_words(form: Form, answers: Answers) -> str:
    """The whole form as staff read it in the conversation: our questions in English, the patient's words as they are."""
    lines = [form.title["en"]]
    for question in form.questions:
        said = answers.words.get(question.code) or _label(question, answers.coded.get(question.code))
        if said:
            lines.append(f"{question.label['en']} {said}")
    return "\n".join(lines)


def _code(question: Question, said: str, slots: Collection[str]) -> str | None:
    if question.kind == "slot":
        return said if said in slots else None
    return question.coded(said) if question.kind in CODED else None


def _label(question: Question, code: str | None) -> str | None:
    if code is None or question.kind == "slot":
        return None
    if question.kind == "yes_no":
        return {"yes": "Yes", "no": "No"}[code]
    if question.kind == "scale":
        return f"{code} of 10"
    return question.options[code]["en"] if question.options else code
