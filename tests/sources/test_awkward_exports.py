"""Awkward exports, each as its program writes it: no word lost, given to another speaker, or left in marks."""

import json

import pytest

from cgp.sources import read_path

OAK = {"id": "8", "username": "oak", "global_name": "Oak"}


def cues(*texts):
    return "".join(
        f"{i}\n00:00:{i:02},000 --> 00:00:{i:02},900\n{text}\n\n" for i, text in enumerate(texts, 1)
    )


def discord_api(*messages):
    return json.dumps([
        {"id": str(i), "type": 0, "channel_id": "1", "timestamp": f"2025-02-01T10:0{i}:00+00:00", "content": "", "author": OAK, **more}
        for i, more in enumerate(messages)
    ])  # fmt: skip


def matrix(*contents):
    return json.dumps({"room_name": "Garden", "messages": [
        {"type": kind, "sender": "@ann:x", "event_id": f"${i}", "origin_server_ts": 1_740_000_000_000 + i, "content": content}
        for i, (kind, content) in enumerate(contents)
    ]})  # fmt: skip


# Each file's turns: who says what.
TURNS = {
    "mentions.json": (
        discord_api({
            "content": "<@7> and <@!9> see <#5> <@&4> </roll:3> <t:1700000000:R> <:rose:123>",
            "mentions": [{"id": "7", "username": "fern", "global_name": "Fern"}], "mention_channels": [{"id": "5", "name": "beds"}]}),
        [("Oak", "@Fern and @9 see #beds @4 /roll 2023-11-14 22:13 :rose:")],
    ),
    "forwarded.json": (
        discord_api({"message_snapshots": [{"message": {"content": "Mulch first", "embeds": []}}]}), [("Oak", "Mulch first")]
    ),
    "poll.json": (
        discord_api({"poll": {"question": {"text": "When?"}, "answers": [{"answer_id": 1, "poll_media": {"text": "Monday"}}]}}),
        [("Oak", "When?\nMonday")],
    ),
    "exported without markdown.json": (
        json.dumps({"guild": {"name": "G"}, "channel": {"id": "1", "name": "c"}, "messages": [
            {"id": "1", "type": "Default", "timestamp": "2025-02-01T10:00:00+00:00", "content": "Hi <@802>", "author": {"id": "1", "name": "fern"},
             "mentions": [{"id": "802", "name": "oak", "nickname": "Oak of the hill"}]}]}),
        [("fern", "Hi @Oak of the hill")],
    ),
    "polls of rooms.json": (
        matrix(
            ("m.poll.start", {"m.poll": {"question": {"m.text": [{"body": "When?"}]}, "answers": [{"m.id": "1", "m.text": [{"body": "Monday"}]}]}}),
            ("org.matrix.msc3381.poll.start", {"org.matrix.msc3381.poll.start": {
                "question": {"body": "Where?"}, "answers": [{"id": "1", "org.matrix.msc1767.text": "At the mill"}]}}),
            ("m.poll.response", {"m.selections": ["1"]}),
        ),
        [("ann", "When?\nMonday"), ("ann", "Where?\nAt the mill")],
    ),
    "a name as no other.srt": (
        cues("Dana Ruiz: Morning.", "Dr. Sam O'Neil (he/him) | ACME: Hi: all", "Dana Ruiz: Next: the lease"),
        [("Dana Ruiz", "Morning."), ("Dr. Sam O'Neil (he/him) | ACME", "Hi: all"), ("Dana Ruiz", "Next: the lease")],
    ),
    "numbered once.srt": (
        cues("Speaker 1: Is it far?", "Speaker 2: A mile", "or two."), [("Speaker 1", "Is it far?"), ("Speaker 2", "A mile or two.")]
    ),
    "steps are nobody.srt": (
        cues("Step 1: mix it", "Step 2: wait", "and eat"), [("Speaker", "Step 1: mix it Step 2: wait and eat")]
    ),
    "not understood.txt": (
        "Speaker 1 (00:00):\nWelcome.\n\nSpeaker 2 (00:05):\n[inaudible 00:06] Yes.\n\nSpeaker 1 (01:02:09):\n[crosstalk 01:02:09] Bye.\n",
        [("Speaker 1", "Welcome."), ("Speaker 2", "[inaudible 00:06] Yes."), ("Speaker 1", "[crosstalk 01:02:09] Bye.")],
    ),
    "WhatsApp Chat with Mo.txt": (
        "[1/4/23, 7:05:11\u202fPM] Mo: \u200eplan.pdf • \u200e2 pages \u200edocument omitted\n[1/4/23, 7:06:11\u202fPM] Ana: seen • thanks\n",
        [("Ana", "seen • thanks")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TURNS)
def test_an_awkward_export_is_read_to_the_letter(tmp_path, name):
    content, turns = TURNS[name]
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    records = [record for _, record in read_path(path)]
    found = [
        (c.participants[turn.speaker].name, turn.text)
        for record in records
        if (c := record.conversation)
        for turn in c.turns
    ]
    assert found == turns, [str(record.error) for record in records if record.error]
