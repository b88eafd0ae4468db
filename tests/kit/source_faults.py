"""Faults of the fixtures of ``tests/fixtures/sources``, and their records without a talk."""

SKIPPED = {
    "reddit-comments.ndjson": [(3, "a post or comment without an answer")],
    "podcast/feed.xml": [
        (2, "its transcript is not beside the feed (nothing is fetched)"),
        (3, "the episode has no podcast:transcript"),
        (4, "its transcript is not beside the feed (nothing is fetched)"),
    ],
    "twitter/tweets.js": [(4, "a tweet that belongs to no thread")],
    "twitter-api.json": [(3, "a tweet without a reply")],
    "chatgpt.json": [(2, "no text")],
    "claude.json": [(3, "no text")],
    "meeting.jsonl": [(2, "no text")],
    "grok.json": [(2, "no text")],
    "gong.json": [(2, "no text")],
}

BROKEN = {
    "discord-package/messages.json": (
        "discord-package",
        [(1, "holds your own messages only")],
        [],
    ),
    "WhatsApp-Chat mit Asha.txt": (
        "whatsapp",
        [(3, "begins with a time that is not understood")],
        ["Train at nine?", "Platform two", "Bring tickets"],
    ),
    "broken.vtt": ("vtt", [(6, "not the timing")], ["Before the broken cue.", "After the broken cue."]),
    "broken.srt": ("srt", [(6, "not the timing")], ["Before.", "After."]),
    "captions-broken.sbv": ("sbv", [(4, "not the timing")], ["Before.", "Kept.", "After."]),
    "broken.json3": ("youtube-json3", [(2, "tStartMs must be a number")], ["Kept before.", "Kept after."]),
    "youtube-list-broken.json": ("youtube-list", [(2, "text must be a string")], ["kept also kept"]),
    "episode-broken.json": ("podcast-json", [(2, "body is missing")], ["Kept.", "Kept too."]),
    "episode-broken.html": ("podcast-html", [(2, "'noon' is not a time")], ["Kept.", "Kept without its time."]),
    "podcast-broken/feed.xml": ("podcast-rss", [(2, "not XML")], ["The feed breaks after this episode."]),
    "entities.xml": ("podcast-rss", [(1, "must not declare a document type")], []),
    "discord-broken.json": (
        "discord",
        [(2, "'yesterday' is not a time"), (3, "author must be a JSON object"), (5, "not JSON")],
        ["Kept before.", "Kept after."],
    ),
    "tweets-broken.js": ("twitter-archive", [(2, "id_str is missing")], ["Kept root.", "Kept answer."]),
    "twitter-api-broken.json": ("twitter-api", [(2, "text is missing")], ["Kept.", "Kept too."]),
    "whatsapp-broken.txt": ("whatsapp", [(2, "31/02/2026 22:16 is not a date")], ["Kept before.", "Kept after."]),
    "slack-broken": (
        "slack",
        [(2, "text must be a string"), (2, "not JSON")],
        ["Kept before", "Kept after", "The next day's file breaks off"],
    ),
    "chatgpt-broken.json": ("chatgpt", [(2, "go in a circle")], ["Kept before.", "Kept after."]),
    "claude-broken.json": ("claude", [(2, "chat_messages must be a list")], ["Kept before.", "Kept after."]),
    "telegram-broken.json": ("telegram", [(2, "text must be a string")], ["Kept before.", "Kept after."]),
    "messenger-broken.json": ("messenger", [(2, "sender_name is missing")], ["Kept before.", "Kept after."]),
    "meeting-broken.jsonl": (
        "meeting",
        [(2, "text must be a string"), (3, "not JSON")],
        ["Kept before.", "Kept after."],
    ),
    "conversations-broken.jsonl": (
        "json",
        [(2, "text must be a string"), (3, "not JSON")],
        ["Kept before.", "Kept after."],
    ),
    "table-broken.csv": (
        "csv",
        [(3, "the row has only 2 cells"), (4, "times that are not understood are left out")],
        ["Kept before", "No such time", "Kept after"],
    ),
    "plain-broken.txt": (
        "text",
        [(41, "no name before the words")],
        ["Kept.", "Kept too.", *["And", "more."] * 8],
    ),
}  # fmt: skip
