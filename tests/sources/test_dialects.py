"""Files as people report them: read with the right speakers, or refused with the reason."""

import json
import zipfile

import pytest

from cgp.sources import import_conversations, read_path

TALK = [("Ana", "hi there"), ("Bo", "hello"), ("Ana", "bye now")]


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values)


def aws(word, start=None):
    times = (
        {"type": "punctuation"}
        if start is None
        else {"type": "pronunciation", "start_time": start, "end_time": start}
    )
    return {**times, "alternatives": [{"confidence": "1.0", "content": word}]}


READ = {
    "Chat Turkish.txt": (
        "31.12.2025 22:15 - Ana: hi there\n31.12.2025 22:16 - Bo: Bu mesaj silindi\n31.12.2025 22:16 - Bo: hello\n"
        "31.12.2025 22:17 - Ana: <Medya dahil edilmedi>\n31.12.2025 22:18 - Ana: bye now\n"
    ),
    "Chat Vietnamese.txt": (
        "31/12/2025, 10:15 CH - Ana: hi there\n31/12/2025, 10:16 CH - Bo: hello\n31/12/2025, 10:17 CH - Ana: bye now\n"
    ),
    "Chat English.txt": (
        "12/31/25, 10:15 PM - Ana: hi there\n12/31/25, 10:16 PM - Bo: Waiting for this message\n"
        "12/31/25, 10:16 PM - Bo: hello\n12/31/25, 10:17 PM - Ana: bye now\n"
    ),
    "messages.jsonl": lines(*({"role": name, "content": text} for name, text in TALK)),
    "preferences.jsonl": lines({
        "prompt": "hi there", "chosen": [{"role": name, "content": text} for name, text in TALK],
        "rejected": [{"role": "Ana", "content": "hi there"}],
    }),
    "segments.json": json.dumps([
        {"start": float(i), "end": i + 0.9, "text": f" {text}", "speaker": name}
        for i, (name, text) in enumerate(TALK)
    ]),
    "call.json": json.dumps({
        "id": "c", "transcript": "Ana: hi there\nBo: hello\n",
        "messages": [{"role": name, "message": text, "time": 1_700_000_000_000} for name, text in TALK],
    }),
    "clocks.txt": "Ana  9:01 AM\nhi there\nBo  9:02 AM\nhello\nAna  12:03 PM\nbye now\n",
    "wide colons.txt": "Ana：hi there\nBo：hello\nAna：bye now\n",
    "newest first.csv": (
        "time,speaker,text\n2025-03-01 08:02,Ana,bye now\n2025-03-01 08:01,Bo,hello\n2025-03-01 08:00,Ana,hi there\n"
    ),
}  # fmt: skip

CUE = "00:00:0{}.000 --> 00:00:0{}.900\n{}\n\n"
MAIL = "From: Ana <a@x>\nTo: b@x\nSubject: Re: Plan\nDate: Fri, 14 Mar 2025 08:00:00 +0000\n"
READ_AS = {
    "callers.vtt": (
        "WEBVTT\n\n" + "".join(CUE.format(i, i, text) for i, text in enumerate(
            ["+1 555 010 2000: hi there", "Ana: hello", "+1 555 010 2000: bye now", "Ana: bye"])),
        [("+1 555 010 2000", "hi there"), ("Ana", "hello"), ("+1 555 010 2000", "bye now"), ("Ana", "bye")],
    ),
    "Tabelle.csv": (
        "Datum;Absender;Nachricht\n01.03.2025 08:00;Ana;hallo\n01.03.2025 08:01;Bo;hi\n", [("Ana", "hallo"), ("Bo", "hi")]
    ),
    "KakaoTalk.txt": (
        "KakaoTalk Chats with Min\nDate Saved : 2025-03-01 08:00:00\n\n--------------- Friday, February 28, 2025 ---------------\n"
        "[Min] [9:12 AM] hello\n[Ji] [9:13 AM] Photo\n[Ji] [1:13 PM] hi\n", [("Min", "hello"), ("Ji", "hi")],
    ),
    "outlook.eml": (
        MAIL + "\nYes, fine.\n\nFrom: Bo <b@x>\nSent: Thursday, March 13, 2025 8:00 AM\nTo: Ana\nSubject: Plan\n\nShall we?\n",
        [("Ana", "Yes, fine.")],
    ),
    "phone.eml": (MAIL + "\nYes, fine.\n\nSent from my iPhone\n\n> Shall we?\n", [("Ana", "Yes, fine.")]),
    "page.eml": (
        MAIL + "Content-Type: text/html; charset=utf-8\n\n<p>Yes, <b>fine</b>.</p>"
        "<blockquote>Shall <blockquote>I said so</blockquote> we?</blockquote>\n", [("Ana", "Yes, fine.")],
    ),
    "message_1.json": (
        json.dumps({"participants": [], "messages": [
            {"sender_name": "Bo", "timestamp_ms": 1_740_816_060_000, "content": "hello"},
            {"sender_name": "Bo", "timestamp_ms": 1_740_816_030_000,
             "content": "You can now message and call each other and see info like Active Status."},
            {"sender_name": "Ana", "timestamp_ms": 1_740_816_000_000, "content": "hi there"},
        ]}), [("Ana", "hi there"), ("Bo", "hello")],
    ),
    "times by a tool.txt": (
        "Ana Li  0:03\nhi there\n\nBo Ray  0:10\nYes: that is it.\n\nAna Li (0:15):\nbye\n",
        [("Ana Li", "hi there"), ("Bo Ray", "Yes: that is it."), ("Ana Li", "bye")],
    ),
    "times before.txt": (
        "[00:00:01] Ana: So: this is it\nSecondly: also this\n[00:00:05] Bo: Right: ok\n[00:00:07] Ana: bye\n",
        [("Ana", "So: this is it\nSecondly: also this"), ("Bo", "Right: ok"), ("Ana", "bye")],
    ),
    "times by a person.txt": (
        "Ana (0:01): hi\nBo: hello\nAna: how are you\nBo (0:09): fine\n",
        [("Ana", "hi"), ("Bo", "hello"), ("Ana", "how are you"), ("Bo", "fine")],
    ),
    "timetable.txt": (
        "Ana: when?\nBo: so:\n10:00 Talk: one\n11:00 Lunch: soup\nAna: good\nBo: bye\n",
        [("Ana", "when?"), ("Bo", "so:"), ("Talk", "one"), ("Lunch", "soup"), ("Ana", "good"), ("Bo", "bye")],
    ),
    "two speakers.json": (
        json.dumps({"jobName": "j", "results": {
            "transcripts": [{"transcript": "Hi. Yes."}],
            "items": [aws("Hi", "0.0"), aws("."), aws("Yes", "2.0"), aws(".")],
            "speaker_labels": {"segments": [
                {"speaker_label": f"spk_{i}", "items": [{"start_time": at, "speaker_label": f"spk_{i}"}]}
                for i, at in enumerate(["0.0", "2.0"])]},
        }}), [("spk_0", "Hi."), ("spk_1", "Yes.")],
    ),
    "two channels.json": (
        json.dumps({"jobName": "j", "results": {
            "transcripts": [{"transcript": "Hi there Yes"}],
            "channel_labels": {"channels": [
                {"channel_label": "ch_0", "items": [aws("Yes", "2.0")]},
                {"channel_label": "ch_1", "items": [aws("Hi", "0.0"), aws("there", "0.5")]}]},
            "items": [aws("Hi", "0.0"), aws("there", "0.5"), aws("Yes", "2.0")],
        }}), [("ch_1", "Hi there"), ("ch_0", "Yes")],
    ),
    "channels.json": (
        json.dumps({"metadata": {"channels": 2}, "results": {"channels": [
            {"alternatives": [{"transcript": text, "words": [{"word": text, "start": at, "end": at + 1}]}]}
            for text, at in (("late", 5), ("early", 1))]}}),
        [("Channel 1", "early"), ("Channel 0", "late")],
    ),
    "utterances.json": (
        json.dumps({"metadata": {"channels": 2}, "results": {
            "channels": [{"alternatives": [{"transcript": "x", "words": []}]}],
            "utterances": [{"start": at, "end": at + 1, "channel": channel, "transcript": text}
                           for text, at, channel in (("late", 5, 0), ("early", 1, 1))]}}),
        [("Channel 1", "early"), ("Channel 0", "late")],
    ),
    "_chat.txt": (
        "\u200e[28/02/24, 21:00:11] Trip: Goa: \u200eMessages and calls are end-to-end encrypted.\n"
        "[28/02/24, 21:05:11] A: hi\n[28/02/24, 21:06:11] B: see: \u200e<This message was edited>\n"
        "\u200e[28/02/24, 21:07:14] Trip: Goa: \u200eB left\n[28/02/24, 21:08:11] A: bye\n",
        [("A", "hi"), ("B", "see:"), ("A", "bye")],
    ),
    "WhatsApp Chat with DST.txt": (
        "27/10/2024, 02:55 - A: before\n27/10/2024, 02:05 - B: the clock went back\n27/10/2024, 02:10 - A: yes\n",
        [("A", "before"), ("B", "the clock went back"), ("A", "yes")],
    ),
    "chat.md": (
        "[2024-02-28, 21:05] Me: hi  \n[2024-02-28, 21:06] Ann: ![a.jpg](./media/a.jpg)  yes [that](https://x.example)  \n"
        "[2024-02-28, 21:07] Me: \n>\n> yes\n>\nindeed\n(- Ann: 👍, Bo: 😀 -)  \n"
        "[2024-02-28, 21:08] Ann: [doc: x.pdf](./media/x.pdf)  \n[2024-02-28 21:08:30] Ann: (This message was deleted)\n"
        "[2024-02-28 21:08:40] Ann: [😀](../exported_stickers/p/1.webp)  \n[2024-02-28, 21:09] Me: bye (for now)\n(( 🙂 ))\n",
        [("Me", "hi"), ("Ann", "yes [that](https://x.example)"), ("Me", "indeed"), ("Me", "bye (for now)")],
    ),
    "irc.weechatlog": (
        "2024-02-28 10:00:01\tann\thi\n2024-02-28 10:00:03\t *\tbo waves\n2024-02-28 10:00:04\t-->\tcy has joined\n"
        "2024-02-28 10:00:05\t*\tann bows: low\n",
        [("ann", "hi"), ("bo", "waves"), ("ann", "bows: low")],
    ),
    "headings in answers.md": (
        "## User\n\nbread?\n\n## ChatGPT\n\n## Overview\n\nFlour.\n\n## User\n\nbeer?\n\n## ChatGPT\n\n## Overview\n\nMalt.\n",
        [("User", "bread?"), ("ChatGPT", "## Overview\n\nFlour."), ("User", "beer?"), ("ChatGPT", "## Overview\n\nMalt.")],
    ),
    "bold in answers.md": (
        "**User:** tell me\n\n**Assistant:** Two things:\n\n**Flour:** white\n\n**User:** thanks\n",
        [("User", "tell me"), ("Assistant", "Two things:\n\n**Flour:** white"), ("User", "thanks")],
    ),
}  # fmt: skip

FOREIGN = "Ира: привет, как дела?\nОлег: привет, всё хорошо\nИра: пока\n"
REFUSED = {
    "settings.txt": (b"HOST: localhost\nPORT: 80\nUSER: root\nHOST: db\nPORT: 5432\nUSER: pg\n", "values, not words"),
    "answers.txt": (
        b"GET / HTTP/1.1\nHost: example.org\nAccept: */*\nCookie: a=b\n\nHTTP/1.1 200 OK\nDate: Mon\nServer: nginx\n\n"
        b"Host: example.com\nAccept: text/html\n", "headers of mail or of the web"),
    "events.txt": (
        b"10:01:02 server: started\n10:01:03 client: connected\n10:01:04 server: ready\n10:01:05 client: bye\n", "values, not words"),
    "cyrillic.txt": (FOREIGN.encode("cp1251"), "old encoding"),
    "japanese.txt": ("太郎: こんにちは\n花子: はい\n太郎: では\n".encode("shift_jis"), "old encoding"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "talk"),
    [
        *((name, text, TALK) for name, text in READ.items()),
        *((name, text, talk) for name, (text, talk) in READ_AS.items()),
    ],
)
def test_a_talk_is_read_with_its_speakers(tmp_path, name, text, talk):
    (tmp_path / name).write_text(text, encoding="utf-8")
    records = [record for _, record in read_path(tmp_path / name)]
    assert [record.error for record in records if record.error] == []
    assert [
        (record.conversation.participants[turn.speaker].name, turn.text)
        for record in records
        for turn in record.conversation.turns
    ] == talk


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_a_talk_that_can_be_read_is_named_with_the_reason(tmp_path, name):
    data, words = REFUSED[name]
    (tmp_path / name).write_bytes(data)
    report = import_conversations([tmp_path], None)
    assert (report.read, report.complete) == (0, False)
    assert [problem.file for problem in report.problems] == [str(tmp_path / name)]
    assert words in report.problems[0].reason


@pytest.mark.parametrize(
    "damaged",
    [
        "28/02/24, 19:01 Bob: two",
        "28/02/24, 19-01 - Bob: two",
        "28/02, 19:01 - Bob: two",
        "28/Feb/24, 19:01 - Bob: two",
        " 28/02/24, 19:01 - Bob: two",
        "48/02/24, 19:01 - Bob: two",
        "28/02/24, 19:71 - Bob: two",
    ],
)
def test_one_damaged_time_costs_its_message_alone_and_is_named(tmp_path, damaged):
    lines_around = (
        "28/02/24, 19:00 - Ann: one\n{}\n28/02/24, 19:02 - Ann: on 28/02 at 7\n01/03: four\n"
    )
    (tmp_path / "WhatsApp Chat with X.txt").write_text(lines_around.format(damaged))
    records = [record for _, record in read_path(tmp_path / "WhatsApp Chat with X.txt")]
    assert [record.number for record in records if record.error] == [2]
    assert [t.text for r in records if r.conversation for t in r.conversation.turns] == [
        "one",
        "on 28/02 at 7\n01/03: four",
    ]


def test_mail_in_an_old_encoding_that_it_names_is_read(tmp_path):
    head = "From: a <a@x>\nTo: b\nSubject: c\nDate: Fri, 14 Mar 2025 08:00:00 +0000\n"
    kind = "Content-Type: text/plain; charset=windows-1251\nContent-Transfer-Encoding: 8bit\n\n"
    (tmp_path / "mail.eml").write_bytes((head + kind + FOREIGN).encode("cp1251"))
    (_, record), *_ = read_path(tmp_path / "mail.eml")
    assert record.conversation.turns[0].text == FOREIGN.strip()


def test_mail_without_an_id_is_forgotten_alone_wherever_it_lies(tmp_path, store):
    def mail(subject):
        return f"From: Ana <a@x>\nTo: b@x\nSubject: {subject}\nDate: Fri, 14 Mar 2025 08:00:00 +0000\n\nWords on {subject}.\n"

    for name in ("bread", "beer"):
        (tmp_path / f"{name}.eml").write_text(mail(name))
    import_conversations([tmp_path / "bread.eml"], store)
    store.forget([one.id for one in store.conversation_statuses()])
    report = import_conversations([tmp_path], store)
    assert report.added == 1
    assert import_conversations([tmp_path / "beer.eml"], store).added == 0


def test_hidden_files_are_named_and_not_read(tmp_path):
    (tmp_path / "in" / ".git").mkdir(parents=True)
    for name in (".aider.chat.history.md", ".git/config", ".DS_Store", "talk.txt"):
        (tmp_path / "in" / name).write_text("Ana: hi\nBo: hello\nAna: bye\n")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in (
            ".chats/one.txt",
            ".chats/two.txt",
            "../up.txt",
            "__MACOSX/._talk.txt",
            "talk.txt",
        ):
            archive.writestr(name, "Ana: hi\nBo: hello\nAna: bye\n")
    report = import_conversations([tmp_path / "in", tmp_path / "a.zip"], None)
    assert [one.file.removeprefix(f"{tmp_path}/") for one in report.left_out] == [
        "in/.aider.chat.history.md",
        "in/.git",
        "a.zip/../up.txt",
        "a.zip/.chats",
    ]
    assert (report.read, report.complete) == (2, True)


def test_a_folder_of_nothing_but_a_hidden_file_is_not_read_as_if_it_were_empty(tmp_path):
    (tmp_path / ".talk.txt").write_text("Ana: hi\nBo: hello\nAna: bye\n")
    report = import_conversations([tmp_path], None)
    assert not report.complete
    assert "hidden" in report.left_out[0].reason
