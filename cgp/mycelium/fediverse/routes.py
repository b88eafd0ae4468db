"""Routes of the actor: WebFinger, NodeInfo, actor, inbox, outbox, followers and posts."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Query, Request
from starlette.responses import Response

from cgp.api.access import client_of
from cgp.api.bodies import read_body
from cgp.mycelium.fediverse.documents import ACTIVITY_JSON, MAX_BYTES
from cgp.mycelium.fediverse.errors import DocumentError, NoRoomError, SignatureError
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.local_actor import CONTEXT
from cgp.mycelium.fediverse.service import ActorService
from cgp.signing import RateLimit, Refusal

logger = logging.getLogger(__name__)

PER_MINUTE: Final = 1200
"""Requests to the inbox a minute from one address: a big server delivers for all of its users."""

AT_ONCE: Final = 8
"""Requests of one address at once: one whose key must be fetched first waits for another server."""

PAGE: Final = 20
# Pages are named by numbers of posts, which are numbers of SQLite.
_LAST_PAGE: Final = (1 << 63) - 1
_ACTIVITY_TYPES: Final = ("application/activity+json", "application/ld+json", "application/json")


def make_actor_app(service: ActorService) -> FastAPI:
    """Return an application with the actor's routes alone."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.at_exit = []
    app.include_router(actor_router(service))
    app.add_exception_handler(Refusal, _on_refusal)
    return app


def actor_router(service: ActorService) -> APIRouter:
    """Return the routes of an open actor, to be added to any application at its root."""
    routes = _ActorRoutes(service)
    path = f"/users/{service.actor.name}"
    router = APIRouter()
    for route, answer in (
        ("/.well-known/webfinger", routes.web_finger),
        ("/.well-known/nodeinfo", routes.node_info_links),
        ("/nodeinfo/2.1", routes.node_info),
        (path, routes.document),
        (f"{path}/followers", routes.followers),
        (f"{path}/outbox", routes.outbox),
        (f"{path}/statuses/{{rest:path}}", routes.post),
    ):
        router.add_api_route(route, answer, methods=["GET"], include_in_schema=False)
    for route in (f"{path}/inbox", "/inbox"):
        router.add_api_route(route, routes.inbox, methods=["POST"], include_in_schema=False)
    return router


class _ActorRoutes:
    """Answers to requests about one actor."""

    def __init__(self, service: ActorService) -> None:
        self._service = service
        self._actor = service.actor
        self._rates = RateLimit(PER_MINUTE)
        self._in_flight: Counter[str] = Counter()

    async def web_finger(self, resource: str = "") -> Response:
        document = self._actor.web_finger(resource)
        return _json(document, "application/jrd+json") if document else _missing()

    async def node_info_links(self) -> Response:
        return _json(self._actor.node_info_links(), "application/json")

    async def node_info(self) -> Response:
        count = await self._service.store.count_posts()
        return _json(self._actor.node_info(count), "application/json")

    async def document(self) -> Response:
        return _json(self._actor.document())

    async def followers(self) -> Response:
        # Their number alone: followers did not agree to be listed.
        total = await self._service.store.count_followers()
        return _json(self._actor.collection(self._actor.followers, total))

    async def outbox(
        self, page: Annotated[int | None, Query(ge=0, le=_LAST_PAGE)] = None
    ) -> Response:
        address = self._actor.outbox
        if page is None:
            total = await self._service.store.count_posts()
            return _json(self._actor.collection(address, total, f"{address}?page=0"))
        # Page 0 begins with the youngest post, page N with the one before post N.
        posts = await self._service.store.public_posts(page or None, PAGE)
        document: dict[str, Any] = {
            "@context": CONTEXT,
            "id": f"{address}?page={page}",
            "type": "OrderedCollectionPage",
            "partOf": address,
            "orderedItems": [json.loads(post.document) for _, post in posts],
        }
        if len(posts) == PAGE:
            document["next"] = f"{address}?page={posts[-1][0]}"
        return _json(document)

    async def post(self, request: Request) -> Response:
        path = request.url.path
        text = await self._service.store.public_post(f"{self._actor.origin}{path}")
        if text is None:
            return _missing()
        activity = json.loads(text)
        if path.endswith("/activity"):
            return _json(activity)
        return _json({"@context": activity["@context"], **activity["object"]})

    async def inbox(self, request: Request) -> Response:
        client = client_of(request)
        wait = self._rates.wait(client)
        if wait or self._in_flight[client] >= AT_ONCE:
            raise Refusal(429, "TooManyRequests", "slow down", retry_after=wait or 1.0)
        self._rates.count(client)
        self._in_flight[client] += 1
        try:
            return await self._take(request)
        finally:
            self._in_flight[client] -= 1
            if not self._in_flight[client]:
                del self._in_flight[client]

    async def _take(self, request: Request) -> Response:
        message = await _message_of(request, self._actor.origin)
        try:
            await self._service.receive(message)
        except SignatureError as error:
            # 401 is the answer at which other servers try the other form of signature.
            raise Refusal(401, "BadSignature", str(error)) from None
        except DocumentError as error:
            raise Refusal(400, "BadActivity", str(error)) from None
        except NoRoomError as error:
            raise Refusal(503, "NoRoom", str(error)) from None
        return Response(status_code=202)


async def _message_of(request: Request, origin: str) -> HttpMessage:
    """Return a request as its sender signed it, with the host that we are reached by."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _ACTIVITY_TYPES:
        raise Refusal(415, "UnsupportedMediaType", f"Content-Type: must be {ACTIVITY_JSON}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "UnsupportedMediaType", "Content-Encoding: send it uncompressed")
    body = await read_body(request, MAX_BYTES)
    if not body:
        raise Refusal(400, "BadActivity", "the body is empty")
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        # Of a header that is given twice the values are joined, as both forms of signature say.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    target = request.scope["raw_path"].decode("latin-1")
    if query := request.scope["query_string"].decode("latin-1"):
        target += f"?{query}"
    return HttpMessage(request.method, origin + target, headers, body)


def _json(document: Mapping[str, Any], media_type: str = ACTIVITY_JSON) -> Response:
    return Response(
        json.dumps(document, ensure_ascii=False), media_type=media_type, headers={"Vary": "Accept"}
    )


def _missing() -> Response:
    return Response('{"error":"NotFound"}', 404, media_type="application/json")


async def _on_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    logger.info("Refused: %s %s", error.status, error.error)
    body = json.dumps({"error": error.error, "detail": error.detail})
    return Response(body, error.status, headers=error.headers, media_type="application/json")
