"""Refusals that a user can meet, as typed exceptions.

    DomainError             code, message, hint, path
      ├── NotFound          the thing does not exist for this caller
      ├── InvalidInput      a value cannot be used as it is
      │     └── BadCursor   (app.services.paging) a page cursor that we did not make
      └── ...               a noun's own refusals stand beside the noun: app/domain/<noun>/errors.py

Raise them in verbs and queries. Edges turn them into answers in one place each: GraphQL into members of result
unions, HTTP into a status, the command line into a line. A system fault (no database, a bug) is none of these.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


class DomainError(Exception):
    """A refusal with its reason.

    `code` is what a program compares and is stable for ever; `message` says what is wrong and `hint` what to do
    next, for people, and is never empty; `path` names the input at fault, from the outside in.
    """

    code: ClassVar[str] = "REFUSED"

    def __init__(self, message: str, *, hint: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a code in another form when the class is made, not when a client meets it."""
        super().__init_subclass__(**kwargs)
        if not _CODE.fullmatch(cls.code):
            raise TypeError(f"{cls.__name__}.code must be SCREAMING_SNAKE, not {cls.code!r}")


class NotFound(DomainError):
    """The thing does not exist, or belongs to another tenant: the answer is the same, so that ids tell nothing."""

    code: ClassVar[str] = "NOT_FOUND"

    def __init__(self, kind: str, *, hint: str = "Check the id.", path: tuple[str, ...] = ()) -> None:
        """`kind` is the thing in the user's words, e.g. `post`."""
        super().__init__(f"This {kind} does not exist.", hint=hint, path=path)
        self.kind = kind


class InvalidInput(DomainError):
    """A value of the input cannot be used; `path` says which one."""

    code: ClassVar[str] = "INVALID_INPUT"
