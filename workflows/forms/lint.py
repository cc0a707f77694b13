"""What must hold of a form before a patient sees it; the words are held to the same rules as texts, but for their length."""

from collections.abc import Iterator

from pydantic import ValidationError

from workflows.forms.model import Form, Words
from workflows.programs import source
from workflows.programs.model import complaints
from workflows.programs.rules import Problem
from workflows.programs.text_checks import check_page, check_sensitive, languages


def lint(form: Form) -> list[Problem]:
    """Everything wrong with a readable form; empty means that it may be sent."""
    problems = [problem for where, words in _said(form) for problem in _words(where, words)]
    problems += _scales(form)
    shown_first = [("title", form.title)] if form.verify else [("title", form.title), ("intro", form.intro)]
    for where, words in shown_first:
        for language, text in words.items():
            problems += [Problem(f.rule, f"{where}.{language}", f.say) for f in check_sensitive(text, language)]
    if form.books and (form.verify is None or len(form.questions) > 1):
        say = "A form that books asks for the year of birth first, and for the time only."
        problems.append(Problem("form.booking", "questions", say))
    return problems


def lint_text(text: str) -> list[Problem]:
    """The same for a file as written; what cannot be read is a problem too. Raises yaml.YAMLError."""
    try:
        return lint(Form.model_validate(source.read(text)))
    except ValidationError as error:
        found = (line.split(": ", 1) for line in complaints(error))
        return [Problem("file.grammar", parts[0], parts[-1]) for parts in found]


def _said(form: Form) -> Iterator[tuple[str, Words]]:
    yield from (("title", form.title), ("intro", form.intro), ("thanks", form.thanks))
    for at, question in enumerate(form.questions):
        here = f"questions.{at}"
        yield f"{here}.label", question.label
        if question.hint:
            yield f"{here}.hint", question.hint
        for code, words in (question.options or {}).items():
            yield f"{here}.options.{code}", words
        for words in question.ends or ():
            yield f"{here}.ends", words


def _scales(form: Form) -> Iterator[Problem]:
    """The answers together: "never, sometimes, usually, always" is the federal survey's own scale."""
    for at, question in enumerate(form.questions):
        for language in languages():
            listed = ", ".join(words.get(language, "") for words in (question.options or {}).values())
            for fault in check_page(listed, language):
                if fault.rule == "text.hcahps":
                    yield Problem(fault.rule, f"questions.{at}.options", fault.say)


def _words(where: str, words: Words) -> Iterator[Problem]:
    for language in languages():
        if not words.get(language):
            yield Problem("text.language", f"{where}.{language}", "This language is missing.")
            continue
        for fault in check_page(words[language], language):
            yield Problem(fault.rule, f"{where}.{language}", fault.say)
