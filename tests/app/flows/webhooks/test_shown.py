from __future__ import annotations

import pytest

from app.flows.webhooks.shown import LONGEST, shown


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "(emptied)"),
        (b'{"access_token":"canary","text":"hi"}', '{"access_token":"•••","text":"hi"}'),
        (b"access_token=canary&a=1", "access_token=•••&a=1"),
        (b"\xff plain", "� plain"),
    ],
)
def test_a_body_is_shown_without_secrets(body: bytes, text: str) -> None:
    assert shown(body) == text


def test_a_long_body_is_cut() -> None:
    assert len(shown(b"x" * 5000)) == LONGEST + 1
