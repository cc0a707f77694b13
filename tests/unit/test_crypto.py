"""Sealed columns and keyed look-ups."""

import base64
import traceback
from uuid import UUID

import pytest

from core.crypto import KeyRing, Vault, token_hash
from core.errors import Misconfigured, Permanent

ORG = UUID("019abcde-0000-7000-8000-000000000001")
OTHER_ORG = UUID("019abcde-0000-7000-8000-000000000002")
ROW = UUID("019abcde-0000-7000-8000-00000000000a")
OTHER_ROW = UUID("019abcde-0000-7000-8000-00000000000b")
FIRST = base64.b64encode(b"f" * 32).decode()
SECOND = base64.b64encode(b"s" * 32).decode()
BEFORE = f"1:{FIRST}"
ROTATING = f"2:{SECOND},1:{FIRST}"
AFTER = f"2:{SECOND}"


def a_vault(keys: str = BEFORE, org: UUID = ORG) -> Vault:
    ring = KeyRing.parse(keys)
    return ring.vault(org, ring.wrap_new_data_key(org))


def test_a_value_opens_where_it_was_sealed() -> None:
    vault = a_vault()

    sealed = vault.seal("Lucía", "patients.given", ROW)

    assert vault.open(sealed, "patients.given", ROW) == "Lucía"
    assert "Lucía".encode() not in sealed


def test_the_same_value_never_looks_the_same() -> None:
    vault = a_vault()

    assert vault.seal("Rosa", "patients.given", ROW) != vault.seal("Rosa", "patients.given", ROW)


@pytest.mark.parametrize(("place", "row"), [("patients.family", ROW), ("patients.given", OTHER_ROW)])
def test_a_value_moved_to_another_column_or_row_does_not_open(place: str, row: UUID) -> None:
    vault = a_vault()
    sealed = vault.seal("Rosa", "patients.given", ROW)

    with pytest.raises(Permanent):
        vault.open(sealed, place, row)


def test_another_organisation_cannot_open_a_value_even_with_the_same_data_key() -> None:
    vault = a_vault()
    thief = Vault(org=OTHER_ORG, cipher=vault.cipher, lookup_keys=vault.lookup_keys)
    sealed = vault.seal("Rosa", "patients.given", ROW)

    with pytest.raises(Permanent):
        thief.open(sealed, "patients.given", ROW)
    with pytest.raises(Permanent):
        a_vault(org=OTHER_ORG).open(sealed, "patients.given", ROW)


def test_another_organisation_cannot_use_a_wrapped_data_key() -> None:
    ring = KeyRing.parse(BEFORE)

    with pytest.raises(Permanent):
        ring.vault(OTHER_ORG, ring.wrap_new_data_key(ORG))


def test_a_change_of_any_byte_is_found() -> None:
    vault = a_vault()
    sealed = vault.seal("Rosa", "patients.given", ROW)

    for at in range(len(sealed)):
        broken = bytearray(sealed)
        broken[at] ^= 1
        with pytest.raises(Permanent):
            vault.open(bytes(broken), "patients.given", ROW)


@pytest.mark.parametrize("length", [0, 1, 2, 13, 14, 20, 30])
def test_a_value_cut_short_is_found(length: int) -> None:
    vault = a_vault()
    sealed = vault.seal("Rosa", "patients.given", ROW)

    with pytest.raises(Permanent):
        vault.open(sealed[:length], "patients.given", ROW)
    with pytest.raises(Permanent):
        KeyRing.parse(BEFORE).vault(ORG, sealed[:length])


def test_an_error_says_nothing_of_the_value() -> None:
    vault = a_vault()
    sealed = vault.seal("Rosa", "patients.given", ROW)

    with pytest.raises(Permanent) as error:
        vault.open(sealed, "patients.family", ROW)

    assert "Rosa" not in "".join(traceback.format_exception(error.value))


def test_while_keys_rotate_old_data_opens_and_the_newest_key_wraps() -> None:
    old, rotating = KeyRing.parse(BEFORE), KeyRing.parse(ROTATING)
    wrapped = old.wrap_new_data_key(ORG)
    sealed = old.vault(ORG, wrapped).seal("Rosa", "patients.given", ROW)

    opened = rotating.vault(ORG, wrapped).open(sealed, "patients.given", ROW)

    assert opened == "Rosa"
    assert rotating.newest == 2
    assert KeyRing.parse(AFTER).vault(ORG, rotating.wrap_new_data_key(ORG))


def test_while_keys_rotate_a_number_is_found_under_either_key() -> None:
    old, rotating, new = a_vault(BEFORE), a_vault(ROTATING), a_vault(AFTER)
    number = "+13125550101"

    searched = rotating.lookups("phone", number)

    assert searched == [new.lookup("phone", number), old.lookup("phone", number)]
    assert rotating.lookup("phone", number) == new.lookup("phone", number)


def test_a_key_taken_away_too_early_is_named_by_its_id() -> None:
    wrapped = KeyRing.parse(BEFORE).wrap_new_data_key(ORG)

    with pytest.raises(Misconfigured, match="no key 1") as error:
        KeyRing.parse(AFTER).vault(ORG, wrapped)

    assert SECOND not in str(error.value)


def test_a_lookup_depends_on_organisation_kind_and_value() -> None:
    hashes = {
        a_vault().lookup("phone", "5550101"),
        a_vault().lookup("mrn", "5550101"),
        a_vault().lookup("phone", "5550102"),
        a_vault(org=OTHER_ORG).lookup("phone", "5550101"),
    }

    assert len(hashes) == 4
    assert a_vault().lookup("phone", "5550101") in hashes


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        FIRST,  # the id forgotten
        f"one:{FIRST}",
        f"0:{FIRST}",
        f"256:{FIRST}",
        f"1:{FIRST[:-4]}",
        f"1:{FIRST}{FIRST}",
        f"1:{FIRST[:-1]}",  # padding lost
        f"1:{FIRST},1:{SECOND}",
        f"1:{FIRST}{chr(0x2026)}",
    ],
)
def test_a_mistake_in_secret_keys_is_explained_without_repeating_it(text: str) -> None:
    with pytest.raises(Misconfigured) as error:
        KeyRing.parse(text)

    shown = "".join(traceback.format_exception(error.value, limit=0)) + error.value.what + error.value.fix
    assert "SECRET_KEYS" in error.value.what
    assert "base64-of-32-bytes" in error.value.fix
    assert FIRST[:20] not in shown


def test_keys_do_not_show_when_printed() -> None:
    ring = KeyRing.parse(BEFORE)

    assert repr(b"f" * 32) not in repr(ring)
    assert "lookup_keys" not in repr(a_vault())


def test_what_is_kept_of_a_token_does_not_contain_it() -> None:
    assert token_hash("a-long-token") == token_hash("a-long-token")
    assert b"a-long-token" not in token_hash("a-long-token")
