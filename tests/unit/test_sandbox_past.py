from datetime import UTC, datetime

import pytest

from integrations.ehr.mapping import patient_fact
from sandbox.ehr.checks import check
from sandbox.past import MOST, past

BEFORE = datetime(2026, 6, 1, 13, 30, tzinfo=UTC)


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    assert past(40, seed=1, before=BEFORE) == past(40, seed=1, before=BEFORE)
    assert past(40, seed=1, before=BEFORE) != past(40, seed=2, before=BEFORE)


def test_everybody_is_a_patient_that_a_chart_takes_with_a_number_that_is_nobodys() -> None:
    made = past(MOST, seed=1, before=BEFORE)

    facts = [patient_fact(one) for one in made.patients]
    for one in made.patients:
        check(one)
    assert len({(fact.family, fact.given, fact.birth_date) for fact in facts}) > MOST - 5
    numbers = [phone.number for fact in facts for phone in fact.phones]
    assert all(number[5:10] == "55501" for number in numbers)
    assert len(set(numbers)) < len(numbers)  # households
    assert {fact.language for fact in facts} == {"en", "es", "pl"}


def test_consents_are_of_mobiles_once_a_number_and_older_than_the_history() -> None:
    made = past(300, seed=1, before=BEFORE)

    mobiles = {phone.number for one in made.patients for phone in patient_fact(one).phones if phone.use == "mobile"}
    given = [one["number"] for one in made.consents]
    assert len(given) == len(set(given))
    assert set(given) < mobiles
    assert all(datetime.fromisoformat(one["given_at"]) < BEFORE for one in made.consents)


def test_more_than_there_are_numbers_for_is_refused() -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        past(MOST + 1, seed=1, before=BEFORE)
