"""Passwords: what is kept, what is right, what may be chosen."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from app.kernel.errors import InvalidInput
from app.services.passwords import LONGEST, acceptable, compared, hashed
from connectors.secret import Secret

RIGHT = Secret("correct horse battery")


async def test_a_password_is_right_and_another_is_not() -> None:
    kept = await hashed(RIGHT)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await compared(RIGHT, kept)).right
    assert not (await compared(RIGHT, kept)).outdated
    assert not (await compared(Secret("correct horse batterx"), kept)).right
    assert await hashed(RIGHT) != kept


async def test_nobody_has_a_password() -> None:
    for password in (RIGHT, Secret(""), Secret("x" * (LONGEST + 1))):
        assert not (await compared(password, None)).right
        assert not (await compared(password, "no hash")).right


async def test_a_hash_of_other_parameters_counts_and_is_outdated() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(RIGHT.reveal())
    found = await compared(RIGHT, old)
    assert (found.right, found.outdated) == (True, True)


async def test_two_keyboards_write_one_letter_in_two_ways() -> None:
    composed, apart = "Zo\u00eb reads the news", "Zoe\u0308 reads the news"
    assert (await compared(Secret(apart), await hashed(Secret(composed)))).right


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 257, "Ann.Longname@Example.org", "ann.longname"])
def test_what_is_too_short_too_long_or_the_address_is_not_chosen(password: str) -> None:
    with pytest.raises(InvalidInput):
        acceptable(Secret(password), "ann.longname@example.org")


@pytest.mark.parametrize("password", ["twelve chars", "x" * 256])
def test_what_is_long_enough_is_chosen(password: str) -> None:
    assert acceptable(Secret(password), "ann@example.org").reveal() == password
