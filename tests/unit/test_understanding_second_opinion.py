from tests.unit.test_understanding_replies import says
from workflows.understanding import Urgency, second_opinion
from workflows.understanding.normalise import normal_form


def sounds_clinical(text: str) -> bool:
    return second_opinion.asks_for_a_person(normal_form(text).normal) is not None


def test_it_hears_a_body_where_no_rule_fits() -> None:
    assert sounds_clinical("itchy swollen toes and a low fever")


def test_it_says_nothing_about_the_desk() -> None:
    assert not sounds_clinical("yes see you on thursday")
    assert not sounds_clinical("can you send me the bill")


def test_beside_a_plain_answer_it_asks_for_a_person_and_raises_nothing() -> None:
    reading = says("mejor el martes, la pierna anda rara y tibia", "outreach_schedule")

    assert "opinion.clinical" in {e.rule for e in reading.evidence}
    assert (reading.intents, reading.review) == (("time_given",), True)
    assert reading.urgency.weight < Urgency.CLINICAL.weight


def test_what_the_rules_call_an_emergency_is_not_touched() -> None:
    reading = says("i cant breathe")

    assert reading.urgency is Urgency.EMERGENCY
    assert not any(e.rule.startswith("opinion.") for e in reading.evidence)


def test_an_answer_to_a_symptom_check_that_no_rule_understands_goes_to_the_clinical_team() -> None:
    told = "i waddle and wobble still"

    answer = says(told, "symptom_checkin")
    assert (answer.urgency, answer.review) == (Urgency.CLINICAL, True)
    assert says(told, "appointment_confirm").urgency.weight < Urgency.CLINICAL.weight


def test_chatter_under_a_symptom_check_is_only_looked_at() -> None:
    reading = says("skrrt lol", "symptom_checkin")
    assert (reading.urgency, reading.review) == (Urgency.ADMIN, True)
