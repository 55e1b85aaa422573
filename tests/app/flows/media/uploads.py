"""Files for the tests of media: good ones, and a small zoo of bad ones."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def image(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A plain image."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def video(brand: bytes = b"isom", *compatible: bytes) -> bytes:
    """The beginning of a video, with some bytes behind it."""
    body = b"ftyp" + brand + struct.pack(">I", 512) + b"".join((b"isom", *compatible))
    return struct.pack(">I", len(body) + 4) + body + struct.pack(">I", 1008) + b"mdat" + bytes(1000)


def bomb() -> bytes:
    """A PNG of a few hundred bytes that would unfold to 10 000 million pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
PLAYLIST = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
