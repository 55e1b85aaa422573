"""The judge: whether one waiting job goes out as things stand, from facts alone. Pure.

Promise: a job without a blocker is READY, one with a blocker that only a person ends is BLOCKED, every other one is
AT_RISK. What blocks stands before what only delays; among equals, what has to be mended first stands first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from app.actions.posts.rights import RULE as RIGHT
from app.domain.connections.states import ConnectionState
from app.flows.health.readiness.model import Blocker, BlockerCode, Facts, Readiness, Verdict
from app.kernel.late_policy import LatePolicy
from connectors.contract import Problem

OF_FILES = ("media.exists", "media.ready", "media.fits")
"""Rules that a file breaks, whatever the platform."""
WORST_FIRST = (Verdict.BLOCKED, Verdict.AT_RISK)
C, AT_RISK, BLOCKED = BlockerCode, Verdict.AT_RISK, Verdict.BLOCKED


def judge(facts: Facts) -> Readiness:
    """The verdict on a job that waits."""
    at = leaves_at(facts)
    found = sorted(_blockers(facts, at), key=lambda one: WORST_FIRST.index(one.verdict))
    verdict = found[0].verdict if found else Verdict.READY
    return Readiness(facts.job_id, verdict, None if verdict is BLOCKED else at, tuple(found))


def leaves_at(facts: Facts) -> datetime:
    """The earliest moment that its platform, its allowances and quiet hours leave it."""
    at = _let_go(facts)
    return at if facts.quiet is None else facts.quiet.until(at) or at


def _let_go(facts: Facts) -> datetime:
    waits = (facts.room.at, facts.hold.until if facts.hold is not None else None)
    return max([facts.at, *(one for one in waits if one is not None)])


def _blockers(facts: Facts, at: datetime) -> Iterator[Blocker]:
    if not facts.known:
        message = f"The connector of {facts.platform} was taken out of this installation."
        yield Blocker(C.PLATFORM_GONE, BLOCKED, message, "Tell the operator.")
    yield from _of_account(facts, at)
    for problem in facts.problems:
        yield Blocker(_code(problem), BLOCKED, problem.message, problem.fix)
    yield from _of_platform(facts)
    yield from _of_time(facts, at)
    if facts.copies:
        message = f"A copy that fits {facts.platform} is still to be made of {', '.join(facts.copies)}."
        fix = "Nothing to do: it is made by itself, at the latest with the post. Tell the operator if it stays so."
        yield Blocker(C.COPY_PENDING, AT_RISK, message, fix)
    if facts.tried is not None:
        fix = "Nothing to do: it is tried again by itself."
        yield Blocker(C.RETRYING, AT_RISK, f"A try has failed: {facts.tried}", fix, facts.at)


def _of_account(facts: Facts, at: datetime) -> Iterator[Blocker]:
    seen, name = facts.account, f"The account {facts.account.handle}"
    match seen.state:
        case ConnectionState.REVOKED:
            yield Blocker(C.DISCONNECTED, BLOCKED, f"{name} was disconnected.", "Connect it with reconnectConnection.")
        case ConnectionState.ATTENTION:
            fix = "Reconnect it with reconnectConnection; its `reason` says why."
            yield Blocker(C.ACCESS_LOST, BLOCKED, f"{name} needs to be reconnected.", fix)
        case ConnectionState.PAUSED:
            message, fix = f"{name} is switched off.", "Switch it on with resumeConnection."
            yield Blocker(C.ACCOUNT_PAUSED, BLOCKED, message, fix)
    if seen.state in (ConnectionState.REVOKED, ConnectionState.ATTENTION):
        return
    sure = seen.renews and not seen.failures
    if seen.ends is not None and seen.ends <= at and not sure:
        message = f"The access to the account {seen.handle} ends at {_moment(seen.ends)}, before this post goes out."
        fix = "Reconnect the account with reconnectConnection before then."
        yield Blocker(C.TOKEN_ENDS, BLOCKED, message, fix)
    elif seen.failures:
        times = "The last renewal" if seen.failures == 1 else f"The last {seen.failures} renewals"
        message = f"{times} of the access to the account {seen.handle} failed."
        fix = "It is tried again by itself. If it goes on, reconnect the account with reconnectConnection."
        yield Blocker(C.RENEWAL_FAILS, AT_RISK, message, fix)


def _of_platform(facts: Facts) -> Iterator[Blocker]:
    hold = facts.hold
    if hold is not None and hold.until is None:
        message = f"{facts.platform} was switched off by the operator: {hold.reason}"
        fix = "Ask the operator, who switches it on with resumePlatform."
        yield Blocker(C.PLATFORM_PAUSED, BLOCKED, message, fix)
    elif hold is not None:
        message = f"{facts.platform} is in trouble and is left alone for now: {hold.reason}"
        fix = "Nothing to do: it goes out when the platform answers again."
        yield Blocker(C.PLATFORM_IN_TROUBLE, AT_RISK, message, fix, hold.until)


def _of_time(facts: Facts, at: datetime) -> Iterator[Blocker]:
    if facts.room.at is None:
        message = f"The allowance “{facts.room.name}” of {facts.platform} is too small for this post."
        yield Blocker(C.ALLOWANCE_SPENT, BLOCKED, message, "Make the post smaller, or split it.")
    elif facts.room.name:
        message = f"The allowance “{facts.room.name}” of {facts.platform} is used up until {_moment(facts.room.at)}."
        fix = "Nothing to do: it goes out when there is room. Move it, or posts before it, if that is too late."
        yield Blocker(C.ALLOWANCE_SPENT, AT_RISK, message, fix, facts.room.at)
    if facts.quiet is not None and (at > _let_go(facts) or facts.quiet.until(facts.at) is not None):
        message, fix = f"Quiet hours hold it back until {_moment(at)}.", "Move it, or change the quiet hours."
        yield Blocker(C.QUIET_HOURS, AT_RISK, message, fix, at)
    if at >= facts.publish_by:
        message = f"Its window ends at {_moment(facts.publish_by)}, before it can go out."
        fix, verdict = "Move it with rescheduleJob.", BLOCKED
        match facts.policy:
            case LatePolicy.PUBLISH:
                fix, verdict = "Nothing to do: it goes out late, as was wanted. Move it if that is too late.", AT_RISK
            case LatePolicy.ASK:
                fix = "Move it with rescheduleJob, or settle it with settleLateJob when you are asked."
            case LatePolicy.FAIL:
                pass
        yield Blocker(C.WINDOW_MISSED, verdict, message, fix)


def _code(problem: Problem) -> BlockerCode:
    if problem.rule == RIGHT:
        return C.RIGHT_MISSING
    return C.MEDIA_MISSING if problem.rule in OF_FILES else C.CONTENT_REFUSED


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
