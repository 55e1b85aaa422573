from __future__ import annotations

import hashlib
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.faults import FaultKind, PlatformFault
from connectors.uploads import Chunk, Digest, chunk_plan, portions, read_all, skip


async def stream(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def test_a_plan_with_a_shorter_last_chunk() -> None:
    plan = list(chunk_plan(250, 100))
    assert plan == [Chunk(0, 100, 250), Chunk(100, 100, 250), Chunk(200, 50, 250)]
    assert [chunk.content_range for chunk in plan] == ["bytes 0-99/250", "bytes 100-199/250", "bytes 200-249/250"]
    assert [chunk.last for chunk in plan] == [False, False, True]


def test_a_plan_resumes_where_the_upload_stopped() -> None:
    assert list(chunk_plan(250, 100, start=120)) == [Chunk(120, 100, 250), Chunk(220, 30, 250)]


@pytest.mark.parametrize(("total", "start"), [(0, 0), (250, 250)])
def test_nothing_left_is_an_empty_plan(total: int, start: int) -> None:
    assert list(chunk_plan(total, 100, start=start)) == []


@pytest.mark.parametrize(("total", "size", "start"), [(10, 0, 0), (-1, 5, 0), (10, 5, 11), (10, 5, -1)])
def test_sizes_that_make_no_plan(total: int, size: int, start: int) -> None:
    with pytest.raises(ValueError, match="a plan needs"):
        list(chunk_plan(total, size, start=start))


@given(st.integers(0, 10_000), st.integers(1, 500))
def test_a_plan_covers_every_byte_once(total: int, size: int) -> None:
    plan = list(chunk_plan(total, size))
    assert sum(chunk.size for chunk in plan) == total
    assert all(before.end == after.offset for before, after in itertools.pairwise(plan))


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(1, 30))
async def test_portions_are_the_same_bytes_in_exact_sizes(pieces: list[bytes], size: int) -> None:
    got = [piece async for piece in portions(stream(pieces), size)]
    assert b"".join(got) == b"".join(pieces)
    assert all(len(piece) == size for piece in got[:-1])
    assert all(0 < len(piece) <= size for piece in got[-1:])


async def test_portions_need_a_size() -> None:
    with pytest.raises(ValueError, match="at least 1 byte"):
        await anext(portions(stream([b"1"]), 0))


@given(st.lists(st.binary(max_size=10), max_size=10), st.integers(0, 120))
async def test_skipping_leaves_the_rest(pieces: list[bytes], count: int) -> None:
    got = b"".join([piece async for piece in skip(stream(pieces), count)])
    assert got == b"".join(pieces)[count:]


async def test_a_digest_is_taken_while_the_bytes_pass() -> None:
    digest = Digest()
    got = b"".join([piece async for piece in digest.watch(stream([b"ab", b"", b"c"]))])
    assert got == b"abc"
    assert digest.size == 3
    assert digest.hexdigest() == hashlib.sha256(b"abc").hexdigest()


async def test_everything_is_read_up_to_the_cap() -> None:
    assert await read_all(stream([b"ab", b"c"]), 3) == b"abc"


async def test_a_longer_file_is_refused_without_reading_on() -> None:
    source = stream([b"ab", b"cd", b"ef"])
    with pytest.raises(PlatformFault) as caught:
        await read_all(source, 3)
    assert caught.value.fault.kind is FaultKind.INVALID_MEDIA
    assert caught.value.fault.message == "The file is larger than 3 bytes."
    assert await anext(source) == b"ef"
