"""How many years of school a text asks of its reader; syllables are counted by each language's own rules."""

import re
from collections.abc import Callable

_WORD = re.compile(r"[a-záéíóúüñ]+(?:'[a-z]+)?|\d+", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.?!;:]+(?=\s|$)")
_HUERTA_GRADES = ((90, 4), (80, 5), (70, 6), (60, 8), (50, 10), (30, 13))  # his own table, "very easy" to "college"
_STRONG, _WEAK = "aeoáéíóú", "iuü"


def grade(text: str, language: str) -> float:
    """The school grade the text can be read in; placeholders must be gone already. 0 for a text without words.

    English: Flesch-Kincaid grade level, 0.39 words/sentence + 11.8 syllables/word - 15.59 (Kincaid et al. 1975, CNTECHTRA 8-75).
    Spanish: Fernández Huerta's ease, 206.84 - 60 syllables/word - 1.02 words/sentence (1959, with Law's correction of 2011 that
    reads the second term as words per sentence), turned into a grade by his own table; "Reading ease 70" is grade 6.
    """
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return 0
    per_sentence = len(words) / max(1, len(_SENTENCE_END.findall(text.rstrip(".?!;: ") + ".")))
    per_word = sum(syllables(word, language) for word in words) / len(words)
    if language == "es":
        ease = 206.84 - 60 * per_word - 1.02 * per_sentence
        return next((years for least, years in _HUERTA_GRADES if ease >= least), 16)
    return max(0, 0.39 * per_sentence + 11.8 * per_word - 15.59)


def syllables(word: str, language: str) -> int:
    """At least one; a number counts as one, so that digits to press make a text neither harder nor easier."""
    if word[0].isdigit():
        return 1
    count: Callable[[str], int] = _spanish if language == "es" else _english
    return max(1, count(word.lower()))


def _english(word: str) -> int:
    """Groups of vowels, less a silent e ("time", "moved", "times"), and one more for "didn't"."""
    extra = len(re.findall(r"[^aeiouy]n't$", word))
    bare = word.replace("'", "")
    groups = len(re.findall(r"[aeiouy]+", bare))
    silent = re.search(r"[^aeiouyl]e$|[aeiouy]le$|[^aeioutdy]ed$|[^aeiouysxzcgh]es$", bare)
    return groups - (silent is not None and groups > 1) + extra


def _spanish(word: str) -> int:
    """Two strong vowels, or an accented weak one, are two syllables; a weak one beside a strong one is not. Final y is a vowel."""
    letters = re.sub(r"qu(?=[eiéí])|gu(?=[eiéí])", "k", re.sub(r"y$", "i", word))
    groups = re.findall(rf"[{_STRONG}{_WEAK}]+", letters)
    return sum(max(1, sum(letter in _STRONG for letter in group)) for group in groups)
