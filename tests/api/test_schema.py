"""Whatever is sent to any route, the answer is one that the API's own description announces.

Requests are generated from ``/openapi.json`` by schemathesis, good ones and bad ones; those of validators
are really signed and those of importers carry a real key. The suite sends a hundred or so; more with

    CGP_API_EXAMPLES=10000 python -m pytest tests/api/test_schema.py

and against a process, with a look at its memory and its log, by ``benchmarks/hostile_api.py``.
"""

import os

import httpx
import pytest
import schemathesis
from schemathesis import GenerationMode

from cgp.conversation import (
    MAX_NAME_CHARACTERS,
    MAX_PARTICIPANTS,
    MAX_TURN_CHARACTERS,
    MAX_TURNS,
)
from tests.api.generated import Caller, fill, send_generated
from tests.api.served import serving

EXAMPLES = int(os.environ.get("CGP_API_EXAMPLES", "100"))


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    limits = {"pushes_per_minute": 10**9, "reads_per_minute": 10**9, "imports_per_minute": 10**9}
    with serving(tmp_path_factory.mktemp("api"), **limits) as served:
        served.lease = fill(served)
        yield served


def test_every_request_is_answered_as_described(api):
    schema = schemathesis.openapi.from_url(f"{api.url}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    each = max(1, EXAMPLES // (len(operations) * len(GenerationMode)))
    with Caller(api) as caller:
        for operation in operations:
            for mode in GenerationMode:
                send_generated(operation, mode, each, caller)
    counts = {status: caller.sent.count(status) for status in sorted(set(caller.sent))}
    print(f"\n{len(caller.sent)} requests to {len(operations)} routes answered: {counts}")
    assert len(caller.sent) > EXAMPLES // 2
    assert {200, 401, 403, 404, 409, 422} - set(counts) <= {401, 403}


def test_the_description_of_an_import_names_the_limits_of_the_reader(api):
    document = httpx.get(f"{api.url}/openapi.json").json()
    fields = document["components"]["schemas"]["ImportRequest"]["properties"]
    conversation = fields["conversations"]["items"]["properties"]
    assert conversation["turns"]["maxItems"] == MAX_TURNS
    assert conversation["turns"]["items"]["properties"]["text"]["maxLength"] == MAX_TURN_CHARACTERS
    assert conversation["participants"]["maxItems"] == MAX_PARTICIPANTS
    name, person = conversation["participants"]["items"]["anyOf"]
    assert name["maxLength"] == person["properties"]["name"]["maxLength"] == MAX_NAME_CHARACTERS
