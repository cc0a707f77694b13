import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from workflows.understanding import data_files, spelling

# Marks that may sit inside a word: zero-width characters, soft hyphen, combining accents.
_INNER = "\u200b-\u200d\u2060\u00ad\ufeff\u0300-\u036f"
_TOKEN = re.compile(
    rf"[0-9#*]\ufe0f?\u20e3|🔟|[wWbB]/[oOcC]?(?!\w)|\d{{1,4}}(?:[.,:/\-]\d{{1,4}}){{1,3}}(?!\d)[a-zA-Z]{{0,3}}"
    rf"|[\w{_INNER}]+(?:['’‘`´][\w{_INNER}]+)*|\S|\n"
)
_INNER_RE = re.compile(f"[{_INNER}'’‘`´]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_LONG_RUN = re.compile(r"([a-z])\1{2,}")
_END_RUN = re.compile(r"([a-z])\1{2,}$")
_STOPS = {".": ".", "!": ".", ";": ".", "\n": ".", "…": ".", "?": "?", ",": ",", ":": ",", "(": ",", ")": ",", "—": ","}
_SIGNS = {
    "@": "at",
    "&": "and",
    "+": "and",
    "$": "$",
    "-": "-",
    "–": "-",
    "/": "/",
    "%": "percent",
    "#": "number",
    "°": "degrees",
    "º": "degrees",
}
_MAX_WORD = 40  # longer runs of letters are noise; cutting them keeps every later pattern linear


@dataclass(frozen=True, slots=True)
class Text:
    """A message in normal form: lower case, no accents or apostrophes, one space between tokens.

    Sentence ends are ".", questions "?", lighter breaks ",". `span` leads back to the characters of the original.
    """

    original: str
    normal: str
    starts: tuple[int, ...]
    sources: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where normal[start:end] stands in the original text."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        last = max(bisect_right(self.starts, max(end - 1, start)) - 1, first)
        if not self.sources:
            return 0, 0
        return self.sources[first][0], self.sources[last][1]


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, str], dict[str, str]]:
    data = data_files.read(data_files.FOLDER / "words.yaml")
    tokens: dict[str, str] = dict(data["slang"])
    for right, wrongs in data["spelling"].items():
        tokens.update(dict.fromkeys(wrongs, right))
    pictures = {mark: name for name, marks in data["emoji"].items() for mark in marks}
    return tokens, pictures


def normal_form(original: str) -> Text:
    """Bring a message to the form every later layer reads. Linear in its length; keeps the way back to the original."""
    parts: list[str] = []
    starts: list[int] = []
    sources: list[tuple[int, int]] = []
    at = 0
    for match in _TOKEN.finditer(original):
        word = _token(match.group())
        if not word or (parts and word == parts[-1] and not word[0].isalnum()):
            continue
        parts.append(word)
        starts.append(at)
        sources.append(match.span())
        at += len(word) + 1
    return Text(original, " ".join(parts), tuple(starts), tuple(sources))


@lru_cache(maxsize=5_000)
def _token(raw: str) -> str:
    if raw == "🔟":
        return "10"
    if len(raw) == 1 and not raw.isalnum():
        return _STOPS.get(raw) or _SIGNS.get(raw) or _picture(raw)
    if raw.endswith("\u20e3"):
        return raw[0] if raw[0].isdigit() else "number"
    raw = raw[:_MAX_WORD]
    if raw in ("sí", "Sí", "SÍ", "si\u0301", "Si\u0301"):
        return "yes"  # with its accent it is the answer, without it may be "if"
    if raw.lower() in ("mañ", "man\u0303"):
        return "manana"  # without its tilde it is a man
    word = fold(raw)
    if word.isalpha() and len(word) > 2:
        word = _LONG_RUN.sub(_squash, _END_RUN.sub(r"\1", word))
    return _words()[0].get(word) or spelling.right(word)


def fold(raw: str) -> str:
    """Lower case, compatibility forms made plain, accents and apostrophes gone."""
    plain = unicodedata.normalize("NFKD", raw).casefold()
    return _INNER_RE.sub("", _ACCENTS.sub("", plain))


def _squash(run: re.Match[str]) -> str:
    return run.group(1) * (2 if run.group(1) in "eo" else 1)


def _picture(mark: str) -> str:
    known = _words()[1].get(mark)
    if known:
        return known
    return "emoji" if unicodedata.category(mark) == "So" else ""
