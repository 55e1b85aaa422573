from __future__ import annotations

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import NotFound
from schema.node import WORDS, decode, encode, split

KEY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def test_an_id_gives_its_kind_and_key() -> None:
    assert split(encode("Job", KEY)) == ("Job", KEY.hex)
    assert decode(encode("Job", KEY), "Job") == KEY


def test_an_id_of_another_kind_is_not_found() -> None:
    with pytest.raises(NotFound) as refusal:
        decode(encode("Post", KEY), "Job", ("input", "jobId"))
    assert (refusal.value.message, refusal.value.path) == ("This job does not exist.", ("input", "jobId"))


@pytest.mark.parametrize(
    "made_up", ["", "x", "????", base64.b64encode(b"Job:").decode(), base64.b64encode(b"A:1").decode()]
)
def test_an_id_that_was_made_up_is_not_found(made_up: str) -> None:
    with pytest.raises(NotFound):
        split(made_up)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    with pytest.raises(NotFound):
        decode(text, "Job")


@given(st.sampled_from(sorted(WORDS)), st.uuids())
def test_every_id_comes_back(kind: str, key: UUID) -> None:
    assert decode(encode(kind, key), kind) == key
