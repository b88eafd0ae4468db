"""Addresses that a stranger may have us connect to: public ones only, after names are resolved."""

import asyncio
import ipaddress
import socket

import pytest
from aiohttp import web

from cgp.mycelium.fediverse import addresses
from cgp.mycelium.fediverse.addresses import PublicResolver, is_public, require_fetchable
from cgp.mycelium.fediverse.documents import ACTIVITY_JSON
from cgp.mycelium.fediverse.errors import DocumentError, FetchError, UnsafeAddressError
from cgp.mycelium.fediverse.fetching import Fetcher, FetchLimits
from tests.kit.fediverse import LOOPBACK

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *(f"https://[{a}]/x" if ":" in a and "%" not in a else f"https://{a}/x" for a in INSIDE),
        "http://example.com/x", "ftp://example.com/x", "file:///etc/passwd", "gopher://example.com/",
        "https://localhost/", "https://LOCALHOST./", "https://2130706433/", "https://127.1/",
        "https://0x7f000001/", "https://0177.0.0.1/", "https://user:password@example.com/",
        "https://example.com:0/", "https:///x", "https://exämple.com/", "https://example.com/\nx",
        "https://example.com/" + "x" * 3000, "//example.com/", "", "https://[::1", "https://example.com:99999/",
    ],
)  # fmt: skip
def test_unsafe_addresses_are_refused(url):
    with pytest.raises(UnsafeAddressError):
        require_fetchable(url)


def test_loopback_is_allowed_only_where_a_test_says_so():
    for url in ("http://127.0.0.1:8000/x", "http://localhost/x", "https://[::1]/x"):
        assert require_fetchable(url, allow_loopback=True) == url
    for url in ("http://10.0.0.1/", "https://169.254.169.254/", "http://example.com/"):
        with pytest.raises(UnsafeAddressError):
            require_fetchable(url, allow_loopback=True)


@pytest.mark.parametrize("others", [[], ["93.184.216.34"]])
async def test_a_name_that_leads_inside_is_refused_after_it_is_resolved(monkeypatch, keys, others):
    # Prepare: a name server that answers as an attacker's does (the system's resolver is replaced).
    async def answer(self, host, port=0, family=socket.AF_INET):
        return [
            {"hostname": host, "host": a, "port": port, "family": family, "proto": 0, "flags": 0}
            for a in [*others, "169.254.169.254"]
        ]

    monkeypatch.setattr(addresses.ThreadedResolver, "resolve", answer)

    # Execute and assert: the whole name is refused, and no connection is tried.
    with pytest.raises(UnsafeAddressError):
        await PublicResolver().resolve("attacker.example", 443)
    async with Fetcher(keys[0], FetchLimits(seconds=2.0)) as fetcher:
        with pytest.raises(UnsafeAddressError):
            await fetcher.document("https://attacker.example/actor")


async def test_the_real_resolver_keeps_this_machine_out():
    assert ipaddress.ip_address("127.0.0.1").is_loopback
    with pytest.raises(UnsafeAddressError):
        await PublicResolver().resolve("localhost", 443)
    assert await PublicResolver(allow_loopback=True).resolve("localhost", 443)


class Hostile:
    """A server that answers as an attacker would; it counts requests to ``/secret``."""

    def __init__(self):
        self.secrets = 0

    async def handle(self, request):
        path = request.path
        if path == "/secret":
            self.secrets += 1
            return web.json_response({"id": "secret"}, content_type=ACTIVITY_JSON)
        if path.startswith("/to/"):
            return web.Response(status=302, headers={"location": request.query["url"]})
        if path == "/loop":
            raise web.HTTPFound("/loop")
        if path == "/large":
            return web.Response(body=b'{"a":"' + b"x" * 300_000 + b'"}', content_type=ACTIVITY_JSON)
        if path == "/endless":
            answer = web.StreamResponse(headers={"content-type": ACTIVITY_JSON})
            await answer.prepare(request)
            for _ in range(64):
                await answer.write(b"[" * 65_536)
            return answer
        if path == "/deep":
            return web.Response(text='{"a":' * 40 + "1" + "}" * 40, content_type=ACTIVITY_JSON)
        if path == "/very-deep":
            return web.Response(text='{"a":' * 20_000, content_type=ACTIVITY_JSON)
        if path == "/packed":
            return web.Response(
                body=b"\x1f\x8b",
                headers={"content-type": ACTIVITY_JSON, "content-encoding": "gzip"},
            )
        if path == "/slow":
            await asyncio.sleep(30)
        # Files that anybody may have uploaded, and then what is no document.
        texts = {"/html": ("{}", "text/html"), "/json": ("{}", "application/json"),
                 "/ld": ("{}", "application/ld+json"), "/untyped": ("{}", ""),
                 "/list": ("[1]", ACTIVITY_JSON), "/nan": ('{"a":NaN}', ACTIVITY_JSON),
                 "/none": ("", ACTIVITY_JSON), "/latin": ("{\"a\":\"\xe9\"}", ACTIVITY_JSON)}  # fmt: skip
        if path in texts:
            text, media_type = texts[path]
            return web.Response(body=text.encode("latin-1"), headers={"content-type": media_type})
        raise web.HTTPNotFound


@pytest.fixture
async def hostile():
    server = Hostile()
    app = web.Application()
    app.router.add_get("/{rest:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.mark.parametrize(
    ("path", "error", "reason"),
    [
        ("/to/x?url=http://10.0.0.1/secret", UnsafeAddressError, "another server"),
        (
            "/to/x?url=https://169.254.169.254/latest/meta-data",
            UnsafeAddressError,
            "another server",
        ),
        ("/to/x?url=https://a.example/users/a", UnsafeAddressError, "another server"),
        ("/to/x?url=//a.example/users/a", UnsafeAddressError, "another server"),
        ("/to/x?url=file:///etc/passwd", UnsafeAddressError, "another server"),
        ("/to/x?url=http://[x", UnsafeAddressError, "malformed"),
        ("/to/x?url=https://a:b/", UnsafeAddressError, "another server"),
        ("/loop", FetchError, "redirects too often"),
        ("/missing", FetchError, "404"),
        ("/large", DocumentError, "at most 262144 bytes"),
        ("/endless", DocumentError, "at most 262144 bytes"),
        ("/deep", DocumentError, "levels"),
        ("/very-deep", DocumentError, "not JSON"),
        ("/packed", DocumentError, "compressed"),
        ("/html", DocumentError, "content type"),
        ("/json", DocumentError, "content type"),
        ("/ld", DocumentError, "content type"),
        ("/untyped", DocumentError, "content type"),
        ("/list", DocumentError, "JSON object"),
        ("/nan", DocumentError, "not JSON"),
        ("/none", DocumentError, "not JSON"),
        ("/latin", DocumentError, "not JSON"),
        ("/slow", FetchError, "too long"),
    ],
)
async def test_a_hostile_answer_is_refused(hostile, keys, path, error, reason):
    limits = FetchLimits(seconds=0.5 if path == "/slow" else 60.0, allow_loopback=True)
    async with Fetcher(keys[0], limits) as fetcher:
        with pytest.raises(error, match=reason):
            await fetcher.document(hostile.url + path)


async def test_a_redirect_to_this_machine_is_followed_only_in_tests(hostile, keys):
    # The same redirect, with the allowance and without: the server's own address is inside.
    url = f"{hostile.url}/to/x?url={hostile.url}/secret"
    async with Fetcher(keys[0], LOOPBACK) as fetcher:
        assert await fetcher.document(url) == {"id": "secret"}
    async with Fetcher(keys[0], FetchLimits()) as fetcher:
        with pytest.raises(UnsafeAddressError):
            await fetcher.document(url)
    assert hostile.secrets == 1


@pytest.mark.parametrize("url", ["https://[x", "https://a:b/", "nonsense", "https://a\n.example/"])
async def test_a_malformed_address_is_refused(keys, url):
    async with Fetcher(keys[0], LOOPBACK) as fetcher:
        with pytest.raises(UnsafeAddressError):
            await fetcher.document(url)
        with pytest.raises(UnsafeAddressError):
            await fetcher.post(url, b"{}")
