from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from app.services.files.pdf_pages import count_pages
from tests.app.flows.media import uploads


def counted(folder: Path, data: bytes) -> int | None:
    path = folder / "a.pdf"
    path.write_bytes(data)
    return count_pages(path)


def packed(inner: bytes) -> bytes:
    """Objects in a compressed stream."""
    data = zlib.compress(inner)
    return (
        b"5 0 obj\n<< /Type /ObjStm /N 2 /First 10 /Length %d /Filter /FlateDecode >>\nstream\n" % len(data)
        + data
        + b"\nendstream\nendobj\n"
    )


TREE = b"<< /Type /Pages /Kids [<< /Type /Page >> 4 0 R] /Count 12 >> << /Type /Outlines /Count 99 >>"


@pytest.mark.parametrize(
    ("data", "pages"),
    [
        (uploads.pdf(), 1),
        (uploads.pdf(TREE), 12),
        (uploads.pdf(b"<< /Count 7 /Kids [1 0 R] /Type/Pages >>"), 7),
        (b"%PDF-1.7\n" + packed(TREE) + b"%%EOF", 12),
        (b"%PDF-1.7\n" + packed(TREE)[:-60] + b"%%EOF", None),
        (b"%PDF-1.7\n<< /Type /Outlines /Count 99 >>%%EOF", None),
        (b"%PDF-1.7\n5 0 obj << /Type /ObjStm >> stream\nencrypted%%EOF", None),
    ],
    ids=["one", "tree", "order", "packed", "packed and cut", "outlines", "encrypted"],
)
def test_the_largest_count_of_the_page_tree_is_taken(tmp_path: Path, data: bytes, pages: int | None) -> None:
    assert counted(tmp_path, data) == pages


def test_a_bomb_of_nodes_is_left_alone(tmp_path: Path) -> None:
    assert counted(tmp_path, b"%PDF-1.7\n" + b"<</Type/Pages" * 50_000 + b"%%EOF") is None
