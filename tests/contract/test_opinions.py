"""Both shapes of address of a language model, played by the local one: what is asked, and what is made of each answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from core.errors import Misconfigured
from integrations.opinions import KINDS, Account, Later, NoOpinion, Opinion, Question, Reader
from sandbox.oracle import KEY, MODEL, Oracle
from tests.loopback import Says, closed_port, vendor
from tests.serving import serving

QUESTION = Question('I feel "off"\nfrom [name]', "symptom_checkin")
SURE = {"urgency": "urgent", "unsure": False}


@pytest.fixture
def oracle() -> Oracle:
    return Oracle(says=lambda _: SURE)


@pytest.fixture
def url(oracle: Oracle) -> Iterator[str]:
    app = FastAPI()
    app.include_router(oracle.router())
    with serving(app) as address:
        yield f"{address}/v1"


@contextmanager
def reader(kind: str, url: str, *, key: str = KEY, model: str = MODEL, timeout_s: float = 4.0) -> Iterator[Reader]:
    made: Any = KINDS[kind].connect(Account(url, model, key, timeout_s))
    yield made
    made.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_in_the_vendors_shape_gets_an_opinion(kind: str, url: str, oracle: Oracle) -> None:
    with reader(kind, url) as one:
        said = one.ask(QUESTION)

    assert said == Opinion("urgent", unsure=False)
    assert [json.loads(words) for words in oracle.heard] == [{"we_asked": "symptom_checkin", "message": QUESTION.text}]


NONSENSE: list[Any] = [
    "I am sorry, I cannot help with that.",
    '```json\n{"urgency": "none", "unsure": false}\n```',
    {"urgency": "NONE", "unsure": False},
    {"urgency": "none"},
    {"urgency": "none", "unsure": "no"},
    {"urgency": "none", "unsure": False, "reply": "Take two aspirin"},
    {"urgency": ["emergency"], "unsure": False},
    [],
]


@pytest.mark.parametrize("kind", KINDS)
def test_anything_but_the_exact_answer_is_nonsense(kind: str, url: str, oracle: Oracle) -> None:
    with reader(kind, url) as one:
        for says in NONSENSE:
            oracle.says = lambda _, says=says: says  # type: ignore[misc]  # the default binds the loop's value
            with pytest.raises(NoOpinion) as error:
                one.ask(QUESTION)

            assert error.value.code == "nonsense", says


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_in_trouble_is_left_alone_for_a_while(kind: str, url: str, oracle: Oracle) -> None:
    for status in (503, 429):
        oracle.fails, oracle.heard = [status], []
        with reader(kind, url) as one:
            with pytest.raises(Later) as first:
                one.ask(QUESTION)
            with pytest.raises(Later) as second:
                one.ask(QUESTION)

        assert (first.value.code, second.value.code, len(oracle.heard)) == (f"http_{status}", "resting", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_takes_too_long_is_not_waited_for(kind: str, url: str, oracle: Oracle) -> None:
    oracle.slow_s = 0.2

    with reader(kind, url, timeout_s=0.1) as one, pytest.raises(Later) as error:
        one.ask(QUESTION)

    assert error.value.code == "timeout"


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_or_model_is_no_opinion_and_says_which_status(kind: str, url: str) -> None:
    for key, model, status in (("sk-other", MODEL, 401), (KEY, "other", 400)):
        with reader(kind, url, key=key, model=model) as one, pytest.raises(NoOpinion) as error:
            one.ask(QUESTION)

        assert error.value.code == f"http_{status}"


@pytest.mark.parametrize("kind", KINDS)
def test_no_server_and_an_answer_without_end_are_no_opinions(kind: str) -> None:
    with closed_port() as port, reader(kind, f"http://127.0.0.1:{port}/v1") as one, pytest.raises(Later) as error:
        one.ask(QUESTION)
    assert error.value.code == "unreachable"

    with vendor() as endless, reader(kind, endless.url) as one:
        endless.says(Says(200, raw=b"[" * 100_000))
        with pytest.raises(NoOpinion):
            one.ask(QUESTION)


@pytest.mark.parametrize("kind", KINDS)
def test_patients_words_do_not_travel_in_the_clear(kind: str) -> None:
    with pytest.raises(Misconfigured):
        KINDS[kind].connect(Account("http://models.example/v1", MODEL, KEY))
