"""The audit log in words: what was done, and by whom. Pure; from a row alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

DONE: Final[Mapping[str, str]] = {
    "connection.connect": "The account {handle} on {platform} was connected.",
    "connection.deauthorize": "The access to an account on {platform} was ended there.",
    "connection.erase": "What was known of the person behind an account on {platform} was erased.",
    "connection.offer": "A link by which an account on {platform} can be connected was made.",
    "connection.pause": "The account {handle} on {platform} was switched off.",
    "connection.resume": "The account {handle} on {platform} was switched on.",
    "connection.revoke": "An account on {platform} was disconnected. At the platform: {platformSaid}.",
    "job.delete_published": "A published post was deleted on {platform}.",
    "job.discard": "A failed post was taken off the list of dead letters.",
    "job.drop": "A post that was missed was let go.",
    "job.edit_published": "A published post was changed on {platform}.",
    "job.resolve": "A post of unknown outcome was settled: {resolution}.",
    "job.retry": "A failed post was taken up again.",
    "job.settle_late": "A late post was settled: {choice}.",
    "jobs.cancel": "Many posts were to be cancelled; {matched} matched.",
    "jobs.discard": "Many failed posts were taken off the list of dead letters; {matched} matched.",
    "jobs.replay": "Many failed posts were taken up again; {matched} matched.",
    "jobs.reschedule": "Many posts were moved; {matched} matched.",
    "key.create": "The API key {name} was made. It may: {scopes}.",
    "key.revoke": "The API key {name} was revoked.",
    "member.change_role": "A member's role was changed from {from} to {to}.",
    "member.create_admin": "An administrator was made: {address}.",
    "member.invite": "{address} was invited as {role}.",
    "member.join": "Somebody who was invited became a member: {role}.",
    "member.remove": "A member was let go: {role}.",
    "member.revoke_invitation": "The invitation of {address} was taken back.",
    "person.change_password": "A member chose a new password; {sessions} sessions ended.",
    "person.disable": "A member was shut out of the installation; {sessions} sessions ended.",
    "person.enable": "A member was let into the installation again.",
    "person.reset_password": "A member chose a new password by a link; {sessions} sessions ended.",
    "person.sign_out_everywhere": "A member signed out everywhere; {sessions} sessions ended.",
    "platform.pause": "{platform} was switched off for the whole installation: {reason}",
    "platform.resume": "{platform} was switched on for the whole installation.",
    "post.replan": "A post moved with its zone {zone}: {local} there is another instant now.",
    "rules.decide": "The publishing rules were decided anew.",
    "tenant.create": "The workspace {slug} was made.",
    "tenant.zone": "The workspace's clock was set to {zone}.",
    "vault.rotate": "The master key was changed: {secrets} secrets of the installation were wrapped anew.",
    "webhook.replay": "A delivery of {platform} was taken up again.",
}
"""Verb -> what was done."""
WHO: Final[Mapping[str, str]] = {
    "key": "the API key {name}",
    "person": "{name}",
    "token": "{name}, with a token",
    "cli": "{name}, on the command line",
    "operator": "{name}, on the command line",
    "platform": "the platform",
    "replan": "postd itself, after the rules of a zone changed",
}
"""Kind of an actor -> its words."""


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def who(actor: str, name: str | None) -> str:
    """The actor in words."""
    kind, _, own = actor.partition(":")
    return WHO.get(kind, "postd itself").format(name=name or own or "somebody")


def sentence(verb: str, details: Mapping[str, Any], actor: str, name: str | None) -> str:
    """One line in words; the verb itself where a newer release has written it."""
    said = _Known({key: _said(value) for key, value in details.items()})
    text = DONE.get(verb, verb).format_map(said).rstrip(".")
    return f"{text}. By {who(actor, name)}."


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
