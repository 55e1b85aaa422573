"""The string formats of lexicons."""

from __future__ import annotations

import pytest

from connectors.sandbox.bluesky.formats import FORMATS


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("handle", "alice.test", "alice"),
        ("handle", "a.b-c.example", "-a.example"),
        ("did", "did:plc:2ll2jmpn7t2443nh6wrfljgv", "did:plc:"),
        ("did", "did:web:example.com", "DID:web:example.com"),
        ("at-identifier", "alice.test", "alice test"),
        ("at-uri", "at://alice.test/app.bsky.feed.post/3n2rhspqaru4i", "https://alice.test"),
        ("at-uri", "at://did:plc:abc", "at://did:plc:abc/x/y/z"),
        ("nsid", "app.bsky.feed.post", "app.bsky"),
        ("record-key", "self", ".."),
        ("record-key", "a" * 512, "a" * 513),
        ("tid", "3n2rhspqaru4i", "3n2rhspqaru41"),
        ("datetime", "2026-11-20T20:53:57.000Z", "2026-11-20 20:53:57Z"),
        ("datetime", "2026-11-20T20:53:57.123456789+02:00", "2026-13-20T20:53:57Z"),
        ("datetime", "2026-11-20T20:53:57Z", "2026-11-20T20:53:57-00:00"),
        ("language", "pt-BR", "portuguese"),
        ("uri", "https://example.com/a", "example.com"),
        ("cid", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", "bafy"),
    ],
)
def test_a_format_takes_the_good_and_refuses_the_bad(name: str, good: str, bad: str) -> None:
    check = FORMATS[name][0]
    assert (check(good), check(bad)) == (True, False)
