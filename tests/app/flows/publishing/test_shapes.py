"""An image of a shape that Instagram does not take gets bars, where it does not take it, and goes out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.actions.posts.check import Target
from app.domain.jobs.states import JobState
from app.domain.posts.content import content, part
from app.flows.publishing.wake import wake
from connectors.catalog import Catalog
from connectors.contract import Access, Account, Content, Media, Outcome, Problem, Published, PublishTask
from connectors.instagram.capabilities import CAPABILITIES as INSTAGRAM
from connectors.instagram.checks import problems
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import keeping, uploaded
from tests.fixtures.scripted import CAPABILITIES, Scripted
from tests.fixtures.world import World

__all__ = ["keeping"]


class Checking(Scripted):
    """A platform that is asked nothing, with Instagram's declarations and its checks."""

    def validate(self, content: Content, account: Account) -> list[Problem]:
        return problems(content, account)


@pytest.fixture
def world(keeping: World) -> World:
    """Give the workspace with that platform."""
    can = replace(CAPABILITIES, images=INSTAGRAM.images, formats=INSTAGRAM.formats, options=INSTAGRAM.options)
    platform = Checking(capabilities=can)
    return replace(keeping, platform=platform, rt=replace(keeping.rt, catalog=Catalog([platform])))


@pytest.mark.parametrize(
    ("size", "options", "sent"),
    [
        ((800, 200), {}, (800, 419)),
        ((200, 800), {}, (640, 800)),
        ((400, 400), {}, (400, 400)),
        ((800, 200), {"format": "story"}, (800, 200)),
    ],
    ids=["wide", "narrow", "square", "wide story"],
)
async def test_bars_where_the_shape_is_not_taken(
    world: World, size: tuple[int, int], options: dict[str, Any], sent: tuple[int, int]
) -> None:
    file, connection = await uploaded(world, uploads.image(size=size)), await world.connection()
    seen: list[Media] = []

    async def look(task: PublishTask, access: Access) -> Outcome:
        seen.extend(task.part.media)
        return Published(world.platform.post(task))

    world.platform.on_publish.append(look)
    job = await world.job(
        connection,
        content=content([part("Look", [{"id": file.id, "alt": "A picture"}])]),
        targets=[Target(connection.id, options=options)],
    )

    await wake(world.rt, world.tenant, job.id, "worker-1")

    assert [(item.width, item.height) for item in seen] == [sent]
    assert await world.owner.fetchval("SELECT state FROM jobs WHERE id = $1", job.id) == JobState.PUBLISHED


def test_a_reel_s_cover_has_the_reel_s_shape() -> None:
    cover = INSTAGRAM.option_images["cover"]
    assert (cover.min_aspect, cover.max_aspect) == (9 / 16, 9 / 16)
