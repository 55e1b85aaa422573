"""Where a platform changes nothing but the text, an edit uploads nothing and refuses other files and links."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.jobs.model import Job
from app.domain.posts.content import content, part
from app.domain.posts.errors import InvalidContent
from app.flows.publishing.published import PlatformRefused, edit_published
from app.flows.publishing.wake import wake
from tests.fixtures.scripted import CAPABILITIES
from tests.fixtures.world import World


async def published(world: World) -> Job:
    world.platform.capabilities = replace(CAPABILITIES, can_edit=True, edits_text_only=True)
    job = await world.job(text="Befor")
    await wake(world.rt, world.tenant, job.id, "worker-1")
    world.platform.calls.clear()
    return job


async def test_a_new_text_goes_to_the_platform_without_an_upload(world: World) -> None:
    job = await published(world)
    # The scripted platform refuses every edit: that it was asked is what counts here.
    with pytest.raises(PlatformRefused):
        await edit_published(world.rt, world.tenant, "key:tests", job.id, content([part("Before")]))
    assert "prepare" not in world.platform.calls


async def test_another_link_is_refused_before_the_platform_is_asked(world: World) -> None:
    job = await published(world)
    changed = content([part("Before", link={"url": "https://example.com/a"})])
    with pytest.raises(InvalidContent) as caught:
        await edit_published(world.rt, world.tenant, "key:tests", job.id, changed)
    assert [item.problem.rule for item in caught.value.problems] == ["edit.text_only"]
    assert (await world.row(job.id)).content["parts"][0]["text"] == "Befor"
    assert world.platform.calls == []
