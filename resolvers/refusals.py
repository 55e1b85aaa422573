"""How refusals of the application become members of result unions: one table, so that no resolver catches anything.

A handler applies to a field only where the field's union holds its type. A refusal that the union does not know goes
to `errors` with its code, hint and path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.breakers import errors as platforms
from app.domain.connections import errors as connections
from app.domain.jobs import errors as jobs
from app.domain.media import errors as media
from app.domain.people import errors as people
from app.domain.posts import errors as posts
from app.domain.posts.planned_time import PlannedTimeInvalid
from app.domain.webhooks import errors as webhooks
from app.flows.connections.tickets import TicketInvalid
from app.flows.publishing.published import PlatformRefused
from app.kernel.errors import InvalidInput, NotFound
from app.services.idempotency import IdempotencyKeyReused
from schema import errors as words
from schema.jobs.bulk_results import SelectionChanged
from schema.media.results import MediaInUse
from schema.people import errors as people_words
from schema.platform_results import PlatformNotPaused
from schema.webhooks import WebhookNotReplayable

TABLE: Sequence[tuple[type[Exception], type[words.UserError]]] = (
    (posts.InvalidContent, words.InvalidContent),
    (posts.PostNotEditable, words.PostNotEditable),
    (posts.PostRevisionConflict, words.RevisionConflict),
    (PlannedTimeInvalid, words.PlannedTimeInvalid),
    (IdempotencyKeyReused, words.IdempotencyKeyReused),
    (jobs.JobNotCancellable, words.JobNotCancellable),
    (jobs.JobNotReschedulable, words.JobNotReschedulable),
    (jobs.JobNotRetryable, words.JobNotRetryable),
    (jobs.JobNotInReview, words.JobNotInReview),
    (jobs.JobNotLate, words.JobNotLate),
    (jobs.JobNotPublished, words.JobNotPublished),
    (jobs.JobNotEditable, words.JobNotEditable),
    (jobs.RevisionConflict, words.JobRevisionConflict),
    (jobs.SelectionChanged, SelectionChanged),
    (connections.ConnectionNotUsable, words.ConnectionNotUsable),
    (connections.ConnectionStateRefused, words.ConnectionStateRefused),
    (connections.DifferentAccount, words.DifferentAccount),
    (connections.UnknownPlatform, words.UnknownPlatform),
    (connections.PlatformNotReady, words.PlatformNotReady),
    (connections.ConnectFailed, words.ConnectFailed),
    (PlatformRefused, words.PlatformRefused),
    (media.MediaInUse, MediaInUse),
    (media.MediaNotReady, words.MediaNotReady),
    (media.MediaRefused, words.MediaRefused),
    (webhooks.WebhookNotReplayable, WebhookNotReplayable),
    (platforms.PlatformNotPaused, PlatformNotPaused),
    (TicketInvalid, words.TicketInvalid),
    (people.SignInRefused, people_words.SignInRefused),
    (people.SessionEnded, people_words.SessionEnded),
    (people.TooManyTries, people_words.TooManyTries),
    (people.SignUpClosed, people_words.SignUpClosed),
    (people.LinkSpent, people_words.LinkSpent),
    (people.LastAdmin, people_words.LastAdmin),
    (people.AlreadyMember, people_words.AlreadyMember),
    (people.NotAPerson, people_words.NotAPerson),
    (NotFound, words.NotFound),
    (InvalidInput, words.InvalidInput),
)
"""Refusal -> its type in the API; narrower refusals first."""


@dataclass(frozen=True)
class Refusal:
    """One row of the table."""

    exception_type: type[Exception]
    error_type: type[words.UserError]

    def handle(self, exception: Any, *, field: object, info: object) -> words.UserError:
        """Give the refusal as data."""
        return self.error_type.of(exception)


REFUSALS = tuple(Refusal(exception, error) for exception, error in TABLE)
