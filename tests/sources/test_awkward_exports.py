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


def mail(words):
    return (
        "From: Ann <ann@example.org>\nTo: bo@example.org\nSubject: Re: Plan\nDate: Mon, 31 Mar 2025 09:00:00 +0000\n"
        f"Message-ID: <1@x>\nReferences: <0@x>\nContent-Type: text/plain; charset=utf-8\n\n{words}"
    )


def mailbox(*mails):
    return "".join(
        f"From a@x Mon Mar 31 08:00:00 2025\nFrom: Ann <ann@example.org>\nSubject: s\nDate: {date}\nMessage-ID: <{key}@x>\n"
        + (f"In-Reply-To: <{parent}@x>\n" if parent else "")
        + f"\n{words}\n\n"
        for key, parent, date, words in mails
    )


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
    "help desk.csv": (
        'conversation_id,author_name,body,SentAt\n1,Ann,"<p>Hello &amp; hi</p>",1740816000\n1,Lou,"<div>How can I <b>help</b>?</div><div>Bye</div>",1740816060\n',
        [("Ann", "Hello & hi"), ("Lou", "How can I help?\nBye")],
    ),
    "newest first.csv": (
        "From,To,Body,SentDate\n+15550100,+15550199,Friday is fine,2025-03-14T08:03:00Z\n"
        '+15550199,+15550100,"Shall we come, on Friday?",2025-03-14T08:01:00Z\n',
        [("+15550199", "Shall we come, on Friday?"), ("+15550100", "Friday is fine")],
    ),
    "log of a service.csv": (
        "From,To,Body,SentDate\n+15550100,+15550199,Friday is fine,2025-03-14T08:03:00Z\n"
        "+15550177,+15550199,Are you open?,2025-03-14T08:02:00Z\n+15550199,+15550100,Can we come?,2025-03-14T08:01:00Z\n",
        [("+15550177", "Are you open?"), ("+15550199", "Can we come?"), ("+15550100", "Friday is fine")],
    ),
    "a group that names addressees.csv": (
        "From,To,Message\nAnn,Bo,Who comes?\nBo,Ann,I do\nCy,Everyone,Me too\n",
        [("Ann", "Who comes?"), ("Bo", "I do"), ("Cy", "Me too")],
    ),
    "pages in JSON.json": (
        json.dumps({"messages": [{"author": "Ann", "body": "<p>Is it open?</p>"}, {"author": "Lou", "body": "<p>Until <b>six</b></p>"}]}),
        [("Ann", "Is it open?"), ("Lou", "Until six")],
    ),
    "talk about pages.json": (
        json.dumps({"messages": [{"role": "user", "content": "<p>a</p>"}, {"role": "assistant", "content": "That is a paragraph"}]}),
        [("user", "<p>a</p>"), ("assistant", "That is a paragraph")],
    ),
    "tools and thoughts.json": (
        json.dumps({"conversations": [
            {"from": "human", "value": "How late?"}, {"from": "function_call", "value": '{"name": "clock"}'},
            {"from": "observation", "value": "21:05"}, {"from": "gpt", "value": "<think>\nI asked\n</think>\n\nFive past nine"}]}),
        [("human", "How late?"), ("gpt", "Five past nine")],
    ),
    "answers inside.json": (
        json.dumps({"messages": [
            {"author": "ana", "text": "Who has seeds?", "replies": [
                {"author": "bo", "text": "I do", "replies": [{"author": "ana", "text": "Which?"}]}, {"author": "cy", "text": "Me too"}]},
            {"author": "bo", "text": "Beans", "replies": 0}]}),
        [("ana", "Who has seeds?"), ("bo", "I do"), ("ana", "Which?"), ("cy", "Me too"), ("bo", "Beans")],
    ),
    "preferences.jsonl": (
        json.dumps({"prompt": "Name a root", "chosen": "Beet", "rejected": "Plum"}) + "\n"
        + json.dumps({"prompt": [{"role": "user", "content": "Name a nut"}], "chosen": [{"role": "assistant", "content": "Hazel"}],
                      "rejected": [{"role": "assistant", "content": "Plum"}]}) + "\n",
        [("Human", "Name a root"), ("Assistant", "Beet"), ("user", "Name a nut"), ("assistant", "Hazel")],
    ),
    "a transcript in one text.json": (
        json.dumps({"id": "c", "transcript": "Agent: How can I help?\nUser: A table\nfor two\nAgent: When?"}),
        [("Agent", "How can I help?"), ("User", "A table\nfor two"), ("Agent", "When?")],
    ),
    "messages in an artifact.json": (
        json.dumps({"id": "c", "transcript": "AI: Hi\n", "artifact": {"messages": [
            {"role": "bot", "message": "Hi"}, {"role": "user", "message": "A table"}]}}),
        [("bot", "Hi"), ("user", "A table")],
    ),
    "quoted above the answer.json": (
        json.dumps({"value": [{"id": "1", "messageType": "message", "createdDateTime": "2025-03-01T08:00:00Z", "from": {"user": {"displayName": "Ann"}},
            "body": {"contentType": "html", "content": '<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="1"><strong>Bo</strong>'
                "<blockquote>inner</blockquote><p>old words</p></blockquote><p>mine</p><blockquote>a saying</blockquote>"}}]}),
        [("Ann", "mine\na saying")],
    ),
    "messages.html": (
        '<html><body><div class="page_wrap"><div class="history"><div class="message default clearfix" id="message1"><div class="body">'
        '<div class="date details" title="01.03.2025 08:00:00 UTC+01:00">x</div><div class="from_name">Ann</div><div class="media_wrap">'
        '<div class="media_poll"><div class="question bold">When &amp; where?</div><div class="details">Anonymous poll</div>'
        '<div class="answer">- At one <span class="details">2 votes</span></div><div class="total details">2 votes</div></div></div>'
        "</div></div></div></div></body></html>",
        [("Ann", "When & where?\nAt one")],
    ),
    "edited and taken back.txt": (
        "Mar 01, 2025  8:00:00 AM\n+15550100\nHello\nTapbacks:\n    Loved by Me\n\nMar 01, 2025  8:01:00 AM\nMe\nAt eight\n"
        "Edited 30 seconds later: at nine\nor ten\nEdited 1 minute later: at ten\nsharp\n\nMar 01, 2025  8:02:00 AM\n+15550100\n"
        "They unsent this message part 3 seconds after sending!\n\nMar 01, 2025  8:03:00 AM\n+15550100\n"
        "This message was deleted from the conversation!\n\nMar 01, 2025  8:04:00 AM\n+15550100\nok\n",
        [("+15550100", "Hello"), ("Me", "at ten\nsharp"), ("+15550100", "ok")],
    ),
    "KakaoTalk_Chat.csv": (
        'Date,User,Message\n2025-03-01 08:00:00,"민수","안녕\n둘째 줄"\n2025-03-01 08:01:00,"지영","사진"\n'
        '2025-03-01 08:02:00,"지영","지영님이 나갔습니다."\n2025-03-01 08:03:00,"민수","그래, 지영님이 나갔습니다."\n',
        [("민수", "안녕\n둘째 줄"), ("민수", "그래, 지영님이 나갔습니다.")],
    ),
    "messages.csv": (
        "CONVERSATION ID,FROM,SENDER PROFILE URL,TO,DATE,CONTENT\n2-a,Ann,https://l/a,Bo,2025-03-01 08:02:00 UTC,\"Yes, gladly<br/>soon\"\n"
        '2-a,Bo,https://l/b,Ann,2025-03-01 08:01:00 UTC,"<p class=""x"">Shall we talk?</p>"\n',
        [("Bo", "Shall we talk?"), ("Ann", "Yes, gladly\nsoon")],
    ),
    "thread.jsonl": (
        "".join(json.dumps({"id": who, "object": "thread.message", "role": who, "content": [
            {"type": "text", "text": {"value": words, "annotations": []}}]}) + "\n" for who, words in (("user", "Hi"), ("assistant", "Hello"))),
        [("user", "Hi"), ("assistant", "Hello")],
    ),
    "answered in French.eml": (
        mail("D'accord.\n\nDe : Bo <bo@example.org>\nEnvoyé : lundi 31 mars 2025 08:00\nÀ : Ann\nObjet : Plan\n\nVendredi ?\n"),
        [("Ann", "D'accord.")],
    ),
    "answered in Spanish.eml": (
        mail("Vale.\n\nDe: Bo <bo@example.org>\nEnviado el: lunes, 31 de marzo de 2025 8:00\nPara: Ann\nAsunto: Plan\n\n¿El viernes?\n"),
        [("Ann", "Vale.")],
    ),
    "answered in Chinese.eml": (
        mail("好的\n\n发件人: Bo <bo@example.org>\n发送时间: 2025年3月31日 8:00\n收件人: Ann\n主题: Plan\n\n星期五？\n"), [("Ann", "好的")]
    ),
    "signed.eml": (
        mail("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nMeet me at six.\n- -- \n-----BEGIN PGP SIGNATURE-----\n\niQIz\n-----END PGP SIGNATURE-----\n"),
        [("Ann", "Meet me at six.")],
    ),
    "no date.mbox": (
        mailbox(("1", None, "Mon, 31 Mar 2025 08:00:00 +0000", "One?"), ("2", "1", "yesterday", "Two"), ("3", "2", "Mon, 31 Mar 2025 10:00:00 +0000", "Three")),
        [("Ann", "One?"), ("Ann", "Two"), ("Ann", "Three")],
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


REFUSED = {
    '{"conversations": [{"query": "What eats aphids?", "reply": "Ladybirds"}]}': "its keys are 'query', 'reply'; 'cgp import --list-formats'",
    '{"speech": {"transcripts": [{"transcript": "Hello", "speaker_name": "Ann"}]}, "transcript": "so it goes"}': "no line of it begins with a name",
    '{"Direct Message": {"ChatHistory": {"Chat History with kim:": [{"From": "kim", "Content": "hi"}]}}}': "(its keys are 'Direct Message')",
    '{"messages": [{"role": "user", "content": [{"type": "text", "words": {"here": "How are you?"}}]}]}': "that under 'words' is not read",
    '{"chosen": "the left one", "rejected": "the right one"}': "no prompt stands beside it",
}  # fmt: skip


@pytest.mark.parametrize("document", REFUSED)
def test_what_is_not_read_is_refused_with_what_it_holds_and_what_to_do(tmp_path, document):
    path = tmp_path / "export.json"
    path.write_text(document, encoding="utf-8")
    (_, record), *others = read_path(path)
    assert [r for _, r in (*others,) if r.conversation] == []
    assert str(record.error).startswith(f"{path}, record ")
    assert REFUSED[document] in str(record.error)


def test_a_title_is_written_out(tmp_path):
    path = tmp_path / "thread.json"
    post = {
        "id": "p",
        "title": "Ants &amp; aphids",
        "selftext": "Why?",
        "author": "ann",
        "created_utc": 1.0,
        "num_comments": 1,
    }
    comment = {
        "id": "c",
        "parent_id": "t3_p",
        "body": "Sugar",
        "author": "bo",
        "created_utc": 2.0,
        "replies": "",
    }
    listings = [
        {"kind": "Listing", "data": {"children": [{"kind": kind, "data": data}]}}
        for kind, data in (("t3", post), ("t1", comment))
    ]
    path.write_text(json.dumps(listings), encoding="utf-8")
    assert [r.conversation.title for _, r in read_path(path) if r.conversation] == ["Ants & aphids"]


def word(path, *paragraphs):
    import docx

    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(path)
    [(_, record)] = read_path(path)
    return record


def test_a_letter_in_a_word_document_is_no_talk(tmp_path):
    record = word(
        tmp_path / "letter.docx", "Dear Ann,", "I write to you: all is well.", "Yours, Bo"
    )
    assert record.conversation is None
    assert "no speaker comes back: 'I write to you'" in str(record.error)
    assert "name its format: text" in str(record.error)


def test_who_began_and_ended_a_transcript_says_nothing(tmp_path):
    record = word(
        tmp_path / "sync.docx", "Sync", "Ngozi Okafor started transcription", "Ngozi Okafor   0:03\nGood morning.",
        "Lee Minho   0:09\nYes: all.", "Ngozi Okafor   0:12\nBye.", "Ngozi Okafor stopped transcription",
    )  # fmt: skip
    assert [turn.text for turn in record.conversation.turns] == [
        "Good morning.",
        "Yes: all.",
        "Bye.",
    ]
