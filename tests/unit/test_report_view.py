"""The report's cells and its CSV: the same figures, small groups hidden in both, and nothing that is no number."""

import csv
import io
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from handlers.pages import report_csv, report_view
from tests.report_scene import WEEK, a_sheet, an_empty_sheet
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import KPIS
from workflows.kpis.sheets import SECTIONS

ZONE = ZoneInfo("America/Chicago")


def lines(made: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made)))


def test_every_kpi_has_its_place_and_only_one() -> None:
    placed = [kpi for section in SECTIONS.values() for kpi in section]

    assert sorted(placed) == sorted(KPIS)


@pytest.mark.req("S120", by="handlers.pages.report_view:_split")
def test_a_split_names_its_groups_and_hides_the_smallest() -> None:
    facts = report_view.facts(a_sheet(Asked(WEEK, by="language")), zone=ZONE)

    reach = next(part for part in facts["split"] if part["title"] == "Reached")
    assert [row["name"] for row in reach["rows"]] == ["English", "Spanish", "Vietnamese"]
    assert [row["value"] for row in reach["rows"]] == ["70\u00a0%", "43\u00a0%", "under 10"]
    assert [row["counts"] for row in reach["rows"]] == ["489 of 700", "126 of 290", ""]


@pytest.mark.req("N16", by="handlers.pages.report_view:equity")
def test_who_is_left_behind_is_shown_by_group_and_small_groups_are_not() -> None:
    facts = report_view.facts(a_sheet(), zone=ZONE)

    language = next(cut for cut in facts["equity"] if cut["cut"] == "language")
    assert language["heads"][0] == {"title": "Reached", "days": "Nov 16 to Nov 22"}
    assert [line["title"] for line in language["rows"]] == ["English", "Spanish", "Vietnamese"]
    assert [cell["mark"] for cell in language["rows"][1]["cells"]][:3] == ["worse than the others"] * 3
    assert {cell["mark"] for cell in language["rows"][0]["cells"][:3]} == {""}
    assert {cell["value"] for cell in language["rows"][2]["cells"]} == {"under 10"}
    assert {cell["counts"] for cell in language["rows"][2]["cells"]} == {""}


def test_each_wording_stands_beside_the_first_with_an_interval() -> None:
    said = report_view.facts(a_sheet(), zone=ZONE)
    first, second, young = said["wordings"]

    assert (first["name"], first["reply_apart"]["value"]) == ("Campaign 12, version 3", "–")
    assert (second["replied"]["value"], second["replied"]["counts"]) == ("58\u00a0%", "176 of 305")
    assert second["reply_apart"] == {"value": "+13\u00a0points", "interval": "5 to 20\u00a0points", "chance": "more"}
    assert second["completion_apart"]["chance"] == "may be chance"
    assert young["completed"]["value"] == "not old enough yet"
    assert said["small_campaigns"] == 1


@pytest.mark.req("S26", by="handlers.pages.report_view:_objection")
def test_what_stands_in_the_way_is_said_in_words_by_program() -> None:
    said = report_view.facts(a_sheet(), zone=ZONE)["objections"]

    assert said[0] == {"program": "No-show recovery", "words": "Getting there stands in the way", "runs": "31"}


@pytest.mark.req("S121", by="handlers.pages.report_view:side_by_side")
def test_the_phases_stand_side_by_side() -> None:
    phases = report_view.facts(a_sheet(), zone=ZONE)["phases"]

    assert phases["heads"] == ["Before", "Runs 1 to 50", "Runs 51 to 100", "Since"]
    assert [cell["value"] for cell in phases["rows"][0]["cells"]] == [
        "42\u00a0%",
        "56\u00a0%",
        "62\u00a0%",
        "70\u00a0%",
    ]


def test_a_figure_of_older_runs_says_of_which_days() -> None:
    sections = report_view.facts(a_sheet(), zone=ZONE)["sections"]

    rows = {row["code"]: row for section in sections for row in section["rows"]}
    assert rows["completion"]["days"] == "Oct 12 to Oct 18"
    assert rows["reach"]["days"] == ""
    assert rows["reach"]["before"]["said"] == "+5\u00a0points"
    assert rows["recovered"]["value"] == "5 of 9"


@pytest.mark.req("N9", by="handlers.pages.report_view:_arm")
def test_what_came_back_because_of_us_is_said_in_points() -> None:
    lift = report_view.facts(a_sheet(), zone=ZONE)["lift"]

    assert [line["name"] for line in lift] == ["Contacted", "Not contacted (holdout)", "Difference"]
    assert [line["counts"] for line in lift] == ["44 of 120", "22 of 110", ""]
    assert (lift[2]["value"], lift[2]["interval"]) == ("+17\u00a0points", "5 to 28\u00a0points")


def test_a_clinic_that_has_just_begun_gets_sentences() -> None:
    facts = report_view.facts(an_empty_sheet(), zone=ZONE)

    assert facts["finding"] == "All programs: nothing is old enough to count yet"
    assert facts["sections"] == facts["funnel"] == []
    assert len(facts["unknown"]) == len(KPIS)
    assert all(one["why"] for one in facts["unknown"])


@pytest.mark.parametrize("by", ["", "language", "age"])
def test_the_csv_has_what_the_page_shows_and_nothing_that_is_no_number(by: str) -> None:
    sheet = a_sheet(Asked(WEEK, by=by))
    made = report_csv.build(sheet)
    rows = lines(made)

    shown = [row for _, table in sheet.tables() for row in table]
    figures = [
        line
        for line in rows
        if line["kpi"] in KPIS and line["table"] not in ("by_week", "wording", "wording_difference")
    ]
    assert len(figures) == len(shown)
    assert "nan" not in made.casefold()
    assert "None" not in made
    for line, row in zip(figures, shown, strict=True):
        assert line["value"] == (
            "" if row.hidden or row.figure.value is None else f"{row.figure.value:.6f}".rstrip("0").rstrip(".")
        )
    small = [line for line in figures if line["group"] == "Vietnamese"]
    assert small
    assert {(line["numerator"], line["denominator"], line["value"]) for line in small} == {("", "", "")}


def test_a_title_never_becomes_a_formula() -> None:
    step = replace(a_sheet().steps[0], title="=1+1")

    named = lines(report_csv.build(replace(a_sheet(), steps=[step])))

    assert {line["title"] for line in named if line["table"] == "steps"} == {"'=1+1"}
