from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract import Tokens
from connectors.faults import FaultKind, PlatformFault
from connectors.oauth_tokens import read_tokens
from connectors.secret import Secret

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def read(**fields: Any) -> Tokens:
    return read_tokens({"access_token": "a", **fields}, NOW, scopes=("asked",)).tokens


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3600, NOW + timedelta(hours=1)),
        ("3600", NOW + timedelta(hours=1)),
        (0, NOW),
        (None, None),
        (-1, None),
        ("soon", None),
        ("nan", None),
        (True, None),
        ([], None),
        (10**30, NOW + timedelta(days=3650)),
    ],
)
def test_the_end_of_a_token(value: Any, expected: datetime | None) -> None:
    assert read(expires_in=value).expires_at == expected


@pytest.mark.parametrize("name", ["refresh_token_expires_in", "refresh_expires_in"])
def test_the_end_of_a_refresh_token(name: str) -> None:
    assert read(refresh_token="r", **{name: 60}).refresh_expires_at == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a b", ("a", "b")),
        ("a,b", ("a", "b")),
        (["a", "b", 1], ("a", "b")),
        ("", ("asked",)),
        (None, ("asked",)),
    ],
)
def test_the_granted_scopes(value: Any, expected: tuple[str, ...]) -> None:
    assert read(scope=value).scopes == expected


def test_what_a_refresh_does_not_say_stays_as_it_was() -> None:
    ends = NOW + timedelta(days=90)
    old = Tokens(Secret("x"), Secret("r"), NOW, ends, ("s",), extra={"key": Secret("k")})
    assert read_tokens({"access_token": "a"}, NOW, previous=old).tokens == Tokens(
        access=Secret("a"), refresh=Secret("r"), refresh_expires_at=ends, scopes=("s",), extra={"key": Secret("k")}
    )


def test_a_new_refresh_token_does_not_inherit_the_old_ones_end() -> None:
    old = Tokens(Secret("x"), Secret("r"), refresh_expires_at=NOW)
    got = read_tokens({"access_token": "a", "refresh_token": "new"}, NOW, previous=old).tokens
    assert (got.refresh, got.refresh_expires_at) == (Secret("new"), None)


def test_the_other_fields_hold_no_token() -> None:
    said = {"access_token": "a", "refresh_token": "r", "id_token": "i", "sub": "did:plc:1"}
    assert read_tokens(said, NOW).fields == {"sub": "did:plc:1"}


@pytest.mark.parametrize("said", [None, [], "a", {}, {"access_token": ""}, {"access_token": 1}, {"error": "x"}])
def test_an_answer_without_a_token_is_unexpected(said: Any) -> None:
    with pytest.raises(PlatformFault) as caught:
        read_tokens(said, NOW)
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER


@pytest.mark.parametrize(("kind", "fits"), [("DPoP", True), ("dpop", True), ("Bearer", False), (None, False)])
def test_bound_tokens_must_say_so(kind: str | None, fits: bool) -> None:
    said = {"access_token": "a", "token_type": kind}
    if fits:
        assert read_tokens(said, NOW, bound=True).tokens.access == Secret("a")
    else:
        with pytest.raises(PlatformFault):
            read_tokens(said, NOW, bound=True)
