from __future__ import annotations

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
    assert InvalidInput("Too long.").code == "INVALID_INPUT"


@pytest.mark.parametrize("bad", ["notFound", "", "NOT-FOUND", "_X", "A__B"])
def test_a_code_in_another_form_is_refused(bad: str) -> None:
    with pytest.raises(TypeError, match="SCREAMING_SNAKE"):
        type("Wrong", (DomainError,), {"code": bad})
