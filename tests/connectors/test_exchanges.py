from __future__ import annotations

import pytest

from connectors.exchanges import SUMMARY_CHARACTERS, platform_code, summarize_body, summarize_json


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"", "application/json", ""),
        (b'{"accessJwt":"x","did":"d"}', "application/json; charset=utf-8", '{"accessJwt":"•••","did":"d"}'),
        (b'{"token":"x"', "application/json", '{"token":"•••"'),
        (b"a=1&code=x", "application/x-www-form-urlencoded", "a=1&code=•••"),
        (b"Bearer abcdefgh", "text/plain", "Bearer •••"),
        (b"\x89PNG", "image/png", "<4 bytes image/png>"),
        (b"\x00", "", "<1 bytes of no stated type>"),
        (b"\xff{}", "text/html", "\ufffd{}"),
    ],
)
def test_summaries_of_bodies(body: bytes, content_type: str, expected: str) -> None:
    assert summarize_body(body, content_type) == expected


def test_long_bodies_are_cut() -> None:
    assert len(summarize_json({"text": "a" * 10_000})) == SUMMARY_CHARACTERS
    assert len(summarize_body(b"a" * 100_000, "text/plain")) == SUMMARY_CHARACTERS
    assert len(summarize_body(b'"' + b"a" * 100_000 + b'"', "application/json")) == SUMMARY_CHARACTERS


def test_a_secret_at_the_cut_is_not_shown_in_part() -> None:
    body = b'{"text":"' + b"a" * (SUMMARY_CHARACTERS - 40) + b'","access_token":"' + b"S" * 80_000 + b'"}'
    assert "S" not in summarize_body(body, "application/json")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error":"ExpiredToken","message":"Token has expired"}', "ExpiredToken"),
        (b'{"error":{"code":190,"type":"OAuthException"}}', "190"),
        (b'{"error":{"type":"OAuthException"}}', "OAuthException"),
        (b'{"errors":[{"code":187,"message":"duplicate"}]}', "187"),
        (b'{"code":"rate_limited"}', "rate_limited"),
        (b'{"error":true}', None),
        (b'{"message":"no"}', None),
        (b"[1]", None),
        (b"<html>", None),
        (b"", None),
        (b'{"error":"' + b"x" * 100_000 + b'"}', None),
    ],
)
def test_the_platforms_code(body: bytes, code: str | None) -> None:
    assert platform_code(body) == code
