"""Requests to the API that are generated from its own description, good ones and bad ones."""

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.served import METADATA, SignedBy, keypair, talk, truth_of, window_of

WITH_A_LEASE = {
    f"/v1/leases/{name}" for name in ("heartbeat", "seal", "window", "answers", "finish")
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def fill(api):
    """Put a finished conversation, a leased one and a waiting one in, so that reads find something.

    Return what requests of the lease's holder say: the conversation's id and the lease's token.
    """
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


def send_generated(operation, mode, examples, caller, *, seeded=None):
    """Send requests that follow the description of a route, or that break it.

    Each answer must be one that the description announces. The requests are the same each time, but for
    another number in ``seeded``.
    """

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=seeded is None,
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

    if seeded is not None:
        send = seed(seeded)(send)
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
