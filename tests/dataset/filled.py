"""Stores filled through their public methods, as a validator fills them."""

from contextlib import closing
from dataclasses import replace

from cgp import samples
from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.quality import Quality
from cgp.scoring import seal
from cgp.scoring.task import Answer, NoAnswer, Score, TagVerdict
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    MinedWindow,
    QualityRecord,
    ScoredAnswer,
    StandingChanges,
    Store,
    WindowResult,
)
from cgp.windows import WindowPlan, cut

EMAIL = "jane.doe@example.com"
PERSONAL = Conversation(
    id="with/personal.data#1",
    source="mail",
    participants=(Participant("Ann", "account-123456"), Participant("Bo")),
    turns=(
        Turn(0, f"Write to {EMAIL} about the harvest.", 0.0),
        Turn(1, "The harvest of apples, you mean?", 4.5),
        Turn(0, f"Yes, {EMAIL.upper()} knows more."),
    ),
    title="Harvest",
    language="en-GB",
    started_at="2026-05-04T10:00:00+02:00",
)
PLAN = WindowPlan(700, 8, 1)


def conversations(copies=1):
    """Yield one with personal data, and the samples ``copies`` times, each copy said differently."""
    yield PERSONAL
    for copy in range(copies):
        for talk in samples.load():
            if copy == 0:
                yield talk
                continue
            turns = tuple(replace(t, text=f"{copy} {t.text} {copy}") for t in talk.turns)
            yield replace(talk, id=f"{talk.id}-{copy}", turns=turns)


def metadata_of(talk):
    """Return what a validator may have merged for a conversation."""
    words = sorted(
        {word.strip(".,?!\"'").lower() for turn in talk.turns for word in turn.text.split()}
    )
    words = [word for word in words if len(word) > 6][:12] or ["harvest"]
    tags = tuple(
        Tag(word, float(len(words) - i), None if i % 2 else i / 16) for i, word in enumerate(words)
    )
    if talk.id == PERSONAL.id:
        tags += (Tag(f"mail of {EMAIL}", 1.0), Tag("reach bob@elsewhere.example", 0.5))
    speaker = talk.turns[0].speaker
    claims = (
        Claim("topic", words[0], (0,)),
        Claim("stance", "in favour", (0, len(talk.turns) - 1)),
    )
    return Metadata(tags, (ParticipantProfile(speaker, claims),))


def tree_of(talk, found):
    """Return the tree of a conversation's windows, each with tags of its own."""
    root = cut(talk, PLAN)
    whole = MinedWindow(0, None, 0, root.start, root.stop, found)
    children = (
        MinedWindow(i, 0, 1, leaf.start, leaf.stop, Metadata((Tag(f"part {i} of it", 1.0, 0.25),)))
        for i, leaf in enumerate(root.children, 1)
    )
    return (whole, *children)


def finish(store, talk, *, tree=True, quality=None):
    """Take one conversation, which must be next in line, all the way to its end."""
    lease = store.reserve("validator", 600)
    assert lease.conversation.id == talk.id
    found = metadata_of(talk)
    truth = Metadata(found.tags[:3])
    sealed = seal(
        truth, conversation=talk.content_hash, model="m", plan=PLAN, version="rule/1", seed=0
    )
    record = GroundTruthRecord(sealed.digest, sealed.document, "embedded/1", "e", "rule/1", 0)
    leaves = list(cut(talk, PLAN).leaves())
    store.seal(lease, record, [(leaf.start, leaf.stop) for leaf in leaves])
    for index in range(len(leaves)):
        answers = [
            ScoredAnswer(
                "5Miner",
                3,
                Answer((found.tags[0].text,)),
                Score(
                    0.625, True, "", {"tags": 0.5, "profiles": 0.75}, (TagVerdict("x", 1, "n", ""),)
                ),
                0.25,
            ),
            ScoredAnswer("5Silent", 4, NoAnswer("timeout", "12 s"), Score(0.0, False, "no answer")),
        ]
        store.commit_window(lease, WindowResult(index, 7, [], answers, StandingChanges("rule/1")))
    store.finish(lease, ConversationResult(found, tree_of(talk, found) if tree else ()))
    if quality is not None:
        parts = Quality(quality, quality, quality, quality, quality)
        store.save_quality(talk.id, QualityRecord("quality/1", "e", parts))


def fill(url, talks=None, *, waiting=1, **options):
    """Fill the store at ``url`` with finished conversations, and some that wait."""
    talks = list(conversations() if talks is None else talks)
    with closing(Store(url)) as store:
        store.add_conversations(talks)
        for number, talk in enumerate(talks[: len(talks) - waiting]):
            finish(store, talk, quality=None if number % 5 == 4 else number % 10 / 10, **options)
    return talks[: len(talks) - waiting]
