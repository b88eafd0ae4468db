"""A corpus made to harm: escapes, direction marks, bombs, links, deep and wide trees, floods.

``make`` writes files, ``fill`` a store in which other people's texts are hostile in every field.
"""

import json
import sqlite3
import zipfile

from cgp.conversation_json import conversation_from_json
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

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202etxt.exe\u2066"
LINK = "![x](http://evil.example/p.png)[click](http://evil.example)<img src=x>"
FERRY = "The ferry is late, the tide is out."


def turns(count, text=FERRY):
    return [{"speaker": i % 2, "text": text} for i in range(count)]


def talk(identifier, **fields):
    return {
        "id": identifier,
        "source": "test",
        "participants": ["Ann", "Bo"],
        "turns": turns(6, f"{identifier}: {FERRY}"),
    } | fields


def talks():
    """Return conversations that are hostile within the limits, the harmless first."""
    return [
        talk("plain"),
        talk("escapes", title=f"Ferry {ESCAPES}", participants=[f"Ann {ESCAPES}", "Bo"], turns=turns(4, f"ferry {ESCAPES}")),
        talk("markup", title=LINK, source=LINK, turns=turns(4, f"{LINK} about a ferry")),
        talk("wide", participants=[f"P{i}" for i in range(9_000)], turns=turns(4, "ferry")),
        talk("addresses", turns=turns(60, "a@example.com 07911 823466 " * 20)),
        talk("digits", turns=turns(5, "1 2 3 4 5 6 7 8 9 0 " * 100)),
        talk("flood", turns=turns(2_000, "ferry " * 30)),
        talk(f"[red]id {LINK}", turns=turns(3, f"[red]{LINK}[/red] ferry")),
    ]  # fmt: skip


def beyond_limits():
    return [
        talk(f"id {ESCAPES}"),
        talk("long title", title="x" * 10_000),
        talk("long source", source="x" * 7_000_000),
    ]


def jsonl(documents):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents)


def gold_windows():
    """Return lines of a gold file: good ones with hostile texts, and one that is wrong in a hostile way."""
    said = [{"speaker": f"Ann {ESCAPES}", "text": f"The ferry is late {ESCAPES} {i}"} for i in range(6)]  # fmt: skip
    good = {
        "id": f"[red]gold {LINK}",
        "language": "en",
        "kind": f"meeting {ESCAPES}",
        "licence": f"CC {ESCAPES}",
        "origin": LINK,
        "turns": said,
        "tags": [{"text": f"late ferry {ESCAPES}", "weight": 3, "also": [LINK]}, {"text": "ferry", "weight": 2}],
        "reject": [{"text": f"late {ESCAPES}", "why": ESCAPES}],
    }  # fmt: skip
    return [
        good,
        good | {"id": "gold 2", "turns": [*said, {"speaker": "Bo", "text": "[bold]Tide"}]},
    ]


def question():
    """Return what ``cgp score`` is asked about: a window, and answers that other people wrote."""
    return {
        "conversation": talk("escapes", title=ESCAPES, turns=turns(6, f"ferry {ESCAPES}")),
        "window": {"start": 0, "stop": 6},
        "answers": [
            {"miner": f"one {ESCAPES}", "tags": [f"ferry {ESCAPES}", "[red]tide", *["ferry " * 40] * 90]},
            {"miner": LINK, "tags": []},
        ],
    }  # fmt: skip


def make(folder, victim):
    """Write the corpus into a folder; ``victim`` is a file outside that nothing may touch."""
    folder.mkdir()
    (folder / "talks.jsonl").write_text(jsonl(talks() + beyond_limits()), encoding="utf-8")
    (folder / "deep.json").write_text("[" * 200_000)
    (folder / "objects.json").write_text('{"a":' * 100_000)
    (folder / "tags.html").write_text("<cite>A:</cite><time>0:01</time><p>hi " + "<a " * 20_000)
    (folder / "voice.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nhi " + "<v." * 20_000)
    (folder / "styles.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\n" + "{\\an" * 60_000)
    (folder / "chat.txt").write_text(
        "[01/02/2024, 10:00:00] Ann: hi" + " <This message was edited" * 20_000
    )
    (folder / "line.txt").write_text("Ann: " + "x " * 500_000)
    (folder / f"name {ESCAPES.replace('/', '')}.txt").write_text("Ann: one\nBo: two\n")
    (folder / "link.txt").symlink_to(victim)
    (folder / "folder").symlink_to(victim.parent, target_is_directory=True)
    _make_harmless(folder.with_name("plain"))
    others = folder.with_name("files")
    others.mkdir()
    (others / "talks.jsonl").write_text(jsonl(talks()[:3]), encoding="utf-8")
    (others / "gold.jsonl").write_text(jsonl(gold_windows()), encoding="utf-8")
    (others / "wrong-gold.jsonl").write_text(
        jsonl([gold_windows()[0] | {"tags": [{"text": ESCAPES, "weight": ESCAPES}]}])
    )
    (others / "question.json").write_text(
        json.dumps(question(), ensure_ascii=False), encoding="utf-8"
    )
    (others / "answers.jsonl").write_text(jsonl([{"id": "gold 2", "tags": [ESCAPES, "ferry"]}]))
    (others / "provenance.json").write_text(
        json.dumps({"test": {"licence": f"MIT {ESCAPES}", "attribution": LINK, "url": LINK}})
    )
    (others / "pairs.json").write_text(
        json.dumps(
            [
                {
                    "question": f"When does ferry {i} leave {ESCAPES}?",
                    "answer": f"At {i} {ESCAPES} {LINK}",
                }
                for i in range(12)
            ]
        ),
        encoding="utf-8",
    )
    (others / "garbage.sqlite").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64)
    with sqlite3.connect(others / "strange.sqlite") as strange:
        strange.execute('CREATE TABLE "store_version" ("version_num" TEXT)')
        strange.execute("INSERT INTO store_version VALUES (?)", (ESCAPES,))
    strange.close()
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.xml", "<rss><channel><item>" + "<a/>" * 1_500_000)
        archive.writestr("../../outside.txt", "Ann: one\nBo: two\n")
        archive.writestr(f"esc{ESCAPES}.txt", "Ann: one\nBo: two\n")
        archive.writestr("zeros.json", b"0" * 100_000_000)


def _make_harmless(folder):
    """Write a good file of each kind that commands read."""
    folder.mkdir()
    said = [{"speaker": "Ann", "text": f"The ferry is late today, {i}"} for i in range(6)]
    tags = [{"text": "late ferry", "weight": 3}]
    windows = [{"id": f"w{i}", "turns": [*said, *said[:i]], "tags": tags} for i in range(2)]
    answers = [{"miner": "one", "tags": ["ferry", "tide"]}, {"miner": "two", "tags": []}]
    asked = question() | {"conversation": talk("harmless"), "answers": answers}
    (folder / "plain.jsonl").write_text(jsonl([talk("harmless")]), encoding="utf-8")
    (folder / "gold.jsonl").write_text(jsonl(windows), encoding="utf-8")
    (folder / "question.json").write_text(json.dumps(asked), encoding="utf-8")


def fill(store):
    """Take every conversation through a store, with answers, metadata and errors full of escapes."""
    store.add_conversations(conversation_from_json(one) for one in talks())
    while lease := store.reserve("validator", 60):
        count = len(lease.conversation.turns)
        if lease.conversation.id == "plain":
            store.fail(lease, f"no {ESCAPES}", max_attempts=1)
            continue
        claim = Claim(f"topic {ESCAPES}", f"ferry {LINK}", (0,))
        profile = ParticipantProfile(0, (claim,))
        metadata = Metadata((Tag(f"ferry {ESCAPES}", 2.0), Tag(LINK), Tag("[red]tide")), (profile,))
        sealed = seal(metadata, conversation="h", model="m", plan=WindowPlan(), version="1", seed=1)
        truth = GroundTruthRecord(sealed.digest, sealed.document, f"a {ESCAPES}", "e", "1", 1)
        store.seal(lease, truth, [(0, count)])
        verdict = TagVerdict(f"tag {ESCAPES}", 0.0, "ungrounded", f"near {ESCAPES}")
        score = Score(0.5, True, "", {"tags": 0.5}, (verdict,))
        answer = Answer((f"ferry {ESCAPES}", LINK), (profile,))
        answers = [
            ScoredAnswer("good", 3, answer, score),
            ScoredAnswer("bad", 4, NoAnswer("malformed", ESCAPES), Score(0.0, False, f"said {ESCAPES}")),
        ]  # fmt: skip
        store.commit_window(lease, WindowResult(0, 1, [], answers, StandingChanges("1")))
        store.finish(
            lease, ConversationResult(metadata, [MinedWindow(0, None, 0, 0, count, metadata)])
        )
