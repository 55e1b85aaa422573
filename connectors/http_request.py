"""Turns what a connector wants to send into bytes on the wire: query, JSON, form, raw content, multipart.

Bodies given as iterators stay iterators: a video never lies in memory as a whole. Lengths are stated wherever they are
known, since many platforms refuse chunked bodies.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from connectors.exchanges import summarize_json

Content = bytes | AsyncIterator[bytes]
PORTION: Final = 256 * 1024
"""Bytes that are written at a time."""
_UNSAFE_IN_NAME: Final = re.compile(r'["\r\n\\\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of a multipart form."""

    name: str
    filename: str
    mime: str
    content: Content = field(repr=False)
    size: int | None = None
    """Bytes. Needed for an iterator, unless the platform takes chunked bodies."""

    def length(self) -> int | None:
        """How many bytes it has; None where nobody has said so."""
        return len(self.content) if isinstance(self.content, bytes) else self.size


@dataclass(frozen=True, slots=True)
class Body:
    """What goes out after the headers."""

    content: Content = b""
    length: int | None = 0
    """None: not known, sent in chunks."""
    content_type: str | None = None
    summary: str = ""
    """For the timeline, without secrets."""

    def portions(self) -> Content:
        """The content as it is written: what is large goes out in portions, so that the write timeout is for each."""
        return (
            _portions(self.content) if isinstance(self.content, bytes) and len(self.content) > PORTION else self.content
        )


async def _portions(data: bytes) -> AsyncIterator[bytes]:
    view = memoryview(data)
    for start in range(0, len(data), PORTION):
        yield bytes(view[start : start + PORTION])


def with_params(url: str, params: Mapping[str, str | Sequence[str]] | None) -> str:
    """The address with more query parameters; a list gives its name several times."""
    if not params:
        return url
    head, mark, fragment = url.partition("#")
    joint = "&" if "?" in head else "?"
    return f"{head}{joint}{urlencode(params, doseq=True)}{mark}{fragment}"


def build_body(
    *,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    content: Content | None = None,
    content_length: int | None = None,
    files: Sequence[FilePart] | None = None,
) -> Body | None:
    """The body of a request; None where it has none. Raises ValueError where two kinds of body are given."""
    if sum(kind is not None for kind in (json, content, files if files is not None else form)) > 1:
        raise ValueError("a request has one kind of body: json, form, content or files")
    if json is not None:
        data = orjson.dumps(json)
        return Body(data, len(data), "application/json", summarize_json(json))
    if files is not None:
        return _multipart(form or {}, files)
    if form is not None:
        data = urlencode(form).encode()
        return Body(data, len(data), "application/x-www-form-urlencoded", summarize_json(dict(form)))
    if content is not None:
        length = len(content) if isinstance(content, bytes) else content_length
        return Body(content, length, "application/octet-stream", _counted(length))
    return None


def _counted(length: int | None) -> str:
    return "<a stream of bytes>" if length is None else f"<{length} bytes>"


def _quoted(text: str) -> str:
    """A name or file name inside a header, escaped as browsers do (WHATWG HTML, multipart form data)."""
    return _UNSAFE_IN_NAME.sub(lambda match: f"%{ord(match[0]):02X}", text)


def _multipart(form: Mapping[str, str], files: Sequence[FilePart]) -> Body:
    """RFC 7578: the plain fields first, then the files."""
    boundary = secrets.token_hex(16)
    fields = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form.items()
    )
    heads = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(part.name)}"; '
        f'filename="{_quoted(part.filename)}"\r\nContent-Type: {part.mime}\r\n\r\n'.encode()
        for part in files
    ]
    tail = f"--{boundary}--\r\n".encode()
    lengths = [part.length() for part in files]
    known = [length for length in lengths if length is not None]
    total = None
    if len(known) == len(files):
        total = len(fields) + sum(len(head) + 2 for head in heads) + sum(known) + len(tail)

    async def stream() -> AsyncIterator[bytes]:
        yield fields
        for head, part in zip(heads, files, strict=True):
            yield head
            if isinstance(part.content, bytes):
                yield part.content
            else:
                async for chunk in part.content:
                    yield chunk
            yield b"\r\n"
        yield tail

    shown = {part.name: f"{part.mime} {_counted(length)}" for part, length in zip(files, lengths, strict=True)}
    return Body(stream(), total, f"multipart/form-data; boundary={boundary}", summarize_json({**form, **shown}))
