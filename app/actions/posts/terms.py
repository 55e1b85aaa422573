"""Write what a post is found by.

Promise: in the transaction of a verb, the terms of a post are those of its labels and targets. Nobody moves their
times: those follow the post's row by the foreign key.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.model import Post, PostTerm, TermKind


async def replace_labels(session: AsyncSession, post: Post) -> None:
    """Make the labels of a post's row its terms, in place of those it had."""
    mine = (PostTerm.tenant_id == post.tenant_id, PostTerm.post_id == post.id, PostTerm.kind == TermKind.LABEL)
    await session.execute(delete(PostTerm).where(*mine).execution_options(synchronize_session=False))
    add(session, post, TermKind.LABEL, post.labels)


def add(session: AsyncSession, post: Post, kind: TermKind, words: Iterable[str]) -> None:
    """Let a post, whose row is written, be found by these words too."""
    for word in dict.fromkeys(words):
        session.add(
            PostTerm(
                tenant_id=post.tenant_id,
                post_id=post.id,
                kind=kind,
                term=word,
                due_at=post.due_at,
                created_at=post.created_at,
            )
        )
