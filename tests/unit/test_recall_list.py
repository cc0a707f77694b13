import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.modals import recall_list
from core.errors import Refused
from sandbox.slack.blocks_check import check_view


def words(rejected: list[tuple[int, str]]) -> str:
    view = recall_list.answer("coh_1", {"rows": 9_000, "members": 10}, rejected, again=False)
    assert check_view(view) == []
    return json.dumps(view["blocks"], ensure_ascii=False)


def test_lines_left_out_are_told_by_reason_and_number_with_runs_joined() -> None:
    said = words([(3, "unknown_patient"), (7, "phone"), (8, "phone"), (9, "phone"), (12, "phone")])

    assert "*4: a phone number that cannot be one*\\nlines 7–9, 12" in said
    assert "*1: nobody in the chart*\\nline 3" in said
    assert said.index("4: a phone") < said.index("1: nobody")


@given(st.lists(st.tuples(st.integers(2, 50_000), st.sampled_from([*recall_list.PROBLEMS, "new_code"])), max_size=300))
def test_any_lines_fit_the_form(rejected: list[tuple[int, str]]) -> None:
    words(rejected)


def test_more_lines_than_fit_are_counted() -> None:
    said = words([(line, "unknown_patient") for line in range(2, 40_000, 2)])

    assert ", and " in said
    assert "nobody in the chart" in said


def test_the_form_fits_slack() -> None:
    assert check_view(recall_list.build()) == []


@pytest.mark.parametrize("files", [None, [], [7], [{"id": "../x"}], [{"id": None}], "F123"])
def test_without_a_file_the_form_says_so(files: object) -> None:
    state = {"values": {
        "recall.csv.source": {"recall.csv.source": {"value": "billing"}},
        "recall.csv.file": {"recall.csv.file": {"type": "file_input", "files": files}},
    }}  # fmt: skip

    with pytest.raises(Refused, match="Hand over a CSV file"):
        recall_list.parse_submission(
            {"callback_id": recall_list.CALLBACK, "private_metadata": "recall", "state": state}
        )
