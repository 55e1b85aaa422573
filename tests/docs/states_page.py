"""Makes docs/states.md out of the state tables, so that the diagrams and the code cannot disagree.

python -m tests.docs.states_page --write
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Any

from app.domain.connections.states import MACHINE as CONNECTIONS
from app.domain.connections.states import ConnectionState
from app.domain.jobs.states import FINAL, LEASED, WAITING, JobState, JobStep, ParkReason
from app.domain.jobs.states import MACHINE as JOBS
from app.domain.posts.states import PostState, project
from app.domain.webhooks.states import MACHINE as DELIVERIES
from app.domain.webhooks.states import DeliveryState, ShareState
from app.kernel.machine import Machine, Transition
from schema.words import sentences
from tests.docs.markdown import PROJECT, table

FILE = PROJECT / "docs" / "states.md"
COMMAND = "python -m tests.docs.states_page --write"
HEAD = f"""\
# States

This page is made from the state tables in `app/domain`; the same tables guard every UPDATE and drive the property
tests. Do not edit it: change the table, then run `{COMMAND}`.
What a person does about each state stands in [the guide](guide.md#what-each-state-means).
"""
JOB_HEAD = """\
## Jobs

A job is one post on one connection. `app/domain/jobs/states.py` holds the table, `app/actions/jobs/transition.py` is
the only place that applies it.
"""
STEP_HEAD = """\
### Steps of a part

While a job is `publishing`, its current part has a step. A lost worker before `sending` proves that nothing was sent;
from `sending` on the outcome is unknown until somebody has looked.
"""
POST_HEAD = """\
## Posts

A post has no transitions of its own. Its state follows from the states of its jobs (`app/domain/posts/states.py`) and
is written by the transaction that changes a job.
"""
CONNECTION_HEAD = """\
## Connections

`app/domain/connections/states.py` holds the table, `app/actions/connections/transition.py` applies it.
"""
WEBHOOK_HEAD = """\
## Incoming webhooks

A delivery is what a platform sent in one request; it belongs to the installation. `app/domain/webhooks/states.py` holds
the table, `app/actions/webhooks/transition.py` applies it. What of it concerns a workspace is a share, with a state of
its own.
"""


def words(kind: type[StrEnum]) -> dict[str, str]:
    """What the API says about each member, by its value."""

    described: Any = getattr(kind, "__strawberry_definition__", None)
    texts = {value.name: value.description for value in described.values} if described else sentences(kind)
    return {member.value: texts.get(member.name) or "" for member in kind}


def diagram(machine: Machine[Any, Any], start: str) -> str:
    """The machine as a Mermaid diagram with its beginning."""
    first, _, rest = machine.mermaid().partition("\n")
    return f"```mermaid\n{first}\n    {start}\n{rest}```\n"


def transitions(machine: Machine[Any, Any]) -> str:
    """The table line by line."""
    return table(("event", "from", "to", "who", "when"), (_line(one) for one in machine.transitions))


def _line(one: Transition[Any, Any]) -> tuple[str, ...]:
    sources = ", ".join(f"`{source}`" for source in one.sources)
    return (f"`{one.event}`", sources, f"`{one.target}`", one.actor, one.guard)


def kind_of(state: JobState) -> str:
    """What sort of state it is."""
    if state in WAITING:
        return "waits"
    if state in LEASED:
        return "under way"
    return "final" if state in FINAL else "for a person"


def jobs() -> str:
    """The chapter about jobs."""
    told = words(JobState)
    states = table(("state", "kind", "meaning"), ((f"`{s}`", kind_of(s), told[s]) for s in JobState))
    steps = table(("step", "meaning"), ((f"`{key}`", text) for key, text in words(JobStep).items()))
    parks = table(("parked for", "meaning"), ((f"`{key}`", text) for key, text in words(ParkReason).items()))
    drawn = diagram(JOBS, "[*] --> scheduled: schedule (API)")
    return "\n".join(
        [JOB_HEAD, drawn, states, parks, "### Transitions of a job\n", transitions(JOBS), STEP_HEAD, steps]
    )


def posts() -> str:
    """The chapter about posts, with the state that each kind of job alone gives."""
    told = words(PostState)
    states = table(("state", "meaning"), ((f"`{s}`", told[s]) for s in PostState))
    alone = table(
        ("all jobs are", "the post is"), ((f"`{state}`", f"`{project([state.value])}`") for state in JobState)
    )
    mixed = table(
        ("jobs are", "the post is"),
        (
            (", ".join(f"`{word}`" for word in some), f"`{project(some)}`")
            for some in (
                ("published", "scheduled"),
                ("published", "failed"),
                ("published", "cancelled"),
                ("scheduled", "failed"),
                ("published", "parked"),
                ("published", "retrying"),
            )
        ),
    )
    return f"{POST_HEAD}\n{states}\n{alone}\nSome mixtures:\n\n{mixed}"


def connections() -> str:
    """The chapter about connections."""
    told = words(ConnectionState)
    states = table(("state", "meaning"), ((f"`{s}`", told[s]) for s in ConnectionState))
    drawn = diagram(CONNECTIONS, "[*] --> healthy: connect (callback)")
    return "\n".join([CONNECTION_HEAD, drawn, states, "### Transitions of a connection\n", transitions(CONNECTIONS)])


def webhooks() -> str:
    """The chapter about incoming webhooks."""
    told, shared = sentences(DeliveryState), words(ShareState)
    states = table(("state", "meaning"), ((f"`{s}`", told[s.name]) for s in DeliveryState))
    shares = table(("a share is", "meaning"), ((f"`{s}`", shared[s]) for s in ShareState))
    drawn = diagram(DELIVERIES, "[*] --> received: receive (API)")
    return "\n".join([WEBHOOK_HEAD, drawn, states, shares, "### Transitions of a delivery\n", transitions(DELIVERIES)])


def render() -> str:
    """The whole page."""
    return f"{HEAD}\n{jobs()}\n{posts()}\n{connections()}\n{webhooks()}"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"usage: {COMMAND}")
    FILE.write_text(render())
