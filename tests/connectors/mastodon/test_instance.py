"""Which server is meant by what people type, and which limits a server states."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.mastodon.instance import figures, origin_of

CONFIGURATION = {
    "statuses": {"max_characters": 1000, "max_media_attachments": 6, "characters_reserved_per_url": 25},
    "media_attachments": {
        "supported_mime_types": ["image/png"],
        "image_size_limit": 1,
        "image_matrix_limit": 2,
        "video_size_limit": 3,
        "video_frame_rate_limit": 60,
        "description_limit": 4,
    },
    "polls": {"max_options": 5, "max_characters_per_option": 6, "min_expiration": 7, "max_expiration": 8},
}


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("mastodon.social", "https://mastodon.social"),
        ("  Mastodon.Social. ", "https://mastodon.social"),
        ("https://mastodon.social/@anna/123?x#y", "https://mastodon.social"),
        ("mastodon.social/@anna", "https://mastodon.social"),
        ("@anna@mastodon.social", "https://mastodon.social"),
        ("anna@mastodon.social", "https://mastodon.social"),
        ("HTTPS://mastodon.social:443", "https://mastodon.social"),
        ("mastodon.social:8443", "https://mastodon.social:8443"),
        ("http://127.0.0.1:3000/about", "http://127.0.0.1:3000"),
        ("http://localhost", "http://localhost"),
        ("https://[2001:DB8:0::1]:3000", "https://[2001:db8::1]:3000"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("https://例え.テスト", "https://xn--r8jz45g.xn--zckzah"),
    ],
)
def test_what_people_type_is_understood(typed: str, origin: str) -> None:
    assert origin_of(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "https://",
        "ftp://mastodon.social",
        "javascript://x",
        "https://user:pw@mastodon.social",
        "a b",
        "mastodon.social:0",
        "mastodon.social:99999",
        "-a.example",
        "a..example",
        "x" * 64 + ".example",
        "[::1",
        "https://[not-ip]",
        "a" * 260,
        "https:mastodon.social",
        "mastodon.social\n.evil.example",
        "exa%6dple.com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(PlatformFault) as caught:
        origin_of(typed)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.FORBIDDEN_ADDRESS, Effect.NONE)
    assert caught.value.fault.hint


@given(st.text(max_size=80))
def test_an_origin_is_well_formed_and_stays_the_same(typed: str) -> None:
    try:
        origin = origin_of(typed)
    except PlatformFault as trouble:
        assert trouble.fault.kind is FaultKind.FORBIDDEN_ADDRESS  # noqa: PT017 -- refusal is one of two good ends
        return
    assert re.fullmatch(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]+)?", origin)
    assert origin_of(origin) == origin


def test_every_figure_of_a_server_is_read() -> None:
    assert figures({"configuration": CONFIGURATION}) == {
        "text.length": 1000,
        "text.url_length": 25,
        "media.count": 6,
        "image.bytes": 1,
        "image.pixels": 2,
        "video.bytes": 3,
        "audio.bytes": 3,
        "video.frame_rate": 60,
        "alt.length": 4,
        "poll.options": 5,
        "poll.option_length": 6,
        "poll.min_expiration": 7,
        "poll.max_expiration": 8,
    }


def test_an_older_description_states_the_length_of_a_text() -> None:
    assert figures({"max_toot_chars": 5000}) == {"text.length": 5000}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["statuses", "polls", "max_options", "max_characters"]), inner)
        ),
    )
)
def test_nonsense_in_a_description_gives_no_figures_that_are_none(value: object) -> None:
    found = figures({"configuration": json.loads(json.dumps(value))})
    assert all(type(figure) is int and figure > 0 for figure in found.values())
