import re
from enum import StrEnum

_REACH = 90  # characters looked at on each side: keeps the work per hit constant


class Standing(StrEnum):
    """Whether a symptom that stands in the text is there now."""

    PRESENT = "present"
    NEGATED = "negated"
    RESOLVED = "resolved"
    HYPOTHETICAL = "hypothetical"
    HISTORICAL = "historical"


_BREAK = re.compile(
    r"(?:^| )(?:[.?]|but|however|though|tho|although|except|except for|pero|aunque|sino|excepto|also|btw|tambien|just|only)(?= |$)"
)
_CUE = re.compile(
    r"(?<!\w)(?:no he tenido|no ha tenido|no he sentido|no|not|dont|do not|doesnt|didnt|did not|"
    r"havent|have not|hasnt|isnt|arent|aint|wasnt|werent|without|"
    r"never|zero|none|"
    r"neither|nor|denies|deny|free of|sin|ningun|ninguna|ni|tampoco|nada de|nunca|jamas)(?!\w)"
)
_FILLERS = frozenset(
    [
        "any",
        "a",
        "an",
        "in",
        "having",
        "have",
        "feel",
        "feeling",
        "feels",
        "really",
        "even",
        "been",
        "actually",
        "currently",
        "experiencing",
        "experienced",
        "noticed",
        "notice",
        "noticing",
        "seen",
        "see",
        "think",
        "signs",
        "sign",
        "of",
        "more",
        "further",
        "new",
        "other",
        "real",
        "symptoms",
        "symptom",
        "issues",
        "problems",
        "the",
        "my",
        "me",
        "i",
        "thoughts",
        "thought",
        "or",
        "nor",
        "and",
        ",",
        "tengo",
        "tiene",
        "siento",
        "siente",
        "hay",
        "tenido",
        "sentido",
        "he",
        "ha",
        "mas",
        "el",
        "la",
        "ni",
        "o",
        "y",
        "de",
        "del",
        "mis",
        "mi",
        "ningun",
        "ninguna",
        "en",
        "le",
        "duele",
        "fever",
        "chills",
        "pain",
        "chest",
        "nausea",
        "vomiting",
        "bleeding",
        "swelling",
        "cough",
        "shortness",
        "breath",
        "trouble",
        "breathing",
        "dizziness",
        "redness",
        "drainage",
        "headache",
        "rash",
        "pus",
        "infection",
        "diarrhea",
        "fiebre",
        "dolor",
        "nausea",
        "vomito",
        "mareo",
        "tos",
        "sangrado",
        "hinchazon",
        "falta",
        "aire",
        "bad",
        "severe",
        "had",
        "getting",
        "get",
        "got",
        "longer",
    ]
)
# After a bare "no" these start a new statement ("no i have chest pain"), so they are no part of what it denies.
_STATEMENT = frozenset(
    [
        "i",
        "have",
        "my",
        "me",
        "had",
        "having",
        "he",
        "ha",
        "feel",
        "think",
        "got",
        "getting",
        "get",
        "tengo",
        "tiene",
        "siento",
        "siente",
        "hay",
        "been",
    ]
)
_GONE = re.compile(
    r"(?:^| )(?:gone|went away|broke|stopped|cleared|cleared up|resolved|subsided|disappeared|went down|over with|under control|all better|better|improved|"  # noqa: E501  one pattern, read as one
    r"se (?:me |le )?(?:quito|fue|paso|calmo|detuvo|bajo)|paro|desaparecio|ya paso|mejor|mejoro|controlado)(?= |$)"
)
_WEAK_GONE = re.compile(r"(?:better|mejor|improved|mejoro|under control|controlado|went down)")
_NOT_GONE = re.compile(
    r"(?:^| )(?:no|not|isnt|hasnt|havent|wont|doesnt|didnt|never|dont|cant|until|if|almost|barely|nunca|came back|back again|returned|again|still|"  # noqa: E501  one pattern, read as one
    r"worse|regreso|volvio|todavia|sigue|sigo|otra vez|hasta que|si)(?= |$)"
)
_OVER = re.compile(
    r"(?:no more|got rid of|over my|over the|recovered from|stopped having|ya no tengo|ya no me|se (?:me |le )?(?:quito|fue|paso|quitaron) (?:el|la|los|las)|desaparecio (?:el|la)|passed the)(?: \w+){0,2} ?$"  # noqa: E501  one pattern, read as one
)
_IF = re.compile(
    r"(?:^| )(?:what if|if|in case|incase|should i get|when should|whenever|unless|que hago si|que pasa si|y si|por si|en caso de|si me da|si llego a|si me|worried about getting|signs of|watch for|look for)(?: \w+){0,5} ?$"  # noqa: E501  one pattern, read as one
)
_NOT_IF = re.compile(
    r"(?:know|sure|wonder|wondering|see|unsure|tell|as|even|ask|asking) if(?: |$)|if (?:this|my|the|these|its|it is|hes|shes) |si (?:me )?(?:esta|estoy|sigue|es)(?: |$)"  # noqa: E501  one pattern, read as one
)
_THEN = re.compile(
    r"(?:years? ago|months? ago|last (?:year|month|week|summer|winter)|in (?:19|20)\d\d|(?:in|back in|since) (?:jan|january|feb|february|march|april|may|june|july|august|september|october|november|december|dec|nov|oct|aug|septiembre)(?: |$)|"  # noqa: E501  one pattern, read as one
    r"history of|hx of|when i was|as a kid|back in|hace (?:\w+ )?(?:anos|meses)|(?:el )?(?:ano|mes) pasado|cuando era|antecedentes)"
)
_NOW = re.compile(
    r"(?:^| )(?:still|now|again|today|tonight|keeps|ongoing|this morning|since|sigo|sigue|todavia|ahora|hoy|desde|aun)(?= |$)"
)
_LIST = re.compile(r"^ (?:, )?(?:or|nor|ni|o)(?: |$)")


def standing(text: str, start: int, end: int, *, strict: bool = False) -> Standing:
    """Whether the symptom at text[start:end] is present, judged by the words of its own clause.

    `strict` (emergencies): a comma or "and" ends what "no" denies, and "better" does not mean gone; doubt is presence.
    """
    left, right = _clause(text, start, end)
    if _is_negated(left, right, strict=strict):
        return Standing.NEGATED
    if _is_gone(left, right, text[end : end + _REACH], strict=strict):
        return Standing.RESOLVED
    if _IF.search(left) and not _NOT_IF.search(left + " "):
        return Standing.HYPOTHETICAL
    clause = left + text[start:end] + right
    if _THEN.search(clause) and not _NOW.search(clause):
        return Standing.HISTORICAL
    return Standing.PRESENT


def _clause(text: str, start: int, end: int) -> tuple[str, str]:
    left = text[max(0, start - _REACH) : start]
    for match in _BREAK.finditer(left):
        cut = match.end()
    if _BREAK.search(left):
        left = left[cut:]
    right = text[end : end + _REACH]
    stop = _BREAK.search(right)
    return left, right[: stop.start()] if stop else right


def _is_negated(left: str, right: str, *, strict: bool) -> bool:
    cues = list(_CUE.finditer(left))
    if not cues:
        return False
    cue, between = cues[-1].group(), left[cues[-1].end() :].split()
    if "think" in between and _GONE.search(right):
        return False  # "dont think it is gone"
    if len(between) > 9 or not _FILLERS.issuperset(between):
        return False
    if (
        cue in ("no", "zero")
        and between
        and (between[0] == "," or (between[0] in _STATEMENT and between[:2] != ["tengo", "mas"]))
    ):
        return cue == "no" and between[0] in ("tengo", "siento", "hay", "me", "tiene", "siente") and "," not in between
    if strict and {",", "and", "y"} & set(between):
        return bool({"or", "nor", "ni", "o", "any"} & set(between)) or _LIST.match(right) is not None
    return True


def _is_gone(left: str, right: str, after: str, *, strict: bool) -> bool:
    if _OVER.search(left):
        return True
    gone = _GONE.search(right)
    if gone is None or _NOT_GONE.search(right) or _NOT_GONE.search(after) or _NOT_GONE.search(left):
        return False
    if "," in right[: gone.start()].split() and strict:
        return False
    return not (strict and _WEAK_GONE.search(gone.group()))
