"""Recorded refusals and what they mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.faults import Effect, FaultKind
from connectors.mastodon.faults import NOT_READY_WAIT, refusal, still_processing, unexpected
from connectors.transport import Answer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def answer(status: int, words: str | None, *, effect: Effect = Effect.UNKNOWN, **headers: str) -> Answer:
    body = b"<html>Bad gateway</html>" if words is None else json.dumps({"error": words}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, body, "https://mastodon.example/api/v1/statuses", effect)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (401, "The access token is invalid", FaultKind.AUTH_EXPIRED),
        (401, "This method requires an authenticated user", FaultKind.AUTH_EXPIRED),
        (403, "This action is outside the authorized scopes", FaultKind.PERMISSION_MISSING),
        (403, "This action is not allowed", FaultKind.PERMISSION_MISSING),
        (403, "Your login is currently disabled", FaultKind.ACCOUNT_GONE),
        (403, "Your login is missing a confirmed e-mail address", FaultKind.ACCOUNT_GONE),
        (403, "Your login is currently pending approval", FaultKind.ACCOUNT_GONE),
        (410, "gone", FaultKind.ACCOUNT_GONE),
        (404, "Record not found", FaultKind.NOT_FOUND),
        (413, None, FaultKind.INVALID_MEDIA),
        (422, "Validation failed: Text can't be blank", FaultKind.INVALID_CONTENT),
        (422, "Validation failed: Text character limit of 500 exceeded", FaultKind.INVALID_CONTENT),
        (422, "Validation failed: File content type is invalid, File is invalid", FaultKind.INVALID_MEDIA),
        (422, "Cannot attach more than 4 files", FaultKind.INVALID_MEDIA),
        (422, "Cannot attach a video to a post that already contains images", FaultKind.INVALID_MEDIA),
        (422, "Duplicate record", FaultKind.DUPLICATE),
        (400, "param is missing or the value is empty: status", FaultKind.INVALID_CONTENT),
    ],
)
def test_a_refusal_is_of_its_kind_and_proves_that_nothing_happened(status: int, words: str, kind: FaultKind) -> None:
    fault = refusal(answer(status, words), NOW).fault
    assert (fault.kind, fault.effect, fault.status) == (kind, Effect.NONE, status)
    assert fault.hint


def test_a_file_that_is_not_ready_is_tried_again() -> None:
    words = "Cannot attach files that have not finished processing. Try again in a moment!"
    fault = refusal(answer(422, words, x_ratelimit_reset="2026-11-20T12:05:00.000Z"), NOW).fault
    assert (fault.kind, fault.effect, fault.retry_after) == (FaultKind.PLATFORM_DOWN, Effect.NONE, NOT_READY_WAIT)
    assert still_processing().fault.retry_after == NOT_READY_WAIT


def test_the_pause_lasts_until_the_moment_that_the_server_gives() -> None:
    fault = refusal(answer(429, "Too many requests", x_ratelimit_reset="2026-11-20T12:03:30.500Z"), NOW).fault
    assert (fault.kind, fault.retry_after) == (FaultKind.RATE_LIMITED, timedelta(minutes=3, seconds=30.5))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_in_trouble_may_have_acted(status: int) -> None:
    fault = refusal(answer(status, None), NOW).fault
    assert (fault.kind, fault.effect) == (FaultKind.PLATFORM_DOWN, Effect.UNKNOWN)
    assert refusal(answer(status, None, effect=Effect.NONE), NOW).fault.effect is Effect.NONE


def test_the_reset_of_a_healthy_limit_is_no_wait() -> None:
    assert refusal(answer(500, "no", x_ratelimit_reset="2026-11-20T12:05:00Z"), NOW).fault.retry_after is None


def test_a_missing_thing_is_named() -> None:
    assert (
        refusal(answer(404, "Record not found"), NOW, missing="The post is gone.").fault.message == "The post is gone."
    )


def test_an_undocumented_success_keeps_its_effect() -> None:
    assert unexpected(answer(200, "x"), "Strange.").fault.effect is Effect.UNKNOWN
