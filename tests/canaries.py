"""A conversation with a different canary in each field, and of what is found out about it."""

import json

from cgp.conversation import Conversation, Participant, Turn
from cgp.conversation_json import conversation_to_json
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.mining import MinedWindow
from cgp.scoring import seal
from cgp.scoring.task import Answer, NoAnswer, Score, TagVerdict
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    ScoredAnswer,
    StandingChanges,
    WindowResult,
)
from cgp.windows import WindowPlan

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
    "kind",
    "licence",
    "origin",
]
EMAIL = {field: f"canary.{field}@example.com" for field in FIELDS}
PIN = "738201"
TALK = Conversation(
    id=f"chat with {EMAIL['id']}",
    source=f"mail {EMAIL['source']}",
    participants=(Participant(f"Ana {EMAIL['name']}", EMAIL["personid"]), Participant("Ben")),
    turns=(
        Turn(0, f"Write to {EMAIL['turn']} about the ferry."),
        Turn(1, f"My PIN is {PIN}."),
        Turn(0, f"The ferry is late, {PIN} did not help."),
    ),
    title=f"About {EMAIL['title']}",
    language=EMAIL["language"],
)


def found_out():
    """Return metadata and scored answers about the conversation, each text with a canary."""
    claim = Claim(f"contact {EMAIL['attribute']}", f"is at {EMAIL['claim']}", (0,))
    profile = ParticipantProfile(0, (claim,))
    metadata = Metadata(
        (Tag("ferry", 2.0), Tag(f"mail {EMAIL['tag']}"), Tag(f"pin {PIN}")), (profile,)
    )
    verdict = TagVerdict(f"{EMAIL['verdict']}", 0.0, "ungrounded", f"near {EMAIL['reason']}")
    score = Score(0.5, True, "", {"tags": 0.5}, (verdict,))
    silent = Score(0.0, False, f"said {EMAIL['reason']}")
    answers = [
        ScoredAnswer("good", 3, Answer(("ferry", f"mail {EMAIL['answer']}"), (profile,)), score),
        ScoredAnswer("silent", 4, NoAnswer("error", f"tells {EMAIL['detail']}"), silent),
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
    store.finish(lease, ConversationResult(metadata, mined))
    return lease.conversation.id


def leaked(*shown):
    """Return the canaries in what is shown, whatever the signs between their letters."""
    text = "".join(map(str, shown)).lower()
    letters = "".join(filter(str.isalnum, text))
    values = [f"canary{field}example" for field in FIELDS] + [PIN]
    return [value for value in values if value in letters]


def write_files(folder):
    """Write the files that commands take, each with canaries where other people's texts are."""
    talk = conversation_to_json(TALK)
    (folder / "talk.jsonl").write_text(json.dumps(talk) + "\n", encoding="utf-8")
    asked = {
        "conversation": talk,
        "window": {"start": 0, "stop": 3},
        "answers": [
            {"miner": "one", "tags": [f"mail {EMAIL['answer']}", "ferry"]},
            {"miner": "two", "tags": []},
        ],
    }
    (folder / "question.json").write_text(json.dumps(asked), encoding="utf-8")
    said = [{"speaker": f"Ann {EMAIL['name']}", "text": f"The ferry is late {EMAIL['turn']} {i}"} for i in range(6)]  # fmt: skip
    gold = {
        "id": f"gold {EMAIL['id']}",
        "language": "en",
        "kind": f"meeting {EMAIL['kind']}",
        "licence": f"CC {EMAIL['licence']}",
        "origin": f"test {EMAIL['origin']}",
        "turns": said,
        "tags": [{"text": "late ferry", "weight": 3}, {"text": f"mail {EMAIL['tag']}", "weight": 2}],
        "reject": [{"text": "late", "why": EMAIL["reason"]}],
    }  # fmt: skip
    (folder / "gold.jsonl").write_text(json.dumps(gold) + "\n", encoding="utf-8")
    pairs = [
        {"question": f"When is ferry {i}? {EMAIL['turn']}", "answer": f"At {i}: {EMAIL['answer']}"}
        for i in range(12)
    ]
    (folder / "pairs.json").write_text(json.dumps(pairs), encoding="utf-8")
