from __future__ import annotations

from datetime import timedelta

from app.domain.jobs.states import JobState
from app.domain.posts.planned_time import PlannedTime
from app.flows.upkeep.foresight import foretell
from app.flows.upkeep.gauges import measure
from app.kernel import metrics
from connectors.contract import Tokens
from connectors.secret import Secret
from tests.fixtures.world import World, now


async def clear(world: World) -> None:
    await world.owner.execute("DELETE FROM posts")


async def test_nothing_due_is_zero(world: World) -> None:
    await clear(world)

    await measure(world.rt)

    assert metrics.OLDEST_DUE._value.get() == 0
    assert metrics.UNKNOWN.labels(platform="scripted")._value.get() == 0


async def test_what_is_due_and_what_is_unknown_is_told(world: World) -> None:
    await clear(world)
    waiting = await world.job()
    await world.owner.execute(
        "UPDATE jobs SET due_at = due_at - interval '100 seconds', ready_at = ready_at - interval '100 seconds',"
        " wake_at = now() + interval '20 seconds' WHERE id = $1",  # it was offered, and nobody has taken it
        waiting.id,
    )
    lost = await world.job()
    await world.update("jobs", lost.id, state=JobState.UNKNOWN)

    await measure(world.rt)

    assert 100 <= metrics.OLDEST_DUE._value.get() < 160
    assert metrics.UNKNOWN.labels(platform="scripted")._value.get() == 1
    assert metrics.NEEDS_REVIEW.labels(platform="scripted")._value.get() == 0


async def test_what_waits_and_what_is_left_alone_is_told(world: World) -> None:
    await clear(world)
    await world.owner.execute("DELETE FROM breakers")
    job = await world.job()
    await world.update("jobs", job.id, state=JobState.PARKED, park_reason="quota")
    await world.owner.execute(
        "INSERT INTO breakers (platform, host, operation, state, episode, since, reason, opened, actor) "
        "VALUES ('scripted', '', 'all', 'paused', gen_random_uuid(), now(), 'Because.', 1, 'operator')"
    )

    await measure(world.rt)

    assert metrics.PARKED.labels(platform="scripted", reason="quota")._value.get() == 1
    assert metrics.PARKED.labels(platform="scripted", reason="breaker")._value.get() == 0
    assert metrics.BREAKERS.labels(platform="scripted")._value.get() == 1


async def test_accounts_are_told_by_state_and_by_the_end_of_their_access(world: World, stranger: World) -> None:
    await world.owner.execute("DELETE FROM connections")
    for place, hours in ((world, 1), (world, 100), (stranger, 1), (stranger, 1000)):
        await place.connection(tokens=Tokens(Secret("t"), expires_at=now() + timedelta(hours=hours)))
    lost = await stranger.connection()
    await stranger.update("connections", lost.id, state="attention")

    await measure(world.rt)

    states = {state: metrics.CONNECTIONS.labels(state=state)._value.get() for state in ("healthy", "attention")}
    assert states == {"healthy": 4, "attention": 1}
    assert [metrics.EXPIRING.labels(window=one)._value.get() for one in ("24h", "7d")] == [2, 3]


async def test_what_is_due_soon_is_told_by_whether_it_goes_out(world: World, stranger: World) -> None:
    await clear(world)
    await world.owner.execute("DELETE FROM breakers")
    world.rt.weather.forget()
    await world.job()
    await world.job(time=PlannedTime(now() + timedelta(hours=30)))
    account = await stranger.connection()
    await stranger.job(account)
    await stranger.update("connections", account.id, state="attention")

    await foretell(world.rt)

    verdicts = ("ready", "at_risk", "blocked")
    assert [metrics.READINESS.labels(verdict=one)._value.get() for one in verdicts] == [1, 0, 1]
