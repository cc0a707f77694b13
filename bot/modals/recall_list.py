"""`/recall csv`: hand over a list, and what became of its rows: counts, and line numbers by reason. Never a cell's content."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks import Block, View, clip, context, escape, input_block, input_file, input_text, section
from bot.modals.frame import Submit, handed_over, modal, subject_of, typed
from core.errors import Refused

CALLBACK, GO_ON = "recall.csv.submit", "recall.csv.go"
FILETYPES = ("csv", "tsv", "txt")
PROBLEMS = {
    "cells": "another number of cells than the first line",
    "no_id": "no mrn and no id",
    "phone": "a phone number that cannot be one",
    "birth_date": "a birth date that cannot be one",
    "unknown_patient": "nobody in the chart",
    "ambiguous": "more than one patient in the chart",
    "duplicate": "the same patient as an earlier line",
}
MOST_REASONS, MOST_CHARACTERS = 10, 700
_SOURCE, _FILE = "recall.csv.source", "recall.csv.file"


def build() -> View:
    """Ask where the list is from and for the file."""
    source = input_text(_SOURCE, max_length=30, multiline=False)
    blocks = [
        input_block("Where is the list from? (one word, such as billing)", _SOURCE, element=source),
        input_block("The list (CSV)", _FILE, element=input_file(_FILE, FILETYPES)),
        context("Its first line names the columns; one of them is mrn or id. Nothing is sent by handing it over."),
    ]
    return modal("Hand over a list", blocks, case_id="recall", submit=Submit("Read the list", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> tuple[str, str]:
    """(source, file id); Refused with a sentence when one of them is missing."""
    subject_of(view, CALLBACK)
    source = "".join(c if c.isascii() and c.isalnum() else "_" for c in (typed(view, _SOURCE) or "").lower()).strip("_")
    if not source:
        raise Refused("Say where the list is from, in one word. Nothing was changed.")
    return source[:30], handed_over(view, _FILE, ask="Hand over a CSV file.")


def answer(cohort: str, counts: Mapping[str, int], rejected: Sequence[tuple[int, str]], *, again: bool) -> View:
    """What became of it, and the way on to a campaign; `cohort` is its id."""
    blocks: list[Block] = [section(f"*{summary(counts)}*")]
    if again:
        blocks.append(section("This very list was read before: it is the same cohort, and nothing was changed."))
    blocks += [section(f"*{escape(clip(words, 120))}*\n{lines}") for words, lines in left_out(rejected)]
    more = [
        f"{counts[key]:,} {words}"
        for key, words in (
            ("new_patients", "not in the EHR yet"),
            ("low_confidence", "matched by name and birth date alone: a person looks before they are texted"),
            ("consents", "consents recorded"),
        )
        if counts.get(key)
    ]
    blocks.append(context(". ".join([*more, "Lines are counted as in the file; the first line names the columns."])))
    return modal("The list was read", blocks, case_id=cohort, submit=Submit("Start a campaign", GO_ON))


def summary(counts: Mapping[str, int]) -> str:
    """ "312 lines: 303 patients taken, 9 lines left out." """
    rows, taken = counts.get("rows", 0), counts.get("members", 0)
    return f"{_of(rows, 'line')}: {_of(taken, 'patient')} taken, {_of(rows - taken, 'line')} left out."


def _of(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def left_out(rejected: Sequence[tuple[int, str]]) -> list[tuple[str, str]]:
    """(reason in words, "lines 3, 7–9") for each reason, the most frequent first; what does not fit is counted."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for line, problem in rejected:
        by_reason[problem].append(line)
    most_first = sorted(by_reason.items(), key=lambda one: (-len(one[1]), one[0]))[:MOST_REASONS]
    return [(f"{len(lines):,}: {PROBLEMS.get(problem, problem)}", _lines(lines)) for problem, lines in most_first]


def _lines(numbers: Sequence[int]) -> str:
    """ "line 3", "lines 3, 7–9"; runs are joined, and the text stays within a section."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    said, shown = "", 0
    for first, last in runs:
        piece = f"{first:,}" if first == last else f"{first:,}–{last:,}"
        if len(said) + len(piece) > MOST_CHARACTERS:
            break
        said, shown = f"{said}, {piece}" if said else piece, shown + last - first + 1
    left = len(numbers) - shown
    return f"line{'s' if len(numbers) > 1 else ''} {said}" + (f", and {left:,} more" if left else "")
