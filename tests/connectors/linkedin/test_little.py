"""The "little" text: what is written is read back by us and by LinkedIn, and nothing is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.linkedin.little import RESERVED, read, write
from connectors.sandbox.linkedin.text import shown

_SIGNS = st.sampled_from([*sorted(RESERVED), "a", "B", "7", " ", "\n", "é", "👋🏽", "#tag", "(x)", "{hashtag|#|x}"])
_MENTIONS = st.sampled_from(["@[Acme Corp](urn:li:organization:12)", "@[A_B*](urn:li:person:x-Y_1)"])
TEXTS = st.one_of(
    st.lists(st.one_of(_SIGNS, _MENTIONS)).map("".join), st.text(st.characters(exclude_categories=["Cs"]))
)


@given(TEXTS)
def test_what_is_written_is_read_back(text: str) -> None:
    assert read(write(text)) == text


@given(TEXTS)
def test_linkedin_cuts_nothing(text: str) -> None:
    assert shown(write(text)) == text


@pytest.mark.parametrize(
    ("text", "commentary"),
    [
        ("Hello (world)", r"Hello \(world\)"),
        (r"a\b", r"a\\b"),
        ("5 * 3 < 20 | ~_", r"5 \* 3 \< 20 \| \~\_"),
        ("Bread #baking", "Bread #baking"),
        ("#1 of #2024x", r"\#1 of #2024x"),
        ("c#sharp and a&#39;", r"c\#sharp and a&\#39;"),
        ("#snake_case", r"\#snake\_case"),
        ("Hi @[Acme Corp](urn:li:organization:12)!", "Hi @[Acme Corp](urn:li:organization:12)!"),
        ("@[A (B)](urn:li:person:x)", r"@[A \(B\)](urn:li:person:x)"),
        ("@[No one](urn:li:share:1)", r"\@\[No one\]\(urn:li:share:1\)"),
        ("mail@example.com", r"mail\@example.com"),
    ],
)
def test_only_hashtags_and_mentions_keep_their_meaning(text: str, commentary: str) -> None:
    assert write(text) == commentary


def test_the_long_form_of_a_hashtag_is_read() -> None:
    assert read(r"Bread {hashtag|\#|baking} \(fresh\)") == "Bread #baking (fresh)"


def test_an_unescaped_sign_would_cut_the_text() -> None:
    assert shown("Hello (world)") == "Hello "
