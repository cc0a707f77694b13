"""Systems that may read figures, each with a token of its own. A token that starts programs reads none, and these start none."""

from sqlalchemy.orm import Session

from core.errors import Refused
from storage.tables import FigureReader
from workflows import tokens
from workflows.tokens import Kind, hash_of

__all__ = ["KIND", "ROUTE", "add", "hash_of", "listed", "of_token", "revoke"]

ROUTE = "figures.token"
KIND = Kind(FigureReader, ROUTE, called="reader", event="figure_reader")
listed, of_token, revoke = KIND.listed, KIND.of_token, KIND.revoke


def add(session: Session, name: str, *, sees_owners: bool, actor: str) -> str:
    """Create a reader and return its token, which is shown this once. Refused for a name that is taken or cannot be one."""
    if not tokens.NAME.fullmatch(name):
        raise Refused("A reader is named in small letters, digits, - and _. Nothing was changed.")
    owners = "yes" if sees_owners else "no"
    return KIND.add(session, name, actor=actor, audited={"owners": owners}, sees_owners=sees_owners)
