"""The one conformance suite: what every connector must do, whatever its platform.

A platform's test binds to it in a few lines: a subclass of `ConnectorSuite` named `Test...`, and a fixture `harness`
that gives a `tests.connectors.harness.Harness`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from connectors.capabilities import Capabilities, Format, FormatKey, ReconcileClass
from connectors.contract import (
    Absent,
    Access,
    Content,
    Context,
    Failed,
    Found,
    Listens,
    Media,
    Outcome,
    Part,
    PrepareStep,
    Published,
    PublishedRef,
    PublishTask,
    Remembers,
    Severity,
    Tokens,
    Unknown,
)
from connectors.faults import Effect, Fault, FaultKind, PlatformFault
from connectors.metric_names import METRICS
from connectors.receivers import RECEIVERS
from connectors.sandbox.gate import checks_made
from tests.connectors.harness import PAUSE_SECONDS, Harness, Trouble


@dataclass(slots=True)
class Story:
    """One account, connected, and the way in which the application publishes on it."""

    harness: Harness
    cx: Context
    access: Access

    @property
    def capabilities(self) -> Capabilities:
        return self.harness.connector.capabilities

    def task(self, text: str, media: tuple[Media, ...] = (), **more: Any) -> PublishTask:
        position = 1 if more.get("parent") else 0
        media = media or (() if position else self.needed())
        composed_at = more.pop("composed_at", self.cx.now())
        return PublishTask(Part(text, media), position=position, attempt_key=uuid4(), composed_at=composed_at, **more)

    def needed(self) -> tuple[Media, ...]:
        """What a post cannot do without: a file, where the platform takes no text alone."""
        return () if self.capabilities.format(FormatKey.TEXT) else (self.harness.picture(),)

    async def ready(self, task: PublishTask) -> PublishTask:
        """Do the repeatable half and write down the intent."""
        saved: list[Mapping[str, Any]] = []

        async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
            assert step in PrepareStep
            saved.append(dict(checkpoint))

        checkpoint = await self.harness.connector.prepare(self.cx, self.access, task, save)
        assert len(saved) >= (1 if task.part.media and not task.checkpoint else 0)
        return replace(task, checkpoint=checkpoint, intended_at=self.cx.now())

    async def send(self, task: PublishTask, access: Access | None = None) -> Outcome:
        """Do the irreversible half; a fault that is raised means what the outcome of the same name means."""
        return await _outcome(self.harness.connector.publish(self.cx, access or self.access, task))

    async def publish(self, task: PublishTask) -> PublishedRef:
        outcome = await self.send(await self.ready(task))
        assert isinstance(outcome, Published), outcome
        return outcome.ref


async def _outcome(call: Awaitable[Outcome]) -> Outcome:
    try:
        return await call
    except PlatformFault as trouble:
        return Failed(trouble.fault) if trouble.fault.effect is Effect.NONE else Unknown(trouble.fault)


async def _tokens(call: Awaitable[Tokens]) -> tuple[Tokens | None, Fault | None]:
    try:
        return await call, None
    except PlatformFault as trouble:
        return None, trouble.fault


def _limits(formats: Sequence[Format]) -> list[tuple[FormatKey, Any]]:
    return [(item.key, limit) for item in formats for limit in item.limits]


class ConnectorSuite:
    """Stories that end the same on every platform."""

    described: ClassVar[bool] = True
    """Whether the simulated platform has a description to check requests against."""
    comments: ClassVar[bool] = False
    """Whether the later parts of a post stand as comments below the first one, and not each below the one before."""

    @pytest.fixture
    async def story(self, harness: Harness) -> Story:
        return Story(harness, harness.context(), await harness.connect())

    # -- what is declared

    async def test_every_limit_names_the_page_that_states_it(self, harness: Harness) -> None:
        nameless = [
            (key, limit.rule)
            for key, limit in _limits(harness.connector.capabilities.formats)
            if not limit.source.startswith("https://")
        ]
        assert nameless == []

    async def test_every_limit_bounds_something(self, harness: Harness) -> None:
        boundless = [
            (key, limit.rule)
            for key, limit in _limits(harness.connector.capabilities.formats)
            if limit.max is None and limit.min is None
        ]
        assert boundless == []

    async def test_formats_with_files_say_which_types(self, harness: Harness) -> None:
        moving = ("video/", "audio/", "image/gif")
        families = {
            FormatKey.VIDEO: moving,
            FormatKey.REEL: moving,
            FormatKey.CAROUSEL: ("image/", "video/"),
            FormatKey.STORY: ("image/", "video/"),
            FormatKey.DOCUMENT: ("application/",),
        }
        for item in harness.connector.capabilities.formats:
            assert item.media_types or item.key not in (FormatKey.IMAGE, FormatKey.VIDEO)
            assert [mime for mime in item.media_types if not mime.startswith(families.get(item.key, "image/"))] == []

    async def test_each_format_is_declared_once_and_text_is_limited(self, harness: Harness) -> None:
        capabilities = harness.connector.capabilities
        keys = [item.key for item in capabilities.formats]
        assert len(keys) == len(set(keys))
        plain = FormatKey.TEXT if FormatKey.TEXT in keys else FormatKey.IMAGE
        assert "text.length" in {limit.rule for limit in capabilities.limits(plain)}

    async def test_scopes_fields_options_and_version_explain_themselves(self, harness: Harness) -> None:
        capabilities = harness.connector.capabilities
        assert capabilities.key == capabilities.key.lower()
        assert capabilities.scopes
        assert all(scope.purpose.endswith(".") for scope in capabilities.scopes)
        assert all(item.label for method in capabilities.connect for item in method.fields)
        assert all(option.description for option in capabilities.options)
        assert all(option.default in (None, *option.choices) for option in capabilities.options if option.choices)
        assert all(quota.source.startswith("https://") for quota in capabilities.quotas)
        assert capabilities.api_version.source.startswith("https://")

    # -- connecting

    async def test_connecting_gives_an_account_that_check_confirms(self, story: Story) -> None:
        account = await story.harness.connector.check(story.cx, story.access)
        assert account.external_id == story.access.account.external_id
        assert account.handle == story.access.account.handle
        assert account.server.startswith("http")
        assert account.name

    async def test_a_refresh_gives_working_tokens_or_asks_to_reconnect(self, story: Story) -> None:
        connector = story.harness.connector
        tokens, fault = await _tokens(connector.refresh(story.cx, story.access))
        if fault is not None:
            assert (fault.kind, fault.effect) == (FaultKind.AUTH_EXPIRED, Effect.NONE)
            assert fault.hint
        if tokens is not None:
            story.harness.secrets.append(tokens.access.reveal())
            account = await connector.check(story.cx, replace(story.access, tokens=tokens))
            assert account.external_id == story.access.account.external_id

    async def test_revoking_twice_is_fine(self, story: Story) -> None:
        await story.harness.connector.revoke(story.cx, story.access)
        await story.harness.connector.revoke(story.cx, story.access)

    # -- being told

    async def test_what_is_declared_of_listening_is_there(self, harness: Harness) -> None:
        capabilities = harness.connector.capabilities
        for way in capabilities.connect:
            if way.listening is None:
                continue
            assert isinstance(harness.connector, Listens)
            assert capabilities.key in RECEIVERS[way.listening.receiver].platforms
            assert way.listening.scope in {scope.name for scope in capabilities.scopes_by(way.by)}
            assert way.listening.source.startswith("https://")

    async def test_listening_is_arranged_once_ended_and_arranged_again(self, story: Story) -> None:
        connector, access = story.harness.connector, story.access
        if story.capabilities.listening_by(access.tokens.method, access.account.kind) is None:
            return
        assert isinstance(connector, Listens)
        address = await story.harness.receiver()
        first = await connector.listen(story.cx, access, address)
        again = await connector.listen(story.cx, access, address)
        assert (first.anew, again.anew, first.doubt, again.doubt) == (True, False, None, None)
        assert first.to == again.to != ()
        await connector.stop_listening(story.cx, access, first.to)
        await connector.stop_listening(story.cx, access, first.to)
        assert (await connector.listen(story.cx, access, address)).anew

    # -- publishing

    async def test_a_text_is_published_once_with_its_address(self, story: Story) -> None:
        ref = await story.publish(story.task("Good morning, héllo 👋🏽"))
        posts = await story.harness.posts()
        assert [(post.id, post.text, post.times) for post in posts] == [(ref.id, "Good morning, héllo 👋🏽", 1)]
        assert ref.url is not None
        assert ref.url.startswith("http")

    async def test_the_same_task_sent_again_is_one_post(self, story: Story) -> None:
        if story.capabilities.reconcile is not ReconcileClass.KEY:
            return
        task = await story.ready(story.task("Only once"))
        first, second = await story.send(task), await story.send(task)
        assert isinstance(first, Published)
        assert isinstance(second, Published)
        assert first.ref.id == second.ref.id
        assert [post.id for post in await story.harness.posts()] == [first.ref.id]

    async def test_two_tasks_with_the_same_text_are_two_posts_or_the_second_is_refused(self, story: Story) -> None:
        first = await story.publish(story.task("Again"))
        if story.capabilities.reconcile is ReconcileClass.DUPLICATE:
            # Composed later than the first was made: what is there already is not taken for this one.
            later = story.task("Again", composed_at=story.cx.now() + timedelta(minutes=10))
            outcome = await story.send(await story.ready(later))
            assert isinstance(outcome, Failed), outcome
            assert (outcome.fault.kind, outcome.fault.effect) == (FaultKind.INVALID_CONTENT, Effect.NONE)
            assert first.url is not None
            assert first.url in outcome.fault.message
            assert [post.id for post in await story.harness.posts()] == [first.id]
            return
        second = await story.publish(story.task("Again"))
        assert [post.id for post in await story.harness.posts()] == [first.id, second.id]

    async def test_an_image_goes_out_with_its_description(self, story: Story) -> None:
        if story.capabilities.format(FormatKey.IMAGE) is None:
            return
        ref = await story.publish(story.task("A picture", media=(story.harness.picture(),)))
        assert [(post.id, post.files) for post in await story.harness.posts()] == [(ref.id, 1)]

    async def test_an_upload_is_not_repeated_once_it_is_saved(self, story: Story) -> None:
        if story.capabilities.format(FormatKey.IMAGE) is None:
            return
        task = await story.ready(story.task("A picture", media=(story.harness.picture(),)))
        uploads = [item for item in story.harness.exchanges if item.method == "POST"]
        again = await story.ready(task)
        assert again.checkpoint == task.checkpoint
        assert [item for item in story.harness.exchanges if item.method == "POST"] == uploads

    async def test_a_thread_answers_itself(self, story: Story) -> None:
        if story.capabilities.format(FormatKey.THREAD) is None:
            return
        root = await story.publish(story.task("One"))
        middle = await story.publish(story.task("Two", root=root, parent=root))
        last = await story.publish(story.task("Three", root=root, parent=middle))
        posts = [(post.id, post.reply_to) for post in await story.harness.posts()]
        above = root.id if self.comments else middle.id
        assert posts == [(root.id, None), (middle.id, root.id), (last.id, above)]

    # -- trouble

    async def test_a_lost_answer_is_unknown_and_then_found(self, story: Story) -> None:
        task = await story.ready(story.task("Lost on the way back"))
        await story.harness.trouble(Trouble.LOST_ANSWER)
        outcome = await story.send(task)
        assert isinstance(outcome, Unknown)
        assert outcome.fault.kind is FaultKind.NO_ANSWER
        finding = await story.harness.connector.reconcile(story.cx, story.access, task)
        assert isinstance(finding, Found), finding
        assert [post.id for post in await story.harness.posts()] == [finding.ref.id]
        assert finding.ref.url is not None

    async def test_a_lost_answer_within_a_thread_is_found(self, story: Story) -> None:
        if story.capabilities.format(FormatKey.THREAD) is None:
            return
        root = await story.publish(story.task("One"))
        task = await story.ready(story.task("Two", root=root, parent=root))
        await story.harness.trouble(Trouble.LOST_ANSWER)
        assert isinstance(await story.send(task), Unknown)
        finding = await story.harness.connector.reconcile(story.cx, story.access, task)
        assert isinstance(finding, Found), finding
        assert [post.id for post in await story.harness.posts()] == [root.id, finding.ref.id]

    async def test_a_lost_request_is_unknown_and_then_absent(self, story: Story) -> None:
        task = await story.ready(story.task("Never arrived"))
        await story.harness.trouble(Trouble.LOST_REQUEST)
        assert isinstance(await story.send(task), Unknown)
        assert isinstance(await story.harness.connector.reconcile(story.cx, story.access, task), Absent)
        assert await story.harness.posts() == []
        assert isinstance(await story.send(task), Published)
        assert len(await story.harness.posts()) == 1

    async def test_an_older_post_of_the_same_text_is_not_taken_for_ours(self, story: Story) -> None:
        await story.publish(story.task("Every day"))
        task = await story.ready(story.task("Every day"))
        task = replace(task, intended_at=story.cx.now() + timedelta(minutes=10))
        await story.harness.trouble(Trouble.LOST_REQUEST)
        assert isinstance(await story.send(task), Unknown)
        assert isinstance(await story.harness.connector.reconcile(story.cx, story.access, task), Absent)

    async def test_a_refused_connection_is_a_failure_without_effect(self, story: Story) -> None:
        task = await story.ready(story.task("Nobody listens"))
        outcome = await story.send(task, story.harness.unreachable(story.access))
        assert isinstance(outcome, Failed)
        assert (outcome.fault.kind, outcome.fault.effect) == (FaultKind.UNREACHABLE, Effect.NONE)
        assert await story.harness.posts() == []

    async def test_a_pause_is_a_failure_that_says_how_long(self, story: Story) -> None:
        task = await story.ready(story.task("Too fast"))
        await story.harness.trouble(Trouble.PAUSE)
        outcome = await story.send(task)
        assert isinstance(outcome, Failed)
        assert outcome.fault.kind is FaultKind.RATE_LIMITED
        assert outcome.fault.retry_after == timedelta(seconds=PAUSE_SECONDS)
        assert await story.harness.posts() == []

    async def test_a_server_error_leaves_the_outcome_open(self, story: Story) -> None:
        task = await story.ready(story.task("It broke"))
        await story.harness.trouble(Trouble.BROKEN)
        outcome = await story.send(task)
        assert isinstance(outcome, Unknown)
        assert (outcome.fault.effect, outcome.fault.status) == (Effect.UNKNOWN, 500)
        assert isinstance(await story.harness.connector.reconcile(story.cx, story.access, task), Absent)

    async def test_an_undocumented_answer_leaves_the_outcome_open(self, story: Story) -> None:
        task = await story.ready(story.task("Garbled"))
        await story.harness.trouble(Trouble.NONSENSE)
        outcome = await story.send(task)
        assert isinstance(outcome, Unknown)
        assert outcome.fault.kind is FaultKind.UNEXPECTED_ANSWER
        assert isinstance(await story.harness.connector.reconcile(story.cx, story.access, task), Found)

    async def test_a_dead_token_is_a_failure_that_names_it(self, story: Story) -> None:
        task = await story.ready(story.task("Not mine any more"))
        await story.harness.trouble(Trouble.EXPIRED)
        outcome = await story.send(task)
        assert isinstance(outcome, Failed)
        assert outcome.fault.kind is FaultKind.AUTH_EXPIRED
        assert outcome.fault.hint
        assert await story.harness.posts() == []

    # -- checking before sending

    async def test_a_text_at_the_limit_fits_and_one_more_does_not(self, story: Story) -> None:
        files = story.needed()
        plain = FormatKey.IMAGE if files else FormatKey.TEXT
        limits = {item.rule: item for item in story.capabilities.limits(plain, story.access.account.limits)}
        most = limits["text.length"].max
        assert most is not None
        validate = story.harness.connector.validate
        assert not validate(Content((Part("a" * most, files),)), story.access.account)
        problems = validate(Content((Part("a" * (most + 1), files),)), story.access.account)
        found = [item for item in problems if item.severity is Severity.ERROR and item.rule == "text.length"]
        assert [(item.path, item.measured, item.limit) for item in found] == [
            (("parts", "0", "text"), str(most + 1), str(most))
        ]

    async def test_nothing_to_publish_is_a_problem(self, story: Story) -> None:
        problems = story.harness.connector.validate(Content((Part(" "),)), story.access.account)
        assert [item.severity for item in problems] == [Severity.ERROR]

    # -- afterwards

    async def test_deleting_twice_is_fine(self, story: Story) -> None:
        if not story.capabilities.can_delete:
            return
        ref = await story.publish(story.task("Short-lived"))
        await story.harness.connector.delete(story.cx, story.access, ref)
        await story.harness.connector.delete(story.cx, story.access, ref)
        assert await story.harness.posts() == []

    async def test_an_edit_changes_the_post_or_is_refused(self, story: Story) -> None:
        ref = await story.publish(story.task("Befor"))
        task = await story.ready(story.task("Before"))
        if story.capabilities.can_edit:
            await story.harness.connector.edit(story.cx, story.access, ref, task)
        else:
            with pytest.raises(PlatformFault):
                await story.harness.connector.edit(story.cx, story.access, ref, task)
        expected = "Before" if story.capabilities.can_edit else "Befor"
        assert [(post.id, post.text) for post in await story.harness.posts()] == [(ref.id, expected)]

    async def test_figures_are_given_for_posts_that_are_there(self, story: Story) -> None:
        kept = await story.publish(story.task("Stays"))
        gone = await story.publish(story.task("Goes"))
        await story.harness.connector.delete(story.cx, story.access, gone)
        metrics = await story.harness.connector.metrics(story.cx, story.access, [kept, gone])
        assert [item.ref for item in metrics] == [kept.id]
        assert all(value == 0 for value in metrics[0].values.values())
        assert metrics[0].values
        assert set(metrics[0].values) <= set(story.capabilities.figures.posts)

    async def test_figures_of_the_account_are_told_under_its_id(self, story: Story) -> None:
        metrics = await story.harness.connector.account_metrics(story.cx, story.access)
        assert metrics.ref == story.access.account.external_id
        assert metrics.values
        assert all(value >= 0 for value in metrics.values.values())
        assert set(metrics.values) <= set(story.capabilities.figures.account)

    async def test_figures_that_are_declared_are_of_the_vocabulary(self, story: Story) -> None:
        declared = story.capabilities.figures
        assert all(METRICS[name].of_post is not None for name in declared.posts)
        assert all(METRICS[name].of_account is not None for name in declared.account)
        assert (declared.history is not None) is isinstance(story.harness.connector, Remembers)

    async def test_what_it_sends_is_checked_against_the_platforms_own_description(self, story: Story) -> None:
        key = story.capabilities.key
        before = checks_made[key]
        await story.publish(story.task("Checked"))
        assert (checks_made[key] > before) is self.described

    # -- secrets

    async def test_no_secret_is_seen_anywhere(self, harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            story = Story(harness, harness.context(), await harness.connect())
            task = await story.ready(story.task("Quiet"))
            published = await story.send(task)
            await harness.trouble(Trouble.EXPIRED)
            refused = await story.send(await story.ready(story.task("Dead")))
        shown = [repr(item) for item in (story.access, task, published, refused, *harness.exchanges)]
        shown += [caplog.text]
        assert harness.secrets
        assert [number for number, secret in enumerate(harness.secrets) if any(secret in text for text in shown)] == []
