"""Mail addresses in their two forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import InvalidInput
from app.services.addresses import normalised


@pytest.mark.parametrize(
    ("given", "written", "key"),
    [
        ("  Ann@Example.ORG ", "Ann@example.org", "ann@example.org"),
        ("o'hara+posts@example.org", "o'hara+posts@example.org", "o'hara+posts@example.org"),
        ("Zoë@bücher.example", "Zoë@bücher.example", "zoë@bücher.example"),
        ("root@mailhost", "root@mailhost", "root@mailhost"),
    ],
)
def test_an_address_is_written_as_it_is_and_compared_without_case(given: str, written: str, key: str) -> None:
    found = normalised(given)
    assert (found.written, found.key) == (written, key)


@pytest.mark.parametrize(
    "given", ["", "ann", "ann@", "@example.org", "a b@example.org", "a@b@example.org", "a\n@b.org"]
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        normalised(given, ("address",))
    assert refused.value.path == ("address",)


@given(st.text(max_size=80))
def test_anything_is_an_address_or_refused_and_an_address_stays_the_same(text: str) -> None:
    try:
        found = normalised(text)
    except InvalidInput:
        return
    assert normalised(found.written) == found
    assert normalised(found.written.upper()).key == found.key or not found.written.isascii()
