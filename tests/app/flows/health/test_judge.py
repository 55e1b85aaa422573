"""The judge of readiness: what it says follows from the facts, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.connections.states import USABLE, ConnectionState
from app.domain.rules.quiet import QuietHours, Window
from app.flows.health.readiness.judge import judge
from app.flows.health.readiness.model import AccountSeen, BlockerCode, Facts, Hold, Room, Verdict
from app.kernel.late_policy import LatePolicy
from connectors.contract import Problem

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
C, V = BlockerCode, Verdict
WELL = Facts(
    job_id=UUID(int=1),
    platform="Scripted",
    known=True,
    at=AT,
    publish_by=AT + 6 * HOUR,
    policy=LatePolicy.FAIL,
    account=AccountSeen("@a", ConnectionState.HEALTHY),
    room=Room(AT),
)
NOON = QuietHours("UTC", (Window(time(11), time(14)),))
RIGHT = Problem(("targets",), "connection.scope", "It has not granted write.", "Reconnect it.")
LONG = Problem(("content",), "text.length", "It is too long.", "Shorten it.")
GONE = Problem(("content", "media"), "media.exists", "There is no such file.", "Check its id.")


def account(**changes: object) -> Facts:
    return replace(WELL, account=replace(WELL.account, **changes))  # type: ignore[arg-type]  # its own fields


def test_a_job_without_anything_in_its_way_is_ready() -> None:
    seen = judge(WELL)
    assert (seen.verdict, seen.expected_at, seen.blockers) == (V.READY, AT, ())


BLOCKED: dict[str, tuple[Facts, BlockerCode]] = {
    "a connector that was taken out": (replace(WELL, known=False), C.PLATFORM_GONE),
    "an account that was disconnected": (account(state=ConnectionState.REVOKED), C.DISCONNECTED),
    "an account to be reconnected": (account(state=ConnectionState.ATTENTION), C.ACCESS_LOST),
    "an account that is switched off": (account(state=ConnectionState.PAUSED), C.ACCOUNT_PAUSED),
    "a token that is dead by then": (account(ends=AT), C.TOKEN_ENDS),
    "one whose renewals fail": (account(ends=AT, renews=True, failures=1), C.TOKEN_ENDS),
    "a right that is missing": (replace(WELL, problems=(RIGHT,)), C.RIGHT_MISSING),
    "a file that is missing": (replace(WELL, problems=(GONE,)), C.MEDIA_MISSING),
    "content that is refused": (replace(WELL, problems=(LONG,)), C.CONTENT_REFUSED),
    "a platform that is switched off": (replace(WELL, hold=Hold("Maintenance", None)), C.PLATFORM_PAUSED),
    "an allowance that it never fits": (replace(WELL, room=Room(None, "posts")), C.ALLOWANCE_SPENT),
    "a window that has passed": (replace(WELL, publish_by=AT), C.WINDOW_MISSED),
    "a window that has passed, asked about": (replace(WELL, publish_by=AT, policy=LatePolicy.ASK), C.WINDOW_MISSED),
}


@pytest.mark.parametrize("name", list(BLOCKED))
def test_what_a_person_has_to_end_blocks(name: str) -> None:
    facts, code = BLOCKED[name]
    seen = judge(facts)
    assert (seen.verdict, seen.expected_at, [one.code for one in seen.blockers]) == (V.BLOCKED, None, [code])
    assert seen.blockers[0].message
    assert seen.blockers[0].fix


AT_RISK: dict[str, tuple[Facts, BlockerCode, datetime]] = {
    "renewals that fail": (account(ends=AT + HOUR, renews=True, failures=2), C.RENEWAL_FAILS, AT),
    "a platform in trouble": (replace(WELL, hold=Hold("It is down.", AT + HOUR)), C.PLATFORM_IN_TROUBLE, AT + HOUR),
    "an allowance that is used up": (replace(WELL, room=Room(AT + HOUR, "posts")), C.ALLOWANCE_SPENT, AT + HOUR),
    "quiet hours": (replace(WELL, quiet=NOON), C.QUIET_HOURS, AT + 2 * HOUR),
    "a copy that is not made": (replace(WELL, copies=("a.png",)), C.COPY_PENDING, AT),
    "a try that failed": (replace(WELL, tried="It is down."), C.RETRYING, AT),
    "a window that has passed, wanted late": (
        replace(WELL, publish_by=AT, policy=LatePolicy.PUBLISH),
        C.WINDOW_MISSED,
        AT,
    ),
}


@pytest.mark.parametrize("name", list(AT_RISK))
def test_what_passes_by_itself_is_a_risk(name: str) -> None:
    facts, code, expected = AT_RISK[name]
    seen = judge(facts)
    assert (seen.verdict, seen.expected_at, [one.code for one in seen.blockers]) == (V.AT_RISK, expected, [code])


@pytest.mark.parametrize(
    "facts",
    [
        account(ends=AT + timedelta(seconds=1)),
        account(ends=AT, renews=True),
        account(state=ConnectionState.EXPIRING_SOON, ends=AT + HOUR),
    ],
)
def test_a_token_that_lives_or_is_renewed_is_no_reason(facts: Facts) -> None:
    assert judge(facts).verdict is V.READY


def test_a_token_has_to_live_until_it_really_goes_out() -> None:
    facts = replace(account(ends=AT + HOUR), quiet=NOON)
    assert [one.code for one in judge(facts).blockers] == [C.TOKEN_ENDS, C.QUIET_HOURS]


def test_a_wait_that_ends_in_quiet_hours_goes_on_until_their_end() -> None:
    facts = replace(WELL, room=Room(AT + HOUR, "posts"), quiet=QuietHours("UTC", (Window(time(12, 30), time(14)),)))
    seen = judge(facts)
    assert (seen.expected_at, [one.code for one in seen.blockers]) == (
        AT + 2 * HOUR,
        [C.ALLOWANCE_SPENT, C.QUIET_HOURS],
    )


def test_a_wait_may_outlast_the_window() -> None:
    seen = judge(replace(WELL, quiet=NOON, publish_by=AT + HOUR))
    assert (seen.verdict, [one.code for one in seen.blockers]) == (V.BLOCKED, [C.WINDOW_MISSED, C.QUIET_HOURS])


MOMENTS = st.integers(-10, 40).map(lambda hours: AT + hours * HOUR)
LATER = st.integers(0, 40).map(lambda hours: AT + hours * HOUR)
ACCOUNTS = st.builds(
    AccountSeen,
    handle=st.just("@a"),
    state=st.sampled_from(ConnectionState),
    ends=st.none() | MOMENTS,
    renews=st.booleans(),
    failures=st.integers(0, 4),
)
WINDOWS = st.builds(Window, st.integers(0, 23).map(time), st.integers(0, 23).map(time), st.just((0, 2, 4)))
FACTS = st.builds(
    Facts,
    job_id=st.uuids(),
    platform=st.just("Scripted"),
    known=st.booleans(),
    at=st.just(AT),
    publish_by=MOMENTS,
    policy=st.sampled_from(LatePolicy),
    account=ACCOUNTS,
    room=st.builds(Room, LATER, st.sampled_from(["", "posts"])) | st.just(Room(None, "posts")),
    quiet=st.none() | WINDOWS.map(lambda window: QuietHours("Europe/Berlin", (window,))),
    hold=st.none() | st.builds(Hold, st.just("It is down."), st.none() | LATER),
    problems=st.lists(st.sampled_from([RIGHT, LONG, GONE]), max_size=3),
    copies=st.lists(st.just("a.png"), max_size=2),
    tried=st.none() | st.just("It is down."),
)


@given(FACTS)
def test_the_verdict_follows_from_the_blockers(facts: Facts) -> None:
    seen = judge(facts)
    verdicts = [one.verdict for one in seen.blockers]
    assert seen.verdict is (V.BLOCKED if V.BLOCKED in verdicts else V.AT_RISK if verdicts else V.READY)
    assert verdicts == sorted(verdicts, key=[V.BLOCKED, V.AT_RISK].index)
    assert (seen.expected_at is None) == (seen.verdict is V.BLOCKED)
    assert all(one.message and one.fix for one in seen.blockers)
    assert all(one.verdict is not V.READY for one in seen.blockers)


@given(FACTS)
def test_what_goes_out_could_go_out_then(facts: Facts) -> None:
    """Whatever is not blocked has an account, a platform and room at the moment at which it is expected."""
    seen = judge(facts)
    if seen.expected_at is None:
        return
    at, own = seen.expected_at, facts.account
    assert at >= facts.at
    assert own.state in USABLE
    assert own.ends is None or own.ends > at or (own.renews and not own.failures)
    assert facts.room.at is not None
    assert at >= facts.room.at
    assert facts.hold is None or (facts.hold.until is not None and at >= facts.hold.until)
    assert facts.quiet is None or facts.quiet.until(at) is None
    assert at < facts.publish_by or facts.policy is LatePolicy.PUBLISH
    assert facts.known
    assert not facts.problems


@given(FACTS, st.sampled_from(["account", "hold", "problems", "quiet", "room", "copies", "tried"]))
def test_what_is_mended_makes_nothing_worse(facts: Facts, name: str) -> None:
    order = [V.READY, V.AT_RISK, V.BLOCKED]
    mended = replace(facts, **{name: getattr(WELL, name)})
    assert order.index(judge(mended).verdict) <= order.index(judge(facts).verdict)
