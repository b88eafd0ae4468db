"""A store and an index for the explorer's tests: finished talks, one of them hostile, one Persian."""

from contextlib import closing
from dataclasses import replace
from functools import partial

from cgp.config import ApiSettings, Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.explorer.serving import explorer_pages
from cgp.gold.gold_file import GoldTag, GoldWindow, Weight
from cgp.indexing.rows import indexed_window, seconds
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.mining import MinedWindow
from cgp.privacy import STANDARD, Gate
from cgp.quality import QUALITY_VERSION, Quality
from cgp.scoring import seal
from cgp.scoring.standings import observe, update
from cgp.scoring.task import Answer, NoAnswer, Score, TagVerdict
from cgp.search import GenomeIndex, IndexedConversation
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    QualityRecord,
    ScoredAnswer,
    StandingChanges,
    StandingRecord,
    Store,
    WeightsRecord,
    WindowResult,
)
from cgp.windows import WindowPlan
from tests.api.served import keypair, serving

GOOD, SILENT = keypair("good").ss58_address, keypair("silent").ss58_address
VALIDATOR = keypair("alice").ss58_address
SCRIPT = "<script>document.title='owned'</script>"
BIDI = "\u202egnp.exe\u202c"

FERRY = Conversation(
    id="ferry",
    source="meeting",
    title="The ferry timetable",
    language="en",
    started_at="2023-11-14T22:13:20Z",
    participants=(Participant("Ann"), Participant("Bo")),
    turns=(
        Turn(0, "The ferry timetable is late again. Write to ann@example.com.", at=0.0),
        Turn(1, "Shall we ask the harbour office?", at=4.0),
        Turn(0, "Yes, I will call the harbour office on Monday.", at=9.0),
        Turn(1, "And who pays for the new ferries?", at=12.0),
    ),
)
HOSTILE = Conversation(
    id="hostile/talk?x=1",
    source="chat",
    title=f"About {SCRIPT}",
    language="en",
    participants=(Participant(f"Eve {SCRIPT}"), Participant(f"Mal{BIDI}" + "l" * 480)),
    turns=(
        Turn(0, f"Look: {SCRIPT} <img src=x onerror=alert(1)>"),
        Turn(1, f"{BIDI} javascript:alert(1) {{{{ 7 * 7 }}}}"),
    ),
)
PERSIAN = Conversation(
    id="qanat",
    source="radio",
    title="قنات‌های یزد",
    participants=(Participant("مریم"), Participant("رضا")),
    turns=(
        Turn(0, "قنات آب را از کوه می‌آورد."),
        Turn(1, "امروز قنات‌ها خشک می‌شوند و این برای ما بد است؟"),
    ),
)
TAGS = {
    "ferry": ("ferry timetable", "harbour office", "new ferries"),
    HOSTILE.id: (SCRIPT, "javascript"),
    "qanat": ("قنات", "آب"),
}


def _finish(store, conversation):
    lease = store.reserve(VALIDATOR, 60)
    tags = TAGS[conversation.id]
    claim = Claim("commitment", "will call the harbour office", (2,), 0.8)
    profile = ParticipantProfile(0, (claim,) if conversation.id == "ferry" else ())
    metadata = Metadata(tuple(Tag(text, 2.0) for text in tags), (profile,))
    sealed = seal(
        metadata, conversation=conversation.content_hash, model="m", plan=WindowPlan(), version="1", seed=1
    )  # fmt: skip
    store.seal(lease, GroundTruthRecord(sealed.digest, sealed.document, "m", "e", "1", 1), [(0, len(conversation.turns))])  # fmt: skip
    verdicts = (
        TagVerdict(tags[0], 1.0, "ground_truth", "equal to a ground-truth tag"),
        TagVerdict("moon cheese", 0.0, "ungrounded", "the window does not say it"),
    )
    answers = [
        ScoredAnswer(GOOD, 1, Answer((tags[0], "moon cheese"), (profile,)), Score(0.7, True, "", {"tags": 0.7}, verdicts), 0.4),
        ScoredAnswer(SILENT, 2, NoAnswer("timeout", "no answer in 12 s"), Score(0.0, False, "timeout"), 12.0),
    ]  # fmt: skip
    standings = [
        update(None, observe(one.hotkey, 1, one.score, 0.5, number))
        for number, one in enumerate(answers)
    ]
    records = [StandingRecord(s.hotkey, s.registered_at, s.to_json()) for s in standings]
    store.commit_window(lease, WindowResult(0, 1, [], answers, StandingChanges("1", records)))
    quality = QualityRecord(QUALITY_VERSION, "e", Quality(0.5, 0.75, 0.6, 0.4, 0.9))
    mined = [MinedWindow(0, None, 0, 0, len(conversation.turns), metadata)]
    store.finish(lease, ConversationResult(metadata, mined, quality))


def _row(conversation):
    """Return a talk as the index holds it: redacted, a window with the talk's own tags.

    A second one leaves out the first turn, as the last window of a topic repeats the one before.
    """
    # ``cgp index`` would annotate the windows anew, which takes seconds; its tests do that.
    gate = Gate.of(conversation, STANDARD)
    tags = gate.metadata(Metadata(tuple(Tag(text, 2.0) for text in TAGS[conversation.id]))).tags
    clean = gate.conversation
    return IndexedConversation(
        id=clean.id,
        source=clean.source,
        title=clean.title,
        language=clean.language,
        started_at=seconds(clean.started_at),
        participants=tuple(person.name for person in clean.participants),
        turns=len(clean.turns),
        tags=tags,
        windows=tuple(indexed_window(clean, start, len(clean.turns), tags) for start in (0, 1)),
    )


def fill(folder):
    """Take the talks through a store as a validator does, and index them."""
    # The tests ask more often than people do.
    settings = Settings(data_dir=folder, api=ApiSettings(reads_per_minute=10**6))
    with closing(Store(settings.store_url)) as store:
        for conversation in (FERRY, HOSTILE, PERSIAN):
            store.add_conversations([conversation])
            _finish(store, conversation)
        store.log_weights(VALIDATOR, WeightsRecord(77, {GOOD: 1.0}, {1: 1.0}, True))
        store.add_gold(
            [
                GoldWindow(
                    replace(FERRY, id="secret-gold"), (GoldTag("ferry timetable", Weight.TOPIC),)
                )
            ],
            3,
        )
        with GenomeIndex.open(settings.index_dir, default_embedder()) as index:
            index.add(map(_row, (FERRY, HOSTILE, PERSIAN)))
    return settings


def served(folder, settings, *, operator=False):
    """Serve API and pages over what ``fill`` made."""
    extend = partial(explorer_pages, settings=settings, operator=operator)
    return serving(folder, extend=extend)
