"""What staff type in Slack reads on a phone as it was meant, or is asked back."""

import pytest

from core.errors import Refused
from handlers import slack_words


@pytest.mark.parametrize(
    ("typed", "reads"),
    [
        ("*Tuesday* at _3_ works", "Tuesday at 3 works"),
        ("~Monday~ *_Tuesday_*", "Monday Tuesday"),
        ("call `312 555 0100` or ```312 555 0199```", "call 312 555 0100 or 312 555 0199"),
        ("see you :slightly_smiling_face:", "see you 🙂"),
        (":+1::skin-tone-3: :THUMBSUP:", "👍 👍"),
        ("bring 2*3 forms, a_b_c and 5 * 3 * 2", "bring 2*3 forms, a_b_c and 5 * 3 * 2"),
        ("3:00 or 4:30: which?", "3:00 or 4:30: which?"),
        ("below 100 &amp; above &lt;95&gt;", "below 100 & above <95>"),
        ("<https://a.example/f?x=1&amp;y=2>", "https://a.example/f?x=1&y=2"),
        ("<http://a.example|a.example>", "a.example"),
        ("<https://a.example/form|this form>", "this form (https://a.example/form)"),
        ("<tel:+13125550100|312-555-0100> <mailto:us@a.example|us@a.example>", "312-555-0100 us@a.example"),
        ("*", "*"),
    ],
)
def test_a_message_reads_as_words_and_characters(typed: str, reads: str) -> None:
    assert slack_words.of_message(typed) == reads


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("hi <@U0BRUNO0002>", "a colleague"),
        ("in <#C1|general>", "a channel"),
        ("<!channel>", "a channel"),
        ("ok :party_parrot:", ":party_parrot:"),
    ],
)
def test_what_a_phone_cannot_show_is_asked_back(typed: str, named: str) -> None:
    with pytest.raises(Refused, match="Nothing was sent") as refusal:
        slack_words.of_message(typed)

    assert named in refusal.value.say


def test_a_field_keeps_its_asterisks_and_shows_its_emoji() -> None:
    assert slack_words.of_field("5 *or* 6 :wave:") == "5 *or* 6 👋"
