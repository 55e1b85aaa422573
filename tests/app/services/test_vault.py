from __future__ import annotations

import base64
import os
from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from app.services.vault import (
    Keyring,
    KeyringInvalid,
    Place,
    SealBroken,
    UnknownKey,
    Vault,
    VaultError,
    generate_key,
)
from connectors.secret import Secret

OLD = "old:" + base64.b64encode(bytes(range(32))).decode()
NEW = "new:" + base64.b64encode(bytes(range(32, 64))).decode()
TOKEN = Secret("a-token-that-must-not-be-seen-ü")
PLACE = Place(
    tenant=UUID("01900000-0000-7000-8000-000000000001"),
    table="connections",
    row=UUID("01900000-0000-7000-8000-0000000000aa"),
    field="access_token",
)


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring.parse(OLD))


def test_a_sealed_secret_opens_at_its_place(vault: Vault) -> None:
    assert vault.open(vault.seal(TOKEN, PLACE), PLACE) == TOKEN


def test_a_secret_of_the_installation_has_no_tenant(vault: Vault) -> None:
    place = replace(PLACE, tenant=None)
    assert vault.open(vault.seal(TOKEN, place), place) == TOKEN


def test_the_blob_holds_nothing_of_the_secret(vault: Vault) -> None:
    assert TOKEN.reveal().encode() not in vault.seal(TOKEN, PLACE)


def test_two_seals_of_one_secret_differ(vault: Vault) -> None:
    assert vault.seal(TOKEN, PLACE) != vault.seal(TOKEN, PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, tenant=UUID("01900000-0000-7000-8000-000000000002")),
        replace(PLACE, tenant=None),
        replace(PLACE, table="oauth_flows"),
        replace(PLACE, row=UUID("01900000-0000-7000-8000-0000000000ab")),
        replace(PLACE, field="refresh_token"),
        replace(PLACE, table="connection", field="saccess_token"),
    ],
    ids=["another tenant", "no tenant", "another table", "another row", "another field", "shifted border"],
)
def test_a_moved_blob_does_not_open(vault: Vault, elsewhere: Place) -> None:
    blob = vault.seal(TOKEN, PLACE)
    with pytest.raises(SealBroken, match="connect the account again"):
        vault.open(blob, elsewhere)


def test_a_changed_bit_anywhere_is_noticed(vault: Vault) -> None:
    blob = vault.seal(TOKEN, PLACE)
    for position in range(len(blob)):
        changed = bytearray(blob)
        changed[position] ^= 1
        with pytest.raises(VaultError):
            vault.open(bytes(changed), PLACE)


def test_a_blob_cut_short_is_noticed(vault: Vault) -> None:
    blob = vault.seal(TOKEN, PLACE)
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            vault.open(blob[:length], PLACE)


@given(st.binary(max_size=200))
def test_anything_else_is_refused_with_a_vault_error(junk: bytes) -> None:
    with pytest.raises(VaultError):
        Vault(Keyring.parse(OLD)).open(b"PV\x01" + junk, PLACE)


def test_known_answer() -> None:
    """A blob that was made once: today's code must still open it, and the construction below must equal it."""
    data_key, nonce, wrap_nonce = bytes(range(64, 96)), bytes(range(12)), bytes(range(100, 112))
    bound = (
        b"\x00\x0bconnections\x00\x10"
        + bytes.fromhex("019000000000700080000000000000aa")
        + b"\x00\x0caccess_token\x00\x10"
        + bytes.fromhex("01900000000070008000000000000001")
    )
    wrapped = wrap_nonce + AESGCM(bytes(range(32))).encrypt(wrap_nonce, data_key, b"PV\x01\x00\x03old" + bound)
    sealed = AESGCM(data_key).encrypt(nonce, b"hunter2", b"PV\x01" + bound)
    blob = b"PV\x01" + b"\x03old" + len(wrapped).to_bytes(2, "big") + wrapped + nonce + sealed
    assert blob.hex() == KNOWN
    assert Vault(Keyring.parse(OLD)).open(bytes.fromhex(KNOWN), PLACE) == Secret("hunter2")


KNOWN = (
    "505601036f6c64003c6465666768696a6b6c6d6e6f085a9c253dac10d9762b15a3962824b212935459df39a525ff88f613a7fefb"
    "1778a9e54e4820e1d79d2ff2336ef0a950000102030405060708090a0b5270020c12fe76e8f8f9805fc83dbc266ce18c42e6c6cd"
)


def test_new_secrets_are_sealed_under_the_newest_key() -> None:
    vault = Vault(Keyring.parse(f"{NEW},{OLD}"))
    assert vault.kek_of(vault.seal(TOKEN, PLACE)) == "new"


def test_an_old_blob_opens_while_its_key_is_in_the_ring(vault: Vault) -> None:
    assert Vault(Keyring.parse(f"{NEW}, {OLD}")).open(vault.seal(TOKEN, PLACE), PLACE) == TOKEN


def test_rewrap_moves_a_blob_to_the_newest_key(vault: Vault) -> None:
    moved = Vault(Keyring.parse(f"{NEW},{OLD}")).rewrap(vault.seal(TOKEN, PLACE), PLACE)
    assert moved is not None
    assert Vault(Keyring.parse(NEW)).open(moved, PLACE) == TOKEN


def test_rewrap_leaves_the_ciphertext_as_it_was(vault: Vault) -> None:
    blob = vault.seal(TOKEN, PLACE)
    moved = Vault(Keyring.parse(f"{NEW},{OLD}")).rewrap(blob, PLACE)
    tail = 12 + len(TOKEN.reveal().encode()) + 16
    assert moved is not None
    assert moved[-tail:] == blob[-tail:]
    assert moved[:-tail] != blob[:-tail]


def test_rewrap_does_not_read_the_ciphertext(vault: Vault) -> None:
    blob = vault.seal(TOKEN, PLACE)
    damaged = blob[:-1] + bytes([blob[-1] ^ 1])
    assert Vault(Keyring.parse(f"{NEW},{OLD}")).rewrap(damaged, PLACE) is not None


def test_rewrap_of_a_blob_under_the_newest_key_does_nothing(vault: Vault) -> None:
    assert vault.rewrap(vault.seal(TOKEN, PLACE), PLACE) is None


def test_rewrap_at_another_place_is_refused(vault: Vault) -> None:
    blob = vault.seal(TOKEN, PLACE)
    with pytest.raises(SealBroken):
        Vault(Keyring.parse(f"{NEW},{OLD}")).rewrap(blob, replace(PLACE, field="refresh_token"))


def test_a_relabelled_key_id_does_not_open() -> None:
    """Both keys are in the ring; the key id of the blob is bound too."""
    ring = Keyring.parse(f"{NEW},{OLD}")
    blob = Vault(ring).seal(TOKEN, PLACE)
    with pytest.raises(SealBroken):
        Vault(ring).open(blob.replace(b"\x03new", b"\x03old", 1), PLACE)


def test_a_missing_key_says_what_to_do(vault: Vault) -> None:
    blob = vault.seal(TOKEN, PLACE)
    with pytest.raises(UnknownKey, match=r"'old' is not in POSTD_VAULT_KEYS\. Add it behind the newest one"):
        Vault(Keyring.parse(NEW)).open(blob, PLACE)


def test_a_generated_key_is_an_entry_for_the_ring() -> None:
    entry = generate_key()
    vault = Vault(Keyring.parse(entry))
    assert vault.kek_of(vault.seal(TOKEN, PLACE)) == entry.partition(":")[0]
    assert generate_key() != entry


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" , ", "is empty"),
        ("justbase64", "entry 1 of POSTD_VAULT_KEYS is not `id:base64`"),
        (f"{OLD},b d:AAAA", "entry 2 of POSTD_VAULT_KEYS is not `id:base64`"),
        ("k:***", "is not base64"),
        ("k:AAAA", "is not 32 random bytes"),
        ("k:" + base64.b64encode(bytes(32)).decode(), "is not 32 random bytes"),
        (f"{OLD},{OLD}", "entry 2 of POSTD_VAULT_KEYS has an id that an earlier entry has"),
    ],
)
def test_a_wrong_key_list_is_refused_by_position(text: str, words: str) -> None:
    with pytest.raises(KeyringInvalid, match=words):
        Keyring.parse(text)


def test_a_refused_key_is_not_shown() -> None:
    key = base64.b64encode(os.urandom(31)).decode()
    with pytest.raises(KeyringInvalid) as refusal:
        Keyring.parse(f"k1:{key}")
    assert key not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_the_ring_shows_ids_only() -> None:
    assert repr(Keyring.parse(f"{NEW},{OLD}")) == "Keyring(new, old)"
