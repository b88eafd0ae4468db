"""A dataset goes to a Firebase Realtime Database within its rules, over failures and interruptions."""

import base64
import json

import numpy as np
import pytest

from cgp.dataset import TABLES, DatasetError, read_table
from cgp.dataset.errors import SendError
from cgp.dataset.firebase import Target, send
from cgp.dataset.firebase_tree import bodies, key_of, value_of
from tests.dataset.filled import PERSONAL
from tests.dataset.stand_ins import FakeFirebase, served

LIMIT = 60_000
ROOT = "conversation-genome"


@pytest.fixture
def server():
    firebase = FakeFirebase(limit=LIMIT)
    with served(firebase.application()) as address:
        firebase.address = address
        yield firebase


def target(server, path="", **environment):
    return Target.of(server.address + path, environment or {"FIREBASE_TOKEN": FakeFirebase.TOKEN})


async def no_wait(_seconds):
    """Stand in for the wait between attempts."""


def expected(server, dataset):
    """Return the tree that a dataset should be, as Firebase keeps it."""
    folder, manifest = dataset
    found = {}
    for table in set(TABLES) - {"embeddings"}:
        node = found[table] = {}
        for row in read_table(folder, manifest, table):
            node.setdefault(key_of(row["conversation_id"]), []).append(value_of(row))
        if table in {"conversations", "quality"}:
            found[table] = {key: rows[0] for key, rows in node.items()}
    return server.stored(found)


async def test_the_tree_is_the_dataset(server, hf):
    sent = await send(*hf, target(server), limit=LIMIT)
    tree = server.tree[ROOT]
    assert sent > 10
    assert {name: tree[name] for name in set(TABLES) - {"embeddings"}} == expected(server, hf)
    vectors = {row["normal_form"]: row["vector"] for row in read_table(*hf, "embeddings")}
    kept = {node["normal_form"]: node["vector"] for node in tree["embeddings"].values()}
    assert kept.keys() == vectors.keys()
    for term, text in kept.items():
        assert np.frombuffer(base64.b64decode(text), "<f4").tolist() == vectors[term]
    assert tree["dataset"]["rows"]["conversations"] == 16
    assert "unfinished" not in tree["dataset"]
    assert key_of(PERSONAL.id) in tree["conversations"]
    assert all(size <= LIMIT for _, _, size in server.requests)


async def test_a_secret_can_go_in_the_query_and_a_path_is_the_root(hf):
    firebase = FakeFirebase(auth="query")
    with served(firebase.application()) as address:
        firebase.address = address
        await send(*hf, target(firebase, "/a/b/", FIREBASE_AUTH=FakeFirebase.TOKEN))
    assert firebase.tree["a"]["b"]["dataset"]["schema_version"] == 3


async def test_passing_failures_are_tried_again_patiently(server, hf):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    server.fail = {2: 503, 3: 429, 4: 500, 9: 502}
    await send(*hf, target(server), limit=LIMIT, sleep=sleep)
    assert waits == [0.5, 1.0, 2.0, 0.5]
    assert {name: server.tree[ROOT][name] for name in expected(server, hf)} == expected(server, hf)


async def test_a_transfer_that_failed_goes_on_where_it_was(server, hf):
    server.fail = dict.fromkeys(range(9, 60), 503)
    with pytest.raises(SendError, match="HTTP 503") as failure:
        await send(*hf, target(server), limit=LIMIT, sleep=no_wait)
    assert FakeFirebase.TOKEN not in str(failure.value)
    before = len(server.requests)
    assert "unfinished" in server.tree[ROOT]["dataset"]
    server.fail = {}
    rest = await send(*hf, target(server), limit=LIMIT)
    assert {name: server.tree[ROOT][name] for name in expected(server, hf)} == expected(server, hf)
    server.tree = {}
    whole = await send(*hf, target(server), limit=LIMIT)
    # Before the failure: one read, the mark, and six bodies.
    assert before == 8 + 8
    assert rest == whole - 7


async def test_what_is_there_is_not_sent_again(server, hf):
    await send(*hf, target(server), limit=LIMIT)
    before = len(server.requests)
    assert await send(*hf, target(server), limit=LIMIT) == 0
    assert len(server.requests) == before + 1


async def test_progress_is_worth_nothing_where_the_database_was_emptied(server, hf):
    server.fail = {9: 403}
    with pytest.raises(SendError, match="HTTP 403"):
        await send(*hf, target(server), limit=LIMIT)
    server.tree = {}
    await send(*hf, target(server), limit=LIMIT)
    assert {name: server.tree[ROOT][name] for name in expected(server, hf)} == expected(server, hf)


async def test_what_left_the_dataset_leaves_the_database(server, hf, make_dataset, tmp_path):
    await send(*hf, target(server), limit=LIMIT)
    manifest = make_dataset(tmp_path / "out", min_quality=0.4)
    await send(tmp_path / "out", manifest, target(server), limit=LIMIT)
    wanted = expected(server, (tmp_path / "out", manifest))
    assert {name: server.tree[ROOT][name] for name in wanted} == wanted
    terms = {row["normal_form"] for row in read_table(tmp_path / "out", manifest, "embeddings")}
    kept = {node["normal_form"] for node in server.tree[ROOT]["embeddings"].values()}
    assert kept == terms


@pytest.mark.parametrize("secret", [FakeFirebase.TOKEN])
async def test_a_refusal_is_told_without_the_secret(server, hf, secret):
    server.fail = {1: 400}
    with pytest.raises(SendError) as failure:
        await send(*hf, target(server, FIREBASE_AUTH=secret))
    assert "HTTP 400" in str(failure.value)
    assert "auth=***" in str(failure.value)
    assert secret not in str(failure.value)
    assert secret not in repr(target(server, FIREBASE_AUTH=secret))
    with pytest.raises(SendError, match="Permission denied"):
        await send(*hf, target(server, FIREBASE_TOKEN="wrong"))


async def test_a_server_that_is_not_there_is_told_without_the_secret(hf):
    environment = {"FIREBASE_AUTH": "s3cret"}
    with pytest.raises(SendError, match="ClientConnectorError") as failure:
        await send(*hf, Target.of("http://127.0.0.1:9", environment), sleep=no_wait)
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize(
    ("url", "environment", "problem"),
    [
        ("ftp://x", {}, "https://HOST"),
        ("http://database.example", {"FIREBASE_TOKEN": "t"}, "https://HOST"),
        ("https://database.example", {}, "needs FIREBASE_TOKEN"),
        ("https://database.example", {"FIREBASE_TOKEN": "t", "FIREBASE_AUTH": "a"}, "choose one"),
        ("https://database.example?auth=a", {"FIREBASE_AUTH": "a"}, "no secrets in the address"),
        ("https://me:pw@database.example", {"FIREBASE_AUTH": "a"}, "no secrets in the address"),
        ("https://database.example:x", {"FIREBASE_AUTH": "a"}, "not an address"),
    ],
)
def test_an_address_that_cannot_be_is_refused(url, environment, problem):
    with pytest.raises(DatasetError, match=problem):
        Target.of(url, environment)


def test_an_emulator_needs_no_secret():
    found = Target.of("http://localhost:9000?ns=demo", {})
    assert (found.address, found.query) == (f"http://localhost:9000/{ROOT}", {"ns": "demo"})


def test_keys_are_escaped_and_stay_apart():
    texts = [
        "a.b",
        "a~2Eb",
        "a/b",
        "a$b",
        "a#b",
        "a[b",
        "a]b",
        "a\x00b",
        "a\x7fb",
        "12",
        "~312",
        "é",
    ]
    texts += ["x" * 768, "x" * 769, "x" * 770, "é" * 400, ""]
    keys = [key_of(text) for text in texts]
    assert len(set(keys)) == len(texts)
    firebase = FakeFirebase()
    assert all(firebase.is_key(key) and not key.isdigit() for key in keys)
    assert key_of("a.b") == "a~2Eb"


def test_nulls_and_empty_lists_are_left_out():
    assert value_of({"a": None, "b": [], "c": {}, "d": [{"e": None}], "f": 0}) == {"f": 0}


def test_a_large_value_is_cleared_and_written_in_pieces():
    value = {"turns": [{"text": "x" * 50} for _ in range(20)], "title": "t"}
    found = [json.loads(body) for body in bodies(iter([("a/b", value), ("a/c", 1)]), 300)]
    assert found[0] == {"a/b": None}
    assert all(len(json.dumps(body, separators=(",", ":"))) <= 300 for body in found)
    firebase = FakeFirebase()
    for body in found:
        assert firebase.problem(body, 0) is None
        for path, part in body.items():
            firebase.put(path.split("/"), firebase.stored(part))
    assert firebase.tree == {"a": {"b": firebase.stored(value), "c": 1}}
    with pytest.raises(DatasetError, match="more than a request may have"):
        list(bodies(iter([("a", "x" * 400)]), 300))
