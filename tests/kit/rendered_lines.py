"""Talks in the formats of lines and records, in which a broken byte costs little."""

from tests.kit.rendering import Rendering, clock, dump, each, epoch, iso, key, lines, moment, one

MODEL = ("User", "Assistant")


def cues(talk, form):
    return "".join(
        f"{i + 1}\n{clock(m)} --> {clock(m)[:-3]}900\n{form(n, w)}\n\n"
        for i, (n, w, m) in enumerate(talk)
    )


def mails(talk):
    return "".join(
        f"From x@example.org Fri Mar 14 08:00:00 2025\nFrom: {n} <{i % 3}@example.org>\n"
        f"Subject: {'Re: ' if i else ''}{key(talk)}\n"
        f"Date: {moment(m):%a, %d %b %Y %H:%M:%S} +0000\nMessage-ID: <{key(talk)}.{i}@x>\n"
        + (f"In-Reply-To: <{key(talk)}.0@x>\n" if i else "")
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


def aider(talk):
    return f"\n# aider chat started at {moment(0):%Y-%m-%d %H:%M:%S}\n\n" + lines(
        talk, lambda n, w, m: f"{'#### ' if n == 'User' else ''}{w}\n"
    )


def mattermost(talk):
    return '{"type": "version", "version": 1}\n' + lines(
        talk,
        lambda n, w, m: dump(
            {"type": "post", "post": {"team": "t", "channel": "c", "user": n, "message": w, "create_at": epoch(m)}}
        ),
    )  # fmt: skip


def claude_code(talk):
    return lines(
        talk,
        lambda n, w, m: dump(
            {"type": "user" if n == "User" else "assistant", "sessionId": key(talk), "uuid": str(m),
             "timestamp": iso(m), "message": {"content": w}}
        ),
    )  # fmt: skip


def codex(talk):
    return '{"type": "session_meta", "payload": {"id": "x"}}\n' + lines(
        talk,
        lambda n, w, m: dump(
            {"timestamp": iso(m), "type": "response_item", "payload": {
                "type": "message", "role": "user" if n == "User" else "assistant",
                "content": [{"type": "input_text", "text": w}]}}
        ),
    )  # fmt: skip


def openassistant(talk):
    return "".join(
        dump({"message_id": f"{key(talk)}{i}", "parent_id": f"{key(talk)}{i - 1}" if i else None,
              "message_tree_id": key(talk), "text": w, "role": n, "lang": "en", "created_date": iso(m)}) + "\n"
        for i, (n, w, m) in enumerate(talk)
    )  # fmt: skip


def comments(talk):
    return "".join(
        dump({"id": f"{key(talk)}{i}", "link_id": f"t3_{key(talk)}", "parent_id": f"t3_{key(talk)}", "author": n,
              "body": w, "created_utc": epoch(m) / 1000}) + "\n"
        for i, (n, w, m) in enumerate(talk)
    )  # fmt: skip


def tweets(talk):
    return "".join(
        dump({"data": [{"id": f"{key(talk)[4:]}{i}", "conversation_id": key(talk), "author_id": n, "text": w,
                        "created_at": iso(m)}], "includes": {"users": [{"id": n, "name": n}]}}) + "\n"
        for i, (n, w, m) in enumerate(talk)
    )  # fmt: skip


def pairs(talk):
    said = "".join(f"\n\n{n}: {w}" for n, w, _ in talk)
    return dump({"chosen": said, "rejected": said}) + "\n"


def roles(talk):
    turns = [{"role": n, "content": w, "timestamp": iso(m)} for n, w, m in talk]
    return dump({"id": key(talk), "messages": turns}) + "\n"


def meeting(talk):
    return (
        dump({"id": key(talk), "transcript": [{"speaker": n, "content": w} for n, w, _ in talk]})
        + "\n"
    )


def copilot(talks):
    return "Conversation,Time,Author,Message\n" + "".join(
        lines(talk, lambda n, w, m, talk=talk: f'{key(talk)},{moment(m):%Y-%m-%dT%H:%M:%S},{"Human" if n == "User" else "AI"},"{w}"')
        for talk in talks
    )  # fmt: skip


def signal_cli(talk):
    return lines(talk, lambda n, w, m: dump({"envelope": {
        "source": n, "sourceName": n, "sourceDevice": 1, "timestamp": epoch(m),
        "dataMessage": {"timestamp": epoch(m), "message": w, "groupInfo": {"groupId": "g"}}}, "account": "x"}))  # fmt: skip


def sillytavern(talk):
    about = dump({"user_name": talk[0][0], "character_name": talk[1][0], "chat_metadata": {}})
    return f"{about}\n" + lines(talk, lambda n, w, m: dump(
        {"name": n, "is_user": n == talk[0][0], "send_date": f"{moment(m):%B %d, %Y %I:%M%p}", "mes": w}))  # fmt: skip


def chat_exporter(talk):
    about = "# t\n\n**Exported:** 3/14/2025 9:00:00  \n**Link:** [https://chatgpt.com/c/1](https://chatgpt.com/c/1)  \n\n"
    return about + lines(talk, lambda n, w, m: (
        f"## {'Prompt' if n == 'User' else 'Response'}:\n{moment(m):%m/%d/%Y, %I:%M:%S %p}\n\n{w}\n"))  # fmt: skip


def table(talks):
    return "conversation_id,time,speaker,text\n" + "".join(
        lines(talk, lambda n, w, m, talk=talk: f'{key(talk)},{iso(m)},{n},"{w}"') for talk in talks
    )


STYLED = "[Script Info]\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
TURNS = [
    Rendering("text", "t.txt", one(lambda t: lines(t, lambda n, w, m: f"{moment(m):%Y-%m-%d %H:%M:%S} {n}: {w}"))),
    Rendering("whatsapp", "t.txt", one(lambda t: lines(t, lambda n, w, m: f"14/03/2025, {moment(m):%H:%M} - {n}: {w}"))),
    Rendering("signal", "t.md", one(lambda t: lines(t, lambda n, w, m: f"[2025-03-14, {moment(m):%H:%M}] {n}: {w}"))),
    Rendering("line", "t.txt", one(line_chat)),
    Rendering("kakaotalk", "t.txt", one(lambda t: lines(t, lambda n, w, m: f"2025년 3월 14일 {moment(m):%H:%M}, {n} : {w}"))),
    Rendering("kakaotalk", "t.csv", one(lambda t: "Date,User,Message\n" + lines(t, lambda n, w, m: f'{moment(m):%Y-%m-%d %H:%M:%S},"{n}","{w}"'))),
    Rendering("irc", "t.log", one(lambda t: lines(t, lambda n, w, m: f"2025-03-14 {moment(m):%H:%M:%S}\t{n}\t{w}"))),
    Rendering("imessage", "t.txt", one(lambda t: lines(t, lambda n, w, m: f"{moment(m):%b %d, %Y  %I:%M:%S %p}\n{n}\n{w}\n"))),
    Rendering("discord-text", "t.txt", one(discord_text)),
    Rendering("telegram-text", "t.txt", one(lambda t: lines(t, lambda n, w, m: f"{n}, [14.03.2025 {moment(m):%H:%M}]\n{w}\n"))),
    Rendering("zoom-chat", "t.txt", one(lambda t: lines(t, lambda n, w, m: f"{moment(m):%H:%M:%S} From {n} to Everyone: {w}"))),
    Rendering("markdown", "t.md", one(lambda t: lines(t, lambda n, w, m: f"**{n}:** ({m}:00) {w}\n"))),
    Rendering("aider", ".aider.chat.history.md", each(aider), people=("User", "Aider"), starts=True),
    Rendering("chat-exporter", "t.md", one(chat_exporter), people=("User", "ChatGPT")),
    Rendering("mail", "t.mbox", each(mails)),
    Rendering("vtt", "t.vtt", one(lambda t: "WEBVTT\n\n" + cues(t, lambda n, w: f"<v {n}>{w}"))),
    Rendering("srt", "t.srt", one(lambda t: cues(t, lambda n, w: f"{n}: {w}").replace(".", ","))),
    Rendering("sbv", "t.sbv", one(lambda t: lines(t, lambda n, w, m: f"{clock(m)},{clock(m)[:-3]}900\n{n}: {w}\n"))),
    Rendering("ass", "t.ass", one(lambda t: STYLED + lines(t, lambda n, w, m: f"Dialogue: 0,{clock(m)},{clock(m)[:-3]}900,Default,{n},0,0,0,,{w}"))),
    Rendering("timed-lines", "t.txt", one(lambda t: lines(t, lambda n, w, m: f"[{clock(m)} --> {clock(m)[:-3]}900]   {n}: {w}"))),
    Rendering("csv", "t.csv", table),
    Rendering("claude-code", "t.jsonl", each(claude_code), people=("User", "Claude")),
    Rendering("codex", "t.jsonl", one(codex), people=("User", "Codex")),
    Rendering("mattermost", "t.jsonl", one(mattermost)),
    Rendering("openassistant", "t.jsonl", each(openassistant), people=("prompter", "assistant")),
    Rendering("copilot", "t.csv", copilot, people=("User", "Copilot")),
    Rendering("signal-cli", "t.jsonl", one(signal_cli)),
    Rendering("reddit", "t.ndjson", each(comments)),
    Rendering("sillytavern", "t.jsonl", one(sillytavern)),
    Rendering("twitter-api", "t.jsonl", each(tweets)),
]  # fmt: skip
"""Formats with a line or record for each turn: a broken byte costs its own turn."""

CONVERSATIONS = [
    Rendering("hh-rlhf", "t.jsonl", each(pairs), people=("Human", "Assistant")),
    Rendering("json", "t.jsonl", each(roles)),
    Rendering("meeting", "t.jsonl", each(meeting)),
]
"""Formats with a line for each conversation: a broken byte costs its own conversation."""
