import re
from dataclasses import dataclass

from workflows.understanding.normalise import Text

# 47 CFR 64.1200(a)(10) names stop, quit, end, revoke, opt out, cancel, unsubscribe; the rest are carriers' and Spanish ones.
STOP_WORDS = frozenset(
    [
        "stop",
        "quit",
        "end",
        "revoke",
        "optout",
        "cancel",
        "unsubscribe",
        "stopall",
        "stopp",
        "alto",
        "parar",
        "pare",
        "paren",
        "nomas",
        "cancelar",
        "baja",
        "detener",
        "terminar",
        "basta",
    ]
)
CANCEL_WORDS = frozenset(("cancel", "cancelar"))
START_WORDS = frozenset(
    (
        "start",
        "unstop",
        "join",
        "unirme",
        "subscribe",
        "suscribir",
        "suscribirme",
        "resubscribe",
        "reanudar",
        "empezar",
        "comenzar",
        "iniciar",
    )
)
HELP_WORDS = frozenset(("help", "info", "ayuda", "informacion", "helpme", "ayudenme"))
_LONGEST = 40  # characters that a bare keyword may have with all its dots and spaces
_NOT_LETTER = re.compile(r"[\W_]")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A bare carrier word and the intents it stands for."""

    rule: str
    intents: tuple[str, ...]


def keyword(text: Text) -> Keyword | None:
    """The carrier word that is the whole message, in any case, spacing and punctuation ("S.T.O.P", "no más!")."""
    if len(text.original) > _LONGEST:
        return None
    word = _NOT_LETTER.sub("", text.normal)
    if word in CANCEL_WORDS:
        return Keyword(f"keyword.{word}", ("opt_out", "cancel"))
    if word in STOP_WORDS:
        return Keyword(f"keyword.{word}", ("opt_out",))
    if word in START_WORDS:
        return Keyword(f"keyword.{word}", ("opt_in",))
    if word in HELP_WORDS:
        return Keyword(f"keyword.{word}", ("help",))
    return None
