"""What a post refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.domain.posts.model import Post
from app.kernel.errors import DomainError
from connectors.contract import Problem


@dataclass(frozen=True, slots=True)
class TargetProblem:
    """A problem of the content on one target; `platform` is None where it concerns the post itself."""

    problem: Problem
    platform: str | None = None


class InvalidContent(DomainError):
    """A platform would refuse the content. Nothing was scheduled."""

    code: ClassVar[str] = "INVALID_CONTENT"

    def __init__(self, problems: Sequence[TargetProblem]) -> None:
        first = problems[0].problem
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(
            f"{first.message}{more}",
            hint=first.fix or "Change the content; validatePost shows every problem.",
            path=("input", *first.path),
        )
        self.problems = tuple(problems)


class PostNotEditable(DomainError):
    """None of its jobs waits (any more). Nothing was changed."""

    code: ClassVar[str] = "POST_NOT_EDITABLE"

    def __init__(self, post: Post) -> None:
        super().__init__(
            f"A post that is {post.state.replace('_', ' ')} has nothing left to change.",
            hint="Change it on the platform with editPublishedPost, or schedule a new post.",
            path=("input", "postId"),
        )
        self.post = post


class PostRevisionConflict(DomainError):
    """Somebody changed it meanwhile. Nothing was changed."""

    code: ClassVar[str] = "REVISION_CONFLICT"

    def __init__(self, post: Post) -> None:
        super().__init__(
            f"The post was changed meanwhile; it has revision {post.revision} now.",
            hint="Read it again and repeat your change with the new revision.",
            path=("input", "revision"),
        )
        self.post = post
