"""An organisation's own lexicon may add and raise; it cannot take an emergency or an opt-out away."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from core.errors import Misconfigured
from workflows.understanding import Reading, lexicon, overlay, overlay_checks, read
from workflows.understanding.patience import dawdles

SOURCE = (Path(__file__).parents[1] / "data" / "lexicon_overlay.yaml").read_text("utf-8")
NOON = datetime(2026, 12, 2, 12)
NEW = {"concept": "own_words", "kind": "clinical", "tier": "urgent", "label": "symptom", "en": "zonked out again",
       "examples": ["zonked out again"], "counter": ["zonk"]}  # fmt: skip
MORE = {"extends": "chest_pain", "en": "ticker hurts", "examples": ["ticker hurts"], "counter": ["stock ticker"]}


def says(text: str, source: str = SOURCE) -> Reading:
    words = overlay.compiled(overlay.parse(source), version="overlay.3")
    return read(text, context=None, ref=NOON, words=words)


def faults(**concept: object) -> list[str]:
    source = yaml.safe_dump({"overlay": 1, "concepts": [concept]})
    return [f"{problem.where}: {problem.say}" for problem in overlay_checks.check(source) if problem.level == "error"]


def test_the_file_of_the_docs_has_nothing_to_mend() -> None:
    assert overlay_checks.check(SOURCE) == []


@pytest.mark.parametrize(
    ("text", "urgency", "rule"),
    [
        ("my port is clogged", "urgent", "urgent.own.port_trouble"),
        ("when does the lakeside shuttle leave", "admin", "intent.own.shuttle"),
        ("my ticker is acting up", "emergency", "emergency.chest_pain"),
        ("my chest hurts", "emergency", "emergency.chest_pain"),
    ],
)
def test_its_words_are_read_beside_the_built_in_ones(text: str, urgency: str, rule: str) -> None:
    reading = says(text)

    assert rule in [evidence.rule for evidence in reading.evidence]
    assert reading.urgency == urgency
    assert reading.version.endswith("+overlay.3")


def test_without_it_nothing_of_it_is_known() -> None:
    assert read("my mediport is clogged", context=None, ref=NOON).urgency != "urgent"


def test_a_tier_is_raised_and_never_lowered() -> None:
    base = next(c for c in lexicon.everything().concepts if c.kind == "clinical" and c.tier == "urgent")
    more = {"extends": base.name, "examples": list(base.examples[:1]), "counter": ["hello"]}

    assert faults(**more, tier="clinical") == [
        f"{base.name}: a tier can only be raised, and {base.name} is urgent already"
    ]
    source = yaml.safe_dump({"overlay": 1, "concepts": [more | {"tier": "emergency"}]})
    assert says(base.examples[0], source).urgency == "emergency"


@pytest.mark.parametrize(
    ("concept", "fault"),
    [
        (MORE | {"guards": "ticker hurts a bit"}, "no guard may silence a built-in emergency or opt-out"),
        (MORE | {"extends": "nothing_such"}, "there is no built-in concept"),
        (MORE | {"label": "thanks"}, "only words, guards and a higher tier"),
        (MORE | {"concept": "both"}, "name either"),
        (NEW | {"label": "opt_in", "kind": "phrases", "tier": "none"}, "switch opt-outs off"),
        (NEW | {"label": "horoscope"}, "there is no label"),
        (NEW | {"tier": "admin"}, "a clinical concept is emergency, urgent or clinical"),
        (NEW | {"concept": "chest_pain"}, "there is a concept of this name"),
        (NEW | {"en": ""}, "no pattern line"),
        (NEW | {"examples": []}, "write examples"),
        (NEW | {"counter": []}, "write counter-examples"),
        (NEW | {"examples": ["sleepy"]}, "does not find its example"),
        (NEW | {"counter": ["zonked out again now"]}, "finds its counter-example"),
        (NEW | {"en": "{nosuchmacro} again"}, "no macro"),
        (NEW | {"en": "zonked ("}, "not a pattern"),
        (NEW | {"en": r"zonked .*"}, "unbounded"),
        (NEW | {"en": r"zonked (ab|cd){0,50}"}, "repeated more than"),
        (NEW | {"en": r"(\w+ ){0,3}\w{2,5}"}, "no word of it"),
        (NEW | {"kind": "poems"}, "file:"),
    ],
)
def test_what_a_file_may_not_do_is_named(concept: dict[str, object], fault: str) -> None:
    found = faults(**concept)

    assert any(fault in line for line in found), found


@pytest.mark.parametrize(
    "source", ["- not\n- a file", "overlay: 2\nconcepts: []", "overlay: [", "overlay: 1\nconcepts: [1]"]
)
def test_a_file_that_is_none_is_refused_in_words(source: str) -> None:
    (problem,) = overlay_checks.check(source)

    assert problem.where == "file"


@pytest.mark.parametrize("line", [r"(\w+){0,9}x", r"x\w*", r"(a|b)+", r"((ab){0,3} c){0,4}", r"(a)\1", r"\w{0,99}"])
def test_a_line_that_could_take_long_is_refused_before_it_runs(line: str) -> None:
    assert dawdles(line)


def test_what_it_changes_about_other_messages_is_noted_and_a_loss_is_an_error() -> None:
    row = {"id": "m1", "text": "the lakeside shuttle was fine thanks", "context": None, "ref": "2026-12-02T09:00:00"}

    (note,) = overlay_checks.check(SOURCE, [row])

    assert (note.level, note.where) == ("note", "messages")
    assert "-> admin (m1:" in note.say


def test_an_entry_for_another_version_is_left_out_and_named() -> None:
    source = yaml.safe_dump({"overlay": 1, "concepts": [MORE | {"extends": "gone"}, NEW]})
    skipped: list[str] = []

    words = overlay.compiled(overlay.parse(source), version="overlay.1", skipped=skipped)

    assert skipped == ["gone"]
    assert read("zonked out again", context=None, ref=NOON, words=words).urgency == "urgent"
    with pytest.raises(Misconfigured):
        overlay.compiled(overlay.parse(source), version="overlay.1")
