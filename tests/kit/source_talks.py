"""Turns of each fixture of ``tests/fixtures/sources``: who says what in its conversations."""

from tests.kit.model_chats import MODEL_CHATS
from tests.kit.transcript_talks import TRANSCRIPTS

READ = {
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
        ("csv", "table-semicolons", [("Ana", "Grüße; nein", None), ("Bo", "Doch; ja", None)]),
    ],
    "plain.txt": [
        ("text", "plain", [
            ("Ana", "Did you see http://example.com/x yet?", None),
            ("Bo", "Not yet: I was\nout in the garden.", None),
            ("Ana", "Look now.", 725.0),
        ]),
        ("text", "plain", [("Cy", "A second conversation", None), ("Dee", "begins here.", None)]),
    ],
    "twitter/direct-messages.js": [
        ("twitter-messages", None, [
            ('7', 'hi, see https://example.org/a', 0.0),
            ('8', 'Got seeds?', 60.0),
        ]),
    ],
    "roles.json": [
        ("json", 'roles', [
            ('user', 'Is rye vegan?', 0.0),
            ('assistant', 'Usually.', 4.0),
        ]),
    ],
    "tickets.csv": [
        ("csv", '78', [
            ('Cy', 'No heat', 0.0),
            ('Desk', 'Check the valve', 133140.0),
        ]),
        ("csv", '77', [
            ('Ana', 'My lamp flickers', 0.0),
            ('Desk', 'Which "bulb"?', 300.0),
            ('Ana', 'LED', 907560.0),
        ]),
    ],
    "recorder.csv": [
        ("csv", 'recorder', [
            ('Speaker 1', 'Hello', 0.5),
            ('Speaker 2', 'Hi', 2.5),
        ]),
    ],
    "discord-modern.json": [
        ("discord", 'Garden / Plants / roses', [
            ('Fern', 'Which compost? :rose:', 0.0),
            ('oak', 'Mulch before the frost', 60.0),
            ('News', 'Frost warning. Minus 4 tonight. Area: Valley', 120.0),
        ]),
    ],
    "telegram-account.json": [
        ("telegram", 'Bo', [
            ('Ana', 'hi', 0.0),
        ]),
        ("telegram", 'Old club', [
            ('Bo', 'bye all', 0.0),
        ]),
    ],
    "WhatsApp Chat with Garden.txt": [
        ("whatsapp", 'Garden', [
            ('Mo', 'Who waters this week?', 0.0),
            ('Priya', 'I do: after six', 180.0),
        ]),
    ],
    "whatsapp-fa.txt": [
        ("whatsapp", 'whatsapp-fa', [
            ('سارا', 'سلام', 0.0),
            ('علی', 'سلام خوبی؟', 60.0),
        ]),
    ],
    "Ines - Text - 2026-01-05T09_00_00Z.html": [
        ("google-voice", "Ines", [
            ("Ines", "Is the boathouse open?\nIt's raining", 0.0),
            ("Me", "Yes & dry", 60.0),
            ("+15550102", "I bring the key", 120.0),
        ]),
    ],
    "slack-bots": [
        ("slack", '#alerts', [
            ('Alertmanager', '[FIRING] Latency: p99 is 4.2s', 0.0),
            ('Deploy Bot', 'Deployed checkout v42', 1.0),
            ('mia', 'Write to a@example.org @mia', 2.0),
            ('mia', 'fwd from b@example.org\nroot cause: memory', 3.0),
        ]),
    ],
    "[LINE] Chat with Yuki.txt": [
        ("line", 'Yuki', [
            ('Yuki', 'Good morning', 0.0),
            ('Ken', 'Two lines\nhere', 60.0),
        ]),
        ("line", 'Yuki', [
            ('Ken', 'Meet at ten: station', 0.0),
        ]),
    ],
    "kakaotalk-phone.txt": [
        ("kakaotalk", 'kakaotalk-phone', [
            ('민수', '안녕', 0.0),
            ('지영', '반가워\n내일 봐', 10860.0),
        ]),
    ],
    "kakaotalk-computer.txt": [
        ("kakaotalk", 'kakaotalk-computer', [
            ('민수', '안녕', 0.0),
        ]),
        ("kakaotalk", 'kakaotalk-computer', [
            ('지영', '반가워: 내일?', 0.0),
        ]),
    ],
    "irssi.log": [
        ("irc", 'irssi', [
            ('ann', 'morning all', 0.0),
            ('bo', 'ann: frost?', 0.0),
            ('ann', 'shivers', 120.0),
        ]),
    ],
    "irc.weechatlog": [
        ("irc", 'irc', [
            ('ann', 'morning all', 0.0),
            ('bo', 'ann: frost?', 60.0),
        ]),
    ],
    "imessage.txt": [
        ("imessage", 'imessage', [
            ('Ann', 'Hello there', 0.0),
            ('Me', 'Hi: all good?\nTwo lines', 60.0),
        ]),
    ],
    "telegram-copy.txt": [
        ("telegram-text", 'telegram-copy', [
            ('Ann', 'Hello all', 0.0),
            ('Bo Ray', 'Hi: Ann\nTwo lines', 60.0),
            ('Ann', 'Bye', 120.0),
        ]),
    ],
    "discord.txt": [
        ("discord-text", 'Garden / Plants / beds', [
            ('fern', 'Which compost for roses? :rose:', 0.0),
            ('oak_77', 'Leaf mould works: two buckets', 60.0),
        ]),
    ],
    "chat.md": [
        ("markdown", 'Aphids', [
            ('User', 'What eats aphids?', None),
            ('ChatGPT', 'Ladybirds do. Note: larvae too.\n\n```python\n## User\n```', None),
        ]),
    ],
    "episode.md": [
        ("markdown", 'Episode 12', [
            ('Maya', 'We start with the news.', None),
            ('Bob', 'And then sun.', None),
            ('Maya', 'Right.', 5.0),
        ]),
    ],
    "signal.md": [
        ("signal", 'signal', [
            ('Me', 'How is everyone?', 0.0),
            ('Aya', "We're great!", 360.0),
            ('Jim', "I'm not.", 960.0),
        ]),
    ],
    "meeting_saved_chat.txt": [
        ("zoom-chat", 'meeting_saved_chat', [
            ('Ana Ruiz', 'Agenda is in the doc', 0.0),
            ("Sam O'Neil", 'Link: https://example.org/doc\nsecond line', 78.0),
            ('Ana Ruiz', 'thanks', 108.0),
        ]),
    ],
    "google-chat/DM ana/messages.json": [
        ("google-chat", 'DM ana', [
            ('Ana', 'Lunch?', 0.0),
        ]),
        ("google-chat", 'DM ana', [
            ('Bo', 'Too late', 0.0),
        ]),
    ],
    "skype.json": [
        ("skype", 'Bo', [
            ('ana', 'Lunch?', 0.0),
            ('Bo', 'Yes & thanks :)', 60.0),
        ]),
    ],
    "hangouts.json": [
        ("hangouts", "Joel Park", [
            ("Mina Roth", "See https://example.org/kayak\nIs it <wide> enough?", 0.0),
            ("Joel Park", "Just about.", 60.0),
            ("Mina Roth", "Then I take it", 150.0),
        ]),
    ],
    "twilio-conversation.json": [
        ("twilio", "+15550100, lou@desk.example", [
            ("+15550100", "My boiler shows E4, is that bad?", 0.0),
            ("lou@desk.example", "Low pressure. Can you send a picture?", 60.0),
            ("lou@desk.example", "Thanks. Open the valve a quarter turn.", 180.0),
        ]),
    ],
    "twilio-texts.json": [
        ("twilio", "+15550199, +15550100", [
            ("+15550199", "Shall we come on Friday?", 0.0),
            ("+15550100", "Friday is fine", 120.0),
        ]),
        ("twilio", "+15550177", [("+15550177", "Is the shop open?", 0.0)]),
    ],
    "chat_history.json": [
        ("snapchat", "kim22", [
            ("kim22", "What is that smell?", 0.0),
            ("bo1", "Rye, still warm", 60.0),
            ("kim22", "With butter?", 120.0),
        ]),
        ("snapchat", "Bakers", [("lee", "Oven at six", 0.0)]),
    ],
    "teams-chat.json": [
        ("teams-chat", 'teams-chat', [
            ('Ana', 'Lunch?', 0.0),
            ('Bo', 'Yes\nat one', 60.0),
        ]),
    ],
    "matrix.json": [
        ("matrix", 'Garden', [
            ('ana', 'Lunch?', 0.0),
            ('bo', 'Yes', 60.0),
        ]),
    ],
    "mattermost.jsonl": [
        ("mattermost", 't / c', [
            ('ana', 'Lunch?', 0.0),
            ('bo', 'Yes', 60.0),
        ]),
        ("mattermost", 'ana, bo', [
            ('bo', 'Psst', 0.0),
        ]),
    ],
    "reddit.json": [
        ("reddit", 'Aphids?', [
            ('ana', 'Aphids?\nWhat eats them & why', 0.0),
            ('bo', 'Ladybirds', 100.0),
            ('ana', 'Thanks', 200.0),
        ]),
    ],
    "reddit-comments.ndjson": [
        ("reddit", None, [
            ('bo', 'Ladybirds', 0.0),
            ('ana', 'Thanks', 100.0),
        ]),
    ],
    "list.mbox": [
        ("mail", '[garden] Frost cover', [
            ('Ann', 'Does fleece help, café folk?', 0.0),
            ('Bo', 'Yes: two layers.', 3600.0),
        ]),
    ],
    "mail.eml": [
        ("mail", 'Frost', [
            ('Ann', 'Tea at nine?', 0.0),
        ]),
    ],
    "telegram-html": [
        ("telegram-html", 'Choir', [
            ('Ana', 'Altos at seven?\nOr eight & late', 0.0),
            ('Ana', 'See the plan', 60.0),
            ('Bo', 'Seven it is.', 120.0),
        ]),
    ],
    "messenger-html": [
        ("messenger-html", 'bo_1', [
            ('Ana', 'Rain?', 0.0),
            ('Bo', 'Yes & soon', 60.0),
        ]),
    ],
    "discord.html": [
        ("discord-html", 'Garden / Plants / beds', [
            ('Fern', 'Which compost?', 0.0),
            ('Fern', 'For roses', 60.0),
            ('Oak', 'Leaf mould & time', 120.0),
        ]),
    ],
    "discord-api.json": [
        ("discord-api", 'discord-api', [
            ('fern', 'Which compost?', 0.0),
            ('Oak', 'Leaf mould works', 60.0),
        ]),
    ],
    "slack-dump.json": [
        ("slack", '#incidents', [
            ('U01', 'It is down', 0.0),
            ('U02', 'Looking', 50.0),
        ]),
    ],
    "signal-cli.jsonl": [
        ("signal-cli", None, [
            ('Gabriela', 'Is the boat back?', 0.0),
            ('Me', 'Yes: since noon', 60.0),
            ('Gabriela', 'With fish?', 180.0),
        ]),
        ("signal-cli", None, [('Olek', 'Choir at seven', 0.0)]),
    ],
    "sms-backup.xml": [
        ("sms-backup", "Ines", [
            ("Ines", "Are the seedlings out?", 0.0),
            ("Me", "Since Monday 🌱\nAll of them", 60.0),
        ]),
        ("sms-backup", "5550199", [("5550199", "Your parcel waits", 0.0)]),
        ("sms-backup", "+15550101", [("+15550101", "Look at this bed", 0.0), ("Me", "Lovely", 60.0)]),
    ],
    **TRANSCRIPTS,
    **MODEL_CHATS,
}  # fmt: skip
