"""The routes of a bridge."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from wattbook.bridge.attesting.peers import CHECK, SIGN
from wattbook.bridge.attesting.vouching import Vouching, on_chain, tree_over
from wattbook.bridge.attesting.wire import (
    MOST,
    SIGNATURE,
    Answer,
    Proposal,
    WireError,
    dump_answer,
    load_proposal,
    sender_of,
)
from wattbook.bridge.config import Peer
from wattbook.bridge.http.access import Access, AccessDenied
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Batch, Leaf, OutboxError

Health = Callable[[], dict[str, Any]]
_GREATEST = 2**63 - 1


class Pages:
    """What each route answers."""

    def __init__(
        self,
        vouching: Vouching,
        outbox: Outbox,
        peers: Sequence[Peer],
        access: Access,
        health: Health,
        metrics: Callable[[], bytes],
    ) -> None:
        self._vouching = vouching
        self._outbox = outbox
        self._peers = {peer.address for peer in peers}
        self._access = access
        self._health = health
        self._metrics = metrics

    def app(self, more: Sequence[BaseRoute]) -> Starlette:
        """The application, with the routes that sources have."""
        routes = [
            Route("/health", self.health),
            Route("/metrics", self.metrics),
            Route(CHECK, self.check, methods=["POST"]),
            Route(SIGN, self.sign, methods=["POST"]),
            Route("/leaves/{zone}/{time}/{version}", self.leaves),
            Route("/readings/{zone}/{time}/{version}/{device}", self.reading),
        ]
        return Starlette(routes=[*routes, *more])

    # ---------------------------------------------------------------------------------------------------- operators

    def health(self, request: Request) -> Response:
        found = self._health()
        return JSONResponse(found, 200 if found["healthy"] else 503)

    def metrics(self, request: Request) -> Response:
        try:
            return PlainTextResponse(self._metrics(), media_type="text/plain; version=0.0.4")
        except OutboxError as error:
            return PlainTextResponse(f"{error}\n", 503)

    # ---------------------------------------------------------------------------------------------------- attesters

    async def check(self, request: Request) -> Response:
        return await self._attest(request, lambda proposal, _: self._vouching.check(proposal))

    async def sign(self, request: Request) -> Response:
        return await self._attest(request, self._vouching.sign)

    async def _attest(self, request: Request, answer: Callable[[Proposal, str], Answer]) -> Response:
        """Who is no peer costs nothing but the look at his signature."""
        if int(request.headers.get("content-length", MOST + 1)) > MOST:
            return _refusal(413, f"a proposal has at most {MOST} bytes")
        body = await request.body()
        try:
            path, signature = request.url.path, request.headers.get(SIGNATURE, "")
            sender = sender_of(path, self._vouching.address, body, signature)
        except WireError as error:
            return _refusal(400, str(error))
        if sender not in self._peers:
            return _refusal(403, f"{sender} is no attester that this bridge works with")
        return await run_in_threadpool(self._answered, sender, body, answer)

    def _answered(self, sender: str, body: bytes, answer: Callable[[Proposal, str], Answer]) -> Response:
        try:
            proposal = load_proposal(body)
        except WireError as error:
            return _refusal(400, str(error))
        if not self._vouching.is_ours(proposal):
            return _refusal(409, "this bridge is another market's")
        found = answer(proposal, sender)
        self._vouching.report(sender, proposal, found.objections)
        return Response(dump_answer(found), media_type="application/json")

    # ------------------------------------------------------------------------------------------------------ members

    def leaves(self, request: Request) -> Response:
        """The hashes of all leaves, for anyone: they make the root and the data hash, and tell nobody's load."""
        batch = self._batch(request)
        if batch is None:
            return _refusal(404, "this bridge has no readings of this zone, time and version")
        found = self._outbox.batches.leaves(batch.id)
        hashes = [{"device": leaf.device, "contentHash": "0x" + on_chain(leaf).content_hash.hex()} for leaf in found]
        return JSONResponse({**_described(batch), "leaves": hashes})

    def reading(self, request: Request) -> Response:
        """A reading's values with its proof, for those whom it concerns."""
        batch, device = self._batch(request), _number(request, "device")
        leaf = self._outbox.batches.leaf(batch.id, device) if batch and device is not None else None
        if batch is None or device is None or leaf is None:
            return _refusal(404, "this bridge has no such reading")
        try:
            self._access.require(request.headers.get("authorization"), device, batch.time, batch.version)
        except AccessDenied as error:
            return _refusal(403, str(error))
        tree = tree_over(self._outbox.batches.leaves(batch.id))
        place = tree.place(device)
        proof = ["0x" + one.hex() for one in tree.proof(place)]
        return JSONResponse({**_described(batch), "place": place, "proof": proof, **_values(leaf)})

    def _batch(self, request: Request) -> Batch | None:
        zone, time, version = (_number(request, name) for name in ("zone", "time", "version"))
        if zone is None or time is None or version is None:
            return None
        return self._outbox.batches.find(zone, time, version)


def _number(request: Request, name: str) -> int | None:
    """A number in a path; None when a database cannot hold it, so that nothing is under it. Python refuses to read very
    long ones."""
    word = request.path_params[name]
    if not (word.isascii() and word.isdigit() and len(word) <= len(str(_GREATEST))):
        return None
    return number if (number := int(word)) <= _GREATEST else None


def _described(batch: Batch) -> dict[str, Any]:
    return {
        "zone": batch.zone,
        "time": batch.time,
        "version": batch.version,
        "root": "0x" + batch.root.hex(),
        "size": batch.count,
        "dataHash": "0x" + batch.data_hash.hex(),
        "state": batch.state.value,
    }


def _values(leaf: Leaf) -> dict[str, Any]:
    return {
        "device": leaf.device,
        "register": leaf.register,
        "sequence": leaf.sequence,
        "quality": leaf.quality,
        "trust": leaf.trust.value,
        "source": "0x" + leaf.raw_hash.hex(),
        "salt": "0x" + leaf.salt.hex(),
        "contentHash": "0x" + on_chain(leaf).content_hash.hex(),
    }


def _refusal(status: int, reason: str) -> Response:
    return Response(json.dumps({"error": reason}), status, media_type="application/json")
