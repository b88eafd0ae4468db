"""Anyone searches the operator's index: places and tags, and words of finished conversations alone."""

import json

from cgp import samples
from cgp.embedders import default_embedder
from cgp.metadata import Metadata
from cgp.mining import MinedWindow
from cgp.quality import Quality
from cgp.search import GenomeIndex
from cgp.store import AnnotatedConversation, QualityRecord
from tests.search.corpus import records


async def test_without_an_index_the_answer_says_so(api):
    assert (await api.get("/v1/search?q=tide")).told == (409, "NoIndex")
    assert (await api.get("/v1/similar/x")).told == (409, "NoIndex")


async def test_searches_find_places_tags_and_conversations_and_words_of_the_finished(api, tmp_path):
    record = records()[0]
    with GenomeIndex.open(tmp_path / "index", default_embedder()) as index:
        index.add(records())
        repeats = [hit.repeats for hit in index.search(record.tags[0].text, count=5, weak=True)]
    query = record.tags[0].text.replace(" ", "+")
    found = await api.get(f"/v1/search?q={query}&count=5&weak=true")
    assert found.status == 200
    assert [item["repeats"] for item in found.document["items"]] == repeats
    assert any(repeats)
    best = found.document["items"][0]
    assert 0.4 < best["score"] < 1
    assert best["tag"] is None
    nothing = await api.get("/v1/search?q=zzzqqq")
    empty = {"items": [], "did_you_mean": None, "advice": []}
    assert (nothing.status, nothing.document) == (200, empty)
    assert best["tags"]
    lines = {line for r in records() for w in r.windows for line in w.text.split("\n")}
    assert not [line for line in lines if len(line) > 30 and line in json.dumps(found.document)]
    assert {item["title"] for item in found.document["items"]} == {None}
    talk = next(c for c in samples.load() if c.id == record.id)
    api.store.add_conversations([talk])
    mined = [MinedWindow(0, None, 0, 0, len(talk.turns), Metadata())]
    quality = QualityRecord("1", "e", Quality(0.5, 0.5, 0.5, 0.5, 0.5))
    api.store.finish_annotated([AnnotatedConversation(talk, "embedded/3", mined, quality)])
    finished = (await api.get(f"/v1/search?q={query}&count=1")).document["items"][0]
    assert (finished["conversation_id"], finished["title"]) == (record.id, record.title)
    assert finished["text"] in {window.text for window in record.windows}
    filtered = await api.get(f"/v1/search?q={query}&kind=conversations&source={record.source}")
    assert {item["source"] for item in filtered.document["items"]} == {record.source}
    tags = (await api.get(f"/v1/search?q={query}&kind=tags")).document["items"]
    assert tags[0]["tag"].casefold() == record.tags[0].text.casefold()
    similar = (await api.get(f"/v1/similar/{record.id}?count=3")).document["items"]
    assert len(similar) == 3
    assert record.id not in {item["conversation_id"] for item in similar}
    assert (await api.get("/v1/similar/nobody")).told == (404, "NotFound")


async def test_an_empty_answer_tells_what_is_known_of_the_reasons(api, tmp_path):
    talk = next(c for c in samples.load() if c.id == "sample-clinic-migraine")
    with GenomeIndex.open(tmp_path / "index", default_embedder()) as index:
        index.add(records())

    async def told(question):
        document = (await api.get(f"/v1/search?q={question}")).document
        assert document["items"] == []
        return document["did_you_mean"], document["advice"]

    (sentence,) = (await told("the+of"))[1]
    assert "function word" in sentence
    (sentence,) = (await told("tide&source=nosuch"))[1]
    assert sentence.startswith("there is no source nosuch; the index has discord, ")
    # Words of conversations that are not finished are not shown here, so they are not proposed.
    assert await told("migrane") == (None, [])
    api.store.add_conversations([talk])
    assert await told("migrane") == (None, [])
    mined = [MinedWindow(0, None, 0, 0, len(talk.turns), Metadata())]
    quality = QualityRecord("1", "e", Quality(0.5, 0.5, 0.5, 0.5, 0.5))
    api.store.finish_annotated([AnnotatedConversation(talk, "embedded/3", mined, quality)])
    assert await told("migrane") == ("migraine", ["did you mean migraine?"])


async def test_wrong_questions_are_named(api):
    for path in ("/v1/search", "/v1/search?q=+", "/v1/search?q=a&count=0", "/v1/search?q=a&kind=b"):
        assert (await api.get(path)).status == 422
