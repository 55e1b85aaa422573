"""The three roots: every operation of the API, with the scope that it needs. This file reads like the schema."""

from __future__ import annotations

import strawberry

from app.domain.keys.model import Scope
from resolvers.analytics import analytics
from resolvers.audit import audit_log
from resolvers.bulk import cancel_jobs, discard_jobs, replay_jobs, reschedule_jobs, retry_jobs
from resolvers.connections import (
    disconnect_connection,
    pause_connection,
    reconnect_connection,
    resume_connection,
    select_accounts,
    start_connection,
)
from resolvers.events import events
from resolvers.health import health, health_updated
from resolvers.jobs import cancel_job, explain_job, reschedule_job, resolve_job, retry_job
from resolvers.keys import create_api_key, revoke_api_key
from resolvers.late import decide_publishing_rules, publishing_rules, settle_late_job
from resolvers.lists import connections, jobs, posts, review_queue
from resolvers.live import connection_updated, event_added, job_updated, post_updated
from resolvers.media import complete_media_upload, create_media_upload, delete_media, import_media
from resolvers.missed import release_missed_jobs
from resolvers.nodes import node, nodes
from resolvers.platform_switch import pause as pause_platform
from resolvers.platform_switch import resume as resume_platform
from resolvers.platforms import platform, platforms
from resolvers.posts import (
    cancel_post,
    publish_post_now,
    reschedule_post,
    schedule_post,
    update_post,
    validate_post,
)
from resolvers.published import delete_published_post, edit_published_post
from resolvers.readiness import readiness
from resolvers.root import live as stream
from resolvers.root import root
from resolvers.roots_of_people import PeopleMutation, PeopleQuery
from resolvers.viewer import viewer
from resolvers.webhooks import replay_webhook, webhook_deliveries
from schema import key_results, platform_results, updates
from schema.analytics.analytics import Analytics
from schema.audit import AuditEntry
from schema.connections import results as connection_results
from schema.connections.connection import Connection
from schema.events import Event
from schema.health.health import Health
from schema.health.readiness import JobReadiness
from schema.jobs import bulk_results, late_results, missed_results
from schema.jobs import results as job_results
from schema.jobs.job import Job
from schema.jobs.story import JobStory
from schema.media import results as media_results
from schema.node import Node
from schema.paging import Listing
from schema.platforms import Platform
from schema.posts import results as post_results
from schema.posts.post import Post
from schema.rules import DecidePublishingRulesResult, PublishingRules
from schema.viewer import Viewer
from schema.webhooks import ReplayWebhookResult, WebhookDelivery

READ, WRITE, PUBLISH, CONNECT, ADMIN = Scope.READ, Scope.WRITE_POSTS, Scope.PUBLISH, Scope.CONNECTIONS, Scope.ADMIN
OPERATOR = Scope.OPERATOR


@strawberry.type(description="What can be read.")
class Query(PeopleQuery):
    """Queries."""

    viewer: Viewer = root(viewer, READ, "Who calls: workspace, key or person, and scopes.")
    node: Node | None = root(node, READ, "Any thing by its id; null where there is none.")
    nodes: list[Node | None] = root(nodes, READ, "Things by their ids, in that order; null where there is none.")
    platforms: list[Platform] = root(platforms, READ, "The platforms of this installation, by key.")
    platform: Platform | None = root(platform, READ, "One platform; null where there is none of that key.")
    connections: Listing[Connection] = root(connections, READ, "The workspace's connections, oldest first.")
    posts: Listing[Post] = root(posts, READ, "The workspace's posts.")
    jobs: Listing[Job] = root(jobs, READ, "The workspace's jobs: one a post and connection.")
    review_queue: Listing[Job] = root(
        review_queue, READ, "The jobs whose outcome nobody could find out, oldest first: settle each with resolveJob."
    )
    explain_job: JobStory | None = root(
        explain_job, READ, "The whole life of a job in sentences, and what you can do; null where there is none."
    )
    events: Listing[Event] = root(
        events,
        READ,
        "What happened, oldest first: after a cursor, from the oldest kept, or with `last` the newest ones.",
    )
    webhook_deliveries: Listing[WebhookDelivery] = root(
        webhook_deliveries, ADMIN, "What platforms have sent about the workspace's connections, newest first."
    )
    audit_log: Listing[AuditEntry] = root(
        audit_log, ADMIN, "What was done that an administrator answers for, newest first: who, what, from where."
    )
    publishing_rules: PublishingRules = root(
        publishing_rules, READ, "What was decided about late posts and quiet hours."
    )
    health: Health = root(health, READ, "Whether posts go out, and what holds them up if not.")
    readiness: Listing[JobReadiness] = root(
        readiness, READ, "The jobs that are due soon, the earliest first: will each go out, and if not, why."
    )
    analytics: Analytics = root(analytics, READ, "What came of what was planned, from our own rows.")


@strawberry.type(description="What can be done. Each answers with its result, or with a refusal that says what to do.")
class Mutation(PeopleMutation):
    """Mutations."""

    start_connection: connection_results.StartConnectionResult = root(
        start_connection, CONNECT, "Connect an account: a link for the user's browser, or at once."
    )
    select_accounts: connection_results.SelectAccountsResult = root(
        select_accounts, CONNECT, "Connect the chosen ones of the accounts that a user granted."
    )
    reconnect_connection: connection_results.ReconnectConnectionResult = root(
        reconnect_connection, CONNECT, "Repair a connection; only the same account does."
    )
    disconnect_connection: connection_results.DisconnectConnectionResult = root(
        disconnect_connection, CONNECT, "End a connection and destroy its tokens."
    )
    pause_connection: connection_results.PauseConnectionResult = root(
        pause_connection, CONNECT, "Switch a connection off: nothing goes out until it is resumed."
    )
    resume_connection: connection_results.ResumeConnectionResult = root(
        resume_connection, CONNECT, "Switch a connection on."
    )
    schedule_post: post_results.SchedulePostResult = root(
        schedule_post, PUBLISH, "Schedule a post on one or more connections: once, at its time."
    )
    validate_post: post_results.ValidatePostResult = root(
        validate_post, READ, "Check a post for its targets; nothing is saved or sent."
    )
    update_post: post_results.UpdatePostResult = root(
        update_post, WRITE, "Change the content or labels of a post that waits."
    )
    reschedule_post: post_results.ReschedulePostResult = root(
        reschedule_post, WRITE, "Move a post and every job of it that waits."
    )
    publish_post_now: post_results.PublishPostNowResult = root(
        publish_post_now, PUBLISH, "Let every waiting job of a post go out at once."
    )
    cancel_post: post_results.CancelPostResult = root(
        cancel_post, WRITE, "Cancel every job of a post that was not sent yet."
    )
    reschedule_job: job_results.RescheduleJobResult = root(reschedule_job, WRITE, "Move a job that waits.")
    cancel_job: job_results.CancelJobResult = root(cancel_job, WRITE, "Cancel a job that was not sent yet.")
    retry_job: job_results.RetryJobResult = root(retry_job, PUBLISH, "Take a failed job up again.")
    replay_jobs: bulk_results.ReplayJobsResult = root(
        replay_jobs,
        PUBLISH,
        "Take dead letters up again, 100 a call, spread over time. Each is checked as if it was scheduled today and is "
        "refused where it is not proved that nothing of it is out.",
    )
    retry_jobs: bulk_results.RetryJobsResult = root(
        retry_jobs, PUBLISH, "Take failed jobs up again at one time, 100 a call; checked like `replayJobs`."
    )
    discard_jobs: bulk_results.DiscardJobsResult = root(
        discard_jobs, PUBLISH, "Take failed jobs off the list of dead letters, 100 a call. They stay failed."
    )
    reschedule_jobs: bulk_results.RescheduleJobsResult = root(
        reschedule_jobs, WRITE, "Move jobs that wait to one time, 100 a call."
    )
    cancel_jobs: bulk_results.CancelJobsResult = root(
        cancel_jobs, WRITE, "Cancel jobs that were not sent yet, 100 a call."
    )
    release_missed_jobs: missed_results.ReleaseMissedJobsResult = root(
        release_missed_jobs,
        PUBLISH,
        "Say what becomes of posts that missed their window while their account was away: out now, at a new time, or "
        "let go. Only posts that were provably never sent are taken.",
    )
    resolve_job: job_results.ResolveJobResult = root(
        resolve_job, PUBLISH, "Say what became of a job whose outcome nobody could find out."
    )
    settle_late_job: late_results.SettleLateJobResult = root(
        settle_late_job, PUBLISH, "Say what becomes of a job that needs review because it is late: nothing was sent."
    )
    decide_publishing_rules: DecidePublishingRulesResult = root(
        decide_publishing_rules, ADMIN, "Decide what follows when posts are late, and in which hours nothing goes out."
    )
    edit_published_post: job_results.EditPublishedPostResult = root(
        edit_published_post, PUBLISH, "Change a published post on its platform, where the platform can."
    )
    delete_published_post: job_results.DeletePublishedPostResult = root(
        delete_published_post,
        PUBLISH,
        "Delete a published post on its platform, where the platform can; or what is out of a thread that failed.",
    )
    create_media_upload: media_results.CreateMediaUploadResult = root(
        create_media_upload, WRITE, "Announce a file: gives the address for its bytes."
    )
    complete_media_upload: media_results.CompleteMediaUploadResult = root(
        complete_media_upload, WRITE, "Say that the bytes were sent: they are looked at, and the file can be used."
    )
    import_media: media_results.ImportMediaResult = root(
        import_media, WRITE, "Fetch a file from the web; larger ones are uploaded."
    )
    delete_media: media_results.DeleteMediaResult = root(
        delete_media, WRITE, "Delete a file and its copies; refused while a post that may still go out shows it."
    )
    create_api_key: key_results.CreateApiKeyResult = root(create_api_key, ADMIN, "Make an API key; it is shown once.")
    revoke_api_key: key_results.RevokeApiKeyResult = root(
        revoke_api_key, ADMIN, "Revoke an API key and close its sockets."
    )
    pause_platform: platform_results.PausePlatformResult = root(
        pause_platform,
        OPERATOR,
        "Switch a platform off for the whole installation: its posts wait, and their users are told why.",
    )
    resume_platform: platform_results.ResumePlatformResult = root(
        resume_platform, OPERATOR, "Switch a platform on: what waited goes out, spread over a time."
    )
    replay_webhook: ReplayWebhookResult = root(
        replay_webhook, ADMIN, "Try an incoming webhook again that could not be applied."
    )


@strawberry.type(description="What can be followed: the current state first, then every change in order.")
class Subscription:
    """Subscriptions."""

    job_updated: updates.JobUpdate = stream(
        job_updated,
        READ,
        "Jobs. First those that are not final (500 at most, else FILTER_TOO_BROAD), then every change of a job that "
        "matches the filter as it is then. With `after`, every change since, or CURSOR_EXPIRED.",
    )
    post_updated: updates.PostUpdate = stream(
        post_updated, READ, "Posts. First those that are not final, then every change; like `jobUpdated`."
    )
    connection_updated: updates.ConnectionUpdate = stream(
        connection_updated, READ, "Connections. First those that are not ended, then every change; like `jobUpdated`."
    )
    event_added: updates.EventUpdate = stream(
        event_added, READ, "Every event behind the cursor, and from then on; without one, from now on."
    )
    health_updated: Health = stream(health_updated, READ, "How the system is, then whenever that changes.")
