"""The fault table: kinds, sentences, and how long to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.faults import Effect, FaultKind
from connectors.linkedin.faults import FAULTS, refusal, until_midnight
from connectors.transport import Answer

K = FaultKind
NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)


def answer(status: int, code: str | None = None, message: str = "", **more: Any) -> Answer:
    body: dict[str, Any] = {"status": status, "message": message, **({"code": code} if code else {})}
    return Answer(status, {}, orjson.dumps({**body, **more}), "https://api.linkedin.com", Effect.UNKNOWN)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (401, "EXPIRED_ACCESS_TOKEN", "", K.AUTH_EXPIRED),
        (401, "REVOKED_ACCESS_TOKEN", "", K.AUTH_EXPIRED),
        (401, None, "Empty oauth2_access_token", K.AUTH_EXPIRED),
        (403, "ACCESS_DENIED", "Not enough permissions to access: posts", K.PERMISSION_MISSING),
        (429, "TOO_MANY_REQUESTS", "Slow down", K.RATE_LIMITED),
        (426, None, "", K.UNEXPECTED_ANSWER),
        (400, "VERSION_MISSING", "", K.UNEXPECTED_ANSWER),
        (400, "NONEXISTENT_VERSION", "", K.UNEXPECTED_ANSWER),
        (409, None, "Duplicate of something", K.DUPLICATE),
        (400, "MEDIA_ASSET_PROCESSING_FAILED", "", K.INVALID_MEDIA),
        (400, "INVALID_VIDEO_ID", "", K.INVALID_MEDIA),
        (400, "MEDIA_ASSET_WAITING_UPLOAD", "", K.PLATFORM_DOWN),
        (400, "EXPIRED_UPLOAD_URL", "", K.PLATFORM_DOWN),
        (400, "FIELD_LENGTH_TOO_LONG", "", K.INVALID_CONTENT),
        (400, "INVALID_URN_ID", "", K.INVALID_CONTENT),
        (422, None, "", K.INVALID_CONTENT),
        (404, None, "", K.NOT_FOUND),
        (503, None, "Service Unavailable", K.PLATFORM_DOWN),
    ],
)
def test_each_answer_has_its_kind_a_sentence_and_a_way_on(
    status: int, code: str | None, message: str, kind: FaultKind
) -> None:
    fault = refusal(answer(status, code, message), NOW).fault
    assert (fault.kind, fault.status, fault.code) == (kind, status, code)
    assert fault.message.endswith(".")
    assert fault.hint.endswith(".")
    assert fault.effect is (Effect.UNKNOWN if status == 503 else Effect.NONE)


def test_every_line_of_the_table_says_what_happened() -> None:
    assert [rule for rule in FAULTS if not rule.message.endswith(".")] == []


def test_an_ended_version_is_the_operators_matter() -> None:
    fault = refusal(answer(426, "NONEXISTENT_VERSION", "Requested version 202401 is not active"), NOW).fault
    assert fault.message == "This version of POSTD speaks a version of LinkedIn's API that LinkedIn has ended."
    assert fault.hint == "Tell the operator: install a newer POSTD; posts go out then."


def test_a_daily_limit_lasts_until_midnight_utc() -> None:
    words = "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached."
    fault = refusal(answer(429, None, words), NOW).fault
    assert (fault.kind, fault.retry_after) == (K.QUOTA_EXHAUSTED, timedelta(hours=2, minutes=30))


@pytest.mark.parametrize(
    ("now", "wait"),
    [
        (datetime(2026, 11, 20, tzinfo=UTC), timedelta(days=1)),
        (datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC), timedelta(seconds=1)),
        (datetime.fromisoformat("2026-11-20T23:30:00-05:00"), timedelta(hours=19, minutes=30)),
    ],
)
def test_the_day_is_linkedins(now: datetime, wait: timedelta) -> None:
    assert until_midnight(now) == wait


def test_a_code_about_a_field_says_more_than_the_one_about_the_request() -> None:
    errors = {"errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST", "description": "Duplicate"}]}}
    fault = refusal(answer(422, "BAD", "Content is a duplicate of urn:li:share:71", **errors), NOW).fault
    assert (fault.kind, fault.code, fault.words) == (
        K.DUPLICATE,
        "DUPLICATE_POST",
        "Content is a duplicate of urn:li:share:71",
    )


def test_an_answer_that_is_no_json_is_judged_by_its_status() -> None:
    found = refusal(Answer(502, {}, b"<html>", "https://api.linkedin.com", Effect.UNKNOWN), NOW).fault
    assert (found.kind, found.effect) == (K.PLATFORM_DOWN, Effect.UNKNOWN)


def test_trouble_that_wears_a_400_leaves_the_outcome_open() -> None:
    fault = refusal(answer(400, None, "Unable to obtain activity for the share"), NOW).fault
    assert (fault.kind, fault.effect) == (K.PLATFORM_DOWN, Effect.UNKNOWN)
