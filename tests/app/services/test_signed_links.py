from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from app.services.signed_links import LIFE, LinkSigner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
SIGNER = LinkSigner([NEW, OLD])


def entry(name: str, key: bytes) -> str:
    return f"{name}:{base64.b64encode(key).decode()}"


def test_a_link_opens_what_it_was_signed_for() -> None:
    expires, signature = SIGNER.sign("media:1", NOW + LIFE)
    assert expires == int(NOW.timestamp()) + 900
    assert SIGNER.valid("media:1", str(expires), signature, NOW)


def test_the_signature_is_that_of_the_derived_key() -> None:
    expires, signature = SIGNER.sign("media:1", NOW)
    key = hmac.digest(NEW, b"postd signed links v1", hashlib.sha256)
    mac = hmac.digest(key, f"media:1\n{expires}".encode(), hashlib.sha256)
    assert signature == base64.urlsafe_b64encode(mac).decode().rstrip("=")


def test_it_ends() -> None:
    expires, signature = SIGNER.sign("media:1", NOW + LIFE)
    assert SIGNER.valid("media:1", str(expires), signature, NOW + LIFE - timedelta(seconds=1))
    assert not SIGNER.valid("media:1", str(expires), signature, NOW + LIFE)


@pytest.mark.parametrize("changed", ["what", "expires", "signature"])
def test_a_change_opens_nothing(changed: str) -> None:
    expires, signature = SIGNER.sign("media:1", NOW + LIFE)
    what = "media:2" if changed == "what" else "media:1"
    ends = expires + 1 if changed == "expires" else expires
    said = signature[:-2] + ("AA" if signature[-2:] != "AA" else "BB") if changed == "signature" else signature
    assert not SIGNER.valid(what, str(ends), said, NOW)


@pytest.mark.parametrize("expires", ["", "-1", "1e9", "٣", "9" * 12, " 1", "tomorrow"])
def test_an_odd_time_opens_nothing(expires: str) -> None:
    assert not SIGNER.valid("media:1", expires, "x", NOW)


def test_an_odd_signature_opens_nothing() -> None:
    assert not SIGNER.valid("media:1", str(int(NOW.timestamp()) + 9), "é", NOW)


def test_links_of_the_key_before_still_open() -> None:
    expires, signature = LinkSigner([OLD]).sign("media:1", NOW + LIFE)
    assert SIGNER.valid("media:1", str(expires), signature, NOW)
    assert not LinkSigner([NEW]).valid("media:1", str(expires), signature, NOW)


def test_the_keys_are_the_vaults() -> None:
    signer = LinkSigner.of(f" {entry('new', NEW)}, {entry('old', OLD)},")
    assert signer.sign("media:1", NOW) == SIGNER.sign("media:1", NOW)
