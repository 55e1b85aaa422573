"""A file that an option names, such as a cover, reaches the connector as the post's own files do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.actions.posts.check import Target
from app.domain.posts.content import content, part
from app.domain.posts.errors import InvalidContent
from app.flows.publishing.wake import wake
from connectors.capabilities import MediaKind, Option
from connectors.catalog import Catalog
from connectors.contract import Access, Media, Outcome, Published, PublishTask
from connectors.image_rules import ImageRules
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import keeping, uploaded
from tests.fixtures.scripted import CAPABILITIES, Scripted
from tests.fixtures.world import World

__all__ = ["keeping"]

RULES = ImageRules(max_bytes=100_000, max_side=100, types=("image/jpeg",))


@pytest.fixture
def world(keeping: World) -> World:
    """Give the workspace with a platform whose option is an image, which it takes as a small JPEG only."""
    options = (Option("cover", "A cover.", media=True), Option("format", "A format."))
    platform = Scripted(capabilities=replace(CAPABILITIES, images=RULES, options=options))
    return replace(keeping, platform=platform, rt=replace(keeping.rt, catalog=Catalog([platform])))


async def test_it_goes_out_made_to_fit_with_the_first_part_only(world: World) -> None:
    file, connection = await uploaded(world, uploads.image(size=(400, 200))), await world.connection()
    seen: list[Any] = []

    async def look(task: PublishTask, access: Access) -> Outcome:
        seen.append(task.options)
        return Published(world.platform.post(task))

    world.platform.on_publish.extend([look, look])
    options = {"cover": {"media": str(file.id)}, "format": "reel"}
    job = await world.job(
        connection,
        content=content([part("One"), part("Two")]),
        targets=[Target(connection.id, options=options)],
    )

    await wake(world.rt, world.tenant, job.id, "worker-1")

    first, second = seen
    cover = first["cover"]
    assert isinstance(cover, Media)
    assert (cover.kind, cover.mime, cover.width, cover.height) == (MediaKind.IMAGE, "image/jpeg", 100, 50)
    assert len(b"".join([chunk async for chunk in cover.open()])) == cover.size
    assert cover.link is not None
    assert (first["format"], second) == ("reel", {"format": "reel"})


async def test_it_has_to_be_an_image_of_the_workspace(world: World) -> None:
    connection = await world.connection()
    for value, rule in (({"media": str(connection.id)}, "media.exists"), ("loaf.png", "option.image")):
        with pytest.raises(InvalidContent) as refusal:
            await world.job(connection, targets=[Target(connection.id, options={"cover": value})])
        assert [one.problem.rule for one in refusal.value.problems] == [rule]
    assert await world.owner.fetchval("SELECT count(*) FROM posts WHERE tenant_id = $1", world.tenant) == 0
