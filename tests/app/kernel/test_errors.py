from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel.errors import DomainError, InvalidInput, NotFound


def test_a_refusal_carries_message_hint_and_path() -> None:
    error = DomainError("No.", hint="Ask again.", path=("input", "text"))
    assert (str(error), error.message, error.hint, error.path) == ("No.", "No.", "Ask again.", ("input", "text"))


def test_not_found_names_the_kind_of_thing() -> None:
    error = NotFound("post", path=("input", "id"))
    assert (error.code, error.kind, error.message) == ("NOT_FOUND", "post", "This post does not exist.")
    assert error.hint == "Check the id."
    assert error.path == ("input", "id")


def test_invalid_input_has_its_own_code() -> None:
    assert InvalidInput("Too long.", hint="Shorten it.").code == "INVALID_INPUT"


def test_a_refusal_without_a_hint_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="hint"):
        DomainError("No.")  # type: ignore[call-arg]


def empty_hints(tree: ast.AST) -> Iterator[int]:
    """Give the lines that pass an empty text as a hint, or where a hint may be left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [word.value for word in node.keywords if word.arg == "hint"]
        elif isinstance(node, ast.FunctionDef):
            named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            given = [default for one, default in named if one.arg == "hint" and default is not None]
        else:
            continue
        yield from (value.lineno for value in given if isinstance(value, ast.Constant) and not value.value)


def test_an_empty_hint_is_seen() -> None:
    source = "InvalidInput('No.', hint='')\ndef refuse(*, hint: str = ''): ...\nInvalidInput('No.', hint='Ask.')"
    assert sorted(empty_hints(ast.parse(source))) == [1, 2]


def test_no_refusal_has_an_empty_hint() -> None:
    root = Path(__file__).resolve().parents[3]
    files = [path for room in ("app", "schema", "resolvers", "workers") for path in (root / room).rglob("*.py")]
    found = [f"{path.relative_to(root)}:{line}" for path in files for line in empty_hints(ast.parse(path.read_text()))]
    assert found == []


@pytest.mark.parametrize("bad", ["notFound", "", "NOT-FOUND", "_X", "A__B"])
def test_a_code_in_another_form_is_refused(bad: str) -> None:
    with pytest.raises(TypeError, match="SCREAMING_SNAKE"):
        type("Wrong", (DomainError,), {"code": bad})
