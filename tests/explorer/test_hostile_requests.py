"""Hostile requests to every page over a store full of hostile text: an answer, soon, and nothing that acts."""

import re
import time
from contextlib import closing
from functools import partial
from urllib.parse import quote

import pytest
import requests

from cgp.config import Settings
from cgp.explorer.app import _ROUTERS
from cgp.explorer.serving import explorer_pages
from cgp.store import Store
from tests.api.served import serving
from tests.hostile_corpus import ESCAPES, LINK, fill, talks
from tests.test_hostile_corpus import acting

VALUES = [
    ESCAPES,
    LINK,
    "../../outside.txt",
    "\0",
    "x" * 3_000,
    "-1",
    "9" * 20,
    "nan",
    "\u202e" * 50,
]
STALL_SECONDS = 2.0
"""Processor time of this process, which serves too, that one page may take."""


def addresses():
    """Yield every page with a hostile value in each place in turn, and the pages of hostile talks."""
    for route in (route for room in _ROUTERS for route in room.router.routes):
        path = re.sub(r"\{\w+:path\}", "{}", route.path)
        if path == "/events":
            continue  # endless: tests/test_canaries.py and tests/explorer/test_live.py read it
        needed = "?q=ferry" if path == "/search" else ""
        for value in map(partial(quote, safe=""), VALUES):
            if "{}" in path:
                yield path.replace("{}", value)
            for field in route.dependant.query_params:
                yield f"{path.replace('{}', 'escapes')}?{field.alias}={value}"
        if "{}" in path:
            yield from (path.replace("{}", quote(one["id"], safe="")) for one in talks())
        else:
            yield path + needed


@pytest.mark.peers
def test_every_page_answers_hostile_requests_and_shows_nothing_that_acts(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with closing(Store(settings.store_url)) as store:
        fill(store)
    extend = partial(explorer_pages, settings=settings)
    with serving(tmp_path, extend=extend) as site, requests.Session() as http:
        http.headers["Accept"] = "text/html"
        assert http.get(site.url + "/conversation/escapes", timeout=120).status_code == 200
        wrong = {}
        for address in addresses():
            start = time.process_time()
            reply = http.get(site.url + address, timeout=60)
            spent = time.process_time() - start
            is_answered = reply.status_code in {200, *range(400, 500), 503}
            if not is_answered or acting(reply.text.replace("\r", "")) or spent > STALL_SECONDS:
                wrong[address[:120]] = (reply.status_code, acting(reply.text), spent)
            if "html" in reply.headers["Content-Type"]:
                assert "<img src=x>" not in reply.text, address
        assert wrong == {}
