"""Instagram's fault table, before the one that all of Meta shares: subcodes say what the codes leave open.

Source: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connectors.faults import FaultKind as K
from connectors.meta.rules import GraphRule

QUOTA_WAIT: Final = timedelta(hours=1)
"""The allowance is renewed post by post over a day: when to look again."""
_REACH: Final = "Tell the operator: POSTD_PUBLIC_URL must be reachable from the internet, without a redirect."
_OPEN_APP: Final = "Open Instagram with the account, do what it asks there, then reconnect."

INSTAGRAM: Final[tuple[GraphRule, ...]] = (
    GraphRule(
        K.QUOTA_EXHAUSTED, "The account has reached its number of posts for a day.", {9}, {2207042}, wait=QUOTA_WAIT
    ),
    GraphRule(
        K.POLICY,
        "Instagram blocks this, because it looks like spam or against its rules.",
        {4},
        {2207051},
        hint=_OPEN_APP,
    ),
    GraphRule(
        K.ACCOUNT_GONE,
        "The Instagram account is inactive, checkpointed or restricted.",
        {25},
        {2207050},
        hint=_OPEN_APP,
    ),
    GraphRule(
        K.PLATFORM_DOWN, "Instagram has not finished with the file.", {9007}, {2207027}, wait=timedelta(seconds=30)
    ),
    GraphRule(
        K.PLATFORM_DOWN,
        "The draft of the post has expired; it is made anew.",
        None,
        {2207020, 2207006, 2207008},
        wait=timedelta(minutes=1),
    ),
    GraphRule(K.PLATFORM_DOWN, "Instagram could not fetch the file in time.", None, {2207003}, hint=_REACH),
    GraphRule(K.PLATFORM_DOWN, "Instagram could not make a draft of the post.", None, {2207032, 2207053, 2207082}),
    GraphRule(K.PLATFORM_DOWN, "Instagram is in trouble for the moment.", None, {2207001}, proved=False),
    # The file was made to fit before: what fails is the way to us, and that may pass.
    GraphRule(
        K.PLATFORM_DOWN, "Instagram could not fetch the file from its address.", None, {2207052, 2207077}, hint=_REACH
    ),
    GraphRule(K.INVALID_MEDIA, "The image is too large for Instagram.", None, {2207004}),
    GraphRule(K.INVALID_MEDIA, "Instagram takes images as JPEG only.", None, {2207005}),
    GraphRule(
        K.INVALID_MEDIA,
        "The image is too narrow or too wide for Instagram.",
        None,
        {2207009},
        hint="Cut it to something between 4:5 and 1.91:1.",
    ),
    GraphRule(K.INVALID_MEDIA, "Instagram does not take this video's format.", None, {2207026}),
    GraphRule(
        K.INVALID_MEDIA,
        "The moment of the cover is outside of the video.",
        None,
        {2207057},
        hint="Give a smaller thumb_offset.",
    ),
    GraphRule(K.INVALID_MEDIA, "Instagram does not take this kind of file here.", None, {2207023}),
    GraphRule(K.INVALID_CONTENT, "The text is too long for Instagram.", None, {2207010}),
    GraphRule(K.INVALID_CONTENT, "A carousel has 2 to 10 files.", None, {2207028}),
    GraphRule(K.INVALID_CONTENT, "The text has too many mentions or hashtags.", None, {2207040}),
    GraphRule(K.INVALID_CONTENT, "Instagram refuses the products that are tagged.", None, {2207035, 2207036, 2207037}),
    GraphRule(K.INVALID_CONTENT, "This account cannot publish trial reels.", None, {2207081}),
    GraphRule(
        K.POLICY,
        "Instagram does not let this kind of post be deleted here.",
        None,
        {2207073},
        hint="Delete it in Instagram.",
    ),
    GraphRule(
        K.PERMISSION_MISSING,
        "The account is not a professional one.",
        None,
        contains="not an instagram business",
        hint="Switch it to a business or creator account in Instagram, then reconnect.",
    ),
    GraphRule(
        K.PERMISSION_MISSING,
        "The connection may not post on this account.",
        None,
        contains="Not enough permissions to post",
    ),
    GraphRule(K.PLATFORM_DOWN, "Instagram is in trouble for the moment.", {-1}, proved=False),
)
