"""`app.py understand` line for line: the order, the keys, and what bad input does to the lines around it."""

import json
import os
import subprocess
import sys
import time
from itertools import chain, repeat

import pytest

from tests.databases import ROOT
from workflows.understanding import Urgency
from workflows.understanding.batch import run

REF = "2026-12-01T09:00:00"
KEYS = [
    "id",
    "intents",
    "urgency",
    "confidence",
    "review",
    "opt_out",
    "score",
    "when",
    "objection",
    "next_step",
    "evidence",
]
ODD = {
    "empty": "",
    "blank": " \t\n ",
    "control characters": "\x00\x07chest\x1b[31m pain\x00",
    "right to left": "عندي ألم في الصدر",
    "hebrew": "כואב לי בחזה",
    "chinese": "我胸口很痛",
    "emoji only": "😭😭💔",
    "lone surrogate": "\ud800 hola",
    "zalgo": "c̷̛h̴e̸s̶t̵ p̴a̸i̶n̵",
    "numbers": "9" * 5_000,
    "quotes": "\"\"\"'''“”‘’",
}


def ask(text: object, **more: object) -> str:
    return json.dumps({"id": "a", "text": text, "context": None, "ref": REF} | more)


def answers(*lines: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run(lines)]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_text_gets_a_whole_answer_and_its_evidence_is_the_texts_own_words(text: str) -> None:
    (answer,) = answers(ask(text))

    assert list(answer) == KEYS
    assert Urgency(str(answer["urgency"]))
    for proof in answer["evidence"]:  # type: ignore[attr-defined]  # a list by the contract
        start, end = proof["span"]
        assert proof["text"] == text[start:end]


@pytest.mark.parametrize("name", ["right to left", "hebrew", "chinese", "emoji only"])
def test_what_we_cannot_read_goes_to_a_person(name: str) -> None:
    (answer,) = answers(ask(ODD[name]))

    assert answer["review"] is True


def test_control_characters_do_not_hide_an_emergency() -> None:
    assert answers(ask(ODD["control characters"]))[0]["urgency"] == "emergency"
    assert answers(ask(ODD["zalgo"]))[0]["urgency"] == "emergency"


def test_a_megabyte_is_read_in_seconds_and_danger_at_its_end_is_found() -> None:
    began = time.process_time()
    (answer,) = answers(ask("my day was long and quiet. " * 38_000 + "now i cant breathe"))

    assert answer["urgency"] == "emergency"
    assert time.process_time() - began < 20


def test_a_bad_line_gets_an_error_line_and_the_others_go_on() -> None:
    bad = [
        "{",
        "[]",
        '"x"',
        "nul",
        json.dumps({"id": "b"}),
        ask(7),
        ask("hi", context=5),
        ask("hi", ref="yesterday"),
        ask("hi", id=None),
    ]

    found = answers(*chain.from_iterable(zip(bad, repeat(ask("STOP")))))

    assert ["error" in one for one in found] == [True, False] * len(bad)
    assert all(one["opt_out"] for one in found[1::2])
    assert not any("yesterday" in str(one["error"]) for one in found[::2])


def test_the_order_and_the_ids_are_kept() -> None:
    found = answers(*(ask("hi", id=str(number)) for number in range(40)))

    assert [one["id"] for one in found] == [str(number) for number in range(40)]


def test_the_first_answer_comes_before_the_input_ends() -> None:
    """As under `head -1`: one line in, one line out, while the sender keeps the pipe open."""
    command = [sys.executable, "app.py", "understand"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(ask("i cant breathe") + "\n")
        process.stdin.flush()
        first = json.loads(process.stdout.readline())
        process.stdin.close()

    assert first["urgency"] == "emergency"
    assert process.returncode == 0


def test_half_a_character_stops_nothing() -> None:
    """Bytes that are no UTF-8, and half of a surrogate pair inside evidence, are answered; so is what follows."""
    half = ask('Liked "\ud83d"', id="half")
    command = [sys.executable, "app.py", "understand"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        input=f"{half}\n".encode()
        + b'{"id":"torn","text":"i cant breathe \xff","context":null,"ref":"2026-03-11T09:00:00"}\n',
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "0", "LC_ALL": "C"},
    )

    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["id"], one["urgency"]) for one in found] == [("half", "none"), ("torn", "emergency")]
    assert found[0]["evidence"][0]["text"] == 'Liked "\ud83d"'
