"""Anyone reads results: pages, what is published when, keys, request ids, limits."""

import contextlib
import hashlib
import itertools
import json
import re
import sqlite3
from dataclasses import replace
from datetime import datetime

import pytest
import requests

from cgp.api.client import ApiRefusedError
from cgp.api.messages import FinishRequest, MinedWindowMessage, QualityMessage
from cgp.conversation import Turn
from cgp.metadata import Metadata
from cgp.mining import MinedWindow
from cgp.quality import Quality
from cgp.store import (
    AnnotatedConversation,
    GroundTruthRecord,
    QualityRecord,
    StandingChanges,
    StandingRecord,
    WeightsRecord,
    WindowResult,
)
from tests.api.served import METADATA, serving, talk, truth_of, window_message


async def pages(api, path):
    cursor, items = "", []
    while cursor is not None:
        reply = await api.get(f"{path}{'&' if '?' in path else '?'}limit=2{cursor}")
        assert reply.status == 200, reply
        items.append(reply.document["items"])
        cursor = reply.document["next"] and f"&cursor={reply.document['next']}"
    return items


async def test_conversations_come_in_pages_in_order_of_arrival(api):
    api.store.add_conversations(talk(i) for i in range(5))
    found = await pages(api, "/v1/conversations")
    assert [[item["conversation_id"] for item in page] for page in found] == [
        ["0", "1"],
        ["2", "3"],
        ["4"],
    ]
    assert await pages(api, "/v1/conversations?state=done") == [[]]
    assert len((await pages(api, "/v1/conversations?language=en"))[0]) == 2


async def test_conversations_are_listed_by_the_language_named_else_the_one_recognised(api):
    named = [replace(talk("brazil"), language="pt-BR"), replace(talk("english"), language=None)]
    api.store.add_conversations(
        [*named, replace(talk("none"), turns=(Turn(0, "Ferry!"),), language=None)]
    )
    listed = {
        language: [
            (item["conversation_id"], item["language"], item["language_recognised"])
            for page in await pages(api, f"/v1/conversations?language={language}")
            for item in page
        ]
        for language in ("pt", "pt-BR", "en", "")
    }
    assert listed["pt"] == listed["pt-BR"] == [("brazil", "pt-BR", "en")]
    assert listed["en"] == [("english", "", "en")]
    assert listed[""] == [("none", "", "")]


async def test_a_page_stays_right_while_conversations_arrive(api):
    api.store.add_conversations(talk(i) for i in range(3))
    first = await api.get("/v1/conversations?limit=2")
    api.store.add_conversations(talk(i) for i in range(3, 5))
    second = await api.get(f"/v1/conversations?limit=9&cursor={first.document['next']}")
    assert [item["conversation_id"] for item in second.document["items"]] == ["2", "3", "4"]


async def test_a_miner_can_audit_its_score_when_the_conversation_is_done_and_not_before(api, held):
    client, lease = held
    truth = truth_of(talk("held"))
    await client.push_window("held", lease.token, window_message(0, "a", "b"))

    before = await api.get("/v1/ground-truths/held")
    assert before.document["seal"] == truth["seal"]
    assert before.document["document"] is None
    hidden = await api.get("/v1/answers/held?window=0")
    assert hidden.told == (409, "NotDone")
    assert (await api.get("/v1/conversations/held")).document["metadata"] is None
    windows = (await api.get("/v1/windows/held")).document["items"]
    assert [(w["start"], w["stop"], w["done"]) for w in windows] == [(0, 2, True), (2, 4, False)]

    await client.push_window("held", lease.token, window_message(1, "a"))
    await client.finish(FinishRequest(conversation_id="held", token=lease.token, metadata=METADATA))

    after = (await api.get("/v1/ground-truths/held")).document
    assert hashlib.sha256(after["document"].encode()).hexdigest() == before.document["seal"]
    assert json.loads(after["document"])["ground_truth"]["tags"] == [
        {"text": "ferry", "support": 1.0}
    ]
    answers = (await api.get("/v1/answers/held?window=0")).document
    assert [a["hotkey"] for a in answers["answers"]] == ["a", "b"]
    assert answers["answers"][0]["score"]["tags"][0]["verdict"] == "ground_truth"
    assert answers["answers"][0]["body_hash"] == "ab" * 32
    assert (answers["seed"], answers["rule_version"]) == (3, "1")
    assert answers["background"] == [{"conversation_id": "other", "start": 0, "stop": 2}]
    done = (await api.get("/v1/conversations/held")).document
    assert Metadata.from_json(done["metadata"]).tags[0].text == "ferry"
    assert (done["state"], done["windows"], done["windows_done"]) == ("done", 2, 2)
    miners = (await api.get("/v1/miners")).document["items"]
    assert miners[0] == {"hotkey": "a", "windows": 2, "answers": 2, "mean_score": 0.5}
    stats = (await api.get("/v1/stats")).document
    assert (stats["conversations"]["done"], stats["windows"], stats["windows_done"]) == (1, 2, 2)


async def test_words_and_names_are_published_of_a_finished_conversation_alone(api, held):
    client, lease = held
    for index in (0, 1):
        await client.push_window("held", lease.token, window_message(index))
    before = (await api.get("/v1/conversations/held")).document
    assert (before["title"], before["participants"], before["state"]) == (None, [], "leased")
    assert (await api.get("/v1/turns/held")).told == (409, "NotDone")
    await client.finish(FinishRequest(conversation_id="held", token=lease.token, metadata=METADATA))
    for path in ("windows/held", "ground-truths/held", "answers/held?window=0"):
        text = json.dumps((await api.get(f"/v1/{path}")).document)
        assert "ferry is late" not in text
        assert "Ann" not in text
        assert lease.token not in text
    after = (await api.get("/v1/conversations/held")).document
    assert (after["participants"], after["state"]) == (["Ann", "Bo"], "done")
    # Times are written as ISO 8601 in UTC.
    assert datetime.fromisoformat(after["finished_at"]).tzinfo is not None
    page = (await api.get("/v1/turns/held?limit=3")).document
    assert [turn["turn"] for turn in page["items"]] == [0, 1, 2]
    assert page["items"][0] | {"participant": "Ann"} == page["items"][0]
    rest = (await api.get(f"/v1/turns/held?cursor={page['next']}")).document
    assert [turn["turn"] for turn in rest["items"]] == [3]
    assert rest["next"] is None


async def test_words_are_redacted_before_anybody_reads_them(api):
    personal = replace(talk("personal"), turns=(Turn(0, "Write to jane.doe@example.com, please."),))
    api.store.add_conversations([personal])
    mined = [MinedWindow(0, None, 0, 0, 1, Metadata())]
    quality = QualityRecord("1", "e", Quality(0.5, 0.5, 0.5, 0.5, 0.5))
    assert (
        api.store.finish_annotated([AnnotatedConversation(personal, "embedded/3", mined, quality)])
        == 1
    )
    (turn,) = (await api.get("/v1/turns/personal")).document["items"]
    assert turn["text"] == "Write to [EMAIL_1], please."


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/search?q=tide&form=2026-01-01", "form"),
        ("/v1/conversations?offset=3", "offset"),
        ("/v1?x=1", "x"),
        ("/v1/turns/a?start=1", "start"),
    ],
)
async def test_an_unknown_parameter_is_refused_with_those_there_are(shared_api, path, name):
    reply = await shared_api.get(path)
    assert reply.told == (422, "UnknownParameter")
    assert reply.document["detail"].startswith(f"{name}: there is no such parameter")


async def test_a_parameter_given_twice_and_a_time_that_is_none_are_refused(shared_api):
    assert (await shared_api.get("/v1/search?q=a&q=b")).told == (422, "Malformed")
    assert (await shared_api.get("/v1/search?q=a&after=yesterday")).status == 422
    # There is no index: the question itself is fine.
    for time in ("2026-05-01", "2026-05-01T12:00:00Z"):
        assert (await shared_api.get(f"/v1/search?q=a&after={time}")).told == (409, "NoIndex")


def test_the_description_is_a_page_that_needs_neither_scripts_nor_the_network(shared_api):
    reply = requests.get(f"{shared_api.url}/docs", timeout=60)
    assert reply.status_code == 200
    assert "/v1/search" in reply.text
    assert "Only conversations from this time on" in reply.text
    assert not re.search(r"<script|src=|https?://", reply.text)
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


async def test_the_tree_of_windows_and_the_quality_are_published(api, held):
    client, lease = held
    for index in (0, 1):
        await client.push_window("held", lease.token, window_message(index))
    tree = [
        {"number": 0, "parent": None, "level": 0, "start": 0, "stop": 4, "metadata": {}},
        {"number": 1, "parent": 0, "level": 1, "start": 0, "stop": 2, "metadata": {}},
        {"number": 2, "parent": 0, "level": 1, "start": 2, "stop": 4, "metadata": {}},
    ]
    tree[1]["metadata"] = {"tags": [{"text": "ferry", "support": 2.0, "confidence": 0.75}]}
    parts = dict.fromkeys(("relevance", "engagement", "novelty", "coherence", "fluency"), 0.5)
    quality = QualityMessage(version="1", embedder="e@1", **parts)
    mined = [MinedWindowMessage(**window) for window in tree]
    assert await pages(api, "/v1/mined-windows/held") == [[]]
    await client.finish(
        FinishRequest(
            conversation_id="held",
            token=lease.token,
            metadata=METADATA,
            mined=mined,
            quality=quality,
        )
    )
    found = await pages(api, "/v1/mined-windows/held")
    whole, first, second = itertools.chain.from_iterable(found)
    assert (whole["start"], whole["stop"], whole["parent"]) == (0, 4, None)
    assert first["metadata"]["tags"] == tree[1]["metadata"]["tags"]
    assert (second["number"], second["level"]) == (2, 1)
    shown = (await api.get("/v1/conversations/held")).document["quality"]
    assert shown == {"version": "1", "embedder": "e@1", **parts}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"number": 2}, "number"),
        ({"parent": None}, "parent"),
        ({"parent": 1}, "parent"),
        ({"level": 2}, "level"),
        ({"stop": 9}, "turns 0 to 9"),
    ],
)
async def test_what_is_no_tree_is_refused(api, held, change, word):
    client, lease = held
    for index in (0, 1):
        await client.push_window("held", lease.token, window_message(index))
    whole = {"number": 0, "parent": None, "level": 0, "start": 0, "stop": 4, "metadata": {}}
    part = whole | {"number": 1, "parent": 0, "level": 1} | change
    mined = [MinedWindowMessage(**whole), MinedWindowMessage(**part)]
    with pytest.raises(ApiRefusedError, match=word):
        await client.finish(
            FinishRequest(conversation_id="held", token=lease.token, metadata=METADATA, mined=mined)
        )


async def test_standings_and_weights_of_validators_on_this_store_are_shown(api):
    api.store.add_conversations([talk(0)])
    lease = api.store.reserve("v", 60)
    api.store.seal(lease, GroundTruthRecord(**truth_of(talk(0))), [(0, 4)])
    standings = [StandingRecord(hotkey, 1, json.dumps({"value": 0.5})) for hotkey in "abc"]
    api.store.commit_window(lease, WindowResult(0, 1, [], [], StandingChanges("1", standings)))
    for block in range(3):
        api.store.log_weights("v", WeightsRecord(block, {"a": 1.0}, {4: 1.0}, success=True))
    found = await pages(api, "/v1/standings")
    assert [[item["hotkey"] for item in page] for page in found] == [["a", "b"], ["c"]]
    assert found[0][0]["standing"] == {"value": 0.5}
    weights = await pages(api, "/v1/weights?validator=v")
    assert [[item["block"] for item in page] for page in weights] == [[2, 1], [0]]
    assert weights[0][0]["weights"] == {"4": 1.0}
    assert await pages(api, "/v1/weights?validator=w") == [[]]


async def test_an_id_may_hold_any_printable_character(api):
    api.store.add_conversations([talk("a/b c?d=ü&%2F")])
    reply = await api.get("/v1/conversations/a/b%20c%3Fd=%C3%BC&%252F")
    assert reply.document["conversation_id"] == "a/b c?d=ü&%2F"


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/v1/conversations?limit=0", 422, "limit: "),
        ("/v1/conversations?limit=x", 422, "limit: "),
        ("/v1/conversations?state=lost", 422, "state: "),
        ("/v1/conversations?cursor=%00", 422, "cursor: "),
        ("/v1/conversations?cursor=WyJ4Il0", 422, "cursor: "),
        ("/v1/conversations?cursor=WzFd.", 422, "cursor: "),
        ("/v1/standings?cursor=WyJcdWQ4MDAiLCIiLCIiXQ", 422, "cursor: "),
        ("/v1/conversations?language=%00", 422, "language: "),
        ("/v1/weights?validator=0", 422, "validator: "),
        ("/v1/answers/x", 422, "window: "),
        ("/v1/answers/x?window=99999999999999999999", 422, "window: "),
        ("/v1/conversations/%00", 422, "conversation_id: "),
        ("/v1/conversations/" + "x" * 201, 422, "conversation_id: "),
        ("/v1/conversations/nothing", 404, "conversation_id: "),
        ("/v1/windows/nothing", 404, "conversation_id: "),
        ("/v1/nothing", 404, "GET /v1/nothing: "),
    ],
)
async def test_a_wrong_request_is_told_which_field_is_wrong(shared_api, path, status, told):
    reply = await shared_api.get(path)
    assert reply.status == status
    assert set(reply.document) == {"error", "detail", "request_id"}
    assert reply.document["detail"].startswith(told)
    assert reply.document["request_id"] == reply.headers["X-Request-ID"]


async def test_every_answer_has_a_request_id_and_a_good_one_is_kept(api):
    kept = await api.get("/v1", **{"X-Request-ID": "my-id.1"})
    assert kept.headers["X-Request-ID"] == "my-id.1"
    for bad in ("x" * 65, "a b", "ü"):
        made = await api.get("/v1", **{"X-Request-ID": bad})
        assert made.headers["X-Request-ID"] not in {bad, ""}
    wrong = await api.send("PUT", "/v1/stats", headers={"X-Request-ID": "mine"})
    assert wrong.status == 405
    assert wrong.document["request_id"] == "mine"


async def test_strangers_share_the_rate_of_their_address_and_keys_have_their_own(tmp_path):
    with serving(tmp_path, reads_per_minute=2) as api:
        key = api.bearer("read")
        statuses = [(await api.get("/v1")).status for _ in range(3)]
        assert statuses == [200, 200, 429]
        limited = await api.get("/v1")
        assert limited.told == (429, "TooManyRequests")
        assert int(limited.headers["Retry-After"]) >= 1
        assert (await api.get("/v1", **key)).status == 200


async def test_the_documentation_describes_every_route_with_its_body(api):
    document = (await api.get("/openapi.json")).document
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert operation["description"], path
            if method == "post":
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                assert (
                    schema["$ref"].removeprefix("#/components/schemas/")
                    in (document["components"]["schemas"])
                )
                assert operation["security"], path
            for status in operation["responses"]:
                assert status in {"200", "422"} or "ErrorBody" in json.dumps(
                    operation["responses"][status]
                )


async def test_a_broken_database_is_an_outage_and_not_a_defect(api):
    with contextlib.closing(sqlite3.connect(api.store.url.removeprefix("sqlite:///"))) as database:
        database.execute("ALTER TABLE windows RENAME TO lost")
    reply = await api.get("/v1/stats")
    assert reply.told == (503, "StoreUnavailable")
    assert reply.headers["Retry-After"] == "1"


async def test_a_defect_is_told_by_its_request_id_and_nothing_else(api, caplog):
    @api.app.get("/broken")
    async def broken():
        raise KeyError("a secret")

    reply = await api.get("/broken", **{"X-Request-ID": "mine"})
    assert reply.told == (500, "Defect")
    assert reply.document["request_id"] == reply.headers["X-Request-ID"] == "mine"
    assert "secret" not in json.dumps(reply.document)
    assert "Request mine failed" in caplog.text
