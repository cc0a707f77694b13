"""`python -m tests.neighbours DICTIONARY…` prints data/neighbours.txt anew from plain word lists (Debian: wamerican, wspanish)."""

import sys
from pathlib import Path

from workflows.understanding import spelling
from workflows.understanding.normalise import fold

_HEAD = "# Real words that are one slip away from a word of the lexicons; made by `python -m tests.neighbours DICTIONARY…`.\n"


def main() -> None:
    """Print the words of the dictionaries that the spelling must leave alone."""
    words = {fold(word) for path in sys.argv[1:] for word in Path(path).read_text("utf-8").split() if word.islower()}
    sys.stdout.write(_HEAD)
    sys.stdout.writelines(f"{word}\n" for word in spelling.neighbours(words))


if __name__ == "__main__":
    main()
