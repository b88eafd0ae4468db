"""Anyone searches the operator's index: where it is said and with which tags, not what was said."""

import json

from cgp.embedders import default_embedder
from cgp.search import GenomeIndex
from tests.search.corpus import records


async def test_without_an_index_the_answer_says_so(api):
    assert (await api.get("/v1/search?q=tide")).told == (409, "NoIndex")
    assert (await api.get("/v1/similar/x")).told == (409, "NoIndex")


async def test_searches_find_places_tags_and_conversations_and_show_no_words(api, tmp_path):
    with GenomeIndex.open(tmp_path / "index", default_embedder()) as index:
        index.add(records())
    record = records()[0]
    query = record.tags[0].text.replace(" ", "+")
    found = await api.get(f"/v1/search?q={query}&count=5")
    assert found.status == 200
    assert len(found.document["items"]) == 5
    best = found.document["items"][0]
    assert (best["score"], best["tag"]) == (1, None)
    assert best["tags"]
    lines = {line for r in records() for w in r.windows for line in w.text.split("\n")}
    assert not [line for line in lines if len(line) > 30 and line in json.dumps(found.document)]
    filtered = await api.get(f"/v1/search?q={query}&kind=conversations&source={record.source}")
    assert {item["source"] for item in filtered.document["items"]} == {record.source}
    tags = (await api.get(f"/v1/search?q={query}&kind=tags")).document["items"]
    assert tags[0]["tag"].casefold() == record.tags[0].text.casefold()
    similar = (await api.get(f"/v1/similar/{record.id}?count=3")).document["items"]
    assert len(similar) == 3
    assert record.id not in {item["conversation_id"] for item in similar}
    assert (await api.get("/v1/similar/nobody")).told == (404, "NotFound")


async def test_wrong_questions_are_named(api):
    for path in ("/v1/search", "/v1/search?q=+", "/v1/search?q=a&count=0", "/v1/search?q=a&kind=b"):
        assert (await api.get(path)).status == 422
