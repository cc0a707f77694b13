"""`python -m tests.neighbours DICTIONARY…` prints data/neighbours.txt from word lists (Debian: wamerican, wbritish, wspanish)."""

import sys
from pathlib import Path

from workflows.understanding import spelling
from workflows.understanding.normalise import fold

_HEAD = "# Real words that are one slip away from a word of the lexicons; made by `python -m tests.neighbours DICTIONARY…`.\n"
_ENDINGS = {
    "ar": (
        "o",
        "a",
        "as",
        "an",
        "amos",
        "ado",
        "ada",
        "ados",
        "adas",
        "ando",
        "e",
        "aron",
        "aba",
        "aban",
        "aria",
        "are",
        "ara",
        "en",
        "es",
    ),
    "er": (
        "o",
        "e",
        "es",
        "en",
        "emos",
        "ido",
        "ida",
        "idos",
        "idas",
        "iendo",
        "io",
        "ieron",
        "ia",
        "ian",
        "era",
        "ere",
        "a",
        "as",
        "an",
    ),
    "ir": (
        "o",
        "e",
        "es",
        "en",
        "imos",
        "ido",
        "ida",
        "idos",
        "idas",
        "iendo",
        "io",
        "ieron",
        "ia",
        "ian",
        "ira",
        "ire",
        "a",
        "as",
        "an",
    ),
}


def _inflected(word: str) -> set[str]:
    """The word and what it may become: word lists hold infinitives and singulars only."""
    forms = {word, word + "s", word + "es"}
    if word.endswith("o"):
        forms |= {word[:-1] + end for end in ("a", "as")}
    return forms | {word[:-2] + end for end in _ENDINGS.get(word[-2:], ())}


def main() -> None:
    """Print the words of the dictionaries that the spelling must leave alone."""
    listed = {word for path in sys.argv[1:] for word in Path(path).read_text("utf-8").split()}
    words = {fold(form) for word in listed for form in _inflected(word)}
    sys.stdout.write(_HEAD)
    sys.stdout.writelines(f"{word}\n" for word in spelling.neighbours(words))


if __name__ == "__main__":
    main()
