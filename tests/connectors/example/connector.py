"""Murmur: a connector for a small microblog that takes an address and an access key.

It is the example of `docs/write-a-connector.md`, loaded like any plug-in, and it passes the conformance suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from connectors.capabilities import (
    ApiVersion,
    Capabilities,
    ConnectBy,
    ConnectField,
    ConnectMethod,
    FieldKind,
    Format,
    FormatKey,
    Limit,
    Option,
    ReconcileClass,
    Unit,
)
from connectors.contract import (
    Absent,
    Access,
    Account,
    AccountGrant,
    AppCredentials,
    Content,
    Context,
    Failed,
    Finding,
    FinishAuthorization,
    Found,
    Grant,
    Metrics,
    Outcome,
    Problem,
    Published,
    PublishedRef,
    PublishTask,
    Revocation,
    Save,
    StartAuthorization,
    Tokens,
    Unknown,
)
from connectors.faults import HINTS, Effect, Fault, FaultKind, FaultRule, PlatformFault, classify
from connectors.metric_names import Given, MetricName
from connectors.preflight import check
from connectors.quotas import Pace, QuotaRule, QuotaScope, QuotaWindow
from connectors.retry_after import retry_after
from connectors.scopes import Scope
from connectors.secret import Secret
from connectors.transport import Answer

DOCS = "https://murmur.example/docs"
TEXT = Limit("text.length", Unit.GRAPHEMES, max=280, source=f"{DOCS}/notes")
QUOTAS = (
    QuotaRule("notes", 300, timedelta(hours=24), source=f"{DOCS}/limits"),
    QuotaRule(
        "units",
        10_000,
        timedelta(days=1),
        source=f"{DOCS}/limits",
        scope=QuotaScope.APPLICATION,
        window=QuotaWindow.DAY,
        zone="America/Los_Angeles",
        cost=100,
    ),
)
PACE = Pace(per_second=1, burst=30)

CAPABILITIES = Capabilities(
    key="murmur",
    name="Murmur",
    docs=DOCS,
    connect=(
        ConnectMethod(
            ConnectBy.APP_PASSWORD,
            fields=(
                ConnectField("server", "Server", kind=FieldKind.URL, placeholder="https://murmur.example"),
                ConnectField("key", "Access key", kind=FieldKind.SECRET, help="Make one under Settings > Keys."),
            ),
        ),
    ),
    formats=(Format(FormatKey.TEXT, limits=(TEXT,)), Format(FormatKey.THREAD, limits=(TEXT,))),
    scopes=(Scope("notes", "Write, read and remove notes."),),
    # A note lies under an address that we choose (PUT /notes/{key}), so sending it again is the same note.
    reconcile=ReconcileClass.KEY,
    api_version=ApiVersion("1", source=DOCS),
    options=(Option("audience", "Who may read the note.", choices=("all", "followers"), default="all"),),
    figures=Given(
        posts={MetricName.LIKES: "likes"},
        account={MetricName.FOLLOWERS: "followers"},
        page=20,
        source=f"{DOCS}/figures",
    ),
    can_delete=True,
    settle_delay=timedelta(seconds=5),
    quotas=QUOTAS,
    pace=PACE,
)

FAULTS = (
    FaultRule(FaultKind.ACCOUNT_GONE, "The account is closed.", status=403, code="closed"),
    FaultRule(FaultKind.NOT_FOUND, "The note that this one answers is gone.", status=409, code="no_such_parent"),
)


class Murmur:
    """Implements `connectors.contract.Connector`."""

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def app_key(self, fields: Mapping[str, Secret]) -> str | None:
        return None

    async def register(self, cx: Context, app_key: str, redirect_uri: str) -> AppCredentials:
        _cannot("Murmur registers no applications.")

    async def start(self, cx: Context, request: StartAuthorization) -> Grant:
        server = request.fields["server"].reveal().rstrip("/")
        key = request.fields["key"]
        account = await _account(cx, server, key)
        return Grant((AccountGrant(account, Tokens(key, method=ConnectBy.APP_PASSWORD)),))

    async def finish(self, cx: Context, request: FinishAuthorization) -> Grant:
        _cannot("Murmur is connected by an access key; nobody comes back from it.")

    async def refresh(self, cx: Context, access: Access) -> Tokens:
        raise PlatformFault(Fault(FaultKind.AUTH_EXPIRED, "The access key was removed.", hint="Make a new key."))

    async def revoke(self, cx: Context, access: Access) -> Revocation:
        return Revocation(told=False, why="Keys are removed by their owner only, in Murmur's settings.")

    async def check(self, cx: Context, access: Access) -> Account:
        return await _account(cx, access.account.server, access.tokens.access)

    def validate(self, content: Content, account: Account) -> Sequence[Problem]:
        return check(content, CAPABILITIES, account)

    async def prepare(self, cx: Context, access: Access, task: PublishTask, save: Save) -> Mapping[str, Any]:
        return task.checkpoint

    async def publish(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        note = {
            "text": task.part.text,
            "made_at": task.composed_at.isoformat(),
            "audience": task.options.get("audience", "all"),
            "answers": task.parent.id if task.parent else None,
        }
        try:
            answer = await cx.http.send(
                "PUT", _note(access, str(task.attempt_key)), json=note, token=access.tokens.access, effect=True
            )
            return Published(_ref(_read(cx, answer), answer))
        except PlatformFault as trouble:
            return Failed(trouble.fault) if trouble.fault.effect is Effect.NONE else Unknown(trouble.fault)

    async def poll(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        _cannot("Murmur publishes at once; nothing is ever pending.")

    async def reconcile(self, cx: Context, access: Access, task: PublishTask) -> Finding:
        answer = await cx.http.send("GET", _note(access, str(task.attempt_key)), token=access.tokens.access)
        if answer.status == 404:
            return Absent("Nothing lies under the note's address.")
        return Found(_ref(_read(cx, answer), answer), "The note lies under its address.")

    async def edit(self, cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
        _cannot("Notes cannot be changed.")

    async def delete(self, cx: Context, access: Access, ref: PublishedRef) -> None:
        answer = await cx.http.send("DELETE", _note(access, ref.id), token=access.tokens.access)
        if answer.status != 404:
            _read(cx, answer)

    async def metrics(self, cx: Context, access: Access, refs: Sequence[PublishedRef]) -> Sequence[Metrics]:
        found = []
        for ref in refs:
            answer = await cx.http.send("GET", _note(access, ref.id), token=access.tokens.access)
            if answer.status != 404:
                found.append(Metrics(ref.id, {"likes": _read(cx, answer)["likes"]}, cx.now()))
        return found

    async def account_metrics(self, cx: Context, access: Access) -> Metrics:
        answer = await cx.http.send("GET", f"{access.account.server}/me", token=access.tokens.access)
        return Metrics(access.account.external_id, {"followers": _read(cx, answer)["followers"]}, cx.now())


async def _account(cx: Context, server: str, key: Secret) -> Account:
    answer = await cx.http.send("GET", f"{server}/me", token=key)
    me = _read(cx, answer)
    return Account(external_id=f"{server}/people/{me['id']}", handle=me["name"], name=me["name"], server=server)


def _read(cx: Context, answer: Answer) -> dict[str, Any]:
    """The answer's object, or the fault that the answer stands for."""
    if not answer.ok:
        error = answer.json().get("error", {}) if answer.body.startswith(b"{") else {}
        raise PlatformFault(
            classify(
                FAULTS,
                status=answer.status,
                code=error.get("code"),
                words=error.get("message", ""),
                effect=answer.effect,
                retry_after=retry_after(answer.headers, now=cx.now()),
            )
        )
    body = answer.json()
    return body if isinstance(body, dict) else {}


def _ref(body: Mapping[str, Any], answer: Answer) -> PublishedRef:
    try:
        return PublishedRef(id=body["id"], url=body["url"])
    except KeyError:
        kind = FaultKind.UNEXPECTED_ANSWER
        fault = Fault(kind, "Murmur did not name the note.", hint=HINTS[kind], effect=answer.effect)
        raise PlatformFault(fault) from None


def _note(access: Access, key: str) -> str:
    return f"{access.account.server}/notes/{key}"


def _cannot(why: str) -> NoReturn:
    raise PlatformFault(Fault(FaultKind.NOT_FOUND, why, hint="Choose another way."))
