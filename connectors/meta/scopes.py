"""The rights that one sign-in with Meta asks for: those of the pages and those of the Instagram accounts behind them.

Sources: https://developers.facebook.com/docs/permissions, https://developers.facebook.com/docs/pages-api
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from connectors.scopes import Scope, ScopeUse

PAGE_SCOPES: Final = (
    Scope("pages_show_list", "See which pages you manage, to offer them for connecting.", ScopeUse.FIGURES),
    Scope(
        "pages_read_engagement",
        "Read the page's name and its posts, to find one whose answer was lost.",
        ScopeUse.FIGURES,
    ),
    Scope(
        "pages_manage_posts",
        "Publish, edit and delete posts, photos, videos, reels and stories of the page.",
        ScopeUse.PUBLISH,
    ),
    Scope("pages_manage_engagement", "Write comments as the page: the later parts of a post.", ScopeUse.PARTS),
    Scope("pages_read_user_content", "Read the comments below the page's posts.", ScopeUse.FIGURES),
    Scope("pages_manage_metadata", "Be told at once what happens on the page.", ScopeUse.FIGURES),
    Scope("read_insights", "Read figures of the page and of its posts.", ScopeUse.FIGURES),
    Scope("business_management", "See pages that belong to a business portfolio.", ScopeUse.FIGURES),
)
INSTAGRAM_SCOPES: Final = (
    Scope("instagram_basic", "Read the name and the media of the Instagram account behind a page.", ScopeUse.FIGURES),
    Scope("instagram_content_publish", "Publish on the Instagram account.", ScopeUse.PUBLISH),
    Scope("instagram_manage_comments", "Read and write comments on the Instagram account's posts.", ScopeUse.PARTS),
    Scope("instagram_manage_insights", "Read figures of the Instagram account and of its posts.", ScopeUse.FIGURES),
    Scope("instagram_manage_contents", "Delete posts of the Instagram account.", ScopeUse.FIGURES),
)


def beside(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """The rights of the other platform: the one login asks for them too, and no post needs them."""
    return tuple(replace(scope, use=ScopeUse.FIGURES) for scope in scopes)


FACEBOOK_LOGIN: Final = PAGE_SCOPES + beside(INSTAGRAM_SCOPES)
"""What the one login asks for, as a page needs it."""
INSTAGRAM_LOGIN: Final = beside(PAGE_SCOPES) + INSTAGRAM_SCOPES
"""The same, as an Instagram account needs it."""
