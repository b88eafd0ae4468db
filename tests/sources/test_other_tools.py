"""Forms of other tools: where their times and names stand, what their keys are called, what is no talk of theirs."""

import json

import pytest

from cgp.sources import read_path

LEASE = [
    ("Ana Ruiz", "The lease ends in May.", 5),
    ("Bo", "Then we move.", 9),
    ("Ana Ruiz", "Where to?", 12),
]
COURT = [
    ("Q", "Please state your name.", None),
    ("A", "Dora Finch.", None),
    ("Q", "Did you see the car?", None),
]


def lease(form):
    """Write the talk in lines of a form, which has places for the time, the name and the words."""
    return "".join(
        form.format(time=f"00:{at:02d}", name=name, words=words) + "\n" for name, words, at in LEASE
    )


READ = {
    "time and name above.txt": (lease("{time} {name}\n{words}\n"), LEASE),
    "name and time above.txt": (lease("{name} - {time}\n{words}\n"), LEASE),
    "time behind.txt": (lease("{name}: {words} [{time}]"), LEASE),
    "bold with time.md": (lease("**{name}** ({time}): {words}\n"), LEASE),
    "bold and time above.md": (lease("**{name}** {time}\n{words}\n"), LEASE),
    "time in bold.md": (lease("**{name} ({time}):** {words}\n"), LEASE),
    "time before bold.md": (lease("[{time}] **{name}:** {words}\n"), LEASE),
    "court.txt": ("     Q.   Please state your name.\n     A.   Dora Finch.\n     Q.   Did you see the car?\n", COURT),
    "pipeline.json": (
        json.dumps({
            "speakers": [{"speaker": name, "timestamp": [at, at + 1], "text": f" {words}"} for name, words, at in LEASE],
            "chunks": [{"timestamp": [at, None], "text": f" {words}"} for _, words, at in LEASE], "text": "all of it",
        }), LEASE,
    ),
    "segments without times.json": (
        json.dumps({"segments": [
            {"start": 1, "end": 2, "text": " Yes.", "speaker": "Ana"}, {"text": " No time here.", "speaker": "Bo"}]}),
        [("Ana", "Yes.", 1), ("Bo", "No time here.", None)],
    ),
    "voice agent.json": (
        json.dumps({"conversation_id": "c", "transcript": [
            {"role": "agent", "message": "How can I help?", "time_in_call_secs": 0},
            {"role": "user", "message": "My lamp flickers", "time_in_call_secs": 3},
            {"role": "agent", "message": None, "tool_calls": [{"tool_name": "look"}], "time_in_call_secs": 5}]}),
        [("agent", "How can I help?", 0), ("user", "My lamp flickers", 3)],
    ),
    "call.json": (
        json.dumps({"call_id": "c", "transcript": "Agent: Hi\nUser: A table\n", "transcript_object": [
            {"role": "agent", "content": "Hi"}, {"role": "user", "content": "A table", "words": [{"word": "A"}]}]}),
        [("agent", "Hi", None), ("user", "A table", None)],
    ),
    "date first.json": (
        json.dumps([{"date": f"2023-01-04T19:0{i}:00", "author": name, "message": words}
                    for i, (name, words, _) in enumerate(LEASE)]),
        [(name, words, 60 * i) for i, (name, words, _) in enumerate(LEASE)],
    ),
    "lines with a start.jsonl": (
        "".join(json.dumps({"speaker": name, "text": words, "start": at}) + "\n" for name, words, at in LEASE), LEASE,
    ),
    "inside of an object.json": (
        json.dumps({"id": "x", "transcript": {"segments": [
            {"speaker": name, "text": words, "startTime": f"00:00:{at:02d}"} for name, words, at in LEASE]}}), LEASE,
    ),
    "inside of data.json": (
        json.dumps({"data": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}}),
        [("user", "Hi", None), ("assistant", "Hello", None)],
    ),
    "poll.json": (
        json.dumps({"name": "Crew", "type": "private_group", "id": 1, "messages": [
            {"id": 1, "type": "message", "date_unixtime": "1672858920", "from": "Ana", "from_id": "user1", "text": "Sail?"},
            {"id": 2, "type": "message", "date_unixtime": "1672858980", "from": "Bo", "from_id": "user2", "text": "",
             "poll": {"question": "When?", "answers": [{"text": "Monday", "voters": 1}, {"text": "Never", "voters": 0}]}}]}),
        [("Ana", "Sail?", 0), ("Bo", "When?\nMonday\nNever", 60)],
    ),
    "mirc.log": (
        "Session Start: Wed Jan 04 19:00:00 2023\n[19:00] * Now talking in #garden\n[19:02] <Ana> Tea?\n[19:03] * Bo nods\n"
        "[19:04] * Cy (cy@host) has joined #garden\n[19:04] * Quits: Dee (dee@host) (Ping timeout)\n"
        "[19:04] * Ana sets mode: +o Bo\n[19:05] <@Ana> Milk?\n",
        [("Ana", "Tea?", 0), ("Bo", "nods", 60), ("Ana", "Milk?", 180)],
    ),
}  # fmt: skip

REFUSED = {
    "chapters.txt": ("0:00 Intro\n1:20 Oven\n3:00 Flour\n5:00 Intro\n7:10 Oven\n", "without words"),
    "shifts.txt": ("09:00 Ana\n09:30 Bo\n10:00 Ana\n10:30 Bo\n", "without words"),
    "quiz.txt": (
        "1. Which is sour?\nA. Lemon\nB. Beet\n2. Which is a root?\nA. Rye\nB. Beet\n",
        "no speaker comes back",
    ),
    "diary.txt": (
        "09:00 Gym\nRan far and was tired.\n11:10 Gym\nLifted weights.\n12:20 Lunch\nSoup.\n",
        "nothing shows that",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_talk_of_another_tool_has_its_speakers_and_times(tmp_path, name):
    text, talk = READ[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    records = [record for _, record in read_path(tmp_path / name)]
    assert [record.error for record in records if record.error] == []
    assert [
        (record.conversation.participants[turn.speaker].name, turn.text, turn.at)
        for record in records
        for turn in record.conversation.turns
    ] == talk


@pytest.mark.parametrize("name", REFUSED)
def test_names_and_times_that_nobody_speaks_behind_are_refused(tmp_path, name):
    text, reason = REFUSED[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    ((_, record),) = read_path(tmp_path / name)
    assert reason in str(record.error)


def test_files_that_windows_adds_to_a_folder_are_not_read(tmp_path):
    (tmp_path / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (tmp_path / "desktop.ini").write_text("[.ShellClassInfo]\n")
    (tmp_path / "talk.txt").write_text("Ana: Hi\nBo: Hello\n")
    assert [record.path.name for _, record in read_path(tmp_path)] == ["talk.txt"]
