"""Sends a post, and finds out afterwards whether it is there.

The record's key is ours (`keys`), so the same post can be sent twice and stands there once:

* A post alone is written by `putRecord`. `swapRecord: null` forbids the server to overwrite a record. The same
  record again is answered with success, or on some servers with `InvalidSwap`: then what stands there is read.
* A post with a thread gate is written together with it by `applyWrites`, in one commit: Bluesky reads the gate only
  after its post, and a gate that came in a second request would leave the post open in between. A key that exists
  already is answered with a 500, which counts as unknown, and `reconcile` then finds the post.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.bluesky import media, record, xrpc
from connectors.bluesky.faults import unexpected
from connectors.bluesky.names import POST, THREADGATE, RecordAddress, permalink, record_address
from connectors.contract import (
    Absent,
    Access,
    Context,
    Failed,
    Finding,
    Found,
    Outcome,
    Published,
    PublishedRef,
    PublishTask,
    Undecided,
    Unknown,
)
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.transport import Answer

GATE = "gate"
"""In `PublishedRef.extra`: the address of the thread gate that belongs to the post."""


async def publish(cx: Context, access: Access, task: PublishTask) -> Outcome:
    """The one irreversible request. A fault becomes an outcome: `Failed` where it proves that nothing was written."""
    try:
        answer, cid = await _write(cx, access, task)
    except PlatformFault as refused:
        if refused.fault.code == "InvalidSwap":
            return await _standing(cx, access, task, refused)
        return Unknown(refused.fault) if refused.fault.effect is Effect.UNKNOWN else Failed(refused.fault)
    return Published(_ref(access, task, cid)) if cid else Unknown(_no_cid(answer).fault)


async def reconcile(cx: Context, access: Access, task: PublishTask) -> Finding:
    """Ask the account's server for the record under our key. Needs no token; raises what time will mend."""
    here = record.address(access.account.external_id, task)
    try:
        answer = await xrpc.read(
            cx,
            access.account.server,
            "com.atproto.repo.getRecord",
            {"repo": here.did, "collection": here.collection, "rkey": here.key},
        )
        cid = xrpc.text(answer, "cid")
    except PlatformFault as refused:
        match refused.fault.kind:
            case FaultKind.NOT_FOUND if refused.fault.code == "RecordNotFound" or refused.fault.status == 400:
                return Absent(f"The server has no record {here}.")
            case FaultKind.NOT_FOUND | FaultKind.ACCOUNT_GONE | FaultKind.UNEXPECTED_ANSWER | FaultKind.INVALID_CONTENT:
                # Also a plain 404: a proxy in front of the server says that, of the address and not of the record.
                return Undecided(f"The server was asked for {here} and did not say: {refused.fault.message}")
            case _:
                raise
    return Found(_ref(access, task, cid), f"The server has the record {here} with the content {cid}.")


async def delete(cx: Context, access: Access, ref: PublishedRef) -> None:
    """Remove the post, then its thread gate. What is gone already is fine: the server says success again."""
    await _remove(cx, access, record_address(ref.id))
    if gate := ref.extra.get(GATE):
        await _remove(cx, access, record_address(gate))


async def _write(cx: Context, access: Access, task: PublishTask) -> tuple[Answer, str | None]:
    did = access.account.external_id
    here = record.address(did, task)
    post = record.post(task, media.blobs(task.checkpoint), media.dids(task.checkpoint))
    gate = record.gate(did, task)
    if gate is None:
        put = {"repo": did, "collection": POST, "rkey": here.key, "record": post, "swapRecord": None}
        answer = await xrpc.procedure(cx, access, "com.atproto.repo.putRecord", put, effect=True)
        return answer, _cid(xrpc.body(answer), here)
    writes = [_create(POST, here.key, post), _create(THREADGATE, here.key, gate)]
    answer = await xrpc.procedure(
        cx, access, "com.atproto.repo.applyWrites", {"repo": did, "writes": writes}, effect=True
    )
    results = xrpc.body(answer).get("results")
    found = (_cid(item, here) for item in (results if isinstance(results, list) else []) if isinstance(item, dict))
    return answer, next((cid for cid in found if cid), None)


async def _standing(cx: Context, access: Access, task: PublishTask, refused: PlatformFault) -> Outcome:
    """The outcome where our key is taken: nobody else knows it, so what stands there came from an earlier try."""
    try:
        finding = await reconcile(cx, access, task)
    except PlatformFault:
        # The refusal itself is certain; the application asks again what stands there (a duplicate is reconciled).
        return Failed(refused.fault)
    return Published(finding.ref) if isinstance(finding, Found) else Failed(refused.fault)


def _create(collection: str, key: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$type": "com.atproto.repo.applyWrites#create",
        "collection": collection,
        "rkey": key,
        "value": value,
    }


def _cid(result: Mapping[str, Any], here: RecordAddress) -> str | None:
    cid = result.get("cid")
    return cid if isinstance(cid, str) and cid and result.get("uri") == str(here) else None


def _ref(access: Access, task: PublishTask, cid: str) -> PublishedRef:
    here = record.address(access.account.external_id, task)
    extra = {"cid": cid}
    if record.gate(access.account.external_id, task) is not None:
        extra[GATE] = str(record.gate_of(here))
    return PublishedRef(str(here), permalink(here.did, here.key), extra)


def _no_cid(answer: Answer) -> PlatformFault:
    return unexpected("The server took the post but did not say under which address it stands.", answer)


async def _remove(cx: Context, access: Access, target: RecordAddress) -> None:
    body = {"repo": target.did, "collection": target.collection, "rkey": target.key}
    await xrpc.procedure(cx, access, "com.atproto.repo.deleteRecord", body)
