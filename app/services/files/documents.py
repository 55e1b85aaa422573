"""Documents: what a file is by its structure. It is never rendered, unpacked or run; the platforms show it.

PDF by its head and its end, DOCX and PPTX by the list in their archive, DOC and PPT by the directory of their
container. A document that is a second thing at the same time (an archive behind a PDF, macros, a bomb) is refused.
"""

from __future__ import annotations

import re
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from app.kernel.errors import InvalidInput
from app.services.files import compound
from app.services.files.pdf_pages import count_pages

PDF: Final = "application/pdf"
DOC: Final = "application/msword"
PPT: Final = "application/vnd.ms-powerpoint"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
TAKEN: Final = (PDF, DOC, DOCX, PPT, PPTX)

_ZIP: Final = b"PK\x03\x04"
_PDF: Final = re.compile(rb"%PDF-[12]\.\d")
_TAIL: Final = 22 + 0xFFFF  # where an archive's end record may begin, from the end of the file
_MOST_ENTRIES: Final = 10_000
_LARGEST_LIST: Final = 4 * 1024 * 1024  # bytes of an archive's list
_LARGEST_UNPACKED: Final = 1024 * 1024 * 1024
_LARGEST_RATIO: Final = 100
_SMALL: Final = 64 * 1024 * 1024  # bytes; what unpacks to less is no bomb, whatever its ratio
_MAIN: Final = {
    DOCX: ("word/document.xml", b"wordprocessingml.document.main+xml"),
    PPTX: ("ppt/presentation.xml", b"presentationml.presentation.main+xml"),
}
_MACROS: Final = frozenset({"Macros", "VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR"})
_EXPORT: Final = "Export it again from where it was made."


class DocumentRefused(InvalidInput):
    """The file cannot be used as a document; the message says why."""

    code: ClassVar[str] = "DOCUMENT_REFUSED"


@dataclass(frozen=True, slots=True)
class Document:
    """What a document is, by its bytes."""

    mime: str
    pages: int | None = None
    """Where they could be counted without rendering it."""


def begins_like_one(head: bytes) -> bool:
    """Whether a file with these first bytes is a document or nothing that is taken."""
    return head.startswith((_ZIP, compound.MAGIC)) or _PDF.match(head) is not None


def probe(path: Path) -> Document:
    """Find out what a document is. Reads the file: call it in a thread.

    Raises:
        DocumentRefused: it is none of those that are taken, is damaged, or is something else besides.
    """
    with path.open("rb") as file:
        head = file.read(16)
    if _PDF.match(head):
        return _pdf(path)
    if head.startswith(_ZIP):
        return _office(path)
    if head.startswith(compound.MAGIC):
        return _old_office(path)
    raise DocumentRefused("The file is no document that can be used.", hint="Use PDF, DOCX, PPTX, DOC or PPT.")


def _pdf(path: Path) -> Document:
    tail = _end_of(path, 1024)
    if b"%%EOF" not in tail:
        raise DocumentRefused("The PDF is damaged or cut short.", hint=_EXPORT)
    if zipfile.is_zipfile(path):
        raise DocumentRefused("The PDF is an archive at the same time.", hint=_EXPORT)
    return Document(PDF, count_pages(path))


def _office(path: Path) -> Document:
    _check_list(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries, kinds = archive.infolist(), b""
            names = {entry.filename for entry in entries}
            if "[Content_Types].xml" in names:
                with archive.open("[Content_Types].xml") as listed:
                    kinds = listed.read(_LARGEST_LIST)
    except Exception as error:  # hostile bytes raise what they like here; a listed password is a RuntimeError
        raise DocumentRefused("The document is damaged, encrypted or cut short.", hint=_EXPORT) from error
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise DocumentRefused("The document holds macros.", hint="Save it without macros, or as a PDF.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _LARGEST_UNPACKED or (unpacked > _SMALL and unpacked > path.stat().st_size * _LARGEST_RATIO):
        raise DocumentRefused("The document would unpack to far more than it is.", hint="Save it as a PDF.")
    found = [mime for mime, (main, kind) in _MAIN.items() if main in names and kind in kinds]
    if len(found) != 1:
        message = "The file is an archive, not a document that can be used."
        raise DocumentRefused(message, hint="Use PDF, DOCX, PPTX, DOC or PPT.")
    return Document(found[0])


def _check_list(path: Path) -> None:
    """Look at an archive's end record before its list is read: a list can be a bomb, too (PKWARE APPNOTE 4.3.16)."""
    tail, size = _end_of(path, _TAIL), path.stat().st_size
    at = tail.rfind(b"PK\x05\x06")
    whole = at >= 0 and len(tail) - at >= 22
    if whole:
        count, length, offset, comment = struct.unpack_from("<HIIH", tail, at + 10)
        begins = size - len(tail) + at
        whole = (
            offset + length == begins and at + 22 + comment == len(tail) and tail[at - 20 : at - 16] != b"PK\x06\x07"
        )
    if not whole:
        raise DocumentRefused("The document is damaged or cut short.", hint=_EXPORT)
    if count > _MOST_ENTRIES or length > _LARGEST_LIST:
        raise DocumentRefused(f"The document has more than {_MOST_ENTRIES} parts.", hint=_EXPORT)


def _old_office(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            names = compound.names(file)
    except compound.CompoundDamaged:
        raise DocumentRefused("The document is damaged or cut short.", hint=_EXPORT) from None
    if names & _MACROS:
        raise DocumentRefused("The document holds macros.", hint="Save it without macros, or as a PDF.")
    for name, mime in (("WordDocument", DOC), ("PowerPoint Document", PPT)):
        if name in names:
            return Document(mime)
    message = "The file is a container of another program, not a document that can be used."
    raise DocumentRefused(message, hint="Use PDF, DOCX, PPTX, DOC or PPT.")


def _end_of(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - length))
        return file.read(length)
