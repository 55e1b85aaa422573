"""Every table, imported so that the metadata is whole: for migrations and for checks of the catalogue."""

from __future__ import annotations

from sqlalchemy import MetaData

from app.domain.audit import model as audit
from app.domain.breakers import model as breakers
from app.domain.connections import flow_model as flows
from app.domain.connections import model as connections
from app.domain.figures import model as figures
from app.domain.jobs import allowances
from app.domain.jobs import model as jobs
from app.domain.keys import model as keys
from app.domain.media import model as media
from app.domain.parts import model as parts
from app.domain.people import link_model as links
from app.domain.people import model as people
from app.domain.people import session_model as sessions
from app.domain.posts import model as posts
from app.domain.processes import model as processes
from app.domain.punctuality import model as punctuality
from app.domain.rules import model as rules
from app.domain.tenants import model as tenants
from app.domain.webhooks import model as webhooks
from app.services import events, gates, idempotency, outbox
from app.services.tables import Table

MODULES = (
    tenants,
    keys,
    people,
    sessions,
    links,
    connections,
    flows,
    posts,
    jobs,
    allowances,
    breakers,
    media,
    webhooks,
    audit,
    processes,
    parts,
    rules,
    punctuality,
    figures,
    events,
    gates,
    idempotency,
    outbox,
)


def metadata() -> MetaData:
    """The metadata with every table of the application."""
    return Table.metadata
