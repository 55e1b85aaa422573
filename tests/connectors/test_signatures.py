from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.secret import Secret
from connectors.signatures import (
    HUB_SHA1,
    HUB_SHA256,
    SLACK,
    STANDARD_WEBHOOKS,
    Delivery,
    KeyForm,
    SignatureScheme,
    Verdict,
    sign,
    verify,
)

DATA = json.loads((Path(__file__).parent / "vectors" / "signatures.json").read_text())
VECTORS: dict[str, dict[str, Any]] = {vector["id"]: vector for vector in DATA["vectors"]}

STRIPE = SignatureScheme(
    "stripe-signature", prefix="v1=", separator=",", signed="{timestamp}.{body}", timestamp_field="t"
)
MAILCHIMP = replace(STRIPE, header="x-mailchimp-signature")
HUBSPOT_V3 = SignatureScheme(
    "x-hubspot-signature-v3",
    encoding="base64",
    signed="{method}{url}{body}{timestamp}",
    timestamp_header="x-hubspot-request-timestamp",
    timestamp_unit=timedelta(milliseconds=1),
)
HUBSPOT_V2 = SignatureScheme("x-hubspot-signature", signed="{secret}{method}{url}{body}", keyed=False)
HUBSPOT_V1 = SignatureScheme("x-hubspot-signature", signed="{secret}{body}", keyed=False)
SHOPIFY = SignatureScheme("x-shopify-hmac-sha256", encoding="base64")
NOTION = SignatureScheme("x-notion-signature", prefix="sha256=")
AIRTABLE = SignatureScheme("x-airtable-content-mac", prefix="hmac-sha256=", key=KeyForm.BASE64)
CLOUDINARY = SignatureScheme(
    "x-cld-signature",
    digest="sha1",
    signed="{body}{timestamp}{secret}",
    keyed=False,
    timestamp_header="x-cld-timestamp",
    tolerance=timedelta(hours=2),
)

SCHEMES = {
    "slack-v0-doc": SLACK,
    "x-hub-signature-256-github-doc": HUB_SHA256,
    "meta-x-hub-signature-256": HUB_SHA256,
    "shopify-webhook-thirdparty-1": SHOPIFY,
    "hubspot-v3-sdk": HUBSPOT_V3,
    "hubspot-v2-doc-post": HUBSPOT_V2,
    "hubspot-v1-doc": HUBSPOT_V1,
    "notion-doc": NOTION,
    "cloudinary-notification-sha1": CLOUDINARY,
    "standard-webhooks-v1": STANDARD_WEBHOOKS,
    "standard-webhooks-unpadded-1": STANDARD_WEBHOOKS,
    "standard-webhooks-unpadded-2": STANDARD_WEBHOOKS,
    "airtable-mac": AIRTABLE,
    "stripe-style-t-v1": STRIPE,
    "mailchimp-t-v1": MAILCHIMP,
}


def delivery(name: str) -> Delivery:
    vector, scheme = VECTORS[name], SCHEMES[name]
    headers = {scheme.header: vector["expected"]}
    if scheme.timestamp_header:
        headers[scheme.timestamp_header] = vector["timestamp"]
    if scheme.id_header:
        headers[scheme.id_header] = vector["message_id"]
    return Delivery(headers, vector["body"].encode(), vector.get("method", "POST"), vector.get("url", ""))


def secret(name: str) -> Secret:
    return Secret(VECTORS[name]["secret"])


def at(name: str) -> datetime:
    """A minute after the vector was signed."""
    vector, scheme = VECTORS[name], SCHEMES[name]
    signed = int(vector.get("timestamp", "0")) * scheme.timestamp_unit
    return datetime(1970, 1, 1, tzinfo=UTC) + signed + timedelta(minutes=1)


def test_every_vector_has_its_scheme() -> None:
    assert sorted(VECTORS) == sorted(SCHEMES)


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_published_examples_are_accepted(name: str) -> None:
    assert verify(SCHEMES[name], delivery(name), [secret(name)], at(name)) is Verdict.VALID


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_our_signature_is_the_published_one(name: str) -> None:
    vector = VECTORS[name]
    made = sign(
        SCHEMES[name],
        secret(name),
        delivery(name),
        timestamp=vector.get("timestamp", ""),
        message_id=vector.get("message_id", ""),
    )
    assert made == vector["expected"].removeprefix(f"t={vector.get('timestamp')},")


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_one_changed_byte_is_a_forgery(name: str) -> None:
    given = delivery(name)
    assert verify(SCHEMES[name], replace(given, body=given.body + b" "), [secret(name)], at(name)) is Verdict.FORGED


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_another_secret_is_a_forgery(name: str) -> None:
    other = Secret("whsec_" + "QUJD" * 8)
    assert verify(SCHEMES[name], delivery(name), [other], at(name)) is Verdict.FORGED


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_during_a_rotation_both_secrets_are_good(name: str) -> None:
    both = [Secret("whsec_" + "QUJD" * 8), secret(name)]
    assert verify(SCHEMES[name], delivery(name), both, at(name)) is Verdict.VALID
    assert verify(SCHEMES[name], delivery(name), both[::-1], at(name)) is Verdict.VALID


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_without_a_secret_nothing_is_good(name: str) -> None:
    assert verify(SCHEMES[name], delivery(name), [], at(name)) is Verdict.FORGED


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_each_header_that_is_needed_must_be_there(name: str) -> None:
    given = delivery(name)
    for header in given.headers:
        rest = {key: value for key, value in given.headers.items() if key != header}
        assert verify(SCHEMES[name], replace(given, headers=rest), [secret(name)], at(name)) is Verdict.MISSING


TIMED = sorted(name for name, scheme in SCHEMES.items() if scheme.timestamp_header or scheme.timestamp_field)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("sign_of_shift", [-1, 1])
def test_a_signed_time_too_far_away_is_stale(name: str, sign_of_shift: int) -> None:
    signed, reach = at(name) - timedelta(minutes=1), SCHEMES[name].tolerance
    for shift, expected in ((reach, Verdict.VALID), (reach + timedelta(seconds=1), Verdict.STALE)):
        now = signed + sign_of_shift * shift
        assert verify(SCHEMES[name], delivery(name), [secret(name)], now) is expected


@pytest.mark.parametrize("timestamp", ["soon", "-1", "1.5", "\u0661", "9" * 30])
def test_a_signed_time_that_is_no_number_is_stale(timestamp: str) -> None:
    key = Secret("k")
    headers = {"x-slack-request-timestamp": timestamp}
    headers["x-slack-signature"] = sign(SLACK, key, Delivery({}, b"b"), timestamp=timestamp)
    assert verify(SLACK, Delivery(headers, b"b"), [key], datetime(2026, 1, 1, tzinfo=UTC)) is Verdict.STALE


@pytest.mark.parametrize("value", ["", "sha256=", "sha1=abc", "abc", "sha256=ABC", "sha256=\u00e9", ",", "v1,"])
def test_malformed_signatures_are_forgeries(value: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert verify(HUB_SHA256, Delivery({"x-hub-signature-256": value}, b"b"), [Secret("k")], now) is Verdict.FORGED


@pytest.mark.parametrize("value", DATA["standard_webhooks_headers"]["accept"])
def test_one_good_signature_among_several_is_enough(value: str) -> None:
    given = delivery("standard-webhooks-v1")
    headers = {**given.headers, "webhook-signature": value}
    key, now = secret("standard-webhooks-v1"), at("standard-webhooks-v1")
    assert verify(STANDARD_WEBHOOKS, replace(given, headers=headers), [key], now) is Verdict.VALID


@pytest.mark.parametrize("value", DATA["standard_webhooks_headers"]["reject"])
def test_signatures_of_another_version_or_cut_short_are_forgeries(value: str) -> None:
    given = delivery("standard-webhooks-v1")
    headers = {**given.headers, "webhook-signature": value}
    key, now = secret("standard-webhooks-v1"), at("standard-webhooks-v1")
    assert verify(STANDARD_WEBHOOKS, replace(given, headers=headers), [key], now) is Verdict.FORGED


def test_sha1_where_a_platform_still_uses_it() -> None:
    given = Delivery({"x-hub-signature": sign(HUB_SHA1, Secret("k"), Delivery({}, b"b"))}, b"b")
    assert given.headers["x-hub-signature"].startswith("sha1=")
    assert verify(HUB_SHA1, given, [Secret("k")], datetime(2026, 1, 1, tzinfo=UTC)) is Verdict.VALID


@given(st.text(), st.text(), st.text(), st.binary())
def test_no_sender_can_make_the_verifier_raise_or_agree(value: str, timestamp: str, message: str, body: bytes) -> None:
    headers = {"webhook-signature": value, "webhook-timestamp": timestamp, "webhook-id": message}
    key = secret("standard-webhooks-v1")
    verdict = verify(STANDARD_WEBHOOKS, Delivery(headers, body), [key], datetime(2026, 1, 1, tzinfo=UTC))
    assert verdict in {Verdict.MISSING, Verdict.FORGED}


@given(st.binary(max_size=200), st.text(min_size=1), st.integers(0, 2**40), st.text("abc-_123", min_size=1))
def test_what_we_sign_we_accept(body: bytes, key: str, seconds: int, message: str) -> None:
    scheme = replace(STANDARD_WEBHOOKS, key=KeyForm.TEXT)
    made = sign(scheme, Secret(key), Delivery({}, body), timestamp=str(seconds), message_id=message)
    headers = {"webhook-signature": made, "webhook-timestamp": str(seconds), "webhook-id": message}
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(seconds, 10**11))
    wanted = Verdict.VALID if seconds <= 10**11 else Verdict.STALE
    assert verify(scheme, Delivery(headers, body), [Secret(key)], now) is wanted
