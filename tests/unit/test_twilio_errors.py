"""The error table: every code of channels.md 1.5 leads somewhere, unlisted ones end with a person or another way."""

import pytest

from integrations.channels.errors import Action, Where, meaning


@pytest.mark.parametrize(
    ("code", "where", "action"),
    [
        ("21610", "create", Action.OPTED_OUT),
        (21610, "callback", Action.OPTED_OUT),
        ("21211", "create", Action.INVALID_NUMBER),
        ("21614", "create", Action.NOT_TEXTABLE),
        ("30006", "callback", Action.NOT_TEXTABLE),
        ("21408", "create", Action.PAUSE_COUNTRY),
        ("21606", "create", Action.HALT_CHANNEL),
        ("20003", "create", Action.HALT_CHANNEL),
        ("30034", "callback", Action.HALT_CHANNEL),
        ("14107", "callback", Action.BREAK_LOOP),
        ("30001", "callback", Action.SLOW_DOWN),
        ("20429", "create", Action.SLOW_DOWN),
        ("30036", "callback", Action.NEXT_WINDOW),
        ("20500", "create", Action.LOOK_IT_UP),
        ("30004", "callback", Action.SOFT_OPT_OUT),
        ("30005", "callback", Action.BAD_NUMBER),
        ("30007", "callback", Action.REVIEW_TEMPLATE),
        ("63016", "callback", Action.SEND_TEMPLATE),
        ("too_long", "create", Action.ALERT),
    ],
)
def test_a_listed_code_has_its_action(code: str | int, where: str, action: Action) -> None:
    assert meaning(code, where).action is action


def test_a_phone_that_is_off_gets_one_more_text_after_four_hours() -> None:
    found = meaning("30003", Where.CALLBACK)

    assert (found.action, found.retries, found.wait_s) == (Action.RETRY_LATER, 1, 4 * 3600)


@pytest.mark.parametrize("code", ["99999", None, "", "30007"])
def test_an_unlisted_refusal_is_final_and_goes_to_a_person(code: str | None) -> None:
    found = meaning(code, Where.CREATE)

    assert (found.action, found.retries) == (Action.ASK_A_PERSON, 0)


def test_an_unlisted_callback_goes_to_the_next_channel() -> None:
    assert meaning("30410", Where.CALLBACK).action is Action.NEXT_CHANNEL


def test_only_what_the_table_allows_may_go_out_again() -> None:
    assert meaning("21610", Where.CREATE).retries == 0
    assert meaning("30007", Where.CALLBACK).retries == 0
    assert meaning("20500", Where.CREATE).retries == 0
