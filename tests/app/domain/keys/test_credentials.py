from __future__ import annotations

import hashlib
import re
import string

from hypothesis import given
from hypothesis import strategies as st

from app.domain.keys.credentials import ACCESS, COOKIE, PREFIX, REFRESH, Credential, generate, parse
from connectors.secret import Secret

LETTERS = string.ascii_letters + string.digits
credentials = st.builds(
    Credential,
    st.text(LETTERS, min_size=22, max_size=22),
    st.text(LETTERS, min_size=43, max_size=43).map(Secret),
)


def test_a_new_key_has_the_form_that_scanners_know() -> None:
    assert re.fullmatch(r"postd_live_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}", generate().presented().reveal())


def test_no_two_keys_are_equal() -> None:
    assert len({generate().presented().reveal() for _ in range(100)}) == 100


@given(credential=credentials)
def test_a_presented_key_is_taken_apart(credential: Credential) -> None:
    assert parse(credential.presented().reveal()) == credential
    assert parse(f"  {credential.presented().reveal()}\n") == credential


@given(credential=credentials, where=st.integers(0, 82), letter=st.characters())
def test_a_key_with_one_character_changed_is_refused(credential: Credential, where: int, letter: str) -> None:
    whole = credential.presented().reveal()
    where %= len(whole)
    changed = whole[:where] + letter + whole[where + 1 :]
    assert parse(changed) == (credential if changed == whole else None)


@given(text=st.text())
def test_garbage_is_refused(text: str) -> None:
    assert parse(text) is None


def test_a_key_with_a_character_more_or_less_is_refused() -> None:
    whole = generate().presented().reveal()
    assert [parse(whole[:-1]), parse(whole + "a"), parse(whole.replace("live", "test"))] == [None, None, None]


def test_only_the_hash_is_kept_and_it_matches_its_own_key_only() -> None:
    key, other = generate(), generate()
    assert key.hash == hashlib.sha256(key.secret.reveal().encode()).digest()
    assert (key.matches(key.hash), other.matches(key.hash)) == (True, False)


def test_a_credential_shows_nothing() -> None:
    key = generate()
    assert key.secret.reveal() not in repr(key)


def test_what_is_of_one_kind_is_nothing_of_another() -> None:
    kinds = (PREFIX, ACCESS, REFRESH, COOKIE)
    for made in kinds:
        presented = generate(made).presented().reveal()
        assert presented.startswith(f"{made}_")
        assert [parse(presented, read) is not None for read in kinds] == [made == read for read in kinds]


def test_the_next_token_keeps_its_name_and_has_another_secret() -> None:
    first = generate(REFRESH)
    second = generate(REFRESH, first.public_id)
    assert second.public_id == first.public_id
    assert second.hash != first.hash
