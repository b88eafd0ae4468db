"""Each format: its fixture is guessed, read, and comes back from JSON as it was."""

import pytest

from cgp.conversation_json import conversation_from_json, conversation_to_json
from cgp.sources import SkippedError, read_path, source_named, sources
from cgp.sources.files import disk_file

READ = {
    "talk.en.vtt": [
        ("vtt", "talk", [
            ("Ana Ruiz", "Welcome to the harbour & the tide show. Today we talk about turbines.", 0.0),
            ("Bo", "How deep do they stand?", 4.2),
            ("Ana Ruiz", "Forty metres.", 4.2),
        ]),
    ],
    "rolling.en.vtt": [
        ("vtt", "rolling", [("Speaker", "so the antenna failed and we built another no no two", 0.08)]),
    ],
    "show.srt": [
        ("srt", "show", [
            ("Adam Kurz", "Today on the show: the budget of the orchestra. We have 14 violins.", 0.78),
            ("Mira Vos", "And one tuba, sadly.", 5.1),
            ("Adam Kurz", "Sadly.", 8.5),
        ]),
    ],
    "dashes.srt": [
        ("srt", "dashes", [
            ("Speaker 1", "Is the yeast awake?", 1.0),
            ("Speaker 2", "It is foaming.", 1.0),
            ("Speaker 1", "Then we bake.", 4.0),
        ]),
    ],
    "captions.en.json3": [
        ("youtube-json3", "captions", [
            ("Speaker", "we launched on a tuesday.", 0.12),
            ("Speaker", "It rained.", 9.1),
        ]),
    ],
    "youtube-list.json": [
        ("youtube-list", "youtube-list", [
            ("Speaker", "hello and welcome to the glacier walk.", 0.0),
            ("Speaker", "Mind the crevasse.", 12.0),
        ]),
    ],
    "episode.json": [
        ("podcast-json", "episode", [("Darth Vader", "I have a plan.", 0.5), ("Kim", "Which one?", 1.6)]),
    ],
    "episode.html": [
        ("podcast-html", "episode", [
            ("Kevin", "We have an update planned & tested.", 0.0),
            ("Alban", "Everything is new, from the ground up.", 3723.0),
        ]),
    ],
    "podcast/feed.xml": [
        ("podcast-rss", "One: the strait", [
            ("Ana", "The strait is narrow.", 0.0),
            ("Bo", "And fast.", 2.0),
        ]),
    ],
    "discord.json": [
        ("discord", "Modular / Gear / patches", [
            ("Ana", "Which filter is that?", 0.0),
            ("bo", "A ladder, home made.", 59.877),
        ]),
        ("discord", "Modular / Gear / patches", [("Ana", "Anyone awake?", 0.0)]),
    ],
    "twitter/tweets.js": [
        ("twitter-archive", None, [
            ("@backyard", "A thread about backyard homes.", 0.0),
            ("@backyard", "First, the permit.", 36.0),
            ("@backyard", "and the third: measure & repeat https://example.com/long", 96.0),
        ]),
    ],
    "twitter-api.json": [
        ("twitter-api", None, [
            ("@bo", "Our foundation is 90 cm.", 0.0),
            ("@ana", "Why so deep?", 60.0),
            ("@bo", "Because of the frost line.", 120.0),
        ]),
    ],
    "WhatsApp Chat with Oma.txt": [
        ("whatsapp", "Oma", [
            ("Ana", "The cake is\nin the oven: 40 minutes\n\nSee you", 0.0),
            ("+49 151 2345678", "Looks good", 180.0),
        ]),
        ("whatsapp", "Oma", [("Ana", "Happy new year", 0.0)]),
    ],
    "whatsapp-ios-us.txt": [
        ("whatsapp", "whatsapp-ios-us", [("Ana", "Who has the rake?", 0.0), ("Bo", "I have", 80.0)]),
        ("whatsapp", "whatsapp-ios-us", [("Ana", "Thanks: again", 0.0)]),
    ],
    "slack": [
        ("slack", "#general", [("Ana", "Lunch at #random?", 0.0)]),
        ("slack", "#general", [
            ("Ana", "The checkout is down, @Bo Lind & all", 0.0),
            ("Bo Lind", "Rolling back, see the board (https://example.com/x)", 200.0),
            ("Ana", "Fixed since yesterday?", 86400.0),
        ]),
        ("slack", "#general", [("deploys", "Deployed 4.2", 0.0)]),
    ],
    "chatgpt.json": [
        ("chatgpt", "Sourdough", [
            ("User", "Why is my crumb dense?", 0.0),
            ("ChatGPT", "Proof it longer.", 8.0),
            ("User", "Like this?", 99.0),
        ]),
    ],
    "claude.json": [
        ("claude", "Tuning", [
            ("Human", "What is just intonation?", 0.0),
            ("Claude", "Intervals as whole-number ratios.", 8.0),
        ]),
        ("claude", None, [("Human", "An older export", 0.0), ("Claude", "has no parents.", 2.0)]),
    ],
    "telegram.json": [
        ("telegram", "Ana", [
            ("Ana", "Is the boat back?", 0.0),
            ("Bo", "Yes, see https://example.com!", 60.0),
        ]),
    ],
    "telegram-all.json": [
        ("telegram", "Choir", [("Ana", "Altos at seven.", 0.0)]),
        ("telegram", "Bo", [("Bo", "Basses too?", 0.0)]),
    ],
    "messenger/ana_xyz/message_1.json": [
        ("messenger", "ana_xyz", [("Zoë", "Next day 😀", 0.0)]),
        ("messenger", "ana_xyz", [("Zoë", "Café ?", 0.0), ("Bo", "Oui, à midi", 100.0)]),
    ],
    "meeting.jsonl": [
        ("meeting", None, [("Chair", "The minutes are approved.", None), ("Clerk", "Noted .", None)]),
    ],
    "conversations.json": [
        ("json", "Radio", [("Ana", "On air.", 0.0), ("Bo", "Off air.", 2.5)]),
        ("json", None, [("user", "Hi", None), ("assistant", "Hello.", None)]),
        ("json", None, [("Speaker 0", "Tuples too", None), ("Speaker 1", "are read.", None)]),
    ],
    "table.csv": [
        ("csv", "s1", [("Ana", "Hello, Bo", 0.0), ("Bo", "Two\nlines", 5.0)]),
        ("csv", "s2", [("Cy", "Alone", 0.0)]),
    ],
    "table-semicolons.csv": [
        ("csv", "table-semicolons", [("Ana", "Grüße", None), ("Bo", "Doch; ja", None)]),
    ],
    "plain.txt": [
        ("text", "plain", [
            ("Ana", "Did you see http://example.com/x yet?", None),
            ("Bo", "Not yet: I was\nout in the garden.", None),
            ("Ana", "Look now.", 725.0),
        ]),
        ("text", "plain", [("Cy", "A second conversation", None), ("Dee", "begins here.", None)]),
    ],
}  # fmt: skip

SKIPPED = {
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
}

BROKEN = {
    "broken.vtt": ("vtt", [(6, "not the timing")], ["Before the broken cue.", "After the broken cue."]),
    "broken.srt": ("srt", [(6, "not the timing")], ["Before.", "After."]),
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
    "whatsapp-broken.txt": ("whatsapp", [(2, "31/2/2026 is not a date")], ["Kept before.", "Kept after."]),
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
        [(2, "the row has only 2 cells"), (3, "'whenever' is not a time")],
        ["Kept before", "Kept after"],
    ),
    "plain-broken.txt": ("text", [(1, "no name before the words")], ["Kept.", "Kept too."]),
}  # fmt: skip


def conversations_of(pairs):
    return [(source, record.conversation) for source, record in pairs if record.conversation]


def said(conversation):
    return [
        (conversation.participants[turn.speaker].name, turn.text, turn.at)
        for turn in conversation.turns
    ]


@pytest.mark.parametrize("name", READ)
def test_a_format_is_guessed_and_read(fixtures, name):
    found = conversations_of(read_path(fixtures / name))
    assert [(source.name, c.title, said(c)) for source, c in found] == READ[name]


@pytest.mark.parametrize("name", READ)
def test_what_is_read_comes_back_from_json_as_it_was(fixtures, name):
    for _, conversation in conversations_of(read_path(fixtures / name)):
        document = conversation_to_json(conversation)
        again = conversation_from_json(document)
        assert again == conversation
        assert conversation_to_json(again) == document


@pytest.mark.parametrize("name", READ)
def test_reading_twice_gives_the_same_ids(fixtures, name):
    first = [c.id for _, c in conversations_of(read_path(fixtures / name))]
    assert first == [c.id for _, c in conversations_of(read_path(fixtures / name))]
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("name", READ)
def test_what_holds_no_conversation_is_skipped_with_the_reason(fixtures, name):
    bad = [record for _, record in read_path(fixtures / name) if record.conversation is None]
    assert all(isinstance(record.error, SkippedError) for record in bad)
    assert [(record.number, record.error.reason) for record in bad] == SKIPPED.get(name, [])


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_names_file_record_and_reason_and_keeps_the_rest(fixtures, name):
    source, problems, kept = BROKEN[name]
    records = list(read_path(fixtures / name))
    errors = [(r.path, r.number, str(r.error)) for _, r in records if r.conversation is None]
    assert [number for _, number, _ in errors] == [number for number, _ in problems]
    for (path, number, message), (_, reason) in zip(errors, problems, strict=True):
        assert message.startswith(f"{path}, record {number}: ")
        assert str(fixtures / name) in message
        assert reason in message
    assert {found.name for found, _ in records} == {source}
    texts = [turn.text for _, c in conversations_of(records) for turn in c.turns]
    assert texts == kept


@pytest.mark.parametrize("name", READ)
def test_naming_the_format_reads_as_guessing_does(fixtures, name):

    guessed = conversations_of(read_path(fixtures / name))
    named = conversations_of(read_path(fixtures / name, source_named(READ[name][0][0])))
    assert [c for _, c in named] == [c for _, c in guessed]


@pytest.mark.parametrize("name", [name for name in READ if name != "slack"])
def test_only_one_special_format_recognises_a_file(fixtures, name):
    file = disk_file(fixtures / name)
    head = file.head()
    special = [s.name for s in sources() if not s.general and s.recognises(head, file.path)]
    assert special in ([], [READ[name][0][0]])
