"""Who is believed: handshakes, signatures with every byte changed, and what makes a delivery the same one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.linkedin.webhooks import RECEIVER as LINKEDIN
from connectors.meta.webhooks import INSTAGRAM_LOGIN, META
from connectors.notices import Unreadable
from connectors.receivers import RECEIVERS
from connectors.secret import Secret
from connectors.signatures import Delivery, Verdict
from connectors.webhooks import Receiver, delivery_key, greet, proven

NOW = datetime(2026, 11, 21, tzinfo=UTC)
VECTORS: dict[str, dict[str, Any]] = {
    vector["id"]: vector
    for vector in json.loads((Path(__file__).parent / "vectors" / "signatures.json").read_text())["vectors"]
}
LINKEDIN_BODY = b'{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[]}'
# Computed with openssl by LinkedIn's documented rule: the prefix is a part of what is signed.
LINKEDIN_SIGNATURE = "306d415020e6de412a14e0e47808ac8800d588fcd25f698b0e9267ec340efbc0"


def hub(name: str) -> tuple[Receiver, Delivery, Secret]:
    vector = VECTORS[name]
    headers = {"x-hub-signature-256": vector["expected"]}
    return META, Delivery(headers, vector["body"].encode()), Secret(vector["secret"])


CASES = {
    "github's published example": hub("x-hub-signature-256-github-doc"),
    "meta's rule": hub("meta-x-hub-signature-256"),
    "linkedin's rule": (
        LINKEDIN,
        Delivery({"x-li-signature": LINKEDIN_SIGNATURE}, LINKEDIN_BODY),
        Secret("client-secret-for-tests"),
    ),
    "linkedin with the prefix in the header": (
        LINKEDIN,
        Delivery({"x-li-signature": f"hmacsha256={LINKEDIN_SIGNATURE}"}, LINKEDIN_BODY),
        Secret("client-secret-for-tests"),
    ),
}
each = pytest.mark.parametrize(("receiver", "delivery", "secret"), CASES.values(), ids=CASES)


@each
def test_what_the_platform_signed_is_believed(receiver: Receiver, delivery: Delivery, secret: Secret) -> None:
    assert proven(receiver, delivery, [secret], NOW) is Verdict.VALID


@each
def test_no_changed_byte_of_the_body_is_believed(receiver: Receiver, delivery: Delivery, secret: Secret) -> None:
    for at in range(len(delivery.body)):
        for bit in range(8):
            changed = bytearray(delivery.body)
            changed[at] ^= 1 << bit
            assert proven(receiver, replace(delivery, body=bytes(changed)), [secret], NOW) is Verdict.FORGED


@each
def test_no_changed_byte_of_the_signature_is_believed(receiver: Receiver, delivery: Delivery, secret: Secret) -> None:
    ((name, value),) = delivery.headers.items()
    for at in range(len(value)):
        for code in range(128):
            changed = value[:at] + chr(code) + value[at + 1 :]
            if changed.strip() != value:
                assert proven(receiver, replace(delivery, headers={name: changed}), [secret], NOW) is Verdict.FORGED


@each
def test_a_body_cut_short_is_not_believed(receiver: Receiver, delivery: Delivery, secret: Secret) -> None:
    for length in range(len(delivery.body)):
        assert proven(receiver, replace(delivery, body=delivery.body[:length]), [secret], NOW) is Verdict.FORGED


@each
def test_a_missing_signature_is_named(receiver: Receiver, delivery: Delivery, secret: Secret) -> None:
    assert proven(receiver, replace(delivery, headers={}), [secret], NOW) is Verdict.MISSING


@each
def test_the_old_secret_is_good_as_long_as_it_is_listed(receiver: Receiver, delivery: Delivery, secret: Secret) -> None:
    assert proven(receiver, delivery, [Secret("new"), secret], NOW) is Verdict.VALID
    assert proven(receiver, delivery, [Secret("new")], NOW) is Verdict.FORGED


@given(st.binary(max_size=300), st.text(max_size=100))
def test_nobody_without_the_secret_is_believed(body: bytes, value: str) -> None:
    for receiver in RECEIVERS.values():
        delivery = Delivery({scheme.header: value for scheme in receiver.schemes}, body)
        assert proven(receiver, delivery, [Secret("a secret of the platform")], NOW) is Verdict.FORGED


HUB = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "ours"}


def test_meta_is_answered_with_its_challenge() -> None:
    answer = greet(META, HUB, Secret("ours"), [])
    assert answer is not None
    assert (answer.body, answer.media_type) == (b"1158201444", "text/plain")


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.verify_token": "theirs"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": ""},
        {"hub.challenge": "<script>"},
        {"hub.challenge": "1" * 300},
    ],
)
def test_meta_is_not_answered_otherwise(changed: dict[str, str]) -> None:
    assert greet(META, {**HUB, **changed}, Secret("ours"), []) is None


@pytest.mark.parametrize("token", [None, Secret("")])
def test_without_a_token_of_ours_nobody_is_answered(token: Secret | None) -> None:
    assert greet(META, {**HUB, "hub.verify_token": ""}, token, []) is None


CODE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"


def test_linkedin_is_answered_under_the_newest_secret() -> None:
    answer = greet(LINKEDIN, {"challengeCode": CODE}, None, [Secret("client-secret-for-tests"), Secret("old")])
    assert answer is not None
    assert answer.media_type == "application/json"
    assert json.loads(answer.body) == {
        "challengeCode": CODE,
        # computed with openssl
        "challengeResponse": "82c1c4c48630c6b0ef02d5f9048954af06fb72d5517e88a67e6696033417f6d7",
    }


@pytest.mark.parametrize("code", ["", "hmacsha256={}", 'hmacsha256={"type":"x"}', CODE + "\n", f"hmacsha256={CODE}"])
def test_nothing_but_a_uuid_is_signed_for_a_caller(code: str) -> None:
    # A signature over a text of the caller's choice would let him forge deliveries.
    assert greet(LINKEDIN, {"challengeCode": code}, None, [Secret("s")]) is None


def test_linkedin_is_not_answered_without_a_secret() -> None:
    assert greet(LINKEDIN, {"challengeCode": CODE}, None, []) is None


def test_the_same_body_is_the_same_delivery() -> None:
    first, again, other = (delivery_key(META, Delivery({}, body)) for body in (b"a", b"a", b"b"))
    assert first == again != other
    assert first.startswith("sha256:")


def test_the_platforms_own_id_is_taken_where_there_is_one() -> None:
    receiver = replace(META, id_header="x-delivery")
    assert delivery_key(receiver, Delivery({"x-delivery": "d-1"}, b"a")) == "id:d-1"
    for odd in ("", "a b", "\0", "x" * 201):
        assert delivery_key(receiver, Delivery({"x-delivery": odd}, b"a")).startswith("sha256:")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=15,
)


@given(st.binary(max_size=200))
def test_no_bytes_break_a_parser(body: bytes) -> None:
    for receiver in RECEIVERS.values():
        for parse in (receiver.parse, *(callback.parse for callback in receiver.callbacks.values())):
            with pytest.raises(Unreadable):
                parse(body)


@given(
    JSON,
    st.sampled_from(["feed", "mention", "comments", "mentions", "story_insights"]),
    st.sampled_from(["page", "instagram", "user"]),
)
def test_no_value_breaks_metas_parser(value: object, name: str, about: str) -> None:
    body = {"object": about, "entry": [{"id": value, "time": value, "changes": [{"field": name, "value": value}]}]}
    try:
        (notice,) = META.parse(json.dumps(body).encode())
    except Unreadable:
        return
    assert notice.key


@given(JSON, JSON, st.sampled_from(["COMMENT", "SHARE_MENTION", "LIKE", ""]))
def test_no_value_breaks_linkedins_parser(value: object, other: object, action: str) -> None:
    item = {"action": action, "notificationId": other, "generatedActivity": value, "decoratedGeneratedActivity": value}
    body = {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [item, value]}
    try:
        assert len(LINKEDIN.parse(json.dumps(body).encode())) == 2
    except Unreadable:
        return


def test_a_body_that_is_nested_without_end_is_unreadable() -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900
    body = '{"object":"page","entry":[{"id":"1","changes":[{"field":"feed","value":' + deep + "}]}]}"
    with pytest.raises(Unreadable):
        META.parse(body.encode())


def test_a_receiver_is_found_by_its_address() -> None:
    assert RECEIVERS == {"meta": META, "instagram": INSTAGRAM_LOGIN, "linkedin": LINKEDIN}
