"""An account on somebody's instance, by the API of Mastodon (``Mastodon.py``, in threads).

GoToSocial, Pleroma and others speak the same API. All that an instance sends is data: its records
are read field by field, and texts come out plain.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cgp.extras import how_to_install
from cgp.mycelium.fediverse.addresses import require_fetchable
from cgp.mycelium.fediverse.errors import AccountError, FediverseError
from cgp.mycelium.fediverse.post_text import plain_text

if TYPE_CHECKING:
    from mastodon import Mastodon

PAGE: Final = 40
"""Posts of a page: the most that Mastodon gives."""

REQUEST_SECONDS: Final = 20.0
_LEAST_PAUSE: Final = 10.0
_LONGEST_PAUSE: Final = 900.0
_REFUSALS: Final = frozenset({400, 403, 404, 410, 413, 422})


class InstanceAwayError(
    FediverseError, code="fediverse.instance_away", remedy="it is tried again by itself"
):
    """An instance cannot answer now; ``seconds`` is how long to leave it alone.

    ``is_uncertain`` is true where a request may have been carried out all the same.
    """

    def __init__(self, message: str, *, seconds: float = 0.0, is_uncertain: bool = True) -> None:
        self.seconds = seconds
        self.is_uncertain = is_uncertain
        super().__init__(message)


class PostRefusedError(
    FediverseError, code="fediverse.post_refused", remedy="the post it answers may be deleted"
):
    """An instance refuses a post for good."""


@dataclass(frozen=True, slots=True)
class InstancePost:
    """A post as an instance shows it. ``text`` is plain; ``reply_to`` is empty for a first post."""

    id: str
    author: str
    handle: str
    is_bot: bool
    text: str
    visibility: str
    reply_to: str


class MastodonAccount:
    """An account with its access token. ``clock`` gives seconds since 1970.

    Raises:
        AccountError: if ``Mastodon.py`` is not installed.
        UnsafeAddressError: if the address is not an https address (or loopback, where tests allow
            it).
    """

    def __init__(
        self,
        instance_url: str,
        token: str,
        *,
        allow_loopback: bool = False,
        seconds: float = REQUEST_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        require_fetchable(instance_url, allow_loopback=allow_loopback)
        try:
            from mastodon import Mastodon
        except ModuleNotFoundError as error:
            raise AccountError(f"this needs Mastodon.py: {how_to_install('mycelium')}") from error
        self._clock = clock
        self._api: Mastodon = Mastodon(
            access_token=token,
            api_base_url=instance_url.rstrip("/"),
            # Waiting is the bot's: a library that sleeps in a thread cannot be ended.
            ratelimit_method="throw",
            request_timeout=seconds,
            version_check_mode="none",
        )
        self._id = ""

    async def own_id(self, name: str = "") -> str:
        """Return the account's id on its instance, asked once.

        Raises:
            AccountError: if the token is not valid, or of another account than ``name``.
            InstanceAwayError: if the instance cannot answer.
        """
        # The token belongs to one account for good.
        if not self._id:
            try:
                document = await self._call(self._api.account_verify_credentials)
            except PostRefusedError as error:
                raise AccountError(f"the key may not read its account: {error}") from error
            own_name = str(document["username"])
            if name and own_name.lower() != name.lower().lstrip("@"):
                raise AccountError(f"the key is of the account {own_name!r}, not of {name!r}")
            self._id = str(document["id"])
        return self._id

    async def mention_page(self, after: str) -> list[tuple[str, InstancePost]]:
        """Return the oldest mentions after a notification, oldest first, each with its mark.

        Without ``after`` it is the youngest one alone. The mark is the notification's id. Raises
        as ``own_id``.
        """
        entries = await self._call(
            self._api.notifications,
            types=["mention"],
            min_id=after or None,
            limit=PAGE if after else 1,
        )
        pairs = ((str(entry["id"]), entry.get("status")) for entry in reversed(_records(entries)))
        return [(mark, _post_of(status)) for mark, status in pairs if status]

    async def tag_page(self, tag: str, after: str) -> list[tuple[str, InstancePost]]:
        """Return posts under a hashtag as ``mention_page`` does; the mark is the post's id."""
        entries = await self._call(
            self._api.timeline_hashtag, tag, min_id=after or None, limit=PAGE if after else 1
        )
        return [(str(entry["id"]), _post_of(entry)) for entry in reversed(_records(entries))]

    async def replies_to(self, post: str) -> list[InstancePost]:
        """Return the posts below a post; none where it is deleted. Raises as ``own_id``."""
        try:
            context = await self._call(self._api.status_context, post)
        except PostRefusedError:
            return []
        return [_post_of(entry) for entry in _records(context.get("descendants"))]

    async def own_posts(self) -> list[InstancePost]:
        """Return the account's youngest posts. Raises as ``own_id``."""
        own_id = await self.own_id()
        entries = await self._call(self._api.account_statuses, own_id, limit=PAGE)
        return [_post_of(entry) for entry in _records(entries)]

    async def post(self, text: str, key: str, *, reply_to: str = "", visibility: str) -> str:
        """Post a text and return its id. The instance takes equal keys within an hour for one post.

        Raises:
            PostRefusedError: if the instance refuses it for good.
            AccountError, InstanceAwayError: as ``own_id``.
        """
        document = await self._call(
            self._api.status_post,
            text,
            in_reply_to_id=reply_to or None,
            visibility=visibility,
            idempotency_key=key,
        )
        return str(document["id"])

    async def _call(self, function: Callable[..., Any], *values: object, **options: object) -> Any:  # noqa: ANN401 - the library's records
        try:
            return await asyncio.to_thread(function, *values, **options)
        except Exception as error:
            raise self._own_error(error) from error

    def _own_error(self, error: Exception) -> Exception:
        """Return a library's error as one of ours, without the text that the instance sent."""
        from mastodon import MastodonAPIError, MastodonError, MastodonRatelimitError

        if isinstance(error, MastodonRatelimitError):
            reset: float | None = getattr(self._api, "ratelimit_reset", None)
            pause = _LEAST_PAUSE if reset is None else reset - self._clock()
            return InstanceAwayError(
                "the instance asks to slow down",
                seconds=min(max(pause, _LEAST_PAUSE), _LONGEST_PAUSE),
                is_uncertain=False,
            )
        # The library puts the status second; an answer that is not JSON has a sentence there.
        status: object = error.args[1] if len(error.args) > 1 else None
        if isinstance(error, MastodonAPIError) and isinstance(status, int):
            if status == 401:
                return AccountError("the instance does not know the key")
            if status in _REFUSALS:
                return PostRefusedError(f"the instance answers {status}")
            return InstanceAwayError(f"the instance answers {status}")
        if isinstance(error, MastodonError | OSError):
            return InstanceAwayError(f"the instance cannot be reached: {type(error).__name__}")
        return error


def _records(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise InstanceAwayError("the instance sends another record than its API says")
    return value[:PAGE]


def _post_of(status: Any) -> InstancePost:  # noqa: ANN401 - the library's record
    try:
        account = status["account"]
        return InstancePost(
            str(status["id"]),
            str(account["id"]),
            str(account["acct"])[:300],
            bool(account.get("bot")),
            plain_text(str(status["content"])),
            str(status["visibility"]),
            str(status.get("in_reply_to_id") or ""),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InstanceAwayError("the instance sends another record than its API says") from error
