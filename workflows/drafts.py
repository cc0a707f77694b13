"""Wording under change: staff edit a draft, see both languages with their segments and problems, and a second person publishes it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import now, org_of
from storage.tables import ProgramDraft, ProgramVersion
from workflows import publishing, segments
from workflows.programs import source
from workflows.programs.difference import difference
from workflows.programs.lint import lint_text
from workflows.programs.model import Program, parse
from workflows.programs.rules import Problem
from workflows.programs.text_checks import worst_case
from workflows.roles import Verb, demand
from workflows.staff import Who


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a draft in one language, as it would be sent with its longest values."""

    key: str
    language: str
    template: str
    shown: str
    segments: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What an approver sees: the change in words, every text in every language, what lint says. `revision` goes with an approval."""

    draft_id: UUID
    program: str
    revision: int
    changes: list[str]
    texts: list[Line]
    problems: list[Problem]


def edit_text(session: Session, code: str, key: str, *, language: str, words: str, by: Who) -> ProgramDraft:
    """Change one text of a program's open draft, begun from the live version when there is none. Refused when there is no such text."""
    demand(by.role, Verb.EDIT_WORDING)
    row, live = publishing.live(session, code)
    draft = open_draft(session, code)
    changed = source.with_text(draft.source if draft else live.source, key, language, words.strip())
    if changed is None:
        raise Refused(f"Program {code} has no text {key}.{language}. Nothing was changed.")
    return _keep(session, row.id, live, source_=changed, by=by)


def edit_file(session: Session, text: str, *, by: Who) -> ProgramDraft:
    """Make a whole file the open draft of the program it names; the file must be readable (Misconfigured), lint may still complain."""
    demand(by.role, Verb.EDIT_WORDING)
    row, live = publishing.live(session, parse(text).program)
    return _keep(session, row.id, live, source_=text, by=by)


def open_draft(session: Session, code: str) -> ProgramDraft | None:
    """The draft of a program that waits for approval, if there is one."""
    row, _ = publishing.live(session, code)
    found = select(ProgramDraft).where(
        ProgramDraft.org_id == org_of(session), ProgramDraft.program_id == row.id, ProgramDraft.state == "open"
    )
    return session.scalar(found.execution_options(populate_existing=True))


def preview(session: Session, code: str) -> Preview:
    """The open draft beside the live version. Refused when nothing is being changed."""
    draft = _demand_draft(session, code)
    _, live = publishing.live(session, code)
    old, new = publishing.snapshot(live), parse(draft.source)
    return Preview(
        draft_id=draft.id,
        program=code,
        revision=draft.revision,
        changes=difference(old, new),
        texts=_lines(old, new),
        problems=lint_text(draft.source),
    )


def approve(session: Session, code: str, *, revision: int, by: Who) -> ProgramVersion:
    """Publish the draft as it was previewed. Refused for its editors, for lint errors, and when it changed or went meanwhile."""
    demand(by.role, Verb.APPROVE_WORDING)
    draft = _demand_draft(session, code)
    if str(by.id) in draft.editors:
        raise Refused("You edited this draft: a second person approves it. Nothing was published.")
    wrong = [problem for problem in lint_text(draft.source) if problem.level == "error"]
    if wrong:
        raise Refused(f"{wrong[0].where}: {wrong[0].say} Nothing was published ({len(wrong)} to mend).")
    taken = session.scalar(
        update(ProgramDraft)
        .where(
            ProgramDraft.org_id == org_of(session),
            ProgramDraft.id == draft.id,
            ProgramDraft.state == "open",
            ProgramDraft.revision == revision,
        )
        .values(state="published", approved_by_id=by.id)
        .returning(ProgramDraft.id)
        .execution_options(synchronize_session=False)
    )
    if taken is None:
        raise Refused(
            "The draft was published or changed a moment ago. Nothing was published by you. Look at it again."
        )
    why = {"draft": show("drf", draft.id), "edited_by": " ".join(draft.editors)}
    version = publishing.publish(session, draft.source, actor=by.actor, **why)
    session.execute(
        update(ProgramDraft)
        .where(ProgramDraft.org_id == org_of(session), ProgramDraft.id == draft.id)
        .values(version_id=version.id)
        .execution_options(synchronize_session=False)
    )
    return version


def discard(session: Session, code: str, *, by: Who) -> None:
    """Give the open draft up; the live version stays as it is."""
    demand(by.role, Verb.EDIT_WORDING)
    draft = _demand_draft(session, code)
    session.execute(
        update(ProgramDraft)
        .where(ProgramDraft.org_id == org_of(session), ProgramDraft.id == draft.id, ProgramDraft.state == "open")
        .values(state="discarded")
        .execution_options(synchronize_session=False)
    )
    audit.record(session, "program.draft_discarded", actor=by.actor, subject=("draft", show("drf", draft.id)))


def _demand_draft(session: Session, code: str) -> ProgramDraft:
    draft = open_draft(session, code)
    if draft is None:
        raise Refused(f"Nothing is being changed in program {code}.")
    return draft


def _keep(session: Session, program_id: UUID, live: ProgramVersion, *, source_: str, by: Who) -> ProgramDraft:
    """Write the edit down: a new draft, or the next revision of the open one, with its editor among those who may not approve."""
    org, me = org_of(session), str(by.id)
    made = insert(ProgramDraft).values(
        org_id=org, program_id=program_id, based_on_id=live.id, source=source_, editors=[me], edited_at=now(session)
    )
    kept = made.on_conflict_do_update(
        index_elements=["org_id", "program_id"],
        index_where=ProgramDraft.state == "open",
        set_={
            "source": source_,
            "edited_at": now(session),
            "revision": ProgramDraft.revision + 1,
            "editors": ProgramDraft.editors.op("||")(made.excluded.editors),
        },
    ).returning(ProgramDraft)
    draft: ProgramDraft = session.scalars(kept.execution_options(populate_existing=True)).one()
    subject = ("draft", show("drf", draft.id))
    audit.record(session, "program.edited", actor=by.actor, subject=subject, revision=draft.revision)
    return draft


def _lines(old: Program, new: Program) -> list[Line]:
    found: list[Line] = []
    for key, variants in new.texts.items():
        for language, template in variants.items():
            shown = worst_case(template, language)
            changed = old.texts.get(key, {}).get(language) != template
            found.append(Line(key, language, template, shown, segments.count(shown).segments, changed))
    return found
