"""Platforms: what each takes and allows, as data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated

import strawberry

from connectors.capabilities import (
    ApiVersion as DeclaredVersion,
)
from connectors.capabilities import Capabilities, ConnectBy, FieldKind, FormatKey, ReconcileClass, Unit
from connectors.capabilities import ConnectField as DeclaredField
from connectors.capabilities import (
    Format as DeclaredFormat,
)
from connectors.capabilities import (
    Limit as DeclaredLimit,
)
from connectors.quotas import QuotaCount, QuotaScope, QuotaWindow
from connectors.quotas import QuotaRule as DeclaredQuota
from connectors.scopes import Scope, ScopeUse
from schema.node import Node, encode
from schema.traversal import derived


@strawberry.type(description="One thing to ask the user for before a connection can start.")
class ConnectField:
    """A field of a connect form."""

    name: str = strawberry.field(description="Its name in `startConnection(input: { fields })`.")
    label: str = strawberry.field(description="What to write beside it.")
    kind: FieldKind = strawberry.field(description="How to show it.")
    required: bool = strawberry.field(description="Whether it must be filled in.")
    placeholder: str = strawberry.field(description="An example.")
    help: str = strawberry.field(description="Where the user finds it.")

    @classmethod
    def of(cls, declared: DeclaredField) -> ConnectField:
        """As a platform declares it."""
        return cls(
            name=declared.name,
            label=declared.label,
            kind=declared.kind,
            required=declared.required,
            placeholder=declared.placeholder,
            help=declared.help,
        )


@strawberry.type(description="A right that POSTD asks a user for.")
class ScopeNeed:
    """A right."""

    name: str = strawberry.field(description="The platform's name of it.")
    purpose: str = strawberry.field(description="What it is needed for.")
    use: ScopeUse = strawberry.field(description="What does not work without it.")

    @classmethod
    def of(cls, declared: Scope) -> ScopeNeed:
        """As a platform declares it."""
        return cls(name=declared.name, purpose=declared.purpose, use=declared.use)


@strawberry.type(description="One way to connect an account.")
class ConnectMethod:
    """A way to connect."""

    by: ConnectBy = strawberry.field(description="How it works.")
    fields: list[ConnectField] = strawberry.field(description="What to ask for first.")
    scopes: list[ScopeNeed] = strawberry.field(description="The rights that it asks for.")


@strawberry.type(description="One figure that content must keep to.")
class Limit:
    """A limit."""

    rule: str = strawberry.field(description="Its stable name, as in `Problem.rule`, e.g. `text.length`.")
    counted: Unit = strawberry.field(description="What is counted.")
    min: int | None = strawberry.field(description="The least, where there is one.")
    max: int | None = strawberry.field(description="The most, where there is one.")
    source: str = strawberry.field(description="The page that states it; may be empty.")

    @classmethod
    def of(cls, declared: DeclaredLimit) -> Limit:
        """A declared limit."""
        return cls(
            rule=declared.rule, counted=declared.unit, min=declared.min, max=declared.max, source=declared.source
        )


@strawberry.type(description="One kind of post that a platform takes.")
class Format:
    """A format."""

    key: FormatKey = strawberry.field(description="Which kind.")
    limits: list[Limit] = strawberry.field(description="What its content must keep to.")
    media_types: list[str] = strawberry.field(description="MIME types that its files may have.")

    @classmethod
    def of(cls, declared: DeclaredFormat) -> Format:
        """A declared format."""
        limits = [Limit.of(item) for item in declared.limits]
        return cls(key=declared.key, limits=limits, media_types=list(declared.media_types))


@strawberry.type(description="An allowance of the platform's: how many of what in which time.")
class QuotaRule:
    """A quota."""

    name: str = strawberry.field(description="What is counted.")
    max: int = strawberry.field(description="How many.")
    seconds: int = strawberry.field(description="In which time.")
    scope: QuotaScope = strawberry.field(description="Whom it is for.")
    window: QuotaWindow = strawberry.field(description="When it begins anew.")
    counts: QuotaCount = strawberry.field(description="What uses it.")
    cost: int = strawberry.field(description="How many each of these uses.")
    source: str = strawberry.field(description="The page that states it; may be empty.")

    @classmethod
    def of(cls, rule: DeclaredQuota) -> QuotaRule:
        """A declared allowance."""
        return cls(
            name=rule.name,
            max=rule.max,
            seconds=int(rule.per.total_seconds()),
            scope=rule.scope,
            window=rule.window,
            counts=rule.counts,
            cost=rule.cost,
            source=rule.source,
        )


@strawberry.type(description="One option of the platform's own.")
class PlatformOption:
    """An option."""

    name: str = strawberry.field(description="Its name.")
    description: str = strawberry.field(description="What it does.")
    choices: list[str] = strawberry.field(description="The values that it may have; empty where anything goes.")
    default: str | None = strawberry.field(description="What holds when it is not set.")
    formats: list[FormatKey] = strawberry.field(description="The kinds of posts that it is for; empty means all.")
    is_image: bool = strawberry.field(description="Whether its value is the id of an image.")


@strawberry.type(description="The version of the platform's API that is spoken.")
class ApiVersion:
    """A version."""

    name: str = strawberry.field(description="The platform's name of it.")
    released: datetime | None = strawberry.field(description="When it came out, where that is known.")
    sunset: datetime | None = strawberry.field(description="When the platform ends it, where that is known.")
    source: str = strawberry.field(description="The page that describes it.")

    @classmethod
    def of(cls, declared: DeclaredVersion) -> ApiVersion:
        """A declared version."""
        return cls(
            name=declared.name,
            released=_midnight(declared.released),
            sunset=_midnight(declared.sunset),
            source=declared.source,
        )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


@strawberry.type(description="A platform that posts can go to, described by data: what it takes, allows and asks for.")
class Platform(Node):
    """A platform."""

    key: str = strawberry.field(description="Its short name, e.g. `bluesky`.")
    name: str = strawberry.field(description="Its name.")
    docs: str = strawberry.field(description="Where its API is documented.")
    connect_by: list[ConnectMethod] = strawberry.field(description="The ways to connect an account.")
    formats: list[Format] = strawberry.field(description="The kinds of posts that it takes.")
    quotas: list[QuotaRule] = strawberry.field(description="Its allowances.")
    scopes: list[ScopeNeed] = strawberry.field(description="The rights that a user is asked for.")
    options: list[PlatformOption] = strawberry.field(description="Its own options of a post.")
    can_edit: bool = strawberry.field(description="Whether a published post can be changed.")
    can_delete: bool = strawberry.field(description="Whether a published post can be deleted.")
    can_schedule: bool = strawberry.field(description="Whether the platform can hold a post until its time by itself.")
    reconcile: ReconcileClass = strawberry.field(description="What settles a publish whose answer was lost.")
    api_version: ApiVersion = strawberry.field(description="The version of its API that is spoken.")
    declared: strawberry.Private[Capabilities]

    @derived("The limits of one kind of post, or of all kinds; an account may narrow them.")
    def limits(
        self,
        format: Annotated[  # noqa: A002 -- the API's word
            FormatKey | None, strawberry.argument(description="Which kind of post; null means every kind.")
        ] = None,
    ) -> list[Limit]:
        """Limits, each once."""
        return limits(self.declared, format, {})

    @classmethod
    def of(cls, declared: Capabilities) -> Platform:
        """A platform's declaration."""
        return cls(
            id=encode("Platform", declared.key),
            key=declared.key,
            name=declared.name,
            docs=declared.docs,
            connect_by=[
                ConnectMethod(
                    by=way.by,
                    scopes=[ScopeNeed.of(scope) for scope in declared.scopes_by(way.by)],
                    fields=[ConnectField.of(field) for field in way.fields],
                )
                for way in declared.connect
            ],
            formats=[Format.of(item) for item in declared.formats],
            quotas=[QuotaRule.of(rule) for rule in declared.quotas],
            scopes=[ScopeNeed.of(scope) for scope in declared.scopes],
            options=[
                PlatformOption(
                    name=option.name,
                    description=option.description,
                    choices=list(option.choices),
                    default=option.default,
                    formats=list(option.formats),
                    is_image=option.media,
                )
                for option in declared.options
            ],
            can_edit=declared.can_edit,
            can_delete=declared.can_delete,
            can_schedule=declared.can_schedule,
            reconcile=declared.reconcile,
            api_version=ApiVersion.of(declared.api_version),
            declared=declared,
        )


def limits(declared: Capabilities, wanted: FormatKey | None, own: Mapping[str, int]) -> list[Limit]:
    """The limits of one kind of post or of all, each rule once, with an account's own figures in place."""
    kinds = [wanted] if wanted is not None else [item.key for item in declared.formats]
    found = {limit.rule: limit for kind in kinds for limit in declared.limits(kind, own)}
    return [Limit.of(limit) for limit in found.values()]
