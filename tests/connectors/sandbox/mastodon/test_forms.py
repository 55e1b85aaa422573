"""Nested names of form fields."""

from __future__ import annotations

import pytest

from connectors.sandbox.mastodon.errors import MastodonError
from connectors.sandbox.mastodon.forms import nest


def test_brackets_make_lists_and_objects() -> None:
    pairs = [("a", "1"), ("b[]", "2"), ("b[]", "3"), ("c[d]", "4"), ("c[e][]", "5")]
    assert nest(pairs) == {"a": "1", "b": ["2", "3"], "c": {"d": "4", "e": ["5"]}}


@pytest.mark.parametrize("pairs", [[("a", "1"), ("a[b]", "2")], [("a", "1"), ("a[]", "2")]])
def test_a_field_is_not_two_things(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(MastodonError, match="expected"):
        nest(pairs)
