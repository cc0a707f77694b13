"""Lists as clinics send them, and rule files with something wrong: read as meant, or refused with the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Permanent, Refused
from integrations.ehr.mapping import group_members
from workflows.cohorts import csv_files, lint
from workflows.cohorts.matching import born_on

LIST = "MRN;Apellido;Teléfono\nM1;Peña;(312) 555-0111\nM2;Ruiz;312-555-0112\n"


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (LIST.encode(), "utf-8"),
        (LIST.encode("utf-8-sig"), "utf-8-sig"),
        (LIST.encode("cp1252"), "cp1252"),
        (LIST.encode("utf-16"), "utf-16"),
        (LIST.encode("utf-16-le"), "utf-16-le"),
        (LIST.encode("utf-16-be"), "utf-16-be"),
        (LIST.replace("\n", "\r\n").encode(), "utf-8"),
        (LIST.replace(";", "\t").encode(), "utf-8"),
        (LIST.replace(";", ",").encode("cp1252"), "cp1252"),
    ],
)
def test_any_usual_encoding_separator_and_line_end_reads_the_same(raw: bytes, encoding: str) -> None:
    table = csv_files.read(raw)

    assert table.encoding == encoding
    assert [dict(row.values) for row in table.rows] == [
        {"mrn": "M1", "family": "Peña", "phone": "(312) 555-0111"},
        {"mrn": "M2", "family": "Ruiz", "phone": "312-555-0112"},
    ]
    assert [row.number for row in table.rows] == [2, 3]


@pytest.mark.parametrize(
    ("raw", "say"),
    [
        (b"", "no header"),
        (b"\n\n", "no header"),
        (b"name,phone\nA,1\n", "no column for the patient"),
        (b"mrn,MRN\nA,B\n", "Two columns of the file mean mrn"),
        (b'mrn,phone\n"A,1\nB,2\n', "quotation mark"),
        (b"mrn\n\x81\x8d\n", "no encoding"),
        (b"mrn\n" + b"1\n" * 50_001, "more than 50,000 rows"),
        (b"mrn\n" + b"1" * 20_000_001, "larger than 20 MB"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused_with_the_reason(raw: bytes, say: str) -> None:
    with pytest.raises(Refused, match=say) as refused:
        csv_files.read(raw)

    assert "Nothing was imported" in refused.value.say


def test_a_row_with_other_cells_than_the_header_is_told_and_the_rest_is_read() -> None:
    table = csv_files.read(b'mrn,phone\nM1,1\nM2\nM3,1,2\n"M\n4",5\n')

    assert [(one.row.number, one.problem) for one in table.rejected] == [(3, "cells"), (4, "cells")]
    assert [row.values["mrn"] for row in table.rows] == ["M1", "M\n4"]


def test_the_headers_of_a_source_that_were_named_once_are_known() -> None:
    table = csv_files.read(b"Nr,Handy\nM1,1\n", headers={"Nr": "mrn", "Handy": "phone"})

    assert dict(table.rows[0].values) == {"mrn": "M1", "phone": "1"}


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1 312", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_rejected_cell_is_no_formula_when_a_spreadsheet_opens_it(cell: str) -> None:
    row = csv_files.Row(7, {}, [cell, "plain"])

    written = csv_files.write(["mrn", "=note"], [csv_files.Rejected(row, "phone")])

    assert written.startswith("row,problem,mrn,'=note\r\n7,phone,")
    assert f"'{cell}" in written


@given(st.binary(max_size=300))
def test_whatever_the_bytes_the_answer_is_a_table_or_a_refusal(raw: bytes) -> None:
    try:
        table = csv_files.read(b"mrn,phone\n" + raw)
    except Refused:
        return
    assert all("mrn" in row.values for row in table.rows)


@pytest.mark.parametrize("text", ["1961-04-12", "04/12/1961", "4/12/61", "12.04.1961", "19610412"])
def test_a_birth_date_is_read_as_lists_write_it(text: str) -> None:
    born = born_on(text)

    assert born is not None
    assert (born.month, born.day) == (4, 12)


RULE = """cohort: mine
title: Mine
why: Because.
require:
  - {name: seen, resource: Encounter, status: [finished], within: P1Y}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "rule"),
    [
        ("cohort: mine", "cohort: [mine", 2, "file.yaml"),
        ("within: P1Y", "within: 1Y", 5, "file.form"),
        ("why: Because.", "why: Because.\nwherefore: x", 4, "file.form"),
        ("require:\n  - {name: seen, resource: Encounter, status: [finished], within: P1Y}\n", "", 1, "rule.everybody"),
        ("status: [finished], ", "", 5, "rule.any"),
        ("within: P1Y", "within: P6M, older_than: P1Y", 5, "rule.window"),
        ("resource: Encounter, status: [finished]", "resource: Condition, status: [active]", 5, "rule.codes"),
        ("status: [finished]", 'codes: [{system: cpt, in: ["77067"]}]', 5, "code.licence"),
    ],
)
def test_each_lint_rule_refuses_its_broken_file_with_the_line(old: str, new: str, line: int, rule: str) -> None:
    assert lint.lint(RULE) == []

    found = lint.lint(RULE.replace(old, new))

    assert (found[0].rule, found[0].line) == (rule, line)


def test_a_group_gives_its_actual_active_members() -> None:
    members = [{"entity": {"reference": f"Patient/p{n}"}, "inactive": n == 2} for n in (1, 2, 3)]
    group = {"resourceType": "Group", "id": "g1", "actual": True, "type": "person", "name": "Panel", "member": members}

    assert group_members(group) == ("g1", "Panel", ("p1", "p3"))
    with pytest.raises(Permanent):
        group_members(group | {"actual": False})
