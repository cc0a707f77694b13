"""Whether figures are shown as Slack's own charts: where the organisation asks for them, and its workspace has not refused any.

In the organisation's settings: {"charts": "native"}, or "pictures", which is what counts without a word.
"""

from typing import Any

from sqlalchemy.orm import Session

from core import log
from core.errors import Misconfigured
from workflows import accounts, surroundings

KEY, REFUSED = "charts", "charts_refused"
NATIVE, PICTURES = "native", "pictures"


def read(said: Any) -> None:
    """Check what an organisation file says. Raises Misconfigured."""
    if said not in (NATIVE, PICTURES):
        raise Misconfigured(f"charts is {NATIVE} or {PICTURES}", fix="See docs/charts.md.")


def wanted(session: Session) -> bool:
    """Asked for, and not refused by this workspace before."""
    settings = surroundings.organisation_of(session).settings
    return settings.get(KEY) == NATIVE and _here(session) not in settings.get(REFUSED, ())


def refused(session: Session) -> None:
    """This workspace takes none yet: pictures from now on. To try again, apply the organisation file with `charts` once more."""
    organisation = surroundings.organisation_of(session)
    known = set(organisation.settings.get(REFUSED, ()))
    organisation.settings = organisation.settings | {REFUSED: sorted(known | {_here(session)})}
    log.get().info("charts.not_native")


def choose(session: Session, said: str) -> None:
    """Keep what an organisation file says, and forget what was refused. Raises Misconfigured."""
    read(said)
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | {KEY: said, REFUSED: []}


def _here(session: Session) -> str:
    return next(iter(accounts.workspaces(session)), "")
