"""Talks in the formats whose file is one document: a page, a JSON document, an archive, a table."""

import io

from tests.kit.rendered_model_chats import MODEL_CHATS
from tests.kit.rendering import Rendering, clock, dump, epoch, iso, key, moment, one

DISCORD_EPOCH = 1_420_070_400_000


def numbered(talk, form):
    return [form(str(i), n, w, m) for i, (n, w, m) in enumerate(talk)]


def discord(talk):
    return dump({"guild": {"name": "g"}, "channel": {"id": "1", "name": "c"}, "messages": numbered(
        talk, lambda i, n, w, m: {"id": i, "type": "Default", "timestamp": iso(m), "content": w, "author": {"id": n, "name": n}})
    })  # fmt: skip


def discord_api(talk):
    return dump(numbered(talk, lambda i, n, w, m: {
        "id": i, "type": 0, "channel_id": "1", "timestamp": iso(m), "content": w, "author": {"id": n, "username": n},
    })[::-1])  # fmt: skip


def discord_page(talk):
    def group(name, words, minute):
        moment_id = (epoch(minute) - DISCORD_EPOCH) << 22
        return (
            f'<div class="chatlog__message-group"><div class="chatlog__message-container" data-message-id="{moment_id}">'
            f'<div class="chatlog__header"><span class="chatlog__author" data-user-id="{name}">{name}</span></div>'
            f'<div class="chatlog__content">{words}</div></div></div>\n'
        )

    head = '<!DOCTYPE html><html><body><div class="preamble"><div class="preamble__entry">G</div></div><div class="chatlog">\n'
    return head + "".join(group(*turn) for turn in talk) + "</div></body></html>"


def telegram(talk):
    return dump({"name": "c", "type": "personal_chat", "id": 1, "messages": numbered(
        talk, lambda i, n, w, m: {"id": int(i), "type": "message", "date_unixtime": str(epoch(m) // 1000), "from": n,
                                  "from_id": n, "text": w})
    })  # fmt: skip


def telegram_page(talk):
    head = '<!DOCTYPE html><html><body><div class="page_wrap"><div class="page_header"><div class="text bold">c</div></div><div class="history">\n'
    return head + "".join(numbered(talk, lambda i, n, w, m: (
        f'<div class="message default clearfix" id="message{i}"><div class="body">'
        f'<div class="date details" title="{moment(m):%d.%m.%Y %H:%M:%S} UTC+00:00">x</div>'
        f'<div class="from_name">{n}</div><div class="text">{w}</div></div></div>\n'
    ))) + "</div></div></body></html>"  # fmt: skip


def messenger_page(talk):
    return "<html><body>\n" + "".join(numbered(talk, lambda _, n, w, m: (
        f'<div class="_a6-g"><div class="_a6-h">{n}</div><div class="_a6-p"><div>{w}</div></div>'
        f'<div class="_a72d">{moment(m):%b %d, %Y %I:%M:%S %p}</div></div>\n'
    ))[::-1]) + "</body></html>"  # fmt: skip


def matrix(talk):
    return dump({"messages": [
        {"type": "m.room.message", "sender": f"@{n}:x", "event_id": w, "origin_server_ts": epoch(m),
         "content": {"msgtype": "m.text", "body": w}} for n, w, m in talk
    ]})  # fmt: skip


def skype(talks):
    return dump({"conversations": [{"id": key(talk), "MessageList": numbered(talk, lambda i, n, w, m: {
        "id": i, "displayName": n, "originalarrivaltime": iso(m), "messagetype": "RichText", "content": w, "from": n,
    })[::-1]} for talk in talks]})  # fmt: skip


def hangouts(talks):
    return dump({"conversations": [{
        "conversation": {"conversation_id": {"id": key(talk)}, "conversation": {"participant_data": [
            {"id": {"chat_id": n}, "fallback_name": n} for n in dict.fromkeys(n for n, _, _ in talk)]}},
        "events": numbered(talk, lambda i, n, w, m: {
            "event_id": i, "sender_id": {"chat_id": n}, "timestamp": str(epoch(m) * 1000),
            "chat_message": {"message_content": {"segment": [{"type": "TEXT", "text": w}]}}}),
    } for talk in talks]})  # fmt: skip


def twilio(talk):
    return dump({"messages": numbered(talk, lambda i, n, w, m: {
        "sid": i, "account_sid": "a", "conversation_sid": "c", "author": n, "body": w, "date_created": iso(m),
    })})  # fmt: skip


def gong(talks):
    return dump({"callTranscripts": [{"callId": key(talk), "transcript": [
        {"speakerId": n, "topic": None, "sentences": [{"start": 60_000 * m, "end": 60_000 * m + 9, "text": w}]} for n, w, m in talk
    ]} for talk in talks]})  # fmt: skip


def teams_chat(talk):
    return dump({"value": numbered(talk, lambda i, n, w, m: {
        "id": i, "messageType": "message", "createdDateTime": iso(m), "from": {"user": {"displayName": n}},
        "body": {"contentType": "text", "content": w},
    })[::-1]})  # fmt: skip


def google_chat(talk):
    return dump({"messages": numbered(talk, lambda i, n, w, m: {
        "creator": {"name": n}, "created_date": f"{moment(m):%A, %B %d, %Y at %I:%M:%S %p} UTC", "text": w, "message_id": i,
    })})  # fmt: skip


def gemini(talk):
    activities = [
        {"header": "Gemini Apps", "title": f"Prompted {prompt[1]}", "time": iso(prompt[2]), "safeHtmlItem": [{"html": f"<p>{answer[1]}</p>"}]}
        for prompt, answer in zip(talk[::2], talk[1::2], strict=True)
    ]  # fmt: skip
    return dump(activities[::-1])


def answered_at_once(talk):
    """Return what Gemini's file holds: a prompt without an answer is none, an answer has its time."""
    return [
        (n, w, m if i % 2 == 0 else talk[i - 1][2] + 0.001 / 60) for i, (n, w, m) in enumerate(talk)
    ]


def in_pairs(talk):
    return answered_at_once(talk[: len(talk) // 2 * 2])


def speech(talk):
    words = [
        {"word": word, "startTime": f"{60 * m}s", "endTime": f"{60 * m + 1}s", "speakerTag": int(n.split()[1])}
        for n, w, m in talk for word in w.split()
    ]  # fmt: skip
    return dump({"results": [{"alternatives": [{"transcript": "x", "words": words}]}]})


def aws(talk):
    return dump({"results": {"transcripts": [], "audio_segments": [
        {"transcript": w, "start_time": f"{60.0 * m}", "end_time": f"{60.0 * m + 1}", "speaker_label": n} for n, w, m in talk
    ]}})  # fmt: skip


def deepgram(talk):
    return dump({"results": {"channels": [{"alternatives": [{"transcript": ""}]}], "utterances": [
        {"transcript": w, "start": 60.0 * m, "end": 60.0 * m + 1, "speaker": int(n.split()[1])} for n, w, m in talk
    ]}})  # fmt: skip


def whisper_cpp(talk):
    return dump({"result": {"language": "en"}, "transcription": [
        {"offsets": {"from": 60_000 * m, "to": 60_000 * m + 900}, "text": w, "speaker": n.split()[1]} for n, w, m in talk
    ]})  # fmt: skip


def podcast(talk):
    return dump({"version": "1.0.0", "segments": [
        {"speaker": n, "startTime": 60 * m, "endTime": 60 * m + 1, "body": w} for n, w, m in talk
    ]})  # fmt: skip


def feed(talks):
    items = "".join(
        f'<item><title>{key(talk)}</title><podcast:transcript url="https://example.org/{key(talk)}.json"/></item>\n'
        for talk in talks
    )
    return f'<?xml version="1.0"?><rss xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>\n{items}</channel></rss>'


def listing(talk):
    def thing(kind, data):
        return {"kind": kind, "data": {**data, "created_utc": epoch(data.pop("minute")) / 1000}}

    (name, title, minute), *answers = talk
    post = thing(
        "t3", {"id": "p", "title": title, "selftext": "", "author": name, "minute": minute}
    )
    said = numbered(answers, lambda i, n, w, m: thing("t1", {
        "id": i, "link_id": "t3_p", "parent_id": "t3_p", "author": n, "body": w, "minute": m,
    }))  # fmt: skip
    return dump(
        [
            {"kind": "Listing", "data": {"children": [post]}},
            {"kind": "Listing", "data": {"children": said}},
        ]
    )


def twitter_api(talk):
    names = dict.fromkeys(n for n, _, _ in talk)
    return dump({"data": numbered(talk, lambda i, n, w, m: {
        "id": i, "conversation_id": "1", "author_id": n, "text": w, "created_at": iso(m),
    }), "includes": {"users": [{"id": name, "name": name} for name in names]}})  # fmt: skip


def tweets(talk):
    return "window.YTD.tweets.part0 = " + dump(numbered(talk, lambda i, n, w, m: {"tweet": {
        "id_str": f"1{i}", "full_text": w, "created_at": f"{moment(m):%a %b %d %H:%M:%S} +0000 2025",
        **({"in_reply_to_status_id_str": f"1{int(i) - 1}"} if i != "0" else {}),
    }}))  # fmt: skip


def direct_messages(talks):
    return "window.YTD.direct_messages.part0 = " + dump([{"dmConversation": {
        "conversationId": key(talk), "messages": numbered(talk, lambda i, n, w, m: {"messageCreate": {
            "id": i, "senderId": n, "text": w, "createdAt": iso(m)}})[::-1]}} for talk in talks])  # fmt: skip


def events(talk):
    return dump({"events": [
        {"tStartMs": 60_000 * m, "dDurationMs": 900, "segs": [{"utf8": w}]} for _, w, m in talk
    ]})  # fmt: skip


def one_speaker(talk):
    return [("Speaker", words, minute) for _, words, minute in talk]


def word(talk):
    import docx

    document = docx.Document()
    for name, words, minute in talk:
        document.add_paragraph(f"{name}   {minute}:00\n{words}")
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def messages(talk):
    return [{"role": n, "content": w, "timestamp": iso(m)} for n, w, m in talk]


def parquet(talks):
    import pyarrow as pa
    import pyarrow.parquet as tables

    rows = [{"id": key(talk), "messages": messages(talk)} for talk in talks]
    data = io.BytesIO()
    tables.write_table(pa.Table.from_pylist(rows), data)
    return data.getvalue()


def arrow(talks):
    import pyarrow as pa

    table = pa.Table.from_pylist([{"id": key(t), "messages": messages(t)} for t in talks])
    data = io.BytesIO()
    with pa.ipc.new_stream(data, table.schema) as stream:
        stream.write_table(table)
    return data.getvalue()


def azure(talk):
    return dump({"combinedRecognizedPhrases": [], "recognizedPhrases": [
        {"recognitionStatus": "Success", "speaker": int(n.split()[1]), "offset": f"PT{m}M0S", "duration": "PT1S",
         "nBest": [{"display": w}]} for n, w, m in talk
    ]})  # fmt: skip


def speechmatics(talk):
    return dump({"metadata": {"transcription_config": {"language": "en"}}, "results": [
        {"type": "word", "start_time": 60.0 * m, "end_time": 60.0 * m + 1, "alternatives": [{"content": word, "speaker": n}]}
        for n, w, m in talk for word in w.split()
    ]})  # fmt: skip


def scribe(talk):
    tokens = [
        (kind, text, n, m)
        for n, w, m in talk
        for word in w.split()
        for kind, text in (("word", word), ("spacing", " "))
    ]
    return dump({"language_code": "en", "text": "", "words": [
        {"text": text, "start": 60.0 * m, "end": 60.0 * m + 1, "type": kind, "speaker_id": n} for kind, text, n, m in tokens
    ]})  # fmt: skip


def phone(talk):
    messages = numbered(talk, lambda _, n, w, m: (
        f'<sms protocol="0" address="+15550100" date="{epoch(m)}" type="{2 if n == "Me" else 1}" body="{w}" contact_name="{n}" />\n'
    ))  # fmt: skip
    return f"<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"{len(talk)}\">\n{''.join(messages)}</smses>\n"


def rev(talk):
    def elements(words, minute):
        for number, word in enumerate(words.split()):
            if number:
                yield {"type": "punct", "value": " "}
            yield {"type": "text", "value": word, "ts": 60.0 * minute, "end_ts": 60.0 * minute + 1}

    return dump({"monologues": [
        {"speaker": i, "speaker_info": {"id": n, "display_name": n}, "elements": list(elements(w, m))}
        for i, (n, w, m) in enumerate(talk)
    ]})  # fmt: skip


def voice(talk):
    return '<!DOCTYPE html><html><body><div class="hChatLog hfeed">\n' + "".join(
        f'<div class="message"><abbr class="dt" title="{iso(m)}">x</abbr>: <cite class="sender vcard">'
        f'<a class="tel" href="tel:"><span class="fn">{n}</span></a></cite>: <q>{w}</q></div>\n'
        for n, w, m in talk
    ) + "</div></body></html>"  # fmt: skip


def timed_text(talk):
    agents = "".join(
        f'<m:agent xml:id="n{i}"><m:name>{n}</m:name></m:agent>\n'
        for i, (n, _, _) in enumerate(talk)
    )
    cues = "".join(
        f'<p begin="{clock(m)}" end="{clock(m)}" m:agent="n{i}">{w}</p>\n'
        for i, (_, w, m) in enumerate(talk)
    )
    return f'<tt xmlns="http://www.w3.org/ns/ttml" xmlns:m="http://www.w3.org/ns/ttml#metadata"><head>\n{agents}</head><body><div>\n{cues}</div></body></tt>'


def gemini_page(talk):
    def activity(prompt, answer, minute):
        return (
            '<div class="outer-cell"><p class="mdl-typography--title">Gemini Apps<br></p><div class="content-cell">'
            f"Prompted&nbsp;{prompt}<br>{moment(minute):%b %d, %Y, %I:%M:%S %p} CET<br><p>{answer}</p></div></div>\n"
        )

    pairs = [(talk[i][1], talk[i + 1][1], talk[i][2]) for i in range(0, len(talk) - 1, 2)]
    return "<html><body>\n" + "".join(activity(*pair) for pair in pairs[::-1]) + "</body></html>"


TWO = ("Speaker 0", "Speaker 1")
DOCUMENTS = [
    *MODEL_CHATS,
    Rendering("json", "t.json", one(lambda t: dump([{"role": n, "content": w, "timestamp": iso(m)} for n, w, m in t]))),
    Rendering("meeting", "t.json", one(lambda t: dump({"id": "x", "transcript": [{"speaker": n, "content": w} for n, w, _ in t]}))),
    Rendering("whisper", "t.json", one(lambda t: dump({"text": "", "segments": [{"start": 60 * m, "end": 60 * m + 1, "text": w, "speaker": n} for n, w, m in t]}))),
    Rendering("whisper-cpp", "t.json", one(whisper_cpp), people=TWO),
    Rendering("assemblyai", "t.json", one(lambda t: dump({"utterances": [{"speaker": n, "text": w, "start": 60_000 * m, "end": 60_000 * m + 9} for n, w, m in t]}))),
    Rendering("aws-transcribe", "t.json", one(aws)),
    Rendering("deepgram", "t.json", one(deepgram), people=TWO),
    Rendering("google-speech", "t.json", one(speech), people=("Speaker 1", "Speaker 2")),
    Rendering("fireflies", "t.json", one(lambda t: dump([{"sentence": w, "speaker_name": n, "startTime": clock(m)[:-4], "endTime": clock(m)[:-4]} for n, w, m in t]))),
    Rendering("teams-json", "t.json", one(lambda t: dump({"entries": [{"text": w, "speakerDisplayName": n, "startOffset": clock(m), "endOffset": clock(m)} for n, w, m in t]}))),
    Rendering("discord", "t.json", one(discord)),
    Rendering("discord-api", "t.json", one(discord_api)),
    Rendering("discord-html", "t.html", one(discord_page)),
    Rendering("telegram", "t.json", one(telegram)),
    Rendering("telegram-html", "messages.html", one(telegram_page)),
    Rendering("slack", "2025-03-14.json", one(lambda t: dump([{"type": "message", "user": n, "text": w, "ts": f"{moment(m).timestamp():.4f}"} for n, w, m in t]))),
    Rendering("messenger", "message_1.json", one(lambda t: dump({"participants": [], "messages": [{"sender_name": n, "content": w, "timestamp_ms": epoch(m)} for n, w, m in t[::-1]]}))),
    Rendering("messenger-html", "message_1.html", one(messenger_page)),
    Rendering("matrix", "t.json", one(matrix)),
    Rendering("skype", "t.json", skype),
    Rendering("hangouts", "t.json", hangouts),
    Rendering("twilio", "t.json", one(twilio)),
    Rendering("snapchat", "t.json", one(lambda t: dump({"c": [{"From": n, "Media Type": "TEXT", "Created": f"{moment(m):%Y-%m-%d %H:%M:%S} UTC", "Content": w} for n, w, m in t[::-1]]}))),
    Rendering("gong", "t.json", gong, people=("Speaker 1", "Speaker 2")),
    Rendering("teams-chat", "t.json", one(teams_chat)),
    Rendering("google-chat", "t.json", one(google_chat)),
    Rendering("gemini", "t.json", lambda talks: gemini(talks[0][: len(talks[0]) // 2 * 2]), people=("User", "Gemini"), held=in_pairs),
    Rendering("reddit", "t.json", one(listing)),
    Rendering("twitter-api", "t.json", one(twitter_api)),
    Rendering("twitter-archive", "tweets.js", one(tweets), people=("@own",), beside=lambda _: {
        "account.js": 'window.YTD.account.part0 = [{"account": {"username": "own", "accountId": "7"}}]'}),
    Rendering("twitter-messages", "direct-messages.js", direct_messages, people=("7", "8")),
    Rendering("podcast-json", "t.json", one(podcast)),
    Rendering("podcast-html", "t.html", one(lambda t: "<html><body>\n" + "".join(f"<cite>{n}:</cite>\n<time>{m}:00</time>\n<p>{w}</p>\n" for n, w, m in t) + "</body></html>")),
    Rendering("podcast-rss", "feed.xml", feed, beside=lambda talks: {f"{key(t)}.json": podcast(t) for t in talks}),
    Rendering("youtube-json3", "t.json3", one(events), held=one_speaker),
    Rendering("youtube-list", "t.json", one(lambda t: dump([{"text": w, "start": 60 * m, "duration": 1} for _, w, m in t])), held=one_speaker),
    Rendering("word", "t.docx", one(word)),
    Rendering("parquet", "t.parquet", parquet),
    Rendering("arrow", "t.arrow", arrow),
    Rendering("azure-speech", "t.json", one(azure), people=TWO),
    Rendering("speechmatics", "t.json", one(speechmatics)),
    Rendering("elevenlabs", "t.json", one(scribe)),
    Rendering("rev", "t.json", one(rev)),
    Rendering("google-voice", "t.html", one(voice)),
    Rendering("gladia", "t.json", one(lambda t: dump({"result": {"transcription": {"full_transcript": "", "utterances": [{"speaker": n, "text": w, "start": 60.0 * m, "end": 60.0 * m + 1} for n, w, m in t]}}}))),
    Rendering("recall", "t.json", one(lambda t: dump([{"participant": {"id": 1, "name": n}, "words": [{"text": w, "start_timestamp": {"relative": 60.0 * m}}]} for n, w, m in t]))),
    Rendering("ttml", "t.ttml", one(timed_text)),
    Rendering("gemini-html", "t.html", lambda talks: gemini_page(talks[0][: len(talks[0]) // 2 * 2]), people=("User", "Gemini"), held=in_pairs),
    Rendering("sms-backup", "t.xml", one(phone), people=("Me", "Ines")),
]  # fmt: skip
"""Formats of whole documents, some of which have a rendering by lines as well."""
