"""Who may ask for what, and why: one entry for each root field, and for each field that needs more than its root.

This table decides nothing: `roots.py` and the types do. It says the same a second time, with the reason, so that a
scope is chosen twice. A test compares the two, and a field without an entry fails it. The addresses of the HTTP server
stand in `app/http/authorization.py`; docs/authorization.md shows both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.keys.model import Scope

READ, WRITE, PUBLISH, CONNECT, ADMIN = Scope.READ, Scope.WRITE_POSTS, Scope.PUBLISH, Scope.CONNECTIONS, Scope.ADMIN
OPERATOR: Final = Scope.OPERATOR


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field needs."""

    scope: Scope | None
    """None: strangers may ask."""
    why: str


FIELDS: Final[Mapping[str, Rule]] = {
    "Query.viewer": Rule(READ, "Says what the caller knows already: whose credential it is."),
    "Query.node": Rule(READ, "Any thing of the workspace; API keys only for administrators."),
    "Query.nodes": Rule(READ, "Like `node`."),
    "Query.platforms": Rule(READ, "What platforms can do. Holds nothing of the workspace."),
    "Query.platform": Rule(READ, "Like `platforms`."),
    "Query.connections": Rule(READ, "Whoever plans must see where posts can go."),
    "Query.posts": Rule(READ, "The plan."),
    "Query.jobs": Rule(READ, "The plan, account by account."),
    "Query.reviewQueue": Rule(READ, "What waits for a person; to settle it needs PUBLISH."),
    "Query.explainJob": Rule(
        READ, "Why a post is out or not, in sentences; what was said to the platform needs PUBLISH."
    ),
    "Query.events": Rule(READ, "What happened. Events hold no secrets."),
    "Query.webhookDeliveries": Rule(ADMIN, "What platforms sent, with the words and names of other people."),
    "Query.auditLog": Rule(ADMIN, "Who did what and from which address: about people, for those who answer for it."),
    "Query.publishingRules": Rule(READ, "Whoever plans must know when nothing goes out."),
    "Query.readiness": Rule(READ, "Whether what is planned will go out."),
    "Query.members": Rule(READ, "Whoever plans together may know with whom."),
    "Query.invitations": Rule(ADMIN, "Addresses of people who have not come yet."),
    "Query.health": Rule(READ, "Whether posts of the workspace go out; of the whole installation needs OPERATOR."),
    "Query.analytics": Rule(READ, "Figures of the workspace's own posts."),
    "Mutation.signIn": Rule(None, "Whoever signs in has nothing to show yet. Slowed down by address."),
    "Mutation.signUp": Rule(None, "Where the operator allows it. Slowed down by address."),
    "Mutation.refreshSession": Rule(None, "The refresh token is what is shown."),
    "Mutation.requestPasswordReset": Rule(None, "Says to nobody whether the address is known. Slowed down by address."),
    "Mutation.resetPassword": Rule(None, "The link from the mail is what is shown."),
    "Mutation.acceptInvitation": Rule(None, "The invitation's link is what is shown."),
    "Mutation.signOut": Rule(READ, "Ends a session of the caller's own."),
    "Mutation.signOutEverywhere": Rule(READ, "Ends the caller's own sessions."),
    "Mutation.changePassword": Rule(READ, "The caller's own, with the old one."),
    "Mutation.switchWorkspace": Rule(READ, "Only to where the caller is a member."),
    "Mutation.inviteMember": Rule(ADMIN, "Gives others rights; none that the caller lacks."),
    "Mutation.revokeInvitation": Rule(ADMIN, "Takes back what was offered."),
    "Mutation.changeMemberRole": Rule(ADMIN, "Gives and takes rights."),
    "Mutation.removeMember": Rule(ADMIN, "Takes rights from others."),
    "Mutation.startConnection": Rule(CONNECT, "Gives the workspace an account to post to."),
    "Mutation.selectAccounts": Rule(CONNECT, "Gives the workspace accounts to post to."),
    "Mutation.reconnectConnection": Rule(CONNECT, "Replaces an account's tokens."),
    "Mutation.disconnectConnection": Rule(CONNECT, "Destroys an account's tokens."),
    "Mutation.pauseConnection": Rule(CONNECT, "Stops every post of an account."),
    "Mutation.resumeConnection": Rule(CONNECT, "Lets every post of an account go out."),
    "Mutation.schedulePost": Rule(PUBLISH, "At its time the post goes out with nobody asked again."),
    "Mutation.validatePost": Rule(READ, "Saves nothing and sends nothing."),
    "Mutation.updatePost": Rule(WRITE, "Changes what was let out already, and lets nothing new out."),
    "Mutation.reschedulePost": Rule(WRITE, "Moves what was let out already."),
    "Mutation.publishPostNow": Rule(PUBLISH, "Lets a post out."),
    "Mutation.cancelPost": Rule(WRITE, "Takes back what is not out."),
    "Mutation.rescheduleJob": Rule(WRITE, "Moves what was let out already."),
    "Mutation.cancelJob": Rule(WRITE, "Takes back what is not out."),
    "Mutation.retryJob": Rule(PUBLISH, "Lets a failed post out after all."),
    "Mutation.replayJobs": Rule(PUBLISH, "Lets failed posts out after all."),
    "Mutation.retryJobs": Rule(PUBLISH, "Lets failed posts out after all."),
    "Mutation.discardJobs": Rule(PUBLISH, "Decides that failed posts stay failed."),
    "Mutation.rescheduleJobs": Rule(WRITE, "Moves what was let out already."),
    "Mutation.cancelJobs": Rule(WRITE, "Takes back what is not out."),
    "Mutation.releaseMissedJobs": Rule(PUBLISH, "Lets posts out that came too late."),
    "Mutation.resolveJob": Rule(PUBLISH, "May send a post again: whoever errs here publishes twice."),
    "Mutation.settleLateJob": Rule(PUBLISH, "Lets a late post out, or lets it go."),
    "Mutation.decidePublishingRules": Rule(ADMIN, "Holds for every post of the workspace."),
    "Mutation.editPublishedPost": Rule(PUBLISH, "Changes what the public sees."),
    "Mutation.deletePublishedPost": Rule(PUBLISH, "Takes away what the public sees."),
    "Mutation.createMediaUpload": Rule(WRITE, "A file alone is not out."),
    "Mutation.completeMediaUpload": Rule(WRITE, "A file alone is not out."),
    "Mutation.importMedia": Rule(WRITE, "Fetches through the guard of addresses; a file alone is not out."),
    "Mutation.deleteMedia": Rule(WRITE, "Refused while a post that may still go out shows the file."),
    "Mutation.createApiKey": Rule(ADMIN, "Gives others rights; none that the caller lacks."),
    "Mutation.revokeApiKey": Rule(ADMIN, "Takes rights from others."),
    "Mutation.pausePlatform": Rule(OPERATOR, "Stops the posts of every workspace."),
    "Mutation.resumePlatform": Rule(OPERATOR, "Lets the posts of every workspace go out."),
    "Mutation.replayWebhook": Rule(ADMIN, "Has the effects of a platform's word, such as the end of a connection."),
    "Subscription.jobUpdated": Rule(READ, "Like `jobs`."),
    "Subscription.postUpdated": Rule(READ, "Like `posts`."),
    "Subscription.connectionUpdated": Rule(READ, "Like `connections`."),
    "Subscription.eventAdded": Rule(READ, "Like `events`."),
    "Subscription.healthUpdated": Rule(READ, "Like `health`."),
}
"""Root field -> what it needs."""

REFUSED: Final[Mapping[str, Rule]] = {
    "Attempt.exchanges": Rule(PUBLISH, "The requests to a platform and its answers: evidence for whoever settles."),
    "JobMoment.exchanges": Rule(PUBLISH, "Like `Attempt.exchanges`."),
    "SentEvidence.exchanges": Rule(PUBLISH, "Like `Attempt.exchanges`."),
    "LookEvidence.exchanges": Rule(PUBLISH, "Like `Attempt.exchanges`."),
    "Connection.checks": Rule(CONNECT, "The log of an account's tokens, in the platform's words."),
    "Connection.timeline": Rule(CONNECT, "Who connected, paused and ended an account, and what its platform said."),
}
"""Field below a root -> what it needs besides; whoever lacks it is refused there."""

HIDDEN: Final[Mapping[str, Rule]] = {
    "ApiKey": Rule(ADMIN, "Keys of others, by `node`, `nodes` and `Event.subject`; `Viewer.key` gives one's own."),
    "Health.installation": Rule(OPERATOR, "Figures of every workspace."),
}
"""Type or field that is null for whoever lacks the scope, as if it did not exist."""
