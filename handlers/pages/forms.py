"""Patients' forms at /f/{token}: no script, no sign-in, nothing personal until the year of birth is right."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from handlers.deps import Deps
from handlers.pages import shell
from handlers.pages.form_words import WORDS
from handlers.pages.shell import Form as Posted
from handlers.pages.shell import posted
from storage.tables import FormLink
from workflows import surroundings, texts
from workflows.forms import Form, answers, arrivals, links, of_code
from workflows.forms.answers import Gaps
from workflows.forms.links import LinkState
from workflows.forms.model import Question

STYLE = (shell.HOME / "form.css").read_text("utf-8")
LANGUAGES = {"en": "English", "es": "Español"}
Facts = Mapping[str, object]


class FormRoute(APIRoute):
    """Every refusal becomes the one page that says that the link does not work, whatever was wrong with it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await answer(request)
            except Refused:
                response = _dead(_language(request, "en"))
            response.headers.update(shell.HEADERS)
            return response

        return handle


class Forms:
    """The handlers, with what they work with."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._orgs: dict[str, list[UUID]] = {}

    def show(self, token: str, request: Request) -> Response:
        """The form, or the question for the year of birth before it. Changes nothing."""
        for org in self._claimed(token):
            with self._deps.db.begin(org=org) as session:
                if link := links.find(session, token):
                    return _Page(session, link, token, request).first()
        return _dead(_language(request, "en"))

    def answer(self, token: str, request: Request, form: Posted) -> Response:
        """Check the year of birth, or take the answers."""
        for org in self._claimed(token):
            with self._deps.db.begin(org=org) as session:
                if link := links.find(session, token):
                    return _Page(session, link, token, request).next(form)
        return _dead(_language(request, "en"))

    def _claimed(self, token: str) -> list[UUID]:
        """The organisations a token may be of; a new one is looked for once."""
        head = token[: links.HEAD_LETTERS]
        if head not in self._orgs:
            self._orgs = {}
            for org in self._deps.db.orgs():
                self._orgs.setdefault(links.head_of(org), []).append(org)
        return self._orgs.get(head, [])


class _Page:
    """One request for one link that exists."""

    def __init__(self, session: Session, link: FormLink, token: str, request: Request) -> None:
        self.session, self.link, self.token = session, link, token
        self.form: Form = of_code(link.form)
        self.language = _language(request, link.language)
        self.state = links.state_of(session, link)
        self.clinic = surroundings.organisation_of(session)

    def first(self) -> Response:
        """What somebody sees who follows the link."""
        if self.state is not LinkState.OPEN:
            return self._over()
        return self._ask_year() if self.form.verify else self._form({}, {})

    def next(self, typed: Posted) -> Response:
        """What a posted form leads to."""
        if self.state is not LinkState.OPEN:
            return self._over()
        if self.form.verify and not links.right_year(self.session, self.link, typed.get("birth_year", "")):
            self.state = links.state_of(self.session, self.link)
            return self._over() if self.state is LinkState.LOCKED else self._ask_year(wrong=True)
        if "send" not in typed:
            return self._form(typed, {})
        return self._take(typed)

    def _take(self, typed: Posted) -> Response:
        offered = [show("slt", slot.id) for slot in self._times()] if self.form.books else ()
        read = answers.read(self.form, typed, slots=offered)
        if isinstance(read, Gaps):
            gone = self.form.books and "wrong" in read.by_question.values()
            return self._form(typed, dict.fromkeys(read.by_question, "gone") if gone else read.by_question)
        if arrivals.take(self.session, self.link, read).gone:
            return self._form(typed, dict.fromkeys(read.coded, "gone"))
        return RedirectResponse(f"/f/{self.token}?lang={self.language}", status_code=303)

    def _over(self) -> HTMLResponse:
        words = WORDS[self.language]
        thanked = self.form.thanks[self.language]
        title, say = {
            LinkState.USED: (words["thank_you"], thanked),
            LinkState.EXPIRED: (words["over"], words["expired"]),
            LinkState.LOCKED: (words["over"], words["locked"]),
        }[self.state]
        status = 200 if self.state is LinkState.USED else 410
        return self._page("form_over.html", {"title": title, "say": say}, status=status)

    def _ask_year(self, *, wrong: bool = False) -> HTMLResponse:
        facts = {"title": self.form.title[self.language], "wrong": wrong}
        return self._page("form_year.html", facts, status=409 if wrong else 200)

    def _form(self, typed: Posted, gaps: Mapping[str, str]) -> HTMLResponse:
        facts = {
            "title": self.form.title[self.language],
            "intro": self.form.intro[self.language],
            "questions": [self._question(question, typed, gaps) for question in self.form.questions],
            "birth_year": typed.get("birth_year", "") if self.form.verify else "",
            "wrong": bool(gaps),
        }
        return self._page("form.html", facts, status=409 if gaps else 200)

    def _question(self, question: Question, typed: Posted, gaps: Mapping[str, str]) -> Facts:
        words, language = WORDS[self.language], self.language
        gap = gaps.get(question.code)
        return {
            "code": question.code,
            "kind": question.kind,
            "label": question.label[language],
            "hint": question.hint[language] if question.hint else "",
            "optional": question.optional,
            "ends": [end[language] for end in question.ends or ()],
            "choices": self._choices(question),
            "said": typed.get(question.code, ""),
            "gap": words[f"gap_{gap}"] if gap else "",
        }

    def _choices(self, question: Question) -> list[tuple[str, str]]:
        """(value, words) of what can be picked."""
        words, language = WORDS[self.language], self.language
        if question.kind == "scale":
            return [(str(n), str(n)) for n in range(11)]
        if question.kind == "yes_no":
            return [("yes", words["yes"]), ("no", words["no"])]
        if question.kind == "slot":
            zone = arrivals.zone(self.session, self.link)
            return [(show("slt", s.id), texts.when_label(s.start_at, zone, language)) for s in self._times()]
        return [(code, label[language]) for code, label in (question.options or {}).items()]

    def _times(self) -> list[Any]:
        return arrivals.times(self.session, self.link)

    def _page(self, name: str, facts: Facts, *, status: int) -> HTMLResponse:
        around = {
            "w": WORDS[self.language],
            "language": self.language,
            "others": [(code, name) for code, name in LANGUAGES.items() if code != self.language],
            "clinic": self.clinic.brand,
            "phone": self.clinic.phone,
            "token": self.token,
        }
        return shell.page(name, around | dict(facts), status=status)


def router(deps: Deps) -> APIRouter:
    """The forms' addresses, for the web process to include."""
    forms, routes = Forms(deps), APIRouter(route_class=FormRoute, include_in_schema=False)

    @routes.get("/f/form.css")
    def style() -> Response:
        return Response(STYLE, media_type="text/css")

    @routes.get("/f/{token}")
    def look(token: str, request: Request) -> Response:
        return forms.show(token, request)

    @routes.post("/f/{token}")
    def answer(token: str, request: Request, form: Posted = Depends(posted)) -> Response:  # noqa: B008 - FastAPI's way to say it
        return forms.answer(token, request, form)

    return routes


def _language(request: Request, usual: str) -> str:
    """The one asked for on the page, else the patient's, else English."""
    for asked in (request.query_params.get("lang", ""), usual.split("-")[0].lower()):
        if asked in LANGUAGES:
            return asked
    return "en"


def _dead(language: str) -> HTMLResponse:
    """A link that is nobody's: no clinic is named, since we cannot know which one was meant."""
    words = WORDS[language]
    facts = {
        "w": words, "language": language, "others": [], "clinic": "", "phone": "", "token": "",
        "title": words["over"], "say": words["unknown"],
    }  # fmt: skip
    return shell.page("form_over.html", facts, status=404)
