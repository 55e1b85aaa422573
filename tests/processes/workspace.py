"""One tenant of the installation with its accounts, and the check that everybody's records agree."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from PIL import Image
from sqlalchemy import select

from app.actions.media.create import CreateMedia, create
from app.actions.media.ready import ready
from app.actions.posts.check import Target
from app.actions.posts.schedule import Schedule, schedule
from app.domain.jobs.model import Job, JobAttempt, JobPart
from app.domain.jobs.queries import attempts_of, by_ids, parts_of
from app.domain.jobs.states import FINAL, JobEvent, JobState, JobStep
from app.domain.posts.content import content, part
from app.domain.posts.model import Post
from app.domain.posts.planned_time import PlannedTime
from app.domain.posts.states import PostState
from app.flows.connections.connect import Offer, arrive, begin, offer
from app.flows.connections.tickets import Ticket, find_state, find_ticket
from app.flows.media.content import keep, new_key
from app.flows.runtime import Runtime
from app.kernel import ids
from connectors.capabilities import ConnectBy
from connectors.secret import Secret
from tests.processes.platforms import PUBLISH, Fault, Platforms
from tests.processes.reader import Reader

Done = Callable[[Sequence[Job]], bool]


def _undecided(attempt: JobAttempt) -> bool:
    """Whether it was a look that changed nothing: its outcome is the platform's words, and no event's name."""
    return attempt.work == "reconcile" and attempt.outcome not in set(JobEvent)


@dataclass(frozen=True, slots=True)
class Account:
    """An account on a platform that is connected to the workspace."""

    platform: str
    handle: str
    connection: UUID


@dataclass(slots=True)
class Workspace:
    """A tenant of its own for one test."""

    rt: Runtime
    platforms: Platforms
    tenant: UUID
    reader: Reader
    accounts: list[Account] = field(default_factory=list)
    wanted: dict[UUID, tuple[Account, tuple[str, ...]]] = field(default_factory=dict)
    """Each job with what has to be on its account in the end."""

    async def connect(self, platform: str) -> Account:
        """Make an account on a platform and connect it, as its owner does."""
        name = f"p{uuid4().hex[:12]}"
        handle = f"{name}.test" if platform == "bluesky" else name
        made = await self.platforms.ask("POST", "/accounts", {"platform": platform, "handle": handle})
        if platform == "bluesky":
            connection = await self._by_password(handle, made["password"])
        else:
            connection = await self._by_consent(handle)
        account = Account(platform, handle, connection)
        self.accounts.append(account)
        return account

    async def both(self) -> list[Account]:
        """An account on each platform."""
        return [await self.connect("bluesky"), await self.connect("mastodon")]

    async def _by_password(self, handle: str, password: str) -> UUID:
        fields = {"identifier": handle, "password": password, "service": self.platforms.bluesky}
        wanted = Offer("bluesky", ConnectBy.APP_PASSWORD, {name: Secret(value) for name, value in fields.items()})
        made = await offer(self.rt, self.tenant, "test", wanted)
        assert not isinstance(made, Ticket)
        return made[0].id

    async def _by_consent(self, handle: str) -> UUID:
        fields = {"instance": Secret(self.platforms.mastodon)}
        ticket = await offer(self.rt, self.tenant, "test", Offer("mastodon", ConnectBy.OAUTH, fields))
        assert isinstance(ticket, Ticket)
        way = await begin(self.rt, await find_ticket(self.rt, ticket.url.rsplit("/", 1)[-1]), {})
        assert isinstance(way, tuple)
        answer = {"platform": "mastodon", "handle": handle, "url": way[0]}
        location = (await self.platforms.ask("POST", "/consent", answer))["location"]
        params = dict(parse_qsl(urlsplit(location).query))
        arrival = await arrive(self.rt, await find_state(self.rt, params["state"]), params, way[1])
        return arrival.connections[0].id

    async def hold(self, paths: Mapping[str, str] | None = None, *, kind: str = "hold", skip: int = 0) -> list[Fault]:
        """Order that the next publish request (or one to these paths) of each account is held, after `skip` of them."""
        return [
            await self.platforms.hold(one.platform, one.handle, (paths or PUBLISH)[one.platform], kind=kind, skip=skip)
            for one in self.accounts
        ]

    async def picture(self) -> UUID:
        """A small picture that posts can show."""
        out = io.BytesIO()
        Image.new("RGB", (32, 20), (200, 120, 40)).save(out, "PNG")
        media_id, key = ids.new(), new_key(self.tenant)

        async def chunks() -> Any:
            yield out.getvalue()

        looked = await keep(self.rt, self.tenant, chunks(), key, "image/png", len(out.getvalue()))
        async with self.rt.db.transaction(self.tenant) as session:
            await create(session, CreateMedia(id=media_id, filename="picture.png", object_key=key))
            await ready(session, media_id, key, looked)
        return media_id

    async def schedule(
        self, texts: Sequence[str], accounts: Sequence[Account], *, wait: float = 0, media: UUID | None = None
    ) -> list[UUID]:
        """Schedule a post (a thread where there are several texts) in `wait` seconds; gives its jobs."""
        now = self.rt.clock.now()
        files: Sequence[Mapping[str, Any]] = [{"id": media}] if media else []
        parts = [part(text, files if place == 0 else ()) for place, text in enumerate(texts)]
        async with self.rt.db.transaction(self.tenant) as session:
            command = Schedule(
                content=content(parts),
                targets=[Target(account.connection) for account in accounts],
                time=PlannedTime(now + timedelta(seconds=wait)),
                now=now,
                timing=self.rt.settings.timing,
                actor="test",
            )
            done = await schedule(session, self.rt.catalog, command)
            rows = (await session.scalars(select(Job).where(Job.post_id == done.post.id))).all()
        by_connection = {account.connection: account for account in accounts}
        for row in rows:
            self.wanted[row.id] = (by_connection[row.connection_id], tuple(texts))
        return [row.id for row in rows]

    async def jobs(self) -> Sequence[Job]:
        """Every job that was scheduled here."""
        async with self.rt.db.read(self.tenant) as session:
            return await by_ids(session, list(self.wanted))

    async def in_order(self) -> Sequence[Job]:
        """Every job in the order of its scheduling."""
        rows = {row.id: row for row in await self.jobs()}
        return [rows[key] for key in self.wanted]

    async def steps(self) -> set[JobStep | None]:
        """How far the jobs have come."""
        return {row.step for row in await self.jobs()}

    async def attempts(self) -> list[list[JobAttempt]]:
        """The tries of each job, in order; the jobs in the order of their scheduling."""
        async with self.rt.db.read(self.tenant) as session:
            found = await attempts_of(session, list(self.wanted))
        return [[one for one in found if one.job_id == key] for key in self.wanted]

    async def outcomes(self) -> list[list[str | None]]:
        """What the tries of each job ended with, without looks that could not tell yet: they depend on the clock."""
        return [[one.outcome for one in tries if not _undecided(one)] for tries in await self.attempts()]

    async def requests(self, paths: Mapping[str, str] | None = None) -> list[int]:
        """How many publish requests, or requests to these paths, came from each account."""
        return [
            len(await self.platforms.requests(one.platform, one.handle, (paths or PUBLISH)[one.platform]))
            for one in self.accounts
        ]

    async def parts(self) -> Sequence[JobPart]:
        """The parts of all jobs, in order."""
        async with self.rt.db.read(self.tenant) as session:
            return await parts_of(session, list(self.wanted))

    async def becomes(self, done: Done, within: float = 60) -> Sequence[Job]:
        """Return the jobs once they are so; changes are waited for, not slept for."""
        rows: Sequence[Job] = ()
        try:
            async with asyncio.timeout(within):
                with self.rt.bus.watch(self.tenant) as watch:
                    while not done(rows := await self.jobs()):
                        await watch.changed(0.25)
        except TimeoutError:
            states = Counter(f"{row.state} {row.step} {(row.fault or {}).get('message')}" for row in rows)
            raise AssertionError(f"this did not happen within {within} s; the jobs are {states}") from None
        return rows

    async def final(self, within: float = 60) -> Sequence[Job]:
        """Return the jobs once each has ended."""
        return await self.becomes(lambda rows: all(row.state in FINAL for row in rows), within)

    async def published(self, count: int, within: float = 60) -> None:
        """Return once at least so many jobs are out."""
        await self.becomes(lambda rows: sum(row.state is JobState.PUBLISHED for row in rows) >= count, within)

    async def snapshot(self) -> list[tuple[Any, ...]]:
        """Every row of the jobs as it stands now, to be compared."""
        async with self.rt.db.read(self.tenant) as session:
            keys = list(self.wanted)
            rows = [*await by_ids(session, keys), *await parts_of(session, keys), *await attempts_of(session, keys)]
            posts = (await session.scalars(select(Post).order_by(Post.id))).all()
            found = [tuple(getattr(row, name.key) for name in row.__table__.columns) for row in (*rows, *posts)]
        return sorted(found, key=lambda row: str(row[0]))

    async def each_once(self) -> None:
        """Wait for the end, then compare rows, ledgers and events: every post is out once, and nothing is lost."""
        rows = await self.final()
        assert {row.id for row in rows} == set(self.wanted)
        assert Counter(row.state for row in rows) == {JobState.PUBLISHED: len(self.wanted)}
        assert all(row.wake_at is None and row.lease_until is None for row in rows)
        async with self.rt.db.read(self.tenant) as session:
            states = (await session.scalars(select(Post.state))).all()
        assert set(states) == {PostState.PUBLISHED}
        for account in self.accounts:
            await self._ledger_agrees(account, rows)
        await self.reader.caught_up()
        self.reader.check()
        for row in rows:
            self._events_agree(row)

    async def _ledger_agrees(self, account: Account, rows: Sequence[Job]) -> None:
        mine = [row for row in rows if row.connection_id == account.connection]
        texts = Counter(text for row in mine for text in self.wanted[row.id][1])
        posts = await self.platforms.posts(account.platform, account.handle)
        assert Counter(post["text"].strip() for post in posts) == texts
        assert {(post["times_published"], post["edits"]) for post in posts} <= {(1, 0)}
        assert len(await self.platforms.effects(account.platform, account.handle)) == texts.total()
        keys = {row.id for row in mine}
        ours = [one for one in await self.parts() if one.job_id in keys]
        assert {one.platform_ref for one in ours} == {post["id"] for post in posts}
        assert {row.platform_ref for row in mine} <= {post["id"] for post in posts}
        above = {one.platform_ref: before.platform_ref for before, one in pairwise(ours) if one.position}
        assert {post["id"]: post["reply_to"] for post in posts if post["reply_to"]} == above

    def _events_agree(self, job: Job) -> None:
        names = self.reader.of(job.id)
        assert names[0] == "job.scheduled"
        assert names[-1] == "job.published"
        assert names.count("job.published") == 1
        assert names.count("job.part_published") == job.parts - 1
