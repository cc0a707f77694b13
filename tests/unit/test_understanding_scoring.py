import json

from workflows.understanding import scoring

REF = "2026-03-11T09:00:00"


def row(text: str, urgency: str, *labels: str, context: str | None = None, **more: object) -> dict[str, object]:
    usual = {"lang": "en", "ref": REF, "opt_out": "opt_out" in labels, "score": None, "when": None}
    return {"id": text[:8], "text": text, "urgency": urgency, "labels": list(labels), "context": context} | usual | more


def shares(*rows: dict[str, object]) -> dict[str, tuple[int, int]]:
    return {figure.name: (figure.hits, figure.n) for figure in scoring.figures(scoring.judged(rows))}


def test_an_emergency_that_is_read_as_less_lowers_the_strict_recall() -> None:
    found = shares(row("chest pain", "emergency", "emergency"), row("ok thanks", "emergency", "emergency"))

    assert found["emergency recall, strict"] == (1, 2)
    assert found["urgency right"] == (1, 2)


def test_a_false_alarm_and_a_wrong_stop_are_counted_against_what_they_touch() -> None:
    found = shares(row("i cant breathe", "none", "ack"), row("STOP", "admin", "cancel"))

    assert found["false emergency on non-clinical"] == (1, 2)
    assert found["opt-out precision"] == (0, 1)
    assert found["opt-out recall"] == (0, 0)


def test_lines_without_labels_give_rates_of_false_alarms_only() -> None:
    found = shares({"id": "1", "text": "lunch at noon?", "ref": REF}, {"id": "2", "text": "my chest hurts", "ref": REF})

    assert found["unlabelled: emergency"] == (1, 2)
    assert not any(name.startswith("emergency recall") for name in found)


def test_a_figure_carries_wilsons_interval() -> None:
    plain = scoring.Figure("x", 9, 10).plain()

    assert (round(plain["low"], 4), round(plain["high"], 4)) == (0.5958, 0.9821)
    json.dumps(plain)


def test_nothing_to_count_is_said_and_is_no_share() -> None:
    assert scoring.Figure("emergency recall, strict", 0, 0).line().split("0/0")[1].strip() == "no data"


def test_f1_is_one_where_every_label_is_right_and_misses_name_the_line() -> None:
    good, bad = row("STOP", "admin", "opt_out"), row("thanks", "admin", "billing")
    found = scoring.judged([good, bad])

    assert scoring.f1(found) == {"billing": 0.0, "opt_out": 1.0}
    assert [line.split(":")[0] for line in scoring.misses(found)] == ["thanks"]


def test_a_time_is_the_same_time_however_its_minutes_are_written() -> None:
    asked = row("tues after 3", "admin", "time_given", context="outreach_schedule", when="2026-03-17T15:00")
    another = row("tues after 3", "admin", "time_given", context="outreach_schedule", when="2026-03-17")

    assert shares(asked)["time exact"] == (1, 1)
    assert shares(another)["time exact"] == (0, 1)
