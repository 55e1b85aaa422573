from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flows.connections.tickets import return_path
from app.kernel.errors import InvalidInput


@pytest.mark.parametrize("path", ["/", "/planner", "/planner?week=3#top", "/a//b", "/%2F%2Fevil.example"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert return_path(path) == path


def test_no_path_is_fine() -> None:
    assert return_path(None) is None


@pytest.mark.parametrize(
    "path",
    ["", "planner", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/a\nb", "/ /x"],
)
def test_what_would_leave_our_origin_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        return_path(path)
    assert caught.value.path == ("input", "returnTo")


@given(text=st.text())
def test_what_is_kept_begins_with_one_slash(text: str) -> None:
    try:
        kept = return_path(text)
    except InvalidInput:
        return
    assert kept is not None
    assert kept[0] == "/"
    assert kept[1:2] not in {"/", "\\"}
