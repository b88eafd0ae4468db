"""Whose word the API takes: names that it is reached by, and addresses that proxies tell."""

import aiohttp
import pytest
import requests

from cgp.api.server import trusted_hosts
from cgp.config import ApiSettings
from tests.api.served import serving


@pytest.mark.parametrize(
    ("settings", "hosts"),
    [
        ({}, ["127.0.0.1", "localhost", "127.0.0.1"]),
        ({"host": "0.0.0.0"}, ["*"]),
        ({"trusted_hosts": "cgp.example, api.example"}, ["cgp.example", "api.example"]),
    ],
)
def test_the_names_are_those_set_or_those_bound_to(settings, hosts):
    assert trusted_hosts(ApiSettings(**settings)) == hosts


async def test_a_name_that_is_not_the_apis_is_refused(tmp_path):
    with serving(tmp_path) as api:
        async with aiohttp.ClientSession() as http:
            replies = []
            for host in ("localhost:8093", "127.0.0.1", "evil.example"):
                async with http.get(f"{api.url}/v1", headers={"Host": host}) as reply:
                    replies.append(reply.status)
    assert replies == [200, 200, 400]


async def test_a_forwarded_address_from_an_unnamed_proxy_counts_for_nothing(tmp_path):
    with serving(tmp_path, reads_per_minute=2) as api:
        replies = [
            (await api.get("/v1/conversations", **{"X-Forwarded-For": f"192.0.2.{i}"})).status
            for i in range(5)
        ]
    assert replies == [200] * 2 + [429] * 3


def test_the_page_of_documentation_loads_no_third_partys_script(tmp_path):
    with serving(tmp_path) as api:
        reply = requests.get(f"{api.url}/docs", timeout=60)
    assert reply.status_code == 200
    assert "<script" not in reply.text
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
