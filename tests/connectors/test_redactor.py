from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.redactor import DEEPEST, is_secret_name, redact, redact_text, redact_url
from connectors.secret import MASK, Secret

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJkaWQ6cGxjOjEifQ.c2lnbmF0dXJl"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "accessToken",
        "X-Access-Token",
        "refreshJwt",
        "client_secret",
        "Authorization",
        "Proxy-Authorization",
        "Set-Cookie",
        "code",
        "device_code",
        "password",
        "X-Hub-Signature-256",
        "code_verifier",
        "DPoP",
        "DPoP-Nonce",
        "client_assertion",
        "api_key",
        "X-Api-Key",
        "private-key",
        "state",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["text", "status", "error_code", "token_type", "token_endpoint", "encoding", "design", "author", "key"]
)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


def test_nested_values_lose_their_secrets_and_keep_the_rest() -> None:
    value = {
        "user": {"handle": "alice", "accessJwt": JWT, "age": 3, "ok": True, "none": None},
        "headers": [{"Authorization": "Bearer abcdef123"}, ("DPoP", "x")],
        "tokens": {"access": "a", "refresh": "b"},
        "secret": Secret("s"),
        "data": b"12345",
        "note": f"sent {JWT} to them",
    }
    assert redact(value) == {
        "user": {"handle": "alice", "accessJwt": MASK, "age": 3, "ok": True, "none": None},
        "headers": [{"Authorization": MASK}, ["DPoP", "x"]],
        "tokens": MASK,
        "secret": MASK,
        "data": "<5 bytes>",
        "note": f"sent {MASK} to them",
    }


def test_the_value_that_was_given_is_left_alone() -> None:
    value = {"token": "a", "list": [{"token": "b"}]}
    redact(value)
    assert value == {"token": "a", "list": [{"token": "b"}]}


def test_a_secret_under_a_harmless_name_is_hidden() -> None:
    assert redact({"value": Secret("s"), "items": [Secret("t")]}) == {"value": MASK, "items": [MASK]}


def test_a_platforms_error_code_stays_and_an_authorization_code_goes() -> None:
    assert redact({"error": {"code": 190}, "code": "abc"}) == {"error": {"code": 190}, "code": MASK}


def test_a_private_key_keeps_its_public_half() -> None:
    key = {"kty": "EC", "crv": "P-256", "x": "1", "y": "2", "d": "3"}
    assert redact(key) == {"kty": "EC", "crv": "P-256", "x": "1", "y": "2", "d": MASK}


def test_a_name_of_one_letter_means_nothing_outside_a_key() -> None:
    assert redact({"d": 1, "k": "v"}) == {"d": 1, "k": "v"}


def test_what_is_nested_too_deep_is_hidden() -> None:
    value: Any = "bottom"
    for _ in range(DEEPEST + 5):
        value = [value]
    assert "bottom" not in repr(redact(value))
    assert MASK in repr(redact(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc.def-123", f"Authorization: {MASK}"),
        ("authorization: Basic dXNlcjpwYXNzd29yZA==", f"authorization: {MASK}"),
        ("got bearer abcdef123456.", f"got bearer {MASK}"),
        ("DPoP abcdef123456 was refused", f"DPoP {MASK} was refused"),
        ("Cookie: a=1; b=2", f"Cookie: {MASK}"),
        ("Set-Cookie: session=abc; Path=/\nnext", f"Set-Cookie: {MASK}\nnext"),
        ("access_token=abc&x=1", f"access_token={MASK}&x=1"),
        ("x=1&client_secret=abc&y=2", f"x=1&client_secret={MASK}&y=2"),
        ("code=abc&state=def&scope=a", f"code={MASK}&state={MASK}&scope=a"),
        ("next=%2F%3Fcode%3Dabc", f"next=%2F%3Fcode%3D{MASK}"),
        ('{"refresh_token":"a\\"b","n":1}', f'{{"refresh_token":"{MASK}","n":1}}'),
        ('{"accessJwt": "cut off in the mid', f'{{"accessJwt": "{MASK}"'),
        (r"{\"token\":\"abc\",\"n\":1}", rf"{{\"token\":{MASK}\",\"n\":1}}"),
        ("{'password': 'p w', 'n': 1}", f"{{'password': '{MASK}', 'n': 1}}"),
        ('{"code":"abc","code":190}', f'{{"code":"{MASK}","code":190}}'),
        (f"token {JWT} expired", f"token {MASK} expired"),
        ("key postd_live_AbC123_xyz987 used", f"key postd_live_{MASK} used"),
        ("got postd_at_AbC123_xyz987, postd_rt_a_b", f"got postd_at_{MASK}, postd_rt_{MASK}"),
        ("page postd_cs_AbC123_xyz987", f"page postd_cs_{MASK}"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", f"whsec_{MASK}"),
        ("postgresql://postd:s3cret@db:5432/postd", f"postgresql://{MASK}@db:5432/postd"),
        ("https://api.telegram.org/bot123456:AAF-xyz/send", f"https://api.telegram.org/bot{MASK}/send"),
        ("https://hooks.slack.com/services/T0/B0/xyz", f"https://hooks.slack.com/services/{MASK}"),
        ("https://discord.com/api/webhooks/12/abc-DEF", f"https://discord.com/api/webhooks/12/{MASK}"),
        ("token_type=Bearer&n=1", "token_type=Bearer&n=1"),
        ("the status code: 200, error code 190", "the status code: 200, error code 190"),
        ("Basic information about tokens", "Basic information about tokens"),
        ("nothing to hide: https://example.org/a?b=c", "nothing to hide: https://example.org/a?b=c"),
        ("", ""),
    ],
)
def test_free_text(text: str, expected: str) -> None:
    assert redact_text(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x?b=1", "https://a.example/x?b=1"),
        ("https://a.example/cb?code=abc&state=x&iss=i", f"https://a.example/cb?code={MASK}&state={MASK}&iss=i"),
        ("https://a.example/?access%5Ftoken=abc", f"https://a.example/?access%5Ftoken={MASK}"),
        ("https://a.example/#access_token=abc&n=1", f"https://a.example/#access_token={MASK}&n=1"),
        ("https://user:pw@a.example/x", f"https://{MASK}@a.example/x"),
        (f"https://a.example/?id={JWT}", f"https://a.example/?id={MASK}"),
        ("https://a.example/?code=", "https://a.example/?code="),
        ("https://a.example/?flag&sig=1", f"https://a.example/?flag&sig={MASK}"),
    ],
)
def test_addresses(url: str, expected: str) -> None:
    assert redact_url(url) == expected


SHAPES = st.sampled_from(
    [
        "Authorization: Bearer {}",
        "access_token={}",
        "https://a.example/?refresh_token={}&a=b",
        '{{"client_secret": "{}"}}',
        "code={}",
        "Cookie: s={}",
        "postd_live_{}",
        "whsec_{}",
        "password={}",
        "https://u:{}@a.example/",
        "eyJhbGciOiJFUzI1NiJ9.eyJ{}.x",
    ]
)
CANARY = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", min_size=16, max_size=60)


@given(CANARY, SHAPES, st.text(max_size=20), st.text(max_size=20))
def test_no_canary_survives_whatever_stands_around_it(canary: str, shape: str, before: str, after: str) -> None:
    assume(canary not in before + after)
    assert canary not in redact_text(f"{before} {shape.format(canary)} {after}")


@given(st.text())
def test_text_is_redacted_once_and_for_all(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


@given(st.text())
def test_addresses_are_redacted_once_and_for_all(text: str) -> None:
    once = redact_url(text)
    assert redact_url(once) == once


@given(JSON)
def test_values_are_redacted_once_and_for_all(value: Any) -> None:
    once = redact(value)
    assert redact(once) == once


@given(JSON, CANARY)
def test_a_canary_under_a_secret_name_never_survives(value: Any, canary: str) -> None:
    assume(canary not in repr(value))
    assert canary not in repr(redact({"a": [value, {"refresh_token": canary}], "b": {"password": [canary]}}))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "token" * 20_000,
        "eyJ" * 30_000,
        '"token":"' * 10_000,
        "://" * 30_000,
        "code=" * 20_000,
        "-" * 90_000,
    ],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    redact_text(text)
    assert time.process_time() - started < 5  # quadratic work would take minutes
