from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from connectors.faults import Effect, FaultKind, FaultRule, PlatformFault
from connectors.oauth_faults import callback_code, oauth_fault
from connectors.secret import Secret
from connectors.transport import Answer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def refusal(status: int, body: bytes, **headers: str) -> Answer:
    return Answer(status, headers, body, "https://as.example/token")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_grant", FaultKind.AUTH_EXPIRED),
        (401, "invalid_token", FaultKind.AUTH_EXPIRED),
        (401, "invalid_client", FaultKind.AUTH_EXPIRED),
        (400, "invalid_client", FaultKind.AUTH_EXPIRED),
        (403, "unauthorized_client", FaultKind.AUTH_EXPIRED),
        (400, "access_denied", FaultKind.PERMISSION_MISSING),
        (400, "invalid_scope", FaultKind.PERMISSION_MISSING),
        (400, "slow_down", FaultKind.RATE_LIMITED),
        (400, "temporarily_unavailable", FaultKind.PLATFORM_DOWN),
        (400, "server_error", FaultKind.PLATFORM_DOWN),
        (400, "invalid_request", FaultKind.UNEXPECTED_ANSWER),
        (400, "unsupported_grant_type", FaultKind.UNEXPECTED_ANSWER),
        (400, "use_dpop_nonce", FaultKind.UNEXPECTED_ANSWER),
        (429, "too_many", FaultKind.RATE_LIMITED),
        (502, "bad_gateway", FaultKind.PLATFORM_DOWN),
    ],
)
def test_the_meaning_of_the_standard_codes(status: int, code: str, kind: FaultKind) -> None:
    body = orjson.dumps({"error": code, "error_description": "words"})
    fault = oauth_fault(refusal(status, body), NOW).fault
    assert (fault.kind, fault.effect, fault.status, fault.code) == (kind, Effect.NONE, status, code)
    assert fault.words == "words"
    assert fault.hint


def test_a_platforms_own_rules_come_first() -> None:
    rules = (
        FaultRule(FaultKind.ACCOUNT_GONE, "The account is suspended.", code="invalid_grant", contains="suspended"),
    )
    body = b'{"error":"invalid_grant","error_description":"Account SUSPENDED"}'
    assert oauth_fault(refusal(400, body), NOW, rules).fault.kind is FaultKind.ACCOUNT_GONE


def test_the_platforms_words_lose_their_secrets() -> None:
    body = b'{"error":"invalid_grant","error_description":"refresh_token=abc was used"}'
    assert oauth_fault(refusal(400, body), NOW).fault.words == "refresh_token=••• was used"


def test_a_pause_says_how_long() -> None:
    fault = oauth_fault(refusal(429, b"", **{"retry-after": "30"}), NOW).fault
    assert (fault.kind, fault.retry_after) == (FaultKind.RATE_LIMITED, timedelta(seconds=30))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b'{"error":{"code":1}}'])
def test_an_answer_in_no_known_form_goes_by_its_status(body: bytes) -> None:
    assert oauth_fault(refusal(401, body), NOW).fault.kind is FaultKind.AUTH_EXPIRED
    assert oauth_fault(refusal(400, body), NOW).fault.kind is FaultKind.UNEXPECTED_ANSWER


def test_a_callback_gives_its_code() -> None:
    assert callback_code({"code": "c", "state": "s"}) == Secret("c")


def test_a_user_who_declines_is_told_what_to_do() -> None:
    with pytest.raises(PlatformFault) as caught:
        callback_code({"error": "access_denied", "error_description": "no", "code": "c"})
    assert caught.value.fault.kind is FaultKind.PERMISSION_MISSING
    assert caught.value.fault.hint == "Connect again and agree on the platform's page."


@pytest.mark.parametrize("params", [{}, {"code": ""}, {"state": "s"}])
def test_a_callback_without_a_code_is_unexpected(params: dict[str, str]) -> None:
    with pytest.raises(PlatformFault) as caught:
        callback_code(params)
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER
