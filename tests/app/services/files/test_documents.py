from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.files import compound, documents
from app.services.files.documents import DOC, DOCX, PDF, PPT, PPTX, DocumentRefused, begins_like_one, probe
from tests.app.flows.media import uploads


def probed(data: bytes, folder: Path) -> documents.Document:
    path = folder / "misleading.png"
    path.write_bytes(data)
    return probe(path)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (uploads.pdf(), PDF),
        (uploads.archive(uploads.WORD), DOCX),
        (uploads.archive(uploads.SLIDES), PPTX),
        (uploads.compound("WordDocument"), DOC),
        (uploads.compound("Current User", "PowerPoint Document"), PPT),
    ],
)
def test_a_document_is_found_by_its_structure(tmp_path: Path, data: bytes, mime: str) -> None:
    assert begins_like_one(data[:64])
    assert probed(data, tmp_path).mime == mime


def bomb() -> bytes:
    """A small archive that says of itself that it is a document, and unpacks to 200 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in uploads.WORD.items():
            made.writestr(name, data)
        with made.open("word/media/image1.png", "w", force_zip64=False) as entry:
            for _ in range(200):
                entry.write(bytes(1024 * 1024))
    return out.getvalue()


def crowded() -> bytes:
    """An archive whose list is long."""
    return uploads.archive({**uploads.WORD, **{f"part{number}": b"" for number in range(10_000)}})


ENCRYPTED = bytearray(uploads.archive(uploads.WORD))
ENCRYPTED[6] |= 1
ENCRYPTED[ENCRYPTED.index(b"PK\x01\x02") + 8] |= 1

REFUSED = [
    pytest.param(uploads.pdf()[:-20], "cut short", id="PDF cut short"),
    pytest.param(uploads.pdf() + uploads.archive({"a": b"b"}), "an archive at the same time", id="PDF and ZIP"),
    pytest.param(uploads.pdf(uploads.archive({"a": b"b"})), "an archive at the same time", id="PDF with a ZIP inside"),
    pytest.param(uploads.archive({"a.exe": b"MZ"}), "an archive, not a document", id="ZIP"),
    pytest.param(uploads.archive({**uploads.WORD, **uploads.SLIDES, "[Content_Types].xml": b""}), "archive", id="two"),
    pytest.param(uploads.archive({**uploads.WORD, "word/vbaProject.bin": b""}), "holds macros", id="macros"),
    pytest.param(uploads.archive(uploads.WORD)[:-30], "damaged or cut short", id="DOCX cut short"),
    pytest.param(uploads.archive(uploads.WORD) + b"more", "damaged or cut short", id="DOCX with more behind it"),
    pytest.param(b"PK\x03\x04" + uploads.archive(uploads.WORD), "damaged or cut short", id="DOCX behind something"),
    pytest.param(bytes(ENCRYPTED), "encrypted", id="DOCX with a password"),
    pytest.param(bomb(), "would unpack to far more", id="bomb"),
    pytest.param(crowded(), "more than 10000 parts", id="crowded"),
    pytest.param(uploads.compound("Workbook"), "container of another program", id="XLS"),
    pytest.param(uploads.compound("WordDocument", "Macros"), "holds macros", id="DOC with macros"),
    pytest.param(uploads.compound("WordDocument")[:700], "damaged or cut short", id="DOC cut short"),
    pytest.param(b"%!PS-Adobe-3.0", "no document that can be used", id="PostScript"),
    pytest.param(b"", "no document that can be used", id="nothing"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED)
def test_what_is_no_plain_document_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(DocumentRefused, match=words) as refusal:
        probed(data, tmp_path)
    assert refusal.value.hint


def test_a_directory_that_bites_its_tail_is_damage() -> None:
    data = bytearray(uploads.compound("WordDocument"))
    data[512 + 4 : 512 + 8] = (1).to_bytes(4, "little")  # sector 1 is followed by itself
    with pytest.raises(compound.CompoundDamaged):
        compound.names(io.BytesIO(data))


@given(st.binary(max_size=600), st.integers(0, 1500), st.randoms(use_true_random=False))
def test_no_bytes_break_the_readers(noise: bytes, place: int, chance: random.Random) -> None:
    for whole in (uploads.compound("WordDocument"), compound.MAGIC + noise):
        data = bytearray(whole)
        data[place % len(data)] = chance.randrange(256)
        try:
            compound.names(io.BytesIO(data))
        except compound.CompoundDamaged:
            continue
