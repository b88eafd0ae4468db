"""Importers: keys, what they may do, and bodies of every bad kind."""

import json

import pytest

from cgp.conversation_json import conversation_to_json
from tests.api.served import keypair, serving, talk

PATH = "/v1/conversations"


def batch(*identifiers):
    return {"conversations": [conversation_to_json(talk(i)) for i in identifiers]}


async def test_conversations_come_in_once(api):
    key = api.bearer("import")
    assert (await api.post(PATH, batch(0, 1), key)).document == {"added": 2, "known": 0}
    assert (await api.post(PATH, batch(1, 2), key)).document == {"added": 1, "known": 1}
    assert api.store.conversation("2") == talk(2)


async def test_of_a_batch_with_a_bad_conversation_nothing_is_stored(api):
    document = batch(0, 1)
    document["conversations"][1]["turns"][2]["text"] = 7
    reply = await api.post(PATH, document, api.bearer("import"))
    assert reply.told == (422, "Malformed")
    assert reply.document["detail"] == "conversations.1: turn 2: text must be a string, not int"
    assert sum(api.store.count_conversations().values()) == 0


async def test_a_key_allows_what_its_scopes_say_until_it_is_revoked(api):
    assert (await api.post(PATH, batch(0))).told == (401, "NoKey")
    assert (await api.post(PATH, batch(0), api.bearer("read"))).told == (403, "WrongScope")
    assert (await api.get("/v1", **api.bearer("import"))).told == (403, "WrongScope")
    key, text = api.store.create_key("importer", ["import", "read"])
    for scheme in ("Bearer", "bearer"):
        assert (await api.get("/v1", Authorization=f"{scheme} {text}")).status == 200
    for wrong in (text[:-1] + "!", text[:-2] + "xx", f"cgp_{'0' * 16}_{'A' * 43}", "", "\xff"):
        assert (await api.get("/v1", Authorization=f"Bearer {wrong}")).status == 401
    assert (await api.get("/v1", Authorization=f"Basic {text}")).status == 401
    assert api.store.revoke_key(key.id)
    assert (await api.get("/v1", Authorization=f"Bearer {text}")).told == (401, "NoKey")


async def test_an_expired_key_is_no_key(api):
    _, text = api.store.create_key("short", ["read"], seconds=-1.0)
    assert (await api.get("/v1", Authorization=f"Bearer {text}")).status == 401


async def test_guessing_keys_is_slowed_down(api):
    replies = [await api.get("/v1", Authorization="Bearer cgp_x") for _ in range(12)]
    assert [reply.status for reply in replies] == [401] * 10 + [429] * 2


async def test_an_importer_may_not_come_too_often(tmp_path):
    with serving(tmp_path, imports_per_minute=2) as api:
        key = api.bearer("import")
        replies = [await api.post(PATH, batch(0), key) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]


DEEP = b'{"conversations": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BODIES = {
    "nothing": (b"", {}, 422, "body: "),
    "not JSON": (b"{", {}, 422, "body: "),
    "10 MB": (b'{"conversations": "' + b"x" * 10_000_000 + b'"}', {}, 413, "body: "),
    "deep": (DEEP, {}, 422, ""),
    "a list": (b"[]", {}, 422, "body: "),
    "a wrong type": (b'{"conversations": 7}', {}, 422, "conversations: "),
    "a wrong item": (b'{"conversations": ["x"]}', {}, 422, "conversations.0: "),
    "no turns": (b'{"conversations": [{}]}', {}, 422, "conversations.0: no turns"),
    "an unknown field": (b'{"conversations": [{}], "more": 1}', {}, 422, "more: "),
    "latin-1": ('{"conversations": ["é"]}'.encode("latin-1"), {}, 422, "body: "),
    "utf-16": ('{"conversations": []}'.encode("utf-16"), {}, 422, "body: "),
    "a lone surrogate": (b'{"conversations": [{"id": "\\ud800"}]}', {}, 422, "body: "),
    "another charset": (
        b"{}",
        {"Content-Type": "application/json; charset=latin-1"},
        415,
        "Content-Type: ",
    ),
    "another type": (b"{}", {"Content-Type": "text/xml"}, 415, "Content-Type: "),
    "gzip": (b"\x1f\x8b", {"Content-Encoding": "gzip"}, 415, "Content-Encoding: "),
    "a huge number": (
        b'{"conversations": [{"turns": [{"speaker": 0, "text": "x", "at": 1'
        + b"0" * 400
        + b"}]}]}",
        {},
        422,
        "conversations.0: ",
    ),
    "a huge id": (
        b'{"conversations": [{"id": 1' + b"0" * 4000 + b', "turns": [["a", "b"]]}]}',
        {},
        422,
        "conversations.0: ",
    ),
    "not a number": (
        b'{"conversations": [{"turns": [{"speaker": 0, "text": "x", "at": NaN}]}]}',
        {},
        422,
        "conversations.0: turn 0: at ",
    ),
}


@pytest.mark.parametrize("kind", BODIES)
async def test_a_bad_body_is_refused_by_the_name_of_what_is_wrong(shared_api, kind):
    body, headers, status, told = BODIES[kind]
    reply = await shared_api.post(PATH, body, shared_api.bearer("import") | headers)
    assert reply.status == status
    assert reply.document["detail"].startswith(told)
    assert reply.document["request_id"]


@pytest.mark.parametrize("kind", ["nothing", "10 MB", "deep", "latin-1", "another charset", "gzip"])
async def test_a_bad_signed_body_is_refused_as_well(shared_api, kind):
    body, headers, status, told = BODIES[kind]
    reply = await shared_api.signed(keypair("alice"), "/claim", body, headers)
    assert reply.status == status
    assert reply.document["detail"].startswith(told)


async def test_a_deep_body_inside_a_conversation_is_refused(shared_api):
    value = {"turns": [{"speaker": "a", "text": "x"}], "more": []}
    text = json.dumps({"conversations": [value]}).replace("[]", "[" * 5000 + "]" * 5000)
    reply = await shared_api.post(PATH, text.encode(), shared_api.bearer("import"))
    assert reply.told == (422, "Malformed")
