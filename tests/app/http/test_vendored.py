"""The vendored files are the published ones, each is listed, and none fetches anything from another host."""

from __future__ import annotations

import hashlib

import pytest

from app.http import planner
from app.http.assets import FOLDER
from app.http.playground import VENDORED

VENDOR = FOLDER / "vendor"
LICENCES = {"MIT": "Permission is hereby granted", "Apache-2.0": "Apache License"}
COLUMNS = ("file", "name", "version", "licence", "origin", "path", "sha256")


def rows() -> list[dict[str, str]]:
    lines = [line for line in (VENDOR / "VENDORED.md").read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return [dict(zip(COLUMNS, row, strict=True)) for row in cells]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_a_vendored_file_is_the_listed_one(row: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / row["file"]).read_bytes()).hexdigest() == row["sha256"]
    assert row["file"].split("/")[0] == f"{row['name']}-{row['version']}"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_a_vendored_file_has_its_licence_beside_it(row: dict[str, str]) -> None:
    assert LICENCES[row["licence"]] in (VENDOR / row["file"]).with_name("LICENSE").read_text("utf-8")


def test_every_file_is_listed_or_a_text_about_one() -> None:
    listed = {row["file"] for row in rows()}
    texts = {"LICENSE", "NOTICES.txt", "VENDORED.md"}
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert {name for name in present if name.rsplit("/", 1)[-1] not in texts} == listed


def test_the_pages_use_every_vendored_file() -> None:
    assert {*VENDORED.values(), *planner.VENDORED.values()} == {f"vendor/{row['file']}" for row in rows()}


def test_the_style_sheet_carries_its_fonts_and_images() -> None:
    text = (FOLDER / VENDORED["graphiql_css"]).read_text("utf-8")
    addresses = [part.split(")", 1)[0].strip("\"'") for part in text.split("url(")[1:]]
    assert len(addresses) > 30
    assert [address[:40] for address in addresses if not address.startswith("data:")] == []
    assert "@import" not in text
