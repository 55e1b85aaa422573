"""Meta's fault table: what each code, with its subcode, means for us. The status tells nothing: it is 400 for most.

Rules are read in order, the first match wins, so subcodes stand before the code that they belong to. A fault that is
not listed leaves the outcome open: it is looked up before anything is sent again.
Source: https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from connectors.faults import FaultKind as K


@dataclass(frozen=True, slots=True)
class GraphRule:
    """One line of the table: it matches when every condition that it states holds."""

    kind: K
    message: str
    codes: Container[int] | None = None
    subcodes: Container[int] | None = None
    either: Container[int] | None = None
    """Numbers that Meta gives as the code or, under a general code, as the subcode: those of uploads."""
    contains: str = ""
    """A piece of Meta's words, compared without case."""
    hint: str = ""
    """What to do next; empty: the usual hint of the kind."""
    wait: timedelta | None = None
    """How long to wait where the answer does not say."""
    shared: bool = False
    """Whether the pause is the whole application's."""
    proved: bool = True
    """Whether it proves that nothing was done. Trouble on their side does not."""

    def matches(self, code: int | None, subcode: int | None, words: str) -> bool:
        """Whether an error with these codes and words is meant."""
        return (
            (self.codes is None or code in self.codes)
            and (self.subcodes is None or subcode in self.subcodes)
            and (self.either is None or code in self.either or subcode in self.either)
            and (not self.contains or self.contains.casefold() in words.casefold())
        )


OBJECT_MISSING: Final = "100/33"
"""The code of an object that is not there, or that the token may not see."""
UPLOAD_OFFSET: Final = frozenset({1363037})
"""Says that an upload goes on at another place, named in `error_data`."""
UPLOAD_HICCUPS: Final = frozenset({1363019, 1363021, 1363030, 1363033, 1363041})
"""Say that an upload has to begin again."""

_AGAIN: Final = "Reconnect the account; waiting posts go out afterwards."
_LOOK: Final = "Open Facebook with the account, do what it asks there, then reconnect."
_SETTINGS: Final = "Open the account's settings on Facebook or Instagram, mend what is asked there, then reconnect."

COMMON: Final[tuple[GraphRule, ...]] = (
    GraphRule(
        K.AUTH_EXPIRED, "The application was removed from the person's Facebook settings.", {190}, {458}, hint=_AGAIN
    ),
    GraphRule(K.AUTH_EXPIRED, "Facebook wants the person to confirm who they are.", {190}, {459}, hint=_LOOK),
    GraphRule(K.AUTH_EXPIRED, "The person's Facebook password was changed.", {190}, {460}, hint=_AGAIN),
    GraphRule(K.AUTH_EXPIRED, "The sign-in with Facebook has expired.", {190}, {463}, hint=_AGAIN),
    GraphRule(K.AUTH_EXPIRED, "The person's Facebook account is not confirmed.", {190}, {464}, hint=_LOOK),
    GraphRule(
        K.AUTH_EXPIRED,
        "The person has no role on the page any more.",
        {190},
        {492},
        hint="Ask an admin of the page for a role, then reconnect.",
    ),
    GraphRule(K.AUTH_EXPIRED, "Meta no longer accepts the account's token.", {102, 190, 2500}),
    GraphRule(K.DUPLICATE, "Facebook refuses the same content a second time.", {506}),
    GraphRule(K.DUPLICATE, "These photos are posted already.", None, {1366051}),
    GraphRule(K.DUPLICATE, "Facebook refuses repeated content.", {368}, {1404082}),
    GraphRule(
        K.RATE_LIMITED,
        "Facebook asks for a pause: posts follow each other too fast.",
        {368},
        {1390008},
        wait=timedelta(minutes=15),
    ),
    GraphRule(K.ACCOUNT_GONE, "Facebook wants the person to confirm their identity.", None, {4854002}, hint=_LOOK),
    GraphRule(K.ACCOUNT_GONE, "Facebook wants a security check of the account.", None, {1404006}, hint=_LOOK),
    GraphRule(K.ACCOUNT_GONE, "Facebook has limited the account.", None, {1404112}, hint=_LOOK),
    GraphRule(
        K.PERMISSION_MISSING,
        "The page needs Meta's publishing authorisation.",
        None,
        {1404078},
        hint="Complete Page Publishing Authorization on Facebook, then reconnect.",
    ),
    GraphRule(K.POLICY, "Facebook says that the post is abusive.", None, {1346003}),
    GraphRule(K.POLICY, "Facebook says that the post is against its community standards.", None, {1404102}),
    GraphRule(
        K.INVALID_MEDIA,
        "Facebook refuses the photo: it is too large or of another type than JPEG or PNG.",
        None,
        {1366046},
    ),
    GraphRule(K.INVALID_MEDIA, "Facebook says that the file is damaged.", None, {2069019}),
    GraphRule(
        K.INVALID_CONTENT,
        "Facebook cannot read the page that the link leads to.",
        None,
        {1609005},
        hint="Check the link; its page must be public.",
    ),
    GraphRule(
        K.INVALID_CONTENT,
        "Links to Facebook itself cannot be posted.",
        None,
        {1609008},
        hint="Remove the link, or share the post on Facebook.",
    ),
    GraphRule(
        K.INVALID_CONTENT,
        "The link is not a valid address.",
        None,
        {2061006},
        hint="Correct the link and schedule the post again.",
    ),
    GraphRule(K.INVALID_CONTENT, "Facebook refuses the form of the post.", None, {1349125, 1390008, 1609010, 1363047}),
    GraphRule(K.PLATFORM_DOWN, "The upload broke off; it begins again.", either=UPLOAD_HICCUPS),
    GraphRule(K.PLATFORM_DOWN, "The upload broke off; it goes on where it stopped.", either=UPLOAD_OFFSET),
    GraphRule(K.PERMISSION_MISSING, "The connection may not publish videos on this page.", either={1363005, 1363042}),
    GraphRule(K.INVALID_MEDIA, "The file is too small to be a video.", either={382, 1363022}),
    GraphRule(
        K.PLATFORM_DOWN,
        "Facebook could not fetch the file from its address.",
        {389},
        hint="Tell the operator: POSTD_PUBLIC_URL must be reachable from the internet.",
    ),
    GraphRule(K.INVALID_MEDIA, "The video is too large for Facebook.", either={1363023}),
    GraphRule(K.INVALID_MEDIA, "The video is too short for Facebook.", either={1363025}),
    GraphRule(K.INVALID_MEDIA, "The video is too long for Facebook.", either={1363026}),
    GraphRule(
        K.INVALID_MEDIA,
        "Facebook does not take this video's format.",
        either={352, 1363020, 1363024, 1363031, 1363032},
    ),
    GraphRule(K.INVALID_MEDIA, "Facebook refuses the file.", either={324, 6000, 6001, 1363045}),
    GraphRule(K.POLICY, "Facebook blocks this for now, because of its rules.", {368}, hint=_LOOK),
    GraphRule(K.RATE_LIMITED, "The application has used up its calls for the hour.", {4}, shared=True),
    GraphRule(K.RATE_LIMITED, "The person has used up the calls for the hour.", {17}),
    GraphRule(K.RATE_LIMITED, "Meta asks for a pause.", {32, 613, *range(80000, 80015)}),
    GraphRule(
        K.QUOTA_EXHAUSTED, "The account has reached its number of posts for now.", {341}, wait=timedelta(hours=1)
    ),
    GraphRule(
        K.PERMISSION_MISSING,
        "The connection may not publish videos on this page.",
        {100},
        contains="No permission to publish",
    ),
    GraphRule(K.PERMISSION_MISSING, "The connection lacks a right that this needs.", {3, 10, *range(200, 300)}),
    GraphRule(
        K.ACCOUNT_GONE, "Meta does not show the account to this connection any more.", {100}, {33}, hint=_SETTINGS
    ),
    GraphRule(K.ACCOUNT_GONE, "Meta does not know the account.", {803}, hint=_SETTINGS),
    GraphRule(K.INVALID_CONTENT, "Meta refuses something in the post.", {100}),
    GraphRule(K.PLATFORM_DOWN, "Meta is in trouble for the moment.", {1, 2}, proved=False),
)
"""For every call to the Graph API, after a platform's own rules."""
