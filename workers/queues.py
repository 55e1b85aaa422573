"""The queues and the names of actors: one table, so that a wake-up can be sent without importing an actor."""

from __future__ import annotations

from typing import Final

JOBS: Final = "jobs"
"""Wake-ups of jobs: publish, poll, reconcile, rescue."""
UPKEEP: Final = "upkeep"
"""Connections to be looked at, files to be made to fit, mail to be sent."""
WEBHOOKS: Final = "webhooks"
"""Incoming webhooks to be processed."""
ANALYTICS: Final = "analytics"
"""Connections whose figures are due."""

WAKE_JOB: Final = "job.wake"
"""Takes the ids of tenant and job, of one job or of several in turn; a job's platform may stand behind it: `id:key`."""
LOOK_AT_CONNECTION: Final = "connection.look"
FIT_MEDIA: Final = "media.fit"
SEND_MAIL: Final = "mail.send"
PROCESS_WEBHOOK: Final = "webhook.process"
COLLECT_FIGURES: Final = "analytics.collect"
