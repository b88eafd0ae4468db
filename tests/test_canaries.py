"""A different canary in each field of a conversation and of what is found out about it: none gets out."""

import json
import logging
from contextlib import closing
from dataclasses import replace
from functools import partial
from urllib.parse import quote

import pytest
import requests

from cgp.annotators.redacting import RedactingAnnotator
from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.dataset import Options, export
from cgp.embedders import default_embedder
from cgp.explorer.serving import explorer_pages
from cgp.indexing.engines import LocalEngine, recipe_of
from cgp.indexing.run import index_corpus
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.mining import MinedWindow
from cgp.privacy import STANDARD
from cgp.reads import Genome
from cgp.scoring import seal
from cgp.scoring.task import Answer, NoAnswer, Score, TagVerdict
from cgp.search import GenomeIndex, IndexReader
from cgp.store import GroundTruthRecord, ScoredAnswer, StandingChanges, Store, WindowResult
from cgp.windows import WindowPlan
from tests.api.served import keypair, serving

FIELDS = [
    "id",
    "source",
    "language",
    "title",
    "name",
    "personid",
    "turn",
    "tag",
    "attribute",
    "claim",
    "window",
    "answer",
    "verdict",
    "reason",
    "detail",
    "truth",
]
EMAIL = {field: f"canary.{field}@example.com" for field in FIELDS}
TALK = Conversation(
    id=f"chat with {EMAIL['id']}",
    source=f"mail {EMAIL['source']}",
    participants=(Participant(f"Ana {EMAIL['name']}", EMAIL["personid"]), Participant("Ben")),
    turns=(
        Turn(0, f"Write to {EMAIL['turn']} about the ferry."),
        Turn(1, "My PIN is 738201."),
        Turn(0, "The ferry is late, 738201 did not help."),
    ),
    title=f"About {EMAIL['title']}",
    language=EMAIL["language"],
)


def found_out():
    claim = Claim(f"contact {EMAIL['attribute']}", f"is at {EMAIL['claim']}", (0,))
    profile = ParticipantProfile(0, (claim,))
    metadata = Metadata(
        (Tag("ferry", 2.0), Tag(f"mail {EMAIL['tag']}"), Tag("pin 738201")), (profile,)
    )
    verdict = TagVerdict(f"{EMAIL['verdict']}", 0.0, "ungrounded", f"near {EMAIL['reason']}")
    score = Score(0.5, True, "", {"tags": 0.5}, (verdict,))
    silent = Score(0.0, False, f"said {EMAIL['reason']}")
    answers = [
        ScoredAnswer("good", 3, Answer(("ferry", f"mail {EMAIL['answer']}"), (profile,)), score),
        ScoredAnswer("silent", 4, NoAnswer("malformed", f"tells {EMAIL['detail']}"), silent),
    ]
    return metadata, answers


def fill(store):
    """Take the conversation through the store as a validator does, and return its id."""
    store.add_conversations([TALK])
    lease = store.reserve("validator", 60)
    sealed = seal(
        Metadata((Tag(f"mail {EMAIL['truth']}"),)), conversation="h", model="m", plan=WindowPlan(), version="1", seed=1
    )  # fmt: skip
    truth = GroundTruthRecord(sealed.digest, sealed.document, "a", "e", "1", 1)
    metadata, answers = found_out()
    store.seal(lease, truth, [(0, 3)])
    store.commit_window(lease, WindowResult(0, 1, [], answers, StandingChanges("1")))
    mined = [MinedWindow(0, None, 0, 0, 3, Metadata((Tag(f"mail {EMAIL['window']}"),)))]
    store.finish(lease, metadata, mined)
    return lease.conversation.id


@pytest.fixture
def filled(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with closing(Store(settings.store_url)) as store:
        yield settings, store, fill(store)


def leaked(*shown):
    """Return the canaries in what is shown, whatever the signs between their letters."""
    text = "".join(map(str, shown)).lower()
    letters = "".join(filter(str.isalnum, text))
    values = [f"canary{field}example" for field in FIELDS] + ["738201"]
    return [value for value in values if value in letters]


def test_a_canary_would_be_noticed():
    assert leaked(TALK) == [f"canary{f}example" for f in FIELDS[:7]] + ["738201"]


def test_a_validator_and_its_miners_see_none(filled, caplog):
    _, store, identifier = filled
    with caplog.at_level(logging.DEBUG):
        safe = store.redacted(store.conversation(identifier), STANDARD)
    assert leaked(safe, safe.excerpt(0, 2).transcript, caplog.text) == []
    assert safe.id == identifier


async def test_a_model_sees_none(filled):
    _, store, identifier = filled
    seen = []

    class Model:
        name = "model"

        async def annotate(self, conversation, *, max_tags, purpose):
            seen.append(conversation)
            return Metadata()

    await RedactingAnnotator(Model(), STANDARD).annotate(store.conversation(identifier), max_tags=3)
    await RedactingAnnotator(Model(), STANDARD).annotate(TALK, max_tags=3)
    assert len(seen) == 2
    assert leaked(seen) == []


async def test_the_api_shows_none(filled, tmp_path):
    _, store, identifier = filled
    paths = ("/v1", "/v1/conversations", *(f"/v1/{part}/{identifier}" for part in ("conversations", "windows",
             "mined-windows", "ground-truths")), f"/v1/answers/{identifier}?window=0", "/v1/weights")  # fmt: skip
    with serving(tmp_path) as api:
        replies = [await api.get(path) for path in paths]
        store.add_conversations([replace(TALK, id="second", turns=TALK.turns[:2])])
        key = keypair("alice")
        await api.signed(key, "/claim", {"session": "f" * 32})
        lease = await api.signed(key, "", {"session": "f" * 32, "holding": [], "seconds": 60})
    assert [reply.status for reply in replies] == [200] * len(paths)
    assert lease.document["lease"]["conversation"]["turns"]
    shown = [json.dumps(reply.document) for reply in (*replies, lease)]
    assert leaked(*shown) == []
    assert "ferry" in "".join(shown)


def test_the_pages_show_none(filled, tmp_path):
    settings, store, identifier = filled
    embedder = default_embedder()
    with GenomeIndex.open(settings.index_dir, embedder) as index:
        folder = settings.index_dir / "batches"
        engine = LocalEngine(settings)
        index_corpus(store.corpus(), index, engine, folder, recipe=recipe_of(settings))
    extend = partial(explorer_pages, settings=settings)
    path = quote(identifier)
    paths = ("/", "/events", "/conversations", f"/conversation/{path}?window=0", f"/analytics/{path}", "/map",
             f"/replay/{path}?window=0", "/map/tags", "/search?q=ferry", "/tags", "/tag/ferry", "/participants",
             "/sources", "/incentive")  # fmt: skip
    with serving(tmp_path, extend=extend) as site:
        shown = []
        for one in paths:
            with requests.get(site.url + one, timeout=20, stream=True) as reply:
                assert reply.status_code == 200, one
                shown.append(next(reply.iter_content(1 << 20)).decode("utf-8", "replace"))
    assert leaked(*shown) == []
    assert "ferry" in "".join(shown)


def test_the_export_holds_none(filled, tmp_path):
    _, store, _ = filled
    out = tmp_path / "out"
    export(store, out, Options(format="jsonl"), policy=STANDARD, embedder=default_embedder())
    files = [path for path in out.rglob("*") if path.is_file()]
    assert leaked(*(path.read_text(encoding="utf-8") for path in files), *files) == []


def test_the_index_and_mcp_show_none(filled):
    settings, store, identifier = filled
    embedder = default_embedder()
    with GenomeIndex.open(settings.index_dir, embedder) as index:
        folder = settings.index_dir / "batches"
        engine = LocalEngine(settings)
        index_corpus(store.corpus(), index, engine, folder, recipe=recipe_of(settings))
    files = [path.read_bytes() for path in settings.index_dir.rglob("*") if path.is_file()]
    with closing(IndexReader(settings.index_dir, embedder)) as reader:
        genome = Genome(store, reader, STANDARD)
        shown = [
            genome.conversation(identifier, 0, 50),
            genome.explain_score(identifier, 0, None),
            *(
                genome.search("ferry", kind, count=5)
                for kind in ("windows", "conversations", "tags")
            ),
            genome.similar(identifier, 3),
        ]
    assert leaked(*shown, *files) == []
    assert "ferry" in str(shown)
