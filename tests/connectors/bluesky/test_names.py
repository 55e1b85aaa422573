from __future__ import annotations

import pytest

from connectors.bluesky.names import cleaned, is_did, is_handle, origin, permalink, record_address
from connectors.faults import FaultKind, PlatformFault


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" @Alice.Bsky.Social ", "alice.bsky.social"),
        ("\u202aalice.bsky.social\u202c", "alice.bsky.social"),
        ("at://alice.bsky.social", "alice.bsky.social"),
        ("https://bsky.app/profile/alice.bsky.social/post/3k", "alice.bsky.social"),
        ("did:plc:AbC", "did:plc:AbC"),
        ("Alice@example.org", "Alice@example.org"),
    ],
)
def test_what_a_user_typed_is_cleaned(typed: str, meant: str) -> None:
    assert cleaned(typed) == meant


@pytest.mark.parametrize("text", ["alice.test", "a.co", "xn--ls8h.test", "8.cn", "a-b.example.org"])
def test_handles(text: str) -> None:
    assert is_handle(text)


@pytest.mark.parametrize(
    "text", ["alice", "alice.", ".test", "-a.test", "a_b.test", "127.0.0.1", "a..test", "a.test/x", ""]
)
def test_no_handles(text: str) -> None:
    assert not is_handle(text)


def test_dids() -> None:
    assert is_did("did:plc:z72i7hdynmk6r22z27h6tvur")
    assert is_did("did:web:example.com%3A8080")
    assert not is_did("did:plc:")
    assert not is_did("DID:plc:abc")
    assert not is_did("did:plc:abc def")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://PDS.example/", "https://pds.example"),
        ("pds.example", "https://pds.example"),
        ("https://pds.example:443/xrpc", "https://pds.example"),
        ("http://127.0.0.1:2583", "http://127.0.0.1:2583"),
        ("http://[::1]:2583", "http://[::1]:2583"),
    ],
)
def test_the_origin_of_a_server(url: str, expected: str) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize("url", ["", "https://", "ftp://pds.example", "https://user:secret@pds.example", "https://a:b"])
def test_what_is_no_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(PlatformFault) as refused:
        origin(url)
    assert refused.value.fault.kind is FaultKind.FORBIDDEN_ADDRESS
    assert "secret" not in str(refused.value.fault)


def test_a_record_address_is_taken_apart_and_put_together() -> None:
    address = record_address("at://did:plc:a/app.bsky.feed.post/3k")
    assert (address.did, address.collection, address.key) == ("did:plc:a", "app.bsky.feed.post", "3k")
    assert str(address) == "at://did:plc:a/app.bsky.feed.post/3k"
    assert permalink(address.did, address.key) == "https://bsky.app/profile/did:plc:a/post/3k"


@pytest.mark.parametrize("uri", ["", "https://x/y/z", "at://did:plc:a/app.bsky.feed.post", "at://did:plc:a//3k"])
def test_other_references_are_refused(uri: str) -> None:
    with pytest.raises(PlatformFault) as refused:
        record_address(uri)
    assert refused.value.fault.kind is FaultKind.NOT_FOUND
