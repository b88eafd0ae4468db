"""Who says what in each fixture of ``tests/fixtures/sources``: its conversations, and what is wrong with it."""

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
    "whisperx.json": [
        ("whisper", 'whisperx', [
            ('SPEAKER_00', 'When does the ferry leave?', 0.5),
            ('SPEAKER_01', 'At nine.', 3.1),
            ('SPEAKER_00', 'If the tide allows?', 4.1),
        ]),
    ],
    "whisper-cpp.json": [
        ("whisper-cpp", 'whisper-cpp', [
            ('Speaker', 'Der Kessel pfeift.', 0.0),
            ('Speaker', 'Tee?', 9.0),
        ]),
    ],
    "assemblyai.json": [
        ("assemblyai", 'assemblyai', [
            ('A', 'Is it deep?', 0.25),
            ('B', 'Forty metres.', 1.2),
        ]),
    ],
    "deepgram.json": [
        ("deepgram", 'deepgram', [
            ('Speaker 0', 'Who has it?', 0.1),
            ('Speaker 1', 'I.', 1.0),
        ]),
    ],
    "aws-transcribe.json": [
        ("aws-transcribe", 'aws-transcribe', [
            ('spk_0', 'On hold.', 4.87),
            ('spk_1', 'Sorry!', 8.49),
        ]),
    ],
    "google-speech.json": [
        ("google-speech", 'google-speech', [
            ('Speaker 1', 'hello there', 0.0),
            ('Speaker 2', 'hi', 1.1),
        ]),
    ],
    "fireflies.json": [
        ("fireflies", 'fireflies', [
            ('Ana', 'Shall we begin?', 1.0),
            ('Bo', 'We shall.', 3.0),
        ]),
    ],
    "teams-transcript.json": [
        ("teams-json", 'teams-transcript', [
            ('Ana Ruiz', 'The lease ends in May.', 1.123),
            ('Bo', 'Then we move.', 3.1),
        ]),
    ],
    "hh-rlhf.jsonl": [
        ("hh-rlhf", None, [
            ('Human', 'Name a river', None),
            ('Assistant', 'The Seine.', None),
            ('Human', 'And a lake?', None),
            ('Assistant', 'Como.', None),
        ]),
    ],
    "oasst.jsonl": [
        ("openassistant", None, [
            ('prompter', 'How do bees find home?', 0.0),
            ('assistant', 'By the sun.', 120.0),
        ]),
    ],
    "oasst-trees.jsonl": [
        ("openassistant", None, [
            ('prompter', 'How deep is the lake?', None),
            ('assistant', 'Ninety metres.', None),
        ]),
    ],
    "twitter/direct-messages.js": [
        ("twitter-messages", None, [
            ('7', 'hi, see https://example.org/a', 0.0),
            ('8', 'Got seeds?', 60.0),
        ]),
    ],
    "otter.txt": [
        ("text", 'Interview with the lock keeper', [
            ('Helen', 'Thanks for having me. How long have you kept the lock?', 0.0),
            ('Speaker 2', 'Thirty years: first with my father.', 7.0),
            ('Helen', 'And what changed?', 3612.0),
        ]),
    ],
    "whisperx.txt": [
        ("text", 'whisperx', [
            ('SPEAKER_00', 'How was the harvest?', None),
            ('SPEAKER_01', 'Better than last year.', None),
            ('SPEAKER_00', 'Why?', None),
        ]),
    ],
    "meet.txt": [
        ("text", 'Standup - Transcript', [
            ('Ana Ruiz', 'Yesterday I mended the gate.', 0.0),
            ('Bo Lind', 'I am still at the pump.', None),
            ('Ana Ruiz', 'What holds you up?', 300.0),
            ('Bo Lind', 'Nothing: all fine.\nThen it rained.', None),
        ]),
    ],
    "zoom.vtt": [
        ("vtt", 'zoom', [
            ('jtaylor', 'Can you hear me?', 1.0),
            ('Ana Ruiz', 'Yes. Note: the line is bad.', 2.0),
            ('16505550101', 'I am on the phone.', 3.0),
            ('jtaylor', 'The numbers: late again.', 4.0),
            ('Ana Ruiz', 'Who is on the phone?', 5.0),
        ]),
    ],
    "voices.vtt": [
        ("vtt", 'voices', [
            ('Ana', 'The road map.', 1.0),
            ('Speaker', 'Somebody speaks here.', 2.0),
            ('Bo', 'Who was that?', 3.0),
        ]),
    ],
    "sharegpt.json": [
        ("json", None, [
            ('human', 'Name a sour fruit', None),
            ('gpt', 'Lemon.', None),
        ]),
    ],
    "wildchat.jsonl": [
        ("json", None, [
            ('user', 'Name a root', None),
            ('assistant', 'Beet.', None),
        ]),
    ],
    "livekit.json": [
        ("json", None, [
            ('assistant', 'Hi, how can I help?', None),
            ('user', 'A table for two', None),
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
    "chatgpt-marks.json": [
        ("chatgpt", 'Heat pump', [
            ('User', 'What does a heat pump cost?', 0.0),
            ('ChatGPT', 'About 14,000. Ask Hall Trust, see.', 4.0),
            ('ChatGPT', 'Plan: survey first.', 9.0),
        ]),
        ("chatgpt", 'Oslo', [
            ('User', 'Plan a trip to Oslo', 0.0),
            ('ChatGPT', 'Three days.', 2.0),
            ('User', 'Where to stay?', 5.0),
        ]),
    ],
    "claude-pasted.json": [
        ("claude", 'Lease', [
            ('Human', 'Lease draft: rent 800 a month. Fair?', 0.0),
            ('Claude', 'Ask for a cap. Cap: two percent.', 9.0),
            ('Human', 'And the dog?', 19.0),
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
    "slack-bots": [
        ("slack", '#alerts', [
            ('Alertmanager', '[FIRING] Latency: p99 is 4.2s', 0.0),
            ('Deploy Bot', 'Deployed checkout v42', 1.0),
            ('mia', 'Write to a@example.org @mia', 2.0),
            ('mia', 'fwd from b@example.org\nroot cause: memory', 3.0),
        ]),
    ],
    "claude-code.jsonl": [
        ("claude-code", 'Mend the flaky test', [
            ('User', 'Why does the date test fail in winter?', 0.0),
            ('Claude', 'It assumes summer time.', 5.0),
        ]),
    ],
    "codex.jsonl": [
        ("codex", None, [
            ('User', 'Why is the build red?', 0.0),
            ('Codex', 'A test is missing.', 1.0),
        ]),
    ],
    "aider.md": [
        ("aider", 'sources', [
            ('User', 'add a health endpoint', 0.0),
            ('Aider', 'Added `/health`.\n\n```python\n> not a note\n```', None),
            ('User', 'and tests', None),
            ('Aider', 'Done.', None),
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
    "gemini/MyActivity.json": [
        ("gemini", 'Gemini', [
            ('User', 'Name a sour fruit', 0.0),
            ('Gemini', 'Lemon.', 0.001),
            ('User', 'And a root', 60.0),
            ('Gemini', 'Beet & rye.', 60.001),
        ]),
    ],
    "skype.json": [
        ("skype", 'Bo', [
            ('ana', 'Lunch?', 0.0),
            ('Bo', 'Yes & thanks :)', 60.0),
        ]),
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
    "teams.docx": [
        ("word", 'Weekly sync-20250301_090000-Meeting Transcript', [
            ('Ana Ruiz', 'The lease ends in May.', 3.0),
            ('Bo Lind', 'Then we move.', 11.0),
            ('Ana Ruiz', 'Where to?', 15.0),
        ]),
    ],
    "chats.parquet": [
        ("parquet", None, [
            ('user', 'Name a lake', None),
            ('assistant', 'Como.', None),
        ]),
        ("parquet", None, [
            ('user', 'Deep?', None),
            ('assistant', 'Very.', None),
        ]),
    ],
    "azure-speech.json": [
        ("azure-speech", 'azure-speech', [
            ('Speaker 1', 'Is the kiln hot?', 0.76),
            ('Speaker 2', 'Nearly.', 62.5),
        ]),
    ],
    "azure-fast.json": [
        ("azure-speech", 'azure-fast', [
            ('Speaker 1', 'Which glaze?', 0.2),
            ('Speaker 2', 'Celadon.', 1.5),
        ]),
    ],
    "copilot-activity-history.csv": [
        ("copilot", 'Frost on beds', [
            ('User', 'Frost tonight: what now?', 0.0),
            ('Copilot', 'Cover them.\nOvernight only.', 0.0),
            ('User', 'How thick, "fleece" or straw?', 64.0),
            ('Copilot', 'Two layers, **loosely** laid.', 64.0),
        ]),
        ("copilot", 'Yeast', [
            ('User', 'Is it awake?', 0.0),
            ('Copilot', 'Not yet.', 0.0),
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
    "dataset/train/data-00000-of-00001.arrow": [
        ("arrow", None, [
            ('user', 'Name a lake', None),
            ('assistant', 'Como.', None),
        ]),
        ("arrow", None, [
            ('user', 'Deep?', None),
            ('assistant', 'Very.', None),
        ]),
    ],
    "deepseek.json": [
        ("deepseek", "Lighthouses", [
            ("User", "Why do lighthouses blink?", 0.0),
            ("DeepSeek", "So that each is known by its rhythm.", 120.0),
            ("User", "Who chose the rhythms?", 180.0),
            ("DeepSeek", "The service that keeps them.", 240.0),
        ]),
    ],
    "open-webui.json": [
        ("open-webui", "Compost", [
            ("User", "Is my compost too wet?", 0.0),
            ("Assistant", "Squeeze it: drops mean yes.", 60.0),
            ("User", "It drips.", 120.0),
        ]),
    ],
    "speechmatics.json": [
        ("speechmatics", "speechmatics", [
            ("S1", "Is the ferry late?", 0.5),
            ("S2", "By an hour.", 2.0),
            ("Speaker", "Again!", 3.0),
        ]),
    ],
    "elevenlabs.json": [
        ("elevenlabs", "elevenlabs", [
            ("speaker_0", "Who feeds the goats?", 0.1),
            ("speaker_1", "They feed themselves.", 2.1),
        ]),
    ],
    "captions.sbv": [
        ("sbv", "captions", [
            ("ANNA", "The tide is out until noon.", 0.5),
            ("PETER", "Then we walk across.", 2.1),
            ("ANNA", "Take boots. [wind]", 4.0),
        ]),
    ],
    "sms-backup.xml": [
        ("sms-backup", "Ines", [
            ("Ines", "Are the seedlings out?", 0.0),
            ("Me", "Since Monday 🌱\nAll of them", 60.0),
        ]),
        ("sms-backup", "5550199", [("5550199", "Your parcel waits", 0.0)]),
        ("sms-backup", "+15550101", [("+15550101", "Look at this bed", 0.0), ("Me", "Lovely", 60.0)]),
    ],
}  # fmt: skip

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
