"""Files with the same bytes are kept once; what nothing refers to goes, and nothing goes that a post needs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.actions.media.delete import delete_unused
from app.actions.posts.schedule import schedule
from app.actions.posts.update import Update, update
from app.domain.media.errors import MediaInUse
from app.domain.media.model import MediaFile
from app.domain.posts.content import content, part
from app.domain.posts.errors import InvalidContent
from app.domain.posts.states import PostState
from app.flows.media.removal import delete_media, sweep_media
from app.flows.upkeep.retention import sweep
from app.kernel.errors import NotFound
from app.services.storage import StorageError, Store
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import keeping, stored, uploaded
from tests.fixtures.world import World, now

__all__ = ["keeping"]

PICTURE = uploads.image()


def showing(*files: MediaFile, text: str = "Look") -> dict[str, Any]:
    return content([part(text, [{"id": file.id, "alt": None} for file in files])])


async def rows(world: World) -> set[UUID]:
    return {row["id"] for row in await world.owner.fetch("SELECT id FROM media WHERE tenant_id = $1", world.tenant)}


async def discards(world: World) -> int:
    query = "SELECT count(*) FROM media_discards WHERE tenant_id = $1 AND after <= clock_timestamp() + interval '1 min'"
    found: int = await world.owner.fetchval(query, world.tenant)
    return found


async def age(world: World, *files: MediaFile) -> None:
    for file in files:
        await world.update("media", file.id, created_at=now() - timedelta(days=31))


async def remove(world: World, file: MediaFile) -> None:
    await delete_media(world.rt, world.tenant, "key:tests", file.id)


# ------------------------------------------------------------------------------------------------ the same bytes


async def test_two_files_with_the_same_bytes_share_them(keeping: World, tmp_path: Path) -> None:
    first, second = await uploaded(keeping, PICTURE), await uploaded(keeping, PICTURE, name="again.png")
    assert first.id != second.id
    assert first.object_key == second.object_key
    assert [path.read_bytes() for path in stored(tmp_path)] == [PICTURE]


async def test_two_at_once_share_them_too(keeping: World, tmp_path: Path) -> None:
    files = await asyncio.gather(*(uploaded(keeping, PICTURE) for _ in range(4)))
    assert len({file.object_key for file in files}) == 1
    assert [path.read_bytes() for path in stored(tmp_path)] == [PICTURE]


async def test_workspaces_share_nothing(keeping: World, stranger: World, tmp_path: Path) -> None:
    theirs = World(keeping.rt, stranger.platform, stranger.clock, stranger.owner, stranger.tenant)
    first, second = await uploaded(keeping, PICTURE), await uploaded(theirs, PICTURE)
    assert first.object_key.startswith(f"{keeping.tenant}/")
    assert second.object_key.startswith(f"{stranger.tenant}/")
    assert len(stored(tmp_path)) == 2


async def test_shared_bytes_stay_until_the_last_file_goes(keeping: World, tmp_path: Path) -> None:
    first, second = await uploaded(keeping, PICTURE), await uploaded(keeping, PICTURE)
    await remove(keeping, first)
    assert [path.read_bytes() for path in stored(tmp_path)] == [PICTURE]
    await remove(keeping, second)
    assert stored(tmp_path) == []
    assert await rows(keeping) == set()


async def test_deleting_while_another_is_completed_leaves_no_file_without_bytes(keeping: World, tmp_path: Path) -> None:
    for _ in range(5):
        first = await uploaded(keeping, PICTURE)
        second, _ = await asyncio.gather(uploaded(keeping, PICTURE), remove(keeping, first))
        assert [path.read_bytes() for path in stored(tmp_path)] == [PICTURE]
        assert await keeping.rt.store.exists(second.object_key)
        await remove(keeping, second)


# ------------------------------------------------------------------------------------------------------- deletion


async def test_a_file_goes_with_its_bytes_and_says_so(keeping: World, tmp_path: Path) -> None:
    file = await uploaded(keeping, PICTURE)
    await remove(keeping, file)
    assert await rows(keeping) == set()
    assert stored(tmp_path) == []
    assert await keeping.types(file.id) == ["media.ready", "media.deleted"]
    assert await discards(keeping) == 0


async def test_a_file_that_a_post_waits_with_stays(keeping: World, tmp_path: Path) -> None:
    file = await uploaded(keeping, PICTURE)
    post, _ = await keeping.post(await keeping.connection(), content=showing(file))
    with pytest.raises(MediaInUse) as refusal:
        await remove(keeping, file)
    assert refusal.value.post_id == post.id
    assert await rows(keeping) == {file.id}
    assert len(stored(tmp_path)) == 1
    assert await keeping.types(file.id) == ["media.ready"]


@pytest.mark.parametrize("state", [PostState.PUBLISHED, PostState.CANCELLED, PostState.FAILED])
async def test_a_file_whose_post_has_ended_may_go(keeping: World, tmp_path: Path, state: PostState) -> None:
    file = await uploaded(keeping, PICTURE)
    post, _ = await keeping.post(await keeping.connection(), content=showing(file))
    await keeping.update("posts", post.id, state=state.value)
    await remove(keeping, file)
    assert stored(tmp_path) == []


async def test_another_workspaces_file_does_not_exist(keeping: World, stranger: World, tmp_path: Path) -> None:
    file = await uploaded(keeping, PICTURE)
    with pytest.raises(NotFound):
        await delete_media(keeping.rt, stranger.tenant, "key:tests", file.id)
    assert await rows(keeping) == {file.id}


async def test_a_store_that_is_away_is_asked_again(
    keeping: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await uploaded(keeping, PICTURE)

    async def away(_self: Store, _key: str) -> None:
        raise StorageError("away")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "delete", away)
        await remove(keeping, file)
    assert len(stored(tmp_path)) == 1
    assert await discards(keeping) == 1

    await sweep_media(keeping.rt)
    assert stored(tmp_path) == []
    assert await discards(keeping) == 0


# ---------------------------------------------------------------------------------------------------------- sweep


async def test_the_sweep_takes_old_files_that_no_post_shows(keeping: World, tmp_path: Path) -> None:
    old, young = await uploaded(keeping, PICTURE), await uploaded(keeping, uploads.image("GIF"), "image/gif")
    await age(keeping, old)
    await sweep(keeping.rt)
    assert await rows(keeping) == {young.id}
    assert [path.read_bytes() for path in stored(tmp_path)] == [uploads.image("GIF")]


@pytest.mark.parametrize("state", list(PostState))
async def test_the_sweep_leaves_what_a_post_shows(keeping: World, tmp_path: Path, state: PostState) -> None:
    file = await uploaded(keeping, PICTURE)
    post, _ = await keeping.post(await keeping.connection(), content=showing(file))
    await keeping.update("posts", post.id, state=state.value)
    await age(keeping, file)
    await sweep_media(keeping.rt)
    assert await rows(keeping) == {file.id}
    assert len(stored(tmp_path)) == 1


async def test_a_file_that_a_post_no_longer_shows_is_unused(keeping: World, tmp_path: Path) -> None:
    file, other = await uploaded(keeping, PICTURE), await uploaded(keeping, uploads.image("GIF"), "image/gif")
    post, _ = await keeping.post(await keeping.connection(), content=showing(file), time=None)
    async with keeping.db.transaction(keeping.tenant) as session:
        await update(session, keeping.rt.catalog, Update(post.id, now(), content=showing(other)))
    await age(keeping, file, other)
    await sweep_media(keeping.rt)
    assert await rows(keeping) == {other.id}
    assert [path.read_bytes() for path in stored(tmp_path)] == [uploads.image("GIF")]


async def test_bytes_that_a_dead_process_left_behind_go(keeping: World, tmp_path: Path) -> None:
    file = await uploaded(keeping, PICTURE)
    left = f"{keeping.tenant}/media/left"

    async def data() -> Any:
        yield b"x"

    await keeping.rt.store.put(left, data(), 1)
    note = "INSERT INTO media_discards (tenant_id, object_key, after) VALUES ($1, $2, clock_timestamp())"
    await keeping.owner.execute(note, keeping.tenant, left)
    await sweep_media(keeping.rt)
    assert [path.name for path in stored(tmp_path)] == [file.object_key.rpartition("/")[2]]


# ---------------------------------------------------------------------------------------------------------- races


async def test_a_post_that_is_being_scheduled_keeps_its_file(keeping: World, tmp_path: Path) -> None:
    file, connection = await uploaded(keeping, PICTURE), await keeping.connection()
    command = keeping.schedule(connection, content=showing(file))
    async with keeping.db.transaction(keeping.tenant) as session:
        await schedule(session, keeping.rt.catalog, command)
        # Not committed yet: the deletion waits for it, and then sees the post.
        deletion = asyncio.create_task(_sweep_one(keeping, file))
        await _waits(keeping, 1)
    assert await deletion is False
    assert await rows(keeping) == {file.id}
    assert len(stored(tmp_path)) == 1


async def test_a_post_that_comes_too_late_is_told(keeping: World) -> None:
    file, connection = await uploaded(keeping, PICTURE), await keeping.connection()
    command = keeping.schedule(connection, content=showing(file))
    async with keeping.db.transaction(keeping.tenant) as session:
        assert await delete_unused(session, file.id) is True
        post = asyncio.create_task(_schedule(keeping, command))
        await _waits(keeping, 1)
    with pytest.raises(InvalidContent) as refusal:
        await post
    assert [one.problem.rule for one in refusal.value.problems] == ["media.exists"]
    assert await keeping.owner.fetchval("SELECT count(*) FROM posts WHERE tenant_id = $1", keeping.tenant) == 0


async def _sweep_one(world: World, file: MediaFile) -> bool:
    async with world.db.transaction(world.tenant) as session:
        return await delete_unused(session, file.id)


async def _schedule(world: World, command: Any) -> None:
    async with world.db.transaction(world.tenant) as session:
        await schedule(session, world.rt.catalog, command)


async def _waits(world: World, count: int) -> None:
    """Until so many statements wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while await world.owner.fetchval(query) < count:  # noqa: ASYNC110 -- the database is waited for
        await asyncio.sleep(0.01)
