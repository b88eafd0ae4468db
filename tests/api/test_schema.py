"""Whatever is sent to any route, the answer is one that the API's own description announces.

Requests are generated from ``/openapi.json`` by schemathesis, good ones and bad ones; those of validators
are really signed and those of importers carry a real key. The suite sends a hundred or so; more with

    CGP_API_EXAMPLES=10000 python -m pytest tests/api/test_schema.py
"""

import os

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.served import METADATA, SignedBy, keypair, serving, talk, truth_of, window_of

EXAMPLES = int(os.environ.get("CGP_API_EXAMPLES", "100"))
WITH_A_LEASE = {
    f"/v1/leases/{name}" for name in ("heartbeat", "seal", "window", "answers", "finish")
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    limits = {"pushes_per_minute": 10**9, "reads_per_minute": 10**9, "imports_per_minute": 10**9}
    with serving(tmp_path_factory.mktemp("api"), **limits) as served:
        served.lease = fill(served)
        yield served


def fill(api):
    """Put a finished conversation, a leased one and a waiting one in, so that reads find something."""
    key, send = keypair("alice"), requests.Session()
    send.auth = SignedBy(key, api.address)
    api.store.add_conversations(talk(name) for name in ("done", "leased"))
    session = {"session": "0" * 32}

    def post(path, document):
        answer = send.post(f"{api.url}/v1/leases{path}", json=document)
        assert answer.status_code == 200, answer.text
        return answer.json()

    tokens = {}
    with send:
        post("/claim", session)
        for _ in range(2):
            lease = post("", session | {"seconds": 3600.0, "holding": list(tokens)})["lease"]
            name = lease["conversation"]["id"]
            tokens[name] = lease["token"]
            own = {"conversation_id": name, "token": lease["token"]}
            post("/seal", own | {"truth": truth_of(talk(name)), "windows": [[0, 4]]})
        own = {"conversation_id": "done", "token": tokens["done"]}
        post("/window", own | {"window": window_of(0)})
        post("/finish", own | {"metadata": METADATA.model_dump()})
    api.store.add_conversations([talk("waiting")])
    return {"conversation_id": "leased", "token": tokens["leased"]}


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


def send_generated(operation, mode, examples, caller):
    """Send requests that follow the description of a route, or that break it."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case):
        if operation.path in WITH_A_LEASE and isinstance(case.body, dict):
            case.body |= caller.lease
        answer = case.call(session=caller)
        caller.sent.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    try:
        send()
    except Unsatisfiable:
        assert mode == GenerationMode.NEGATIVE, operation.label  # nothing to break: no parameters


class Caller(requests.Session):
    """Signs what goes to validators' routes, and shows its key at the importers'."""

    def __init__(self, api):
        super().__init__()
        self.holder = SignedBy(keypair("alice"), api.address)
        self.other = SignedBy(keypair("bob"), api.address)
        self.lease = api.lease
        self.key = api.bearer("import")
        self.sent = []

    def rebuild_auth(self, *_):
        pass

    def send(self, request, **options):
        if "/v1/leases" in request.url:
            held = self.lease["token"].encode() in (request.body or b"")
            (self.holder if held else self.other)(request)
        elif request.method == "POST":
            request.headers.update(self.key)
        return super().send(request, **options)
