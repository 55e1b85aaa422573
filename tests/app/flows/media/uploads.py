"""Files for the tests of media: good ones, and a small zoo of bad ones."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image


def image(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A plain image."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def box(name: bytes, *body: bytes) -> bytes:
    """A box of a video file."""
    data = b"".join(body)
    return struct.pack(">I", len(data) + 8) + name + data


def track(kind: bytes = b"vide", codec: bytes = b"avc1", reference: bytes = b"\0\0\0\1") -> bytes:
    """A track of two seconds, 50 frames, 64 by 48."""
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    shown = bytes(40) + matrix + struct.pack(">II", 64 << 16, 48 << 16)
    times = bytes(12) + struct.pack(">II", 25, 50) + bytes(4)
    located = box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), box(b"url ", reference)))
    described = box(b"stsd", bytes(4), struct.pack(">I", 1), box(codec, bytes(8)))
    table = box(b"stbl", described, box(b"stts", bytes(4), struct.pack(">III", 1, 50, 1)))
    inner = (box(b"mdhd", times), box(b"hdlr", bytes(8), kind, bytes(12)), box(b"minf", located, table))
    return box(b"trak", box(b"tkhd", shown), box(b"mdia", *inner))


def video(brand: bytes = b"isom", *tracks: bytes, size: int = 1000) -> bytes:
    """A small video: its index, then as many bytes of pictures as asked for."""
    index = box(b"moov", box(b"mvhd", bytes(12), struct.pack(">II", 1000, 2000), bytes(80)), *(tracks or [track()]))
    return box(b"ftyp", brand, struct.pack(">I", 512), b"isom") + index + box(b"mdat", bytes(size))


def pdf(body: bytes = b"") -> bytes:
    """A PDF of one page."""
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>\nendobj\n"
        + body
        + b"trailer\n<< /Root 1 0 R /Size 4 >>\nstartxref\n0\n%%EOF\n"
    )


def archive(parts: dict[str, bytes]) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


WORD = {
    "[Content_Types].xml": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "word/document.xml": b"<w:document/>",
}
SLIDES = {
    "[Content_Types].xml": b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    "ppt/presentation.xml": b"<p:presentation/>",
}


def compound(*names: str) -> bytes:
    """A compound file, as DOC and PPT are: header, one sector of the table, one of the directory."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHH", header, 24, 0x3E, 3, 0xFFFE, 9)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = b""
    for name in ("Root Entry", *names):
        spelled = (name + "\0").encode("utf-16-le")
        directory += spelled.ljust(64, b"\0") + struct.pack("<HB", len(spelled), 2) + bytes(61)
    return bytes(header) + table + directory.ljust(512, b"\0")


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
