from __future__ import annotations

from collections.abc import AsyncIterator
from email import message_from_bytes
from typing import Any

import pytest

from connectors.http_pool import HttpPool
from connectors.http_request import PORTION, Body, FilePart, build_body, with_params
from connectors.transport import Transport
from tests.connectors.loopback import LOOPBACK, Received, always, serve


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def received(**options: Any) -> Received:
    async with serve(always()) as server, HttpPool(egress=LOOPBACK) as pool:
        await Transport(pool).send("POST", server.url, **options)
    return server.received[0]


@pytest.mark.parametrize(
    ("url", "params", "expected"),
    [
        ("https://a.example/x", None, "https://a.example/x"),
        ("https://a.example/x", {}, "https://a.example/x"),
        ("https://a.example/x", {"q": "ä&b"}, "https://a.example/x?q=%C3%A4%26b"),
        ("https://a.example/x?k=1", {"q": ["1", "2"]}, "https://a.example/x?k=1&q=1&q=2"),
        ("https://a.example/x#f", {"q": "1"}, "https://a.example/x?q=1#f"),
    ],
)
def test_query_parameters(url: str, params: dict[str, str] | None, expected: str) -> None:
    assert with_params(url, params) == expected


async def test_json() -> None:
    got = await received(json={"text": "é", "n": 1})
    assert got.body == '{"text":"é","n":1}'.encode()
    assert got.headers["content-type"] == "application/json"
    assert got.headers["content-length"] == "19"


async def test_form() -> None:
    got = await received(form={"a": "1 2", "b": "ä"})
    assert got.body == b"a=1+2&b=%C3%A4"
    assert got.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_raw_bytes_with_a_type_of_the_callers() -> None:
    got = await received(content=b"\x00\x01", headers={"Content-Type": "image/png"})
    assert (got.body, got.headers["content-type"]) == (b"\x00\x01", "image/png")


async def test_a_post_without_a_body_says_so() -> None:
    got = await received()
    assert (got.body, got.headers["content-length"]) == (b"", "0")
    assert "content-type" not in got.headers


async def test_large_bytes_go_out_in_portions_with_their_length() -> None:
    data = bytes(range(256)) * 1024 * 4 + b"end"
    assert len(data) > PORTION
    got = await received(content=data)
    assert got.body == data
    assert got.headers["content-length"] == str(len(data))


async def test_a_stream_with_a_length_is_not_chunked() -> None:
    got = await received(content=stream(b"ab", b"cde"), content_length=5)
    assert (got.body, got.headers["content-length"]) == (b"abcde", "5")
    assert "transfer-encoding" not in got.headers


async def test_a_stream_of_unknown_length_is_chunked() -> None:
    got = await received(content=stream(b"ab", b"cde"))
    assert (got.body, got.headers["transfer-encoding"]) == (b"abcde", "chunked")


def parts(got: Received) -> list[tuple[Any, str | None, str, Any]]:
    """What Python's own reader sees in a multipart body."""
    message = message_from_bytes(f"Content-Type: {got.headers['content-type']}\r\n\r\n".encode() + got.body)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.walk()
        if not part.is_multipart()
    ]


async def test_a_multipart_form_with_bytes_and_a_stream() -> None:
    got = await received(
        form={"description": "ä"},
        files=[
            FilePart("file", "a.png", "image/png", b"\x89PNG"),
            FilePart("clip", "b.mp4", "video/mp4", stream(b"12", b"345"), 5),
        ],
    )
    assert got.headers["content-length"] == str(len(got.body))
    assert parts(got) == [
        ("description", None, "text/plain", "ä".encode()),
        ("file", "a.png", "image/png", b"\x89PNG"),
        ("clip", "b.mp4", "video/mp4", b"12345"),
    ]


async def test_a_multipart_form_with_a_file_of_unknown_length_is_chunked() -> None:
    got = await received(files=[FilePart("file", "a", "image/png", stream(b"123"))])
    assert got.headers["transfer-encoding"] == "chunked"
    assert parts(got) == [("file", "a", "image/png", b"123")]


async def test_a_file_name_cannot_leave_its_header() -> None:
    got = await received(files=[FilePart("file", 'a"\r\nX-Evil: 1\r\n\r\n.png', "image/png", b"1")])
    assert b'filename="a%22%0D%0AX-Evil: 1%0D%0A%0D%0A.png"\r\n' in got.body


@pytest.mark.parametrize(
    "options",
    [
        {"json": {}, "form": {}},
        {"json": {}, "content": b""},
        {"form": {}, "content": b""},
        {"files": [], "content": b""},
        {"files": [], "json": {}},
    ],
)
def test_two_kinds_of_body_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one kind of body"):
        build_body(**options)


def test_no_body_is_none() -> None:
    assert build_body() is None


@pytest.mark.parametrize(
    ("options", "summary"),
    [
        ({"json": {"password": "p", "text": "t"}}, '{"password":"•••","text":"t"}'),
        ({"form": {"client_secret": "s", "scope": "a"}}, '{"client_secret":"•••","scope":"a"}'),
        ({"content": b"123"}, "<3 bytes>"),
        ({"content": stream(b"1")}, "<a stream of bytes>"),
        ({"content": stream(b"1"), "content_length": 7}, "<7 bytes>"),
        (
            {"form": {"token": "x"}, "files": [FilePart("file", "a", "image/png", b"12")]},
            '{"token":"•••","file":"image/png <2 bytes>"}',
        ),
    ],
)
def test_the_summary_of_a_body(options: dict[str, Any], summary: str) -> None:
    body = build_body(**options)
    assert isinstance(body, Body)
    assert body.summary == summary
