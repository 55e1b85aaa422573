"""The methods of `com.atproto.repo`: records and blobs.

Observed behaviour of the real server that clients rely on is kept: `putRecord` of the same content is no write and
answers without `commit`; `createRecord` with a key that exists answers 500.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from connectors.sandbox.bluesky.accounts import Account, Accounts
from connectors.sandbox.bluesky.authentication import Authentication
from connectors.sandbox.bluesky.cid import cid_of_record
from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.bluesky.formats import is_record_key, is_tid
from connectors.sandbox.bluesky.lexicon import LexiconError, check_record, lexicon
from connectors.sandbox.bluesky.limits import CREATE, DELETE, UPDATE, spend_write
from connectors.sandbox.bluesky.repository import Repository, StoredRecord, Write
from connectors.sandbox.bluesky.uploads import Uploads
from connectors.sandbox.bluesky.xrpc import answer, procedure, query, violation
from connectors.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Records:
    """Handlers of the record methods."""

    world: World
    accounts: Accounts
    authentication: Authentication
    repository: Repository
    uploads: Uploads

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            procedure("com.atproto.repo.putRecord", self.put),
            procedure("com.atproto.repo.createRecord", self.create),
            procedure("com.atproto.repo.deleteRecord", self.delete),
            procedure("com.atproto.repo.applyWrites", self.apply),
            query("com.atproto.repo.getRecord", self.get),
            query("com.atproto.repo.listRecords", self.list),
        ]

    async def put(self, request: Request, body: dict[str, Any]) -> Response:
        """Create or overwrite a record."""
        account = self._own(request, body)
        existing = self.repository.get(account.did, body["collection"], body["rkey"])
        write = Write(body["collection"], body["rkey"], body["record"])
        record, status = self._checked(request, account, write, validate=body.get("validate"))
        uri = f"at://{account.did}/{body['collection']}/{body['rkey']}"
        cid = cid_of_record(record)
        if existing is not None and existing.cid == cid:
            return answer({"uri": uri, "cid": cid, "validationStatus": status})
        if "swapRecord" in body and body["swapRecord"] != (existing.cid if existing else None):
            raise XrpcError("InvalidSwap", f"Record was at {existing.cid if existing else 'null'}")
        headers = spend_write(self.world, account.did, UPDATE if existing else CREATE)
        commit = self.repository.write(account, [Write(body["collection"], body["rkey"], record)])
        return answer({"uri": uri, "cid": cid, "commit": commit, "validationStatus": status}, headers)

    async def create(self, request: Request, body: dict[str, Any]) -> Response:
        """Create a record, with a key of the server's unless one is given."""
        account = self._own(request, body)
        rkey = body.get("rkey") or self.repository.new_tid()
        write = Write(body["collection"], rkey, body["record"])
        record, status = self._checked(request, account, write, validate=body.get("validate"))
        self._refuse_existing(account, body["collection"], rkey)
        headers = spend_write(self.world, account.did, CREATE)
        commit = self.repository.write(account, [Write(body["collection"], rkey, record)])
        uri = f"at://{account.did}/{body['collection']}/{rkey}"
        return answer({"uri": uri, "cid": cid_of_record(record), "commit": commit, "validationStatus": status}, headers)

    async def delete(self, request: Request, body: dict[str, Any]) -> Response:
        """Delete a record; deleting what is not there is fine."""
        account = self._own(request, body)
        existing = self.repository.get(account.did, body["collection"], body["rkey"])
        if "swapRecord" in body and body["swapRecord"] != (existing.cid if existing else None):
            raise XrpcError("InvalidSwap", f"Record was at {existing.cid if existing else 'null'}")
        if existing is None:
            return answer({})
        headers = spend_write(self.world, account.did, DELETE)
        return answer(
            {"commit": self.repository.write(account, [Write(body["collection"], body["rkey"], None)])}, headers
        )

    async def apply(self, request: Request, body: dict[str, Any]) -> Response:
        """Several writes: all of them or none."""
        account = self._own(request, body)
        writes: list[Write] = []
        results: list[dict[str, Any]] = []
        points = 0
        for item in body["writes"]:
            kind = item["$type"].rpartition("#")[2]
            rkey = item.get("rkey") or self.repository.new_tid()
            result = {"$type": f"com.atproto.repo.applyWrites#{kind}Result"}
            if kind == "delete":
                writes.append(Write(item["collection"], rkey, None))
                points += DELETE
            else:
                write = Write(item["collection"], rkey, item["value"])
                record, status = self._checked(request, account, write, validate=body.get("validate"))
                if kind == "create":
                    self._refuse_existing(account, item["collection"], rkey)
                points += CREATE if kind == "create" else UPDATE
                writes.append(Write(item["collection"], rkey, record))
                uri = f"at://{account.did}/{item['collection']}/{rkey}"
                result |= {"uri": uri, "cid": cid_of_record(record), "validationStatus": status}
            results.append(result)
        headers = spend_write(self.world, account.did, points)
        return answer({"commit": self.repository.write(account, writes), "results": results}, headers)

    async def get(self, _request: Request, params: dict[str, Any]) -> Response:
        """One record."""
        record = self.repository.get(self._repo(params["repo"]).did, params["collection"], params["rkey"])
        if record is None or params.get("cid") not in (None, record.cid):
            uri = f"at://{params['repo']}/{params['collection']}/{params['rkey']}"
            raise XrpcError("RecordNotFound", f"Could not locate record: {uri}")
        return answer(_shown(record))

    async def list(self, _request: Request, params: dict[str, Any]) -> Response:
        """The records of a collection, newest first."""
        found = self.repository.list(self._repo(params["repo"]).did, params["collection"])
        cursor = params.get("cursor")
        if params.get("reverse"):
            found = [item for item in reversed(found) if cursor is None or item[0] > cursor]
        else:
            found = [item for item in found if cursor is None or item[0] < cursor]
        page = found[: params["limit"]]
        more = {"cursor": page[-1][0]} if page else {}
        return answer({"records": [_shown(record) for _, record in page], **more})

    def _own(self, request: Request, body: dict[str, Any]) -> Account:
        """The caller, who may write to the own repository only."""
        account = self.authentication.caller(request, write=True)
        if body["repo"].lower() not in (account.did, account.handle):
            raise XrpcError("AccountNotFound", f"Could not find repo: {body['repo']}", 403)
        return account

    def _repo(self, identifier: str) -> Account:
        account = self.accounts.find(identifier)
        if account is None:
            raise XrpcError("RepoNotFound", f"Could not find repo: {identifier}")
        return account

    def _refuse_existing(self, account: Account, collection: str, rkey: str) -> None:
        if self.repository.get(account.did, collection, rkey) is not None:
            raise XrpcError("InternalServerError", "Internal Server Error", 500)

    def _checked(
        self, request: Request, account: Account, write: Write, *, validate: bool | None
    ) -> tuple[dict[str, Any], str]:
        """The record as it will be stored and its validation status. Raises XrpcError for what the server refuses."""
        collection, rkey = write.collection, write.rkey
        record = {"$type": collection, **(write.value or {})}
        if record["$type"] != collection:
            raise violation(request, f"Invalid $type: expected {collection}, got {record['$type']}")
        key = ((lexicon(collection) or {}).get("main") or {}).get("key")
        if not is_record_key(rkey) or (key == "tid" and not is_tid(rkey)):
            raise violation(request, f"Invalid record key for {collection}: expected a TID, got {rkey}")
        known = False
        if validate is not False:
            try:
                known = check_record(collection, record)
                cid_of_record(record)
            except LexiconError as error:
                raise violation(request, f"Invalid {collection} record: {error}") from None
            except ValueError as error:
                raise violation(request, f"Invalid record: {error}") from None
            if validate and not known:
                raise XrpcError("InvalidRequest", f"Unknown lexicon type: {collection}")
        for blob in _blobs(record):
            self.uploads.check_reference(account.did, blob)
        return record, "valid" if known else "unknown"


def _shown(record: StoredRecord) -> dict[str, Any]:
    return {"uri": record.uri, "cid": record.cid, "value": record.value}


def _blobs(value: Any) -> Iterator[dict[str, Any]]:
    """Every blob that a record refers to."""
    if isinstance(value, dict):
        if value.get("$type") == "blob":
            yield value
        else:
            for inner in value.values():
                yield from _blobs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _blobs(inner)
