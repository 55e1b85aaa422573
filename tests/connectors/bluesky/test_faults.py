from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from connectors.bluesky.faults import refusal
from connectors.faults import Effect, FaultKind
from connectors.transport import Answer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
K = FaultKind


def answer(status: int, error: str = "", message: str = "", **headers: str) -> Answer:
    body = orjson.dumps({"error": error, "message": message})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, body, "https://pds.example/xrpc/x", Effect.UNKNOWN)


@pytest.mark.parametrize(
    ("status", "error", "message", "kind"),
    [
        (400, "ExpiredToken", "Token has expired", K.AUTH_EXPIRED),
        (400, "InvalidToken", "Token could not be verified", K.AUTH_EXPIRED),
        (401, "AuthMissing", "Authentication Required", K.AUTH_EXPIRED),
        (401, "AuthenticationRequired", "Invalid identifier or password", K.AUTH_EXPIRED),
        (401, "AuthFactorTokenRequired", "A sign in code has been sent", K.AUTH_EXPIRED),
        (401, "AccountTakedown", "Account has been taken down", K.ACCOUNT_GONE),
        (401, "AccountDeactivated", "Account is deactivated", K.ACCOUNT_GONE),
        (403, "AccountNotFound", "Could not find repo", K.PERMISSION_MISSING),
        (403, "ScopeMissingError", 'Missing required scope "repo:x"', K.PERMISSION_MISSING),
        (429, "RateLimitExceeded", "Rate Limit Exceeded", K.RATE_LIMITED),
        (400, "InvalidRequest", "Invalid app.bsky.feed.post record: grapheme too big", K.INVALID_CONTENT),
        (400, "InvalidRequest", "blob too big (maximum 1000000, got 2000000)", K.INVALID_MEDIA),
        (400, "InvalidRequest", 'Expected "image/*" (got "video/mp4")', K.INVALID_MEDIA),
        (400, "BlobNotFound", "Could not find blob: bafk", K.INVALID_MEDIA),
        (413, "PayloadTooLarge", "request entity too large", K.INVALID_MEDIA),
        (400, "InvalidSwap", "Record was at bafy", K.DUPLICATE),
        (400, "HandleNotFound", "Unable to resolve handle", K.NOT_FOUND),
        (400, "RecordNotFound", "Could not locate record: at://", K.NOT_FOUND),
        (400, "InvalidRequest", "Could not locate record: at://", K.NOT_FOUND),
        (400, "InvalidRequest", "Unable to resolve handle", K.NOT_FOUND),
    ],
)
def test_a_refusal_is_classed_and_proves_that_nothing_happened(
    status: int, error: str, message: str, kind: FaultKind
) -> None:
    fault = refusal(answer(status, error, message), NOW).fault
    assert (fault.kind, fault.effect, fault.status, fault.code) == (kind, Effect.NONE, status, error)
    assert fault.words == message
    assert fault.hint


@pytest.mark.parametrize("error", ["InternalServerError", "UpstreamFailure", ""])
def test_a_server_error_leaves_the_outcome_open(error: str) -> None:
    fault = refusal(answer(502, error), NOW).fault
    assert (fault.kind, fault.effect) == (K.PLATFORM_DOWN, Effect.UNKNOWN)


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (400, "InvalidRequest", "No service configured for app.bsky.feed.getPosts"),
        (501, "MethodNotImplemented", "Method Not Implemented"),
    ],
)
def test_what_a_server_does_not_offer_is_not_blamed_on_the_post(status: int, error: str, message: str) -> None:
    fault = refusal(answer(status, error, message), NOW).fault
    assert (fault.kind, fault.code, fault.words) == (K.UNEXPECTED_ANSWER, "MethodNotImplemented", message)
    assert fault.message == "The account's server does not offer this."


def test_a_page_instead_of_json_is_classed_by_its_status() -> None:
    page = Answer(503, {}, b"<html>busy</html>", "https://pds.example", Effect.NONE)
    assert refusal(page, NOW).fault.kind is K.PLATFORM_DOWN


def test_a_dead_bound_token_is_named_by_its_challenge() -> None:
    challenge = 'DPoP algs="ES256", error="invalid_token", error_description="exp claim"'
    fault = refusal(answer(401, "invalid_request", www_authenticate=challenge), NOW).fault
    assert (fault.kind, fault.code) == (K.AUTH_EXPIRED, "invalid_token")


def test_the_wait_is_the_servers_and_only_where_it_asks_for_one() -> None:
    reset = str(int(NOW.timestamp()) + 90)
    asked = refusal(answer(429, "RateLimitExceeded", ratelimit_reset=reset), NOW).fault
    usual = refusal(answer(400, "InvalidRequest", ratelimit_reset=reset), NOW).fault
    assert asked.retry_after == timedelta(seconds=90)
    assert usual.retry_after is None


def test_a_code_by_mail_points_to_app_passwords() -> None:
    assert "app password" in refusal(answer(401, "AuthFactorTokenRequired"), NOW).fault.hint


def test_a_token_in_the_servers_words_is_not_kept() -> None:
    words = "bad token Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    fault = refusal(answer(400, "InvalidToken", words), NOW).fault
    assert fault.words is not None
    assert "eyJ" not in fault.words
