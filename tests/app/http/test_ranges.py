from __future__ import annotations

import pytest

from app.http.ranges import NotInside, wanted

TAG = '"v1"'


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        (None, None),
        ("bytes=0-", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("Bytes=2-5", (2, 6)),
        ("bytes=9-99999999999999999", (9, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=5-3", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=x-1", None),
        ("bytes=1-1" + "0" * 30, None),
    ],
)
def test_one_range_is_understood_and_others_get_the_whole(asked: str | None, part: tuple[int, int] | None) -> None:
    assert wanted(asked, None, TAG, 10) == part


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99-98"])
def test_what_begins_behind_the_end_is_told(asked: str) -> None:
    with pytest.raises(NotInside):
        wanted(asked, None, TAG, 10)


def test_a_part_is_given_of_the_version_that_is_named() -> None:
    assert wanted("bytes=2-5", TAG, TAG, 10) == (2, 6)
    assert wanted("bytes=2-5", '"v0"', TAG, 10) is None
    assert wanted("bytes=2-5", "Wed, 21 Oct 2026 07:28:00 GMT", TAG, 10) is None
