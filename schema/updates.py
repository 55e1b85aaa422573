"""What subscriptions send: the whole thing as it is now, the event behind it, and the cursor to resume from."""

from __future__ import annotations

import strawberry

from schema.connections.connection import Connection
from schema.events import Event
from schema.jobs.job import Job
from schema.posts.post import Post
from schema.scalars import Cursor


@strawberry.interface(description="One message of a live feed.")
class Update:
    """What every message says."""

    event: Event | None = strawberry.field(description="What happened; null while the first state is sent.")
    cursor: Cursor = strawberry.field(description="Give it as `after` to resume behind this message.")
    caught_up: bool = strawberry.field(description="Whether this is all there is for now: everything later is live.")


@strawberry.type(description="A job as it is now.")
class JobUpdate(Update):
    """About a job."""

    job: Job = strawberry.field(description="The job.")


@strawberry.type(description="A post as it is now.")
class PostUpdate(Update):
    """About a post."""

    post: Post = strawberry.field(description="The post.")


@strawberry.type(description="A connection as it is now.")
class ConnectionUpdate(Update):
    """About a connection."""

    connection: Connection = strawberry.field(description="The connection.")


@strawberry.type(description="An event as it happens.")
class EventUpdate:
    """About anything."""

    event: Event = strawberry.field(description="What happened.")
    cursor: Cursor = strawberry.field(description="Give it as `after` to resume behind this message.")
    caught_up: bool = strawberry.field(description="Whether this is all there is for now: everything later is live.")
