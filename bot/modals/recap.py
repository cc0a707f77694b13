"""Send recap: which of the approved texts. Their titles alone; the words are the library's, in the patient's language."""

from collections.abc import Mapping
from typing import Any

from bot.blocks import MAX_OPTIONS, View, context, input_block, option, static_select
from bot.modals.frame import Submit, case_id_of, chosen, modal

CALLBACK = "case.recap.submit"

_TEXT = "case.recap.text"


def build(case_id: str, number: int, *, titles: Mapping[str, str]) -> View:
    """`titles` as {key: title}, the first hundred."""
    options = [option(title, key) for key, title in list(titles.items())[:MAX_OPTIONS]]
    field = input_block("Which text?", _TEXT, element=static_select(_TEXT, options, placeholder="Pick a text"))
    note = context(
        "Approved words in the patient's language. Sent through the same checks as any text; a promise counts as kept."
    )
    return modal(f"Send recap, case {number}", [field, note], case_id=case_id, submit=Submit("Send", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> tuple[str, str]:
    """(case id, key of the text); Refused with a sentence when it is not one of ours."""
    return case_id_of(view, CALLBACK), chosen(view, _TEXT, ask="Pick a text.")
