"""The table of ZIP codes says what the package says that it is made from."""

from tests import zip_table
from workflows import places


def test_every_zip_has_the_zone_and_state_of_the_package_and_no_other_number_has_any() -> None:
    truth = {
        code: tuple((zone or None, state or None) for zone, state in rows) for code, rows in zip_table.truth().items()
    }

    found = {code: rows for number in range(100_000) if (rows := places._zip_rows(code := f"{number:05d}"))}

    assert len(found) > 40_000
    assert found == truth
    assert zip_table.FILE.read_text("utf-8") == zip_table.text()


def test_what_is_no_zip_has_nothing() -> None:
    assert [places._zip_rows(code) for code in ("", "6061", "606140", "6o614", "-6061", "٦٠٦١٤")] == [()] * 6
