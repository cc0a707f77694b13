"""What `arrays.literal` writes is what PostgreSQL reads."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from storage.arrays import among, literal
from storage.tables import Patient
from tests.service.desk import Desk


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (
            "text",
            ["", " ", "NULL", None, 'say "no"', "back\\slash", "{a,b}", "a,b", "tab\tnew\nline", "ñ 漢 🙂", "'quoted'"],
        ),
        ("uuid", [UUID(int=7), None]),
        ("int", [0, -3, None, 2**31 - 1]),
        ("float8", [0.1, 1e300, None]),
        ("bool", [True, False, None]),
        ("bytea", [b"", b'\x00\xff\\"{}', None]),
        ("timestamptz", [datetime(2026, 11, 26, 3, 4, 5, 678901, UTC), None]),
        ("date", [date(2026, 11, 26), None]),
        ("text", []),
    ],
)
def test_a_list_comes_back_as_it_was(desk: Desk, kind: str, values: list[Any]) -> None:
    with desk.begin() as session:
        read = session.execute(text(f"SELECT unnest(CAST(:values AS {kind}[]))"), {"values": literal(values)}).scalars()

        assert list(read) == values


def test_rows_among_ids_are_found_with_one_parameter(desk: Desk) -> None:
    first, second = desk.patient(), desk.patient(phone="+13125550199")

    with desk.begin() as session:
        wanted = select(Patient.id).where(among(Patient.id, [first, UUID(int=9)]))

        assert session.scalars(wanted).all() == [first]
        assert len(wanted.compile().params) == 1
    assert first != second
