"""A conversation written in each format, as its program writes it, for reading back.

``FORMATS`` gives for each format the file's name, the text of a talk, and what the format does not hold.
A talk is a list of ``(name, words, minute)``; the first minute is 0.
"""

import json
from datetime import UTC, datetime, timedelta

START = datetime(2025, 3, 14, 8, 0, tzinfo=UTC)
MILLISECONDS = int(START.timestamp() * 1000)


def moment(minute):
    return START + timedelta(minutes=minute)


def iso(minute):
    return moment(minute).isoformat().replace("+00:00", "Z")


def lines(talk, form):
    return "".join(form(*turn) + "\n" for turn in talk)


def dump(value):
    return json.dumps(value, ensure_ascii=False)


def clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}:00.000"


def cues(talk, form):
    return "".join(
        f"{i + 1}\n{clock(m)} --> {clock(m)[:-3]}900\n{form(n, w)}\n\n"
        for i, (n, w, m) in enumerate(talk)
    )


def chatgpt(talk):
    nodes = {"r": {"id": "r", "parent": None, "children": ["0"], "message": None}}
    for i, (name, words, minute) in enumerate(talk):
        role = "user" if name == "User" else "assistant"
        nodes[str(i)] = {
            "id": str(i), "parent": str(i - 1) if i else "r", "children": [],
            "message": {"author": {"role": role}, "create_time": moment(minute).timestamp(), "recipient": "all",
                        "content": {"content_type": "text", "parts": [words]}, "metadata": {}},
        }  # fmt: skip
    return dump([{"conversation_id": "x", "mapping": nodes, "current_node": str(len(talk) - 1)}])


def claude(talk):
    return dump([{"uuid": "x", "name": "t", "chat_messages": [
        {"uuid": str(i), "sender": "human" if n == "Human" else "assistant", "text": w, "created_at": iso(m),
         "content": [{"type": "text", "text": w}]} for i, (n, w, m) in enumerate(talk)
    ]}])  # fmt: skip


def mails(talk):
    return "".join(
        f"From x@example.org Fri Mar 14 08:00:00 2025\nFrom: {n} <{i % 3}@example.org>\nSubject: {'Re: ' if i else ''}talk\n"
        f"Date: {moment(m).strftime('%a, %d %b %Y %H:%M:%S +0000')}\nMessage-ID: <{i}@x>\n"
        + (f"In-Reply-To: <{i - 1}@x>\n" if i else "")
        + f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{w}\n\n"
        for i, (n, w, m) in enumerate(talk)
    )


def line_chat(talk):
    days = "[LINE] Chat history with X\nSaved on: 2025/03/15 10:00\n\n2025/03/14(Fri)\n"
    return days + lines(talk, lambda n, w, m: f"{moment(m):%H:%M}\t{n}\t{w}")


def discord_text(talk):
    rule = "=" * 62
    return f"{rule}\nGuild: G\nChannel: C\n{rule}\n\n" + lines(
        talk, lambda n, w, m: f"[3/14/2025 {moment(m):%I:%M %p}] {n}\n{w}\n"
    )


def epochs(talk, key, form):
    return [{**form(n, w), key: MILLISECONDS + m * 60000} for n, w, m in talk]


TIMED, UNTIMED = "nothing of these", "times"

FORMATS = {
    "text": ("t.txt", lambda t: lines(t, lambda n, w, m: f"{n}: {w}"), UNTIMED),
    "whatsapp": ("t.txt", lambda t: lines(t, lambda n, w, m: f"14/03/2025, {moment(m):%H:%M} - {n}: {w}"), TIMED),
    "signal": ("t.md", lambda t: lines(t, lambda n, w, m: f"[2025-03-14, {moment(m):%H:%M}] {n}: {w}"), TIMED),
    "line": ("t.txt", line_chat, TIMED),
    "kakaotalk": ("t.txt", lambda t: lines(t, lambda n, w, m: f"2025년 3월 14일 {moment(m):%H:%M}, {n} : {w}"), TIMED),
    "irc": ("t.log", lambda t: lines(t, lambda n, w, m: f"2025-03-14 {moment(m):%H:%M:%S}\t{n}\t{w}"), TIMED),
    "imessage": ("t.txt", lambda t: lines(t, lambda n, w, m: f"{moment(m):%b %d, %Y  %I:%M:%S %p}\n{n}\n{w}\n"), TIMED),
    "discord-text": ("t.txt", discord_text, TIMED),
    "zoom-chat": ("t.txt", lambda t: lines(t, lambda n, w, m: f"{moment(m):%H:%M:%S} From {n} to Everyone: {w}"), TIMED),
    "markdown": ("t.md", lambda t: lines(t, lambda n, w, m: f"**{n}:** {w}\n"), UNTIMED),
    "mail": ("t.mbox", mails, TIMED),
    "vtt": ("t.vtt", lambda t: "WEBVTT\n\n" + cues(t, lambda n, w: f"<v {n}>{w}"), TIMED),
    "srt": ("t.srt", lambda t: cues(t, lambda n, w: f"{n}: {w}").replace(".", ","), TIMED),
    "csv": ("t.csv", lambda t: "time,speaker,text\n" + lines(t, lambda n, w, m: f'{iso(m)},{n},"{w}"'), TIMED),
    "json": ("t.json", lambda t: dump([{"role": n, "content": w, "timestamp": iso(m)} for n, w, m in t]), TIMED),
    "meeting": ("t.json", lambda t: dump({"id": "x", "transcript": [{"speaker": n, "content": w} for n, w, _ in t]}), UNTIMED),
    "whisper": ("t.json", lambda t: dump({"text": "", "segments": [{"start": 60 * m, "end": 60 * m + 1, "text": w, "speaker": n} for n, w, m in t]}), TIMED),
    "assemblyai": ("t.json", lambda t: dump({"utterances": [{"speaker": n, "text": w, "start": 60000 * m, "end": 60000 * m + 9} for n, w, m in t]}), TIMED),
    "fireflies": ("t.json", lambda t: dump([{"sentence": w, "speaker_name": n, "startTime": clock(m)[:-4], "endTime": clock(m)[:-4]} for n, w, m in t]), TIMED),
    "teams-json": ("t.json", lambda t: dump({"entries": [{"text": w, "speakerDisplayName": n, "startOffset": clock(m), "endOffset": clock(m)} for n, w, m in t]}), TIMED),
    "chatgpt": ("t.json", chatgpt, TIMED),
    "claude": ("t.json", claude, TIMED),
    "discord": ("t.json", lambda t: dump({"guild": {"name": "g"}, "channel": {"id": "1", "name": "c"}, "messages": [{"id": str(i), "type": "Default", "timestamp": iso(m), "content": w, "author": {"id": n, "name": n}} for i, (n, w, m) in enumerate(t)]}), TIMED),
    "telegram": ("t.json", lambda t: dump({"name": "c", "type": "personal_chat", "id": 1, "messages": [{"id": i, "type": "message", "date_unixtime": str(int(moment(m).timestamp())), "from": n, "from_id": n, "text": w} for i, (n, w, m) in enumerate(t)]}), TIMED),
    "slack": ("2025-03-14.json", lambda t: dump([{"type": "message", "user": n, "text": w, "ts": f"{moment(m).timestamp():.4f}"} for n, w, m in t]), TIMED),
    "messenger": ("message_1.json", lambda t: dump({"participants": [], "messages": epochs(t, "timestamp_ms", lambda n, w: {"sender_name": n, "content": w})}), TIMED),
    "matrix": ("t.json", lambda t: dump({"messages": epochs(t, "origin_server_ts", lambda n, w: {"type": "m.room.message", "sender": f"@{n}:x", "event_id": w, "content": {"msgtype": "m.text", "body": w}})}), TIMED),
    "skype": ("t.json", lambda t: dump({"conversations": [{"id": "x", "MessageList": [{"id": str(i), "displayName": n, "originalarrivaltime": iso(m), "messagetype": "RichText", "content": w, "from": n} for i, (n, w, m) in enumerate(t)]}]}), TIMED),
    "teams-chat": ("t.json", lambda t: dump({"value": [{"id": str(i), "messageType": "message", "createdDateTime": iso(m), "from": {"user": {"displayName": n}}, "body": {"contentType": "text", "content": w}} for i, (n, w, m) in enumerate(t)]}), TIMED),
    "google-chat": ("t.json", lambda t: dump({"messages": [{"creator": {"name": n}, "created_date": f"{moment(m):%A, %B %d, %Y at %I:%M:%S %p} UTC", "text": w, "message_id": str(i)} for i, (n, w, m) in enumerate(t)]}), TIMED),
    "mattermost": ("t.jsonl", lambda t: '{"type": "version", "version": 1}\n' + "".join(dump({"type": "post", "post": post}) + "\n" for post in epochs(t, "create_at", lambda n, w: {"team": "t", "channel": "c", "user": n, "message": w})), TIMED),
    "claude-code": ("t.jsonl", lambda t: lines(t, lambda n, w, m: dump({"type": "user" if n == "User" else "assistant", "sessionId": "s", "uuid": str(m), "timestamp": iso(m), "message": {"content": w}})), TIMED),
    "codex": ("t.jsonl", lambda t: '{"type": "session_meta", "payload": {"id": "x"}}\n' + lines(t, lambda n, w, m: dump({"timestamp": iso(m), "type": "response_item", "payload": {"type": "message", "role": "user" if n == "User" else "assistant", "content": [{"type": "input_text", "text": w}]}})), TIMED),
}  # fmt: skip

PEOPLE = {
    "chatgpt": ("User", "ChatGPT"), "claude": ("Human", "Claude"), "claude-code": ("User", "Claude"), "codex": ("User", "Codex"),
}  # fmt: skip
"""Formats that know two parties only."""

BY_LINE = (
    "text", "whatsapp", "signal", "line", "kakaotalk", "irc", "imessage", "discord-text", "zoom-chat",
    "markdown", "vtt", "srt", "csv", "claude-code", "codex", "mattermost",
)  # fmt: skip
"""Formats in which a broken byte costs its own turn only."""
