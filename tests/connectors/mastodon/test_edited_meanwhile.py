"""A post that its author has changed since it went out is not proved absent by its new text."""

from __future__ import annotations

from dataclasses import replace

from connectors.contract import Absent, Published, Undecided, Unknown
from tests.connectors.harness import Trouble
from tests.connectors.suite import Story


async def test_a_post_that_was_edited_is_left_to_a_person(story: Story) -> None:
    ready = await story.ready(story.task("As it was sent"))
    await story.harness.trouble(Trouble.LOST_ANSWER)
    assert isinstance(await story.send(ready), Unknown)
    again = await story.send(ready)
    assert isinstance(again, Published)
    connector = story.harness.connector
    changed = replace(ready, part=replace(ready.part, text="As its author has made it"))
    await connector.edit(story.cx, story.access, again.ref, changed)
    assert isinstance(await connector.reconcile(story.cx, story.access, ready), Undecided)


async def test_another_post_that_was_never_edited_is_another_post(story: Story) -> None:
    await story.publish(story.task("Another one"))
    ready = await story.ready(story.task("As it was sent"))
    assert isinstance(await story.harness.connector.reconcile(story.cx, story.access, ready), Absent)
