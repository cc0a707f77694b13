import re
from enum import StrEnum

_PAIRS = {"“": "”", '"': '"', "”": "”", "«": "»", "‘": "’", "'": "'", "„": "“", "‹": "›"}
_OPEN = "[" + "".join(_PAIRS) + "]"
_THING = (
    r"an? (?:image|photo|video|attachment|movie|picture|message|sticker|audio message|link|location|contact|voice message)"
    r"|una? (?:imagen|foto|v[ií]deo|mensaje|archivo|audio|enlace|sticker)|tu mensaje|your message"
)
_ODD = r"[^\w\s\"'“”«»‘’.,!?]{1,12}"  # a picture, whichever it is
_ENGLISH = (
    r"liked|loved|disliked|laughed (?:at|with)|laughed|emphasi[sz]ed|questioned|hearted|"
    rf"removed (?:an? [a-z ]{{2,20}}|{_ODD}) from|reacted (?:with )?(?:an? )?{_ODD} to|added (?:an? )?(?:[a-z]{{2,10}}|{_ODD}) to|{_ODD} to"
)
_SPANISH = (
    r"(?:no )?[lm]e (?:gust[oóa]|encant[oóa])|se r[ií][oó] (?:de|con)|r[ií]e con|enfatiz[oó]|exclam[oó]|resalt[oó]|destac[oó]|cuestion[oó]|"
    r"puso en duda|dud[oó] de|pregunt[oó] (?:por|sobre)|marc[oó] (?:con|como) \S{1,12}|"
    rf"(?:elimin[oó]|quit[oó]|borr[oó]) (?:un|una|el|la|su)? ?(?:[a-zé ]{{2,20}}|{_ODD}) (?:de|en|a)|"
    rf"(?:reaccion[oó]|ha reaccionado) (?:con )?(?:un |una )?{_ODD} a(?:l mensaje)?|{_ODD} a"
)
_TAPBACK = re.compile(
    rf"[\s\u200b-\u200d\ufeff]{{0,3}}(?:(?:[Aa] )?(?!No )[A-ZÁÉÍÓÚÑ][\w.]{{0,15}} (?:[A-ZÁÉÍÓÚÑ][\w.]{{0,15}} )?(?=[a-z]))?(?P<verb>(?i:{_ENGLISH}|{_SPANISH}))"  # noqa: E501  one pattern, read as one
    rf"[\s\u200b-\u200d]{{1,4}}(?:(?P<open>{_OPEN})(?P<body>.*)|(?i:{_THING}))",
    re.DOTALL,
)
_WARM = ("liked", "loved", "hearted", "le gust", "le encant", "me gust", "me encant")
_COLD = ("disliked", "questioned", "no le ", "no me ", "cuestion", "pregunt", "puso en duda", "dud")


class Mood(StrEnum):
    """What a Tapback says about the message it stands on."""

    WARM = "warm"
    COLD = "cold"
    NEUTRAL = "neutral"


def split(text: str) -> tuple[Mood | None, str, int]:
    """The mood of a Tapback (None when it is not one), what the patient wrote after it, and where that starts.

    The quoted part is our own message: it is cut out, so that no later layer can take it for the patient's words.
    """
    match = _TAPBACK.match(text)
    if match is None:
        return None, text, 0
    mood = _mood(match.group("verb").lower())
    body = match.group("body")
    if body is None:
        return mood, text[match.end() :], match.end()
    close = _closing(text, match.group("open"), match.start("body"))
    if close < 0:  # cut off in transit: all of it is quotation
        return mood, "", len(text)
    return mood, text[close + 1 :], close + 1


def _closing(text: str, mark: str, start: int) -> int:
    """Where the quotation ends: at its own last mark; an apostrophe inside a word is none."""
    at = max(text.rfind(_PAIRS[mark], start), text.rfind('"', start) if mark in "“”" else -1)
    while mark in "'‘" and at > start and text[at + 1 : at + 2].isalpha():
        at = text.rfind(_PAIRS[mark], start, at)
    return at


def _mood(verb: str) -> Mood:
    if "👎" in verb or verb.startswith(_COLD):
        return Mood.COLD
    if verb.startswith(("removed", "elimin", "quit", "borr")):
        return Mood.NEUTRAL
    return Mood.WARM if verb.startswith(_WARM) or "👍" in verb or "❤" in verb else Mood.NEUTRAL


def asks_for_one(text: str) -> bool:
    """Whether the quoted message asked to reply 1: liking it is a weak yes, for a person to judge."""
    return re.search(r"(?:reply|respond[ae]|text|env[ií]e) (?:con )?(?:1|y|yes|c)\b", text, re.IGNORECASE) is not None
