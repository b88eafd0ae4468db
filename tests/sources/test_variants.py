"""Exports of other versions, locales and tools: speakers, times and words of each variant."""

import json

import pytest

from cgp.sources import read_path


def cues(*texts):
    return "".join(
        f"00:00:{i:02}.000 --> 00:00:{i:02}.900\n{text}\n\n" for i, text in enumerate(texts, 1)
    )


def vtt(*texts):
    return "WEBVTT\n\n" + cues(*texts)


NUMBERS = ("one", "two", "three", "four", "five", "six")

# Each file's turns: who says what, and when where that is given (seconds from the start).
TURNS = {
    # captions
    "small names.vtt": (
        vtt("maria lopez: hi", "john smith: hello", "maria lopez: well: yes", "ana: once"),
        [("maria lopez", "hi"), ("john smith", "hello"), ("maria lopez", "well: yes"), ("ana", "once")],
    ),
    "wide colons.vtt": (vtt("田中：おはよう", "鈴木: はい", "田中：では"), [("田中", "おはよう"), ("鈴木", "はい"), ("田中", "では")]),
    "callers.vtt": (
        vtt("+1 650-***-**12: hi", "jdoe@example.org: hello", "+1 650-***-**12: bye", "jdoe@example.org: bye"),
        [("+1 650-***-**12", "hi"), ("jdoe@example.org", "hello"), ("+1 650-***-**12", "bye"), ("jdoe@example.org", "bye")],
    ),
    "a sentence with a colon.vtt": (
        vtt("and here is one thing: go", "we go", "and here is one thing: stay", "well"),
        [("Speaker", "and here is one thing: go we go and here is one thing: stay well")],
    ),
    "names on lines.srt": (
        "0:0:1.5 --> 0:0:3.0\nAna Li\nhello\n\n0:0:4.0 --> 0:0:5.0\nBo\nhi\nthere\n\n0:0:6.0 --> 0:0:7.0\nAna Li\nbye\n",
        [("Ana Li", "hello"), ("Bo", "hi there"), ("Ana Li", "bye")],
    ),
    "two-line subtitles.srt": (
        "1\n0:0:1,5 --> 0:0:3,0\nAll Is Well\nhe said\n\n2\n0:0:4,0 --> 0:0:5,0\nNo One Knew\nwhy\n",
        [("Speaker", "All Is Well he said No One Knew why")],
    ),
    "tinydiarize.json": (
        json.dumps({"result": {"language": "en"}, "transcription": [
            {"offsets": {"from": i * 1000, "to": i * 1000 + 900}, "text": text, "speaker_turn_next": turn}
            for i, (text, turn) in enumerate([("Hi", True), ("Hello", False), ("there [SPEAKER_TURN]", False), ("Bye", False)])]}),
        [("Speaker 1", "Hi"), ("Speaker 2", "Hello there"), ("Speaker 1", "Bye")],
    ),
    # Zoom's chat
    "nobody whom it is for.txt": (
        "23:58:00\t From Ann Lee : hi: all\n23:59:00\t From Bob  to  Everyone : from: me to you: ok\n00:01:00\t From Ann Lee : bye\n",
        [("Ann Lee", "hi: all", 0.0), ("Bob", "from: me to you: ok", 60.0), ("Ann Lee", "bye", 180.0)],
    ),
    "answers.txt": (
        '09:00:00 From Ann to Go to Everyone:\n\thi\n09:01:00 From Bob Ray to Everyone:\n\tReplying to "hi"\n\n\thello\n'
        '09:02:00 From Ann to Go to Everyone:\n\tReacted to "hello" with 👍\n09:03:00 From Bob Ray to Everyone:\n'
        '\tRemoved a 👍 reaction from "hi"\n09:04:00 From Ann to Go to Everyone:\n\tbye\n',
        [("Ann to Go", "hi", 0.0), ("Bob Ray", "hello", 60.0), ("Ann to Go", "bye", 240.0)],
    ),
    "dated.txt": (
        "2025-03-01 23:59:00 От Аня кому Все:\n\tпривет\n2025-03-02 00:01:00 От Боб кому Все:\n\tОтвет на «привет»:\n\tда\n",
        [("Аня", "привет", 0.0), ("Боб", "да", 120.0)],
    ),
    "past midnight.txt": (
        "[23:59] Ana: late\n[23:59] Bo: yes\n[00:01] Ana: good night\n", [("Ana", "late", 0.0), ("Bo", "yes", 0.0), ("Ana", "good night", 120.0)]
    ),
    # WhatsApp without its direction marks
    "_chat.txt": (
        "[28/02/24, 21:00:11] Trip: Messages and calls are end-to-end encrypted. No one else can read them.\n"
        "[28/02/24, 21:00:12] Trip: Ravi created this group\n[28/02/24, 21:05:11] Ann: hi\n[28/02/24, 21:05:12] Trip: Ann added Bob\n"
        "[28/02/24, 21:05:13] Bob: Carl left\n[28/02/24, 21:05:14] Ann: Ann changed the group name to “Goa”\n"
        "[28/02/24, 21:05:15] Bob: who changed the group name\n[28/02/24, 21:05:16] Trip: Dora hat die Gruppe verlassen\n"
        "[28/02/24, 21:05:17] Ann: video note omitted\n[28/02/24, 21:05:18] Ann: POLL:\nWhich beach?\nOPTION: Baga (2 votes)\n",
        [("Ann", "hi", 0.0), ("Bob", "Carl left", 2.0), ("Bob", "who changed the group name", 4.0), ("Ann", "Which beach?\nBaga", 7.0)],
    ),
    # labels in a talk
    "labels.txt": (
        "Ann: hello\nBob: yes\nQuestion: is it so?\nAnn: it is\nQuestion: why?\nBob: so\nAnn: bye\nPage: 3\n",
        [("Ann", "hello"), ("Bob", "yes\nQuestion: is it so?"), ("Ann", "it is\nQuestion: why?"), ("Bob", "so"), ("Ann", "bye\nPage: 3")],
    ),
    # what is copied out of a window
    "teams.txt": (
        "[10/3 11:58 PM] Ann Lee: hello\n[10/3 11:59 PM] Lee, Bo: yes: that\n[Yesterday 12:01 AM] Ann Lee\nbye\n",
        [("Ann Lee", "hello", 0.0), ("Lee, Bo", "yes: that", 60.0), ("Ann Lee", "bye", 180.0)],
    ),
    "discord copied.txt": (
        "ann — Today at 8:00 PM\nhello\nbob — Today at 8:01 PM\nhi\nann — Today at 8:02 PM\nbye\n",
        [("ann", "hello", 0.0), ("bob", "hi", 60.0), ("ann", "bye", 120.0)],
    ),
    # tables
    "milliseconds.csv": (
        "sender,message,ts\nann,hi,1740816000000\nbo,yes,1740816001\nann,bye,1740816002000000\n",
        [("ann", "hi", 0.0), ("bo", "yes", 1.0), ("ann", "bye", 2.0)],
    ),
    "day and clock.csv": (
        "Date,Time,Sender,Message\n2/28/2024,11:59 PM,ann,hi\n2/29/2024,12:06 AM,bo,bye\n", [("ann", "hi", 0.0), ("bo", "bye", 420.0)]
    ),
    "times in words.csv": (
        "speaker,text,time\nann,one,Wed Feb 28 09:08:00 +0100 2024\nbo,two,\"Wed, 28 Feb 2024 08:09:00 GMT\"\n"
        "ann,three,28. Februar 2024 08:10\nbo,four,28 de febrero de 2024 08:11\nann,five,2024-02-28 08:12:00 +0000\n"
        "bo,six,28/02/2024 08:13\n",
        [(("ann", "bo")[i % 2], word, 60.0 * i) for i, word in enumerate(NUMBERS)],
    ),
    "answers to tweets.csv": (
        "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n"
        "1,help,False,Tue Oct 31 22:10:00 +0000 2017,@77 We see.,2,3\n5,help,False,Tue Oct 31 22:12:00 +0000 2017,@8 Hi,,4\n"
        "2,77,True,Tue Oct 31 22:11:00 +0000 2017,@help Thanks,,1\n3,77,True,Tue Oct 31 22:08:00 +0000 2017,@help It is broken,1,\n",
        [("help", "@8 Hi", 0.0), ("77", "@help It is broken", 0.0), ("help", "@77 We see.", 120.0), ("77", "@help Thanks", 180.0)],
    ),
    "a phone's backup.csv": (
        "Chat Session,Message Date,Service,Type,Sender ID,Sender Name,Text\nAnn,2024-02-28 10:00:00,SMS,Incoming,+1,Ann,hi\n"
        "Ann,2024-02-28 10:00:09,SMS,Outgoing,,,yes\nBo,2024-02-28 10:00:05,SMS,Incoming,+2,Bo,hello\n",
        [("Ann", "hi", 0.0), ("Me", "yes", 9.0), ("Bo", "hello", 0.0)],
    ),
    "rooms.csv": (
        "message_id,created_at,username,message,channel_url\n1,2024-02-28 10:00:00.5 UTC,ann,hi,a\n2,28-Feb-24 10:05 PM,bo,hello,b\n"
        "3,2024-02-28 10:00:09 UTC,cy,yes,a\n",
        [("bo", "hello", 0.0), ("ann", "hi", 0.0), ("cy", "yes", 9.0)],
    ),
    "help desk.csv": (
        "Ticket ID,Author,Comment,Created At\n1,ann,help,2024-02-28 10:00\n1,bo,sure,2024-02-28 10:01\n", [("ann", "help", 0.0), ("bo", "sure", 60.0)]
    ),
    # transcripts
    "small names in brackets.txt": (
        "[Ann Lee] 11:59:12 PM\nhello there\n\n[bo ray] 11:59:15 PM\nhi\n\n[Ann Lee] 12:01:12 AM\nbye\n",
        [("Ann Lee", "hello there", 0.0), ("bo ray", "hi", 3.0), ("Ann Lee", "bye", 120.0)],
    ),
    "times before the words.txt": (
        "Ann: [00:00:01] Hello.\n\nBo: [00:00:04] Hi.\n\nAnn: [00:00:09] Bye.\n", [("Ann", "Hello.", 1.0), ("Bo", "Hi.", 4.0), ("Ann", "Bye.", 9.0)]
    ),
    # mail
    "answer.eml": (
        "From: Ann <a@x>\nTo: b@x\nSubject: Re: Plan\nDate: Fri, 14 Mar 2025 08:00:00 +0000\n\nJa tak.\n\n"
        "Den fre. 14. mar. 2025 kl. 08.00 skrev Bo <b@x>:\n> Vi ses?\n", [("Ann", "Ja tak.", 0.0)],
    ),
    "copied.eml": (
        "From: Ann <a@x>\nTo: b@x\nSubject: Re: Plan\nDate: Fri, 14 Mar 2025 08:00:00 +0000\n\nAnna пишет:\nда\n\n"
        "14 марта 2025 г. Bo <b@x> пишет:\n> Идёшь?\n", [("Ann", "Anna пишет:\nда", 0.0)],
    ),
    # logs
    "#room_20250301.log": ("[10:00:01] <ann> hi\n[10:00:03] <bo> yes\n[10:00:04] * ann waves\n",
                           [("ann", "hi", 0.0), ("bo", "yes", 2.0), ("ann", "waves", 3.0)]),
    "hexchat.log": (
        "**** BEGIN LOGGING AT Tue Dec 31 23:58:00 2024\n\nDec 31 23:58:01 *\tNow talking on #room\nDec 31 23:59:00 <ann>\thi\n"
        "Dec 31 23:59:10 *\tbo (b@example.org) has joined #room\nDec 31 23:59:30 <[bo]>\tyes\nJan 01 00:01:00 *\t[bo] waves\n"
        "Jan 01 00:01:01 *\tann gives voice to [bo]\n",
        [("ann", "hi", 0.0), ("[bo]", "yes", 30.0), ("[bo]", "waves", 120.0)],
    ),
    "mirc.log": (
        "Session Start: Wed Feb 28 23:59:00 2024\n[23:59] <ann> hi\n[00:01] <@bo> yes\nSession Close: Thu Feb 29 00:05:00 2024\n",
        [("ann", "hi", 0.0), ("bo", "yes", 120.0)],
    ),
    "a pasted log.txt": (
        f"{'=' * 62}\nGuild: G\nChannel: c\n{'=' * 62}\n\n[28.02.2024 22:01] ann\nlook:\n[27.02.2024 20:00] bob\nI quit\n\n"
        "[28.02.2024 22:02] carl\nwow\n",
        [("ann", "look:\n[27.02.2024 20:00] bob\nI quit", 0.0), ("carl", "wow", 60.0)],
    ),
    # chats
    "KakaoTalk English.txt": (
        "KakaoTalk Chats with Min\nDate Saved : February 28, 2025 at 10:00 PM\n\nFebruary 28, 2025 at 11:59 PM, Min : hello\n"
        "March 1, 2025, 12:01 AM, Ji : hi: all\nand more\nMarch 1, 2025 at 12:02 AM, Ji left\nMarch 1, 2025 at 12:03 AM, Min : Photo\n",
        [("Min", "hello", 0.0), ("Ji", "hi: all\nand more", 120.0)],
    ),
    "LINE.txt": (
        "[LINE] Chat history with Ann\nSaved on: 02/28/2024, 10:00\n\nWed., 02/28/2024\n9:12 PM\tAnn\thi\n9:13 PM\tBo\t\"two\nlines\"\n"
        "9:14 PM\tAnn unsent a message.\n\nThu 02/29/2024\n12:05 AM\tBo\tnext\n",
        [("Ann", "hi", 0.0), ("Bo", "two\nlines", 60.0), ("Bo", "next", 10380.0)],
    ),
    "skype.json": (
        json.dumps({"userId": "8:live:ann", "conversations": [{"id": "8:live:bo", "displayName": "Bo", "MessageList": [
            {"id": str(2 - i), "displayName": None, "originalarrivaltime": f"2024-02-28T10:0{2 - i}:00Z", "messagetype": "RichText",
             "content": text, "from": f"8:live:{who}"} for i, (who, text) in enumerate([
                ("ann", 'Edited previous message: right<e_m ts="1" a="live:ann" t="61"/>'),
                ("ann", '<quote author="bo"><legacyquote>[1] Bo: </legacyquote>old words<legacyquote>\n\n&lt;&lt;&lt; </legacyquote></quote>mine'),
                ("bo", "a &lt; b")])]}]}),
        [("bo", "a < b", 0.0), ("ann", "mine", 60.0), ("ann", "right", 120.0)],
    ),
    "message_1.json": (
        json.dumps({"participants": [{"name": "Ann Lee"}, {"name": "Bo"}], "messages": [
            {"sender_name": name, "timestamp_ms": 1709110800000 - 1000 * i, "content": text} for i, (name, text) in enumerate([
                ("Bo", "Hat mit ❤ auf deine Nachricht reagiert "), ("Bo", "Du hast einen Link gesendet."), ("Ann Lee", "Ann a envoyé une photo."),
                ("Bo", "Reaccionó con ❤ a tu mensaje "), ("Ann Lee", "hallo"), ("Bo", "hast du ein Foto gesendet?")])]}),
        [("Bo", "hast du ein Foto gesendet?", 0.0), ("Ann Lee", "hallo", 1.0)],
    ),
    "utterances.json": (
        json.dumps({"conversation": [{"speaker": "ann", "utterance": "hi"}, {"speaker": "bo", "utterance": "yes"}]}), [("ann", "hi"), ("bo", "yes")]
    ),
    "messages.json": (
        json.dumps({"messages": [
            {"creator": {"name": name}, "created_date": at, "text": text, **more} for name, at, text, more in [
                ("Ann", "Mittwoch, 28. Februar 2024 um 10:00:00 UTC", "hallo", {}),
                ("Bo", "Mittwoch, 28. Februar 2024 um 10:01:00 UTC", "ja", {"topic_id": "t"}),
                ("Ann", "Mittwoch, 28. Februar 2024 um 10:02:00 UTC", "", {"message_state": "DELETED"})]]}),
        [("Ann", "hallo", 0.0), ("Bo", "ja", 60.0)],
    ),
    "messages.html": (
        '<!DOCTYPE html><html><body><div class="page_wrap"><div class="history">'
        + "".join(f'<div class="message default clearfix" id="message{i}"><div class="body"><div class="pull_right date details" '
                  f'title="28.02.2024 10:0{i}:00">10:0{i}</div><div class="from_name">{name}</div><div class="text">words {i}</div></div></div>'
                  for i, name in enumerate(["Bo", "Bo via @gif", "Ann"]))
        + "</div></div></body></html>",
        [("Bo", "words 0", 0.0), ("Bo", "words 1", 60.0), ("Ann", "words 2", 120.0)],
    ),
    # words after a delimiter without quotation marks, and a contact's name on what goes out
    "unquoted.csv": (
        "speaker,text\nAnn,hello, you\nBob,fine, thanks, bye\nAnn,ok,,\n",
        [("Ann", "hello, you"), ("Bob", "fine, thanks, bye"), ("Ann", "ok")],
    ),
    "texts of a phone.csv": (
        "Date,Type,Number,Name,Message\n2024-01-05 10:01,Received,+1555,Ann,Are you there?\n"
        "2024-01-05 10:02,Sent,+1555,Ann,Yes\n2024-01-05 10:03,Received,+1555,Ann,Good\n",
        [("Ann", "Are you there?", 0.0), ("Me", "Yes", 60.0), ("Ann", "Good", 120.0)],
    ),
    "signal.jsonl": (
        "INFO  DaemonCommand - Started\n" + "".join(
            json.dumps({"envelope": {"sourceNumber": "+1", "sourceName": "Ann", "timestamp": at, **said}}) + "\n" for at, said in [
                (1740816000000, {"dataMessage": {"timestamp": 1740816000000, "message": "one"}}),
                (1740816001000, {"dataMessage": {"timestamp": 1740816001000, "message": "wrong"}}),
                (1740816002000, {"editMessage": {"targetSentTimestamp": 1740816000000,
                                                 "dataMessage": {"timestamp": 1740816002000, "message": "first"}}}),
                (1740816003000, {"dataMessage": {"timestamp": 1740816003000, "remoteDelete": {"timestamp": 1740816001000}}}),
                (1740816004000, {"dataMessage": {"timestamp": 1740816004000, "message": "last"}})])
        + "2025-03-01T08:00:00.000Z [main] WARN  Manager - Bye\n",
        [("Ann", "first", 0.0), ("Ann", "last", 4.0)],
    ),
}  # fmt: skip

STARTS = {
    "chatgpt": [{"title": "t", "create_time": 1740816000.5, "conversation_id": "c", "current_node": "a", "mapping": {
        "a": {"id": "a", "parent": None, "children": [], "message": {
            "author": {"role": "user"}, "create_time": None, "content": {"content_type": "text", "parts": ["hi"]}}}}}],
    "claude": [{"uuid": "c", "name": "t", "created_at": "2025-03-01T08:00:00Z", "chat_messages": [{"sender": "human", "text": "hi"}]}],
    "json": [{"id": "c", "timestamp": "2025-03-01T08:00:00", "conversation": [{"role": "user", "content": "hi"}]}],
}  # fmt: skip


def turns(path):
    records = [record for _, record in read_path(path)]
    assert [str(record.error) for record in records if record.error] == []
    return [
        (c.participants[turn.speaker].name, turn.text, turn.at)
        for record in records
        if (c := record.conversation)
        for turn in c.turns
    ]


@pytest.mark.parametrize("name", TURNS)
def test_a_variant_is_read_with_its_speakers_and_times(tmp_path, name):
    # Prepare
    text, expected = TURNS[name]
    (tmp_path / name).write_text(text, encoding="utf-8")

    # Execute
    found = turns(tmp_path / name)

    # Assert
    timed = len(expected[0]) == 3
    assert [turn if timed else turn[:2] for turn in found] == expected


@pytest.mark.parametrize("name", STARTS)
def test_a_chat_whose_messages_have_no_times_has_its_own(tmp_path, name):
    (tmp_path / "conversations.json").write_text(json.dumps(STARTS[name]))
    [(_, record)] = read_path(tmp_path / "conversations.json")
    assert record.conversation.started_at == "2025-03-01T08:00:00+00:00"
    assert record.conversation.turns[0].at is None


TALKS = {
    "mixed.jsonl": "".join(json.dumps({"session_id": key, "role": role, "content": text}) + "\n" for key, role, text in [
        ("c1", "user", "hi"), ("c2", "user", "hey"), ("c1", "assistant", "yo"), ("c2", "assistant", "yes")]),
    "mixed.json": json.dumps([{"conversation_id": key, "role": role, "content": text} for key, role, text in [
        ("c1", "user", "hi"), ("c1", "assistant", "yo"), ("c2", "user", "hey"), ("c2", "assistant", "yes")]]),
    "numbered utterances.jsonl": "".join(json.dumps({"dialogue_id": key, "turn": i, "speaker": name, "utterance": text}) + "\n" for i, (key, name, text) in enumerate([
        ("c1", "user", "hi"), ("c2", "user", "hey"), ("c1", "assistant", "yo"), ("c2", "assistant", "yes")])),
    "answers.jsonl": "".join(json.dumps({"thread_id": key, "author": name, "body": text}) + "\n" for key, name, text in [
        ("c1", "user", "hi"), ("c2", "user", "hey"), ("c1", "assistant", "yo"), ("c2", "assistant", "yes")]),
    "sessions.csv": "session,role,content\nc1,user,hi\nc2,user,hey\nc1,assistant,yo\nc2,assistant,yes\n",
    "numbers.csv": "Conversation #,Speaker,Text\nc1,user,hi\nc2,user,hey\nc1,assistant,yo\nc2,assistant,yes\n",
    "dialogs.csv": "dialog,speaker,text\nc1,user,hi\nc2,user,hey\nc1,assistant,yo\nc2,assistant,yes\n",
}  # fmt: skip


@pytest.mark.parametrize("name", TALKS)
def test_messages_that_name_their_conversation_are_put_together(tmp_path, name):
    # Prepare
    (tmp_path / name).write_text(TALKS[name])

    # Execute
    conversations = [record.conversation for _, record in read_path(tmp_path / name)]

    # Assert
    titled_texts = {c.title: [turn.text for turn in c.turns] for c in conversations}
    assert titled_texts == {"c1": ["hi", "yo"], "c2": ["hey", "yes"]}


TWO_TALKS = [[["Ann", "Hi, Bob?"], ["Bob", "Yes"]], [["Ann", "You there?"], ["Bob", "No"]]]
TITLES = {
    "list.json": ([{"role": "user", "content": "hi"}], ["list"]),
    "messages.json": ({"messages": [{"role": "user", "content": "hi"}]}, ["messages"]),
    "with a title.json": ({"title": "Tea", "messages": [{"role": "user", "content": "hi"}]}, ["Tea"]),
    "with an id.json": ({"id": "t-1", "messages": [{"role": "user", "content": "hi"}]}, [None]),
    "turns.json": ({"turns": TWO_TALKS[0]}, ["turns"]),
    "two.json": ([{"turns": turns} for turns in TWO_TALKS], [None, None]),
}  # fmt: skip


@pytest.mark.parametrize("name", TITLES)
def test_a_conversation_alone_in_its_file_has_the_files_name_for_a_title(tmp_path, name):
    document, titles = TITLES[name]
    (tmp_path / name).write_text(json.dumps(document))
    conversations = [record.conversation for _, record in read_path(tmp_path / name)]
    assert [conversation.title for conversation in conversations] == titles


def test_a_row_with_words_that_no_column_is_sure_for_is_named(tmp_path):
    (tmp_path / "a.csv").write_text(
        "speaker,text,mood\nAnn,hi,glad\nBob,well, yes,sad\nAnn,bye,glad\n"
    )
    records = [record for _, record in read_path(tmp_path / "a.csv")]
    assert [str(r.error).rpartition("record ")[2][:10] for r in records if r.error] == [
        "3: 4 cells"
    ]
    assert [turn.text for r in records if r.conversation for turn in r.conversation.turns] == [
        "hi",
        "well",
        "bye",
    ]


MONTH_FIRST = {
    "weekdays.txt": "[LINE] Chat history with Ann\nSaved on: 1/6/2024, 10:00\n\nFri, 01/05/2024\n09:03 PM\tAnn\tHello\n",
    "table.csv": "Date,Sender,Message\n01/05/2024 09:03:00 PM,Ann,hi\n01/05/2024 09:04:00 PM,Bo,yo\n",
    "message_1.html": '<html><body><div><div class="pam _a6-g"><div class="_a6-h">Bo</div><div class="_a6-p"><div>yes</div></div><div class="_a6-o">'
    'Jan 05, 2024 9:04 pm</div></div><div class="pam _a6-g"><div class="_a6-h">Ann</div><div class="_a6-p"><div>hi</div></div><div class="_a6-o">'
    "Jan 05, 2024 9:03 pm</div></div></div></body></html>",
}  # fmt: skip


@pytest.mark.parametrize("name", MONTH_FIRST)
def test_a_date_is_read_by_the_signs_beside_it(tmp_path, name):
    (tmp_path / name).write_text(MONTH_FIRST[name])
    [(_, record)] = read_path(tmp_path / name)
    assert record.conversation.started_at[:19] == "2024-01-05T21:03:00"


LINES_NOT_UNDERSTOOD = {
    "line.txt": "[LINE] Chat history with Ann\n\n2024/01/05(Fri)\n9:01 Ann hi\n9:03 PM\tAnn\thello\n21h04\tBo\tlost\n21:06\tAnn\tok\n",
    "zoom.txt": "10:01:00\t Ann : hi all\n10:01:02 From Ann to Everyone:\n\thello\n10:01:05 Bo said hi\n10:01:06 From Ann to Everyone:\n\tok\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LINES_NOT_UNDERSTOOD)
def test_a_line_that_begins_with_a_time_and_is_not_understood_is_named(tmp_path, name):
    # Prepare
    (tmp_path / name).write_text(LINES_NOT_UNDERSTOOD[name])

    # Execute
    records = [record for _, record in read_path(tmp_path / name)]

    # Assert
    assert sum("is not understood" in str(record.error) for record in records) == 2
    texts = [turn.text for r in records if r.conversation for turn in r.conversation.turns]
    assert texts == ["hello", "ok"]
