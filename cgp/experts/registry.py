"""A repository of an OCI registry: blobs and manifests by digest, and tags.

``oras`` speaks to the registry, and logs in with what ``docker login`` keeps. Everything that comes
is checked against the digest that it was asked for, and against a bound of its size.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cgp.experts.block import Payload, digest_of
from cgp.experts.errors import ExpertsError
from cgp.extras import how_to_install
from cgp.foreign_text import shown

if TYPE_CHECKING:
    import requests

MAX_INDEX: Final = 4_000_000
"""Most bytes of an index: registries take no larger manifest."""
_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 60.0
_LEAST_RATE: Final = 20_000
"""Bytes in a second below which an answer is given up."""
_SHOWN_BYTES: Final = 200
"""Most bytes of a refusal that are read and shown."""
_NOT_FOUND: Final = 404
_GOOD: Final = range(200, 300)
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_ADDRESS: Final = re.compile(
    rf"((?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)(?::[0-9]+)?)/({_PART}(?:/{_PART})*)"
)


class RegistryError(
    ExpertsError,
    code="experts.registry",
    remedy="check the address HOST[:PORT]/NAME and `docker login HOST`, then repeat the command",
):
    """A registry cannot be reached, refuses, or gives other bytes than it should."""


class AddressError(
    RegistryError,
    code="experts.registry_address",
    remedy="name a registry's repository; a folder needs none: a ledger's folder is an OCI layout, so"
    " copy it whole and name the copy by --ledger (docs/experts.md)",
):
    """A text is not the address of a repository."""


class ContentError(RegistryError, code="experts.registry_content"):
    """A registry lacks one thing, or gives other bytes for it; it answers all the same."""


class RegistryExtraError(
    ExpertsError, code="experts.registry_extra", remedy=how_to_install("experts")
):
    """The package that speaks to registries is missing."""


class Repository:
    """One repository, such as ``registry.example.org/team/experts``.

    A registry on this machine is spoken to in plain HTTP; another one only with ``plain_http``.
    ``seconds`` is the longest silence of the registry; an answer may take four times as long, and
    longer by its size.

    Raises:
        AddressError: if the address is none.
        RegistryError: if no registry answers there.
        RegistryExtraError: if ``oras`` is missing.
    """

    def __init__(
        self, address: str, *, plain_http: bool = False, seconds: float = _READ_SECONDS
    ) -> None:
        host, name = _parts(address)
        try:
            from oras.container import Container

            from cgp.experts.registry_http import bounded_registry
        except ImportError:
            raise RegistryExtraError("registries need the package oras") from None
        self.address = address
        self._container = Container(f"{name}:latest", registry=host)
        self._seconds = seconds
        self._registry = bounded_registry(
            host,
            insecure=plain_http or _is_here(host),
            seconds=(_CONNECT_SECONDS, seconds),
        )
        self._check_that_it_answers(host)
        self._registry.auth.load_configs(self._container)

    def has_blob(self, payload: Payload) -> bool:
        """Tell whether the registry has a blob."""
        url = self._container.get_blob_url(payload.digest)
        return self._ask(url, "HEAD").status_code in _GOOD

    def has_manifest(self, digest: str, media_type: str) -> bool:
        """Tell whether the registry has a manifest."""
        url = self._container.manifest_url(digest)
        return self._ask(url, "HEAD", headers={"Accept": media_type}).status_code in _GOOD

    def send_blob(self, path: Path, payload: Payload) -> bool:
        """Send a file, unless it is there; return whether it was sent.

        Raises:
            RegistryError: if the registry does not take it.
        """
        if self.has_blob(payload):
            return False
        layer = {"digest": payload.digest, "size": payload.size}
        response = self._guard(
            lambda: self._registry.put_upload(str(path), self._container, layer), payload.size
        )
        self._require_good(response, f"the blob {payload.digest}")
        return True

    def send_manifest(self, data: bytes, reference: str, media_type: str) -> None:
        """Send a manifest by its digest, or under a tag.

        Raises:
            RegistryError: if the registry does not take it.
        """
        response = self._ask(
            self._container.manifest_url(reference),
            "PUT",
            data=data,
            headers={"Content-Type": media_type},
            stream=True,
        )
        with response:
            self._guard(lambda: self._require_good(response, f"the manifest {reference}"))

    def blob(self, payload: Payload) -> bytes:
        """Return a blob.

        Raises:
            ContentError: if the registry has none of that digest, or gives other bytes.
        RegistryError: if it cannot be reached, or refuses.
        """
        url = self._container.get_blob_url(payload.digest)
        data = self._read(url, payload.size, f"the blob {payload.digest}", {})
        if digest_of(data) != payload.digest:
            raise ContentError(f"{self.address} gives other bytes for {payload.digest}")
        return data

    def manifest(self, reference: str, media_type: str, most_bytes: int) -> bytes:
        """Return a manifest by its digest, or that of a tag.

        Raises:
            ContentError: if there is none, it is too large, or it has another digest.
        RegistryError: if the registry cannot be reached, or refuses.
        """
        data = self._read(
            self._container.manifest_url(reference),
            most_bytes,
            f"the manifest {reference}",
            {"Accept": media_type},
        )
        if reference.startswith("sha256:") and digest_of(data) != reference:
            raise ContentError(f"{self.address} gives other bytes for {reference}")
        return data

    def has_tag(self, tag: str, media_type: str) -> bool:
        """Tell whether there is a manifest of a tag."""
        return self.has_manifest(tag, media_type)

    def _read(self, url: str, most_bytes: int, content: str, headers: dict[str, str]) -> bytes:
        def take() -> bytes:
            with self._ask(url, "GET", headers=headers, stream=True) as response:
                self._require_good(response, content)
                data = bytearray()
                for chunk in response.iter_content(1 << 16):
                    data += chunk
                    # A registry that sends without an end is cut off.
                    if len(data) > most_bytes:
                        raise ContentError(f"{content} has more than {most_bytes:,} bytes")
                return bytes(data)

        data: bytes = self._guard(take, most_bytes)
        return data

    def _ask(self, url: str, method: str, **more: Any) -> requests.Response:  # noqa: ANN401 - the library's
        response: requests.Response = self._guard(
            lambda: self._registry.do_request(f"{self._registry.prefix}://{url}", method, **more),
            len(more.get("data", b"")),
        )
        return response

    def _guard(self, action: Callable[[], Any], size: int = 0) -> Any:  # noqa: ANN401 - responses and their chunks
        from cgp.experts.registry_http import FAULTS, LOGIN_FAULTS, within

        try:
            return within(4 * self._seconds + size / _LEAST_RATE, action)
        except (TimeoutError, *FAULTS) as error:
            raise RegistryError(f"{self.address}: {shown(str(error))[:500]}") from error
        except LOGIN_FAULTS as error:
            raise RegistryError(
                f"{self.address} asks for a login in words that are none: {error}"
            ) from error

    def _require_good(self, response: requests.Response, content: str) -> None:
        if response.status_code == _NOT_FOUND:
            raise ContentError(f"{self.address} does not have {content}")
        if response.status_code not in _GOOD:
            # Of an answer that is streamed no more is read: it may be without an end.
            words = next(response.iter_content(_SHOWN_BYTES), b"").decode(errors="replace")
            raise RegistryError(
                f"{self.address} answers {response.status_code} for {content}: {words!r}"
            )

    def _check_that_it_answers(self, host: str) -> None:
        # Asked without the library, which tries a dead address for two minutes.
        response = self._guard(
            lambda: self._registry.session.get(f"{self._registry.prefix}://{host}/v2/", stream=True)
        )
        response.close()
        # 401 asks for a login, which comes with the first request.
        if response.status_code not in {*_GOOD, 401}:
            raise RegistryError(f"{host} is not an OCI registry: it answers {response.status_code}")


def _parts(address: str) -> tuple[str, str]:
    """Return host and name of an address, without asking anybody whether there is such a host."""
    match = _ADDRESS.fullmatch(address)
    # As container tools read it: `data/experts` names no host, and is mostly meant as a folder.
    if match is None or not (match[1] == "localhost" or set(match[1]) & set(".:")):
        raise AddressError(
            f"{address!r} is not an address of a repository: HOST[:PORT]/NAME, such as"
            " registry.example.org/team/experts, where HOST has a dot or a port, or is localhost,"
            " and NAME has small letters and digits"
        )
    return match[1], match[2]


def _is_here(host: str) -> bool:
    name = host.rsplit(":", 1)[0].strip("[]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
