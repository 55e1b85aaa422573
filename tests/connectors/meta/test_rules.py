"""Meta's error answers as faults: code and subcode decide, and whatever comes, a typed fault comes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facebook.connector import Facebook
from connectors.faults import HINTS, Effect, FaultKind
from connectors.instagram.rules import INSTAGRAM
from connectors.meta.faults import by_subcode, refusal
from connectors.meta.rules import COMMON
from connectors.transport import Answer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
K = FaultKind
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def answered(
    body: Any, status: int = 400, effect: Effect = Effect.UNKNOWN, headers: Mapping[str, str] | None = None
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    return Answer(status, named, orjson.dumps(body), "https://graph.facebook.com/v26.0/1/feed", effect)


def error(code: int, subcode: int | None = None, message: str = "Words", **more: Any) -> dict[str, Any]:
    inner = {"message": message, "code": code, **more}
    return {"error": inner if subcode is None else {**inner, "error_subcode": subcode}}


@pytest.mark.parametrize(
    ("code", "subcode", "kind", "effect"),
    [
        (190, 463, K.AUTH_EXPIRED, Effect.NONE),
        (190, 492, K.AUTH_EXPIRED, Effect.NONE),
        (190, None, K.AUTH_EXPIRED, Effect.NONE),
        (102, None, K.AUTH_EXPIRED, Effect.NONE),
        (10, None, K.PERMISSION_MISSING, Effect.NONE),
        (200, None, K.PERMISSION_MISSING, Effect.NONE),
        (299, None, K.PERMISSION_MISSING, Effect.NONE),
        (200, 1404078, K.PERMISSION_MISSING, Effect.NONE),
        (4, None, K.RATE_LIMITED, Effect.NONE),
        (17, None, K.RATE_LIMITED, Effect.NONE),
        (32, None, K.RATE_LIMITED, Effect.NONE),
        (613, None, K.RATE_LIMITED, Effect.NONE),
        (80001, None, K.RATE_LIMITED, Effect.NONE),
        (368, 1390008, K.RATE_LIMITED, Effect.NONE),
        (341, None, K.QUOTA_EXHAUSTED, Effect.NONE),
        (506, None, K.DUPLICATE, Effect.NONE),
        (100, 1366051, K.DUPLICATE, Effect.NONE),
        (368, None, K.POLICY, Effect.NONE),
        (368, 4854002, K.ACCOUNT_GONE, Effect.NONE),
        (100, 33, K.ACCOUNT_GONE, Effect.NONE),
        (803, None, K.ACCOUNT_GONE, Effect.NONE),
        (100, 1609008, K.INVALID_CONTENT, Effect.NONE),
        (100, None, K.INVALID_CONTENT, Effect.NONE),
        (389, None, K.PLATFORM_DOWN, Effect.NONE),
        (1363026, None, K.INVALID_MEDIA, Effect.NONE),
        (1363033, None, K.PLATFORM_DOWN, Effect.NONE),
        (6001, 1363037, K.PLATFORM_DOWN, Effect.NONE),
        (6000, 1363019, K.PLATFORM_DOWN, Effect.NONE),
        (390, 1363030, K.PLATFORM_DOWN, Effect.NONE),
        (100, 1363026, K.INVALID_MEDIA, Effect.NONE),
        (200, 1363042, K.PERMISSION_MISSING, Effect.NONE),
        (6001, None, K.INVALID_MEDIA, Effect.NONE),
        (1, None, K.PLATFORM_DOWN, Effect.UNKNOWN),
        (2, None, K.PLATFORM_DOWN, Effect.UNKNOWN),
        (424242, None, K.UNEXPECTED_ANSWER, Effect.UNKNOWN),
    ],
)
def test_codes_decide_and_not_the_status(code: int, subcode: int | None, kind: K, effect: Effect) -> None:
    fault = refusal(answered(error(code, subcode)), NOW).fault
    assert (fault.kind, fault.effect) == (kind, effect)
    assert fault.code == (f"{code}/{subcode}" if subcode else str(code))
    assert fault.message.endswith(".")
    assert fault.hint
    assert fault.words == "Words"


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (9, 2207042, K.QUOTA_EXHAUSTED),
        (4, 2207051, K.POLICY),
        (25, 2207050, K.ACCOUNT_GONE),
        (9007, 2207027, K.PLATFORM_DOWN),
        (24, 2207006, K.PLATFORM_DOWN),
        (-2, 2207020, K.PLATFORM_DOWN),
        (9004, 2207052, K.PLATFORM_DOWN),
        (36003, 2207009, K.INVALID_MEDIA),
        (352, 2207026, K.INVALID_MEDIA),
        (36004, 2207010, K.INVALID_CONTENT),
        (100, 2207028, K.INVALID_CONTENT),
        (4, None, K.RATE_LIMITED),
        (190, 463, K.AUTH_EXPIRED),
    ],
)
def test_instagrams_subcodes_come_before_the_codes_of_all(code: int, subcode: int | None, kind: K) -> None:
    fault = refusal(answered(error(code, subcode)), NOW, INSTAGRAM).fault
    assert (fault.kind, fault.effect) == (kind, Effect.NONE)
    assert fault.hint


def test_trouble_on_instagrams_side_leaves_the_outcome_open() -> None:
    assert refusal(answered(error(-1, 2207001)), NOW, INSTAGRAM).fault.effect is Effect.UNKNOWN
    assert refusal(answered(error(-1, 2207001), effect=Effect.NONE), NOW, INSTAGRAM).fault.effect is Effect.NONE


def test_what_passes_is_no_fault_of_the_content() -> None:
    fault = refusal(answered(error(100, None, is_transient=True)), NOW).fault
    assert (fault.kind, fault.effect) == (K.PLATFORM_DOWN, Effect.UNKNOWN)


def test_metas_words_for_the_user_are_shown_without_secrets() -> None:
    body = error(100, 2061006, "(#100) access_token=EAAGsecret", error_user_title="Bad link", error_user_msg="Mend it.")
    assert refusal(answered(body), NOW).fault.words == "Bad link Mend it."
    said = refusal(answered(error(100, None, "access_token=EAAGsecret")), NOW).fault.words or ""
    assert "EAAGsecret" not in said


def test_an_object_that_is_gone_is_named_by_who_asks() -> None:
    fault = refusal(answered(error(100, 33)), NOW, missing="The post is gone.").fault
    assert (fault.kind, fault.message) == (K.NOT_FOUND, "The post is gone.")


def test_every_rule_says_what_happened_and_what_to_do() -> None:
    for rule in (*COMMON, *INSTAGRAM):
        assert rule.message.endswith(".")
        assert rule.hint or HINTS[rule.kind]
        assert rule.codes is not None or rule.subcodes is not None or rule.either is not None or rule.contains


def test_no_rule_is_hidden_by_one_before_it() -> None:
    for rules in ((*INSTAGRAM, *COMMON), COMMON):
        for place, rule in enumerate(rules):
            if isinstance(rule.subcodes, set) and not rule.contains:
                code = next(iter(rule.codes)) if isinstance(rule.codes, set) else 424242
                reached = [
                    next(i for i, other in enumerate(rules) if other.matches(code, subcode, ""))
                    for subcode in rule.subcodes
                ]
                assert place in reached, rule.message


def test_a_subcode_is_found_without_its_code() -> None:
    rule = by_subcode(INSTAGRAM, 2207026)
    assert rule is not None
    assert rule.kind is K.INVALID_MEDIA
    assert by_subcode(INSTAGRAM, 1) is None


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "7"}, timedelta(seconds=7)),
        (
            {"x_business_use_case_usage": '{"1":[{"estimated_time_to_regain_access":12}],"2":[{"type":"pages"}]}'},
            timedelta(minutes=12),
        ),
        ({"x_business_use_case_usage": '{"1":[{"estimated_time_to_regain_access":99999999}]}'}, timedelta(days=2)),
        ({"x_app_usage": '{"call_count":100,"total_time":25,"total_cputime":25}'}, timedelta(hours=1)),
        ({"x_app_usage": '{"call_count":28}'}, None),
        ({"x_app_usage": "not JSON"}, None),
        ({}, None),
    ],
)
def test_a_pause_lasts_as_long_as_the_budgets_say(headers: dict[str, str], wait: timedelta | None) -> None:
    assert refusal(answered(error(32), headers=headers), NOW).fault.retry_after == wait


@given(
    st.one_of(JSON, st.fixed_dictionaries({"error": JSON})), st.sampled_from([200, 400, 401, 403, 429, 500, 503]), JSON
)
def test_anything_that_comes_is_a_fault(body: Any, status: int, usage: Any) -> None:
    header = orjson.dumps(usage, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode() if _plain(usage) else "{"
    headers = {"x_app_usage": header, "x_business_use_case_usage": header}
    fault = refusal(answered(body if _plain(body) else {}, status, headers=headers), NOW, INSTAGRAM).fault
    assert fault.message
    assert fault.hint
    assert fault.retry_after is None or timedelta() <= fault.retry_after <= timedelta(days=2)


def _plain(value: Any) -> bool:
    """Whether it can be written as JSON at all (lone surrogates and huge numbers cannot)."""
    try:
        orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return False
    return True


async def test_applications_are_not_registered_by_programs(facebook: Any) -> None:
    assert Facebook().app_key({}) is None
    with pytest.raises(Exception, match="Applications at Meta are made in its console"):
        await Facebook().register(facebook.cx, "meta", "https://postd.example/callback")
