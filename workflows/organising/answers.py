"""The approved answers: which are given, in which words, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now
from workflows import wording
from workflows.library import entries, replies
from workflows.library.entries import Entry
from workflows.organising import changes, words
from workflows.organising.changes import FILE, By

KEY = "answers"
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it stands: `given` says why it is not, where it is not ("off", "expired", "facts")."""

    key: str
    entry: Entry
    given: str = ""
    wants: tuple[str, ...] = ()
    """Facts that have no words yet."""


def every(session: Session) -> list[Answer]:
    """All answers, ours and the organisation's own, by title; those that were switched off too."""
    organisation = changes.current(session)
    shelf = replies.of(organisation).answers
    off = {key: entry for key, entry in entries.built_in().answers.items() if key not in shelf}
    facts, day = words.of(session), now(session).astimezone(ZoneInfo(organisation.zone)).date()
    found = [Answer(key, entry, "off") for key, entry in off.items()]
    for key, entry in shelf.items():
        wants = tuple(
            name for name in sorted(entry.needs & set(words.FACTS)) if not set(entry.texts) <= set(facts.get(name, {}))
        )
        given = "expired" if day > entry.expires_on else "facts" if wants else ""
        found.append(Answer(key, entry, given, wants))
    return sorted(found, key=lambda one: (one.entry.title, one.key))


def of_key(session: Session, key: str) -> Answer:
    """One of them; Refused when it is gone."""
    found = next((one for one in every(session) if one.key == key), None)
    if found is None:
        raise Refused("That answer is not there any more. Nothing was changed.")
    return found


def shown(answer: Answer) -> dict[str, Any]:
    """What a form shows of it, for `changes.mark`."""
    return {
        "texts": dict(answer.entry.texts), "until": answer.entry.expires_on.isoformat(), "off": answer.given == "off",
        "approved_by": answer.entry.approved_by,
    }  # fmt: skip


def keep_all(session: Session, raw: Mapping[str, Any], *, by: By = FILE) -> None:
    """A file's own answers, checked before, in the place of those that were there."""
    organisation = changes.lock(session)
    before = organisation.settings.get(KEY, {})
    changes.record(session, by, area=KEY, about="all", before=sorted(before), after=sorted(raw))
    changes.put(organisation, KEY, dict(raw))


def approve(session: Session, key: str, texts: Mapping[str, str], *, until: date, name: str, by: By) -> None:
    """Give it in these words until that day, approved by `name`. Refused with the rule that the words break, or when stale."""
    organisation = changes.lock(session)
    answer = of_key(session, key)
    before = shown(answer)
    changes.demand_unseen(session, by, area=KEY, about=key, before=before)
    today = now(session).astimezone(ZoneInfo(organisation.zone)).date()
    if not today <= until <= today + timedelta(days=MOST_DAYS):
        raise Refused(f"Pick a day from today on, within {MOST_DAYS} days. Nothing was saved.")
    made = answer.entry.model_dump(mode="json", exclude_none=True) | {
        "texts": dict(texts),
        "expires_on": until,
        "approved_by": name,
    }
    problems = wording.check_source(yaml.safe_dump({"answers": {key: made}}, allow_unicode=True))
    if wrong := [one for one in problems if one.level == "error"]:
        raise Refused(f"{wrong[0].say} Nothing was saved.")
    _put(session, key, made | {"expires_on": until.isoformat()})
    changes.record(session, by, area=KEY, about=key, before=before, after=shown(of_key(session, key)))


def stop(session: Session, key: str, *, by: By) -> None:
    """Do not give it any more: who asks is answered by a person. Refused when stale."""
    organisation = changes.lock(session)
    answer = of_key(session, key)
    before = shown(answer)
    changes.demand_unseen(session, by, area=KEY, about=key, before=before)
    if key in entries.built_in().answers:
        _put(session, key, None)
    else:  # its own words would be lost: it is over from yesterday on
        yesterday = now(session).astimezone(ZoneInfo(organisation.zone)).date() - timedelta(days=1)
        made = answer.entry.model_dump(mode="json", exclude_none=True) | {"approved_by": answer.entry.approved_by}
        _put(session, key, made | {"expires_on": yesterday.isoformat()})
    changes.record(session, by, area=KEY, about=key, before=before, after=shown(of_key(session, key)))


def _put(session: Session, key: str, raw: Any) -> None:
    organisation = changes.current(session)
    changes.put(organisation, KEY, organisation.settings.get(KEY, {}) | {key: raw})
