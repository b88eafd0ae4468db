"""Turns of the fixtures of recordings: captions, recognisers, podcasts, meetings."""

TRANSCRIPTS = {
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
    "meeting.jsonl": [
        ("meeting", None, [("Chair", "The minutes are approved.", None), ("Clerk", "Noted .", None)]),
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
    "teams.docx": [
        ("word", 'Weekly sync-20250301_090000-Meeting Transcript', [
            ('Ana Ruiz', 'The lease ends in May.', 3.0),
            ('Bo Lind', 'Then we move.', 11.0),
            ('Ana Ruiz', 'Where to?', 15.0),
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
    "rev.json": [
        ("rev", "rev", [
            ("Speaker 0", "Who winds the tower-clock?", 0.5),
            ("Bo", "Nobody.", 3.0),
            ("Ines", "I do", 4.0),
        ]),
    ],
    "captions.ass": [
        ("ass", "captions", [
            ("Ana", "How deep is it out there?", 1.0),
            ("Bo", "Forty metres, they say.", 3.5),
        ]),
    ],
    "captions.ttml": [
        ("ttml", "captions", [("Ana", "How deep is it out there?", 1.0), ("Bo", "Forty & more.", 3.5)]),
    ],
    "printed.txt": [
        ("timed-lines", "printed", [
            ("Speaker", "The tide is out. It comes back at noon, as it does each day.", 0.0),
        ]),
    ],
    "gladia.json": [
        ("gladia", "gladia", [("Speaker 0", "Is the mill open?", 0.3), ("Speaker 1", "On Friday.", 3.0)]),
    ],
    "recall.json": [
        ("recall", "recall", [("Ana Ruiz", "Shall we?", 1.0), ("Speaker 200", "Yes.", 3.0)]),
    ],
    "gong.json": [
        ("gong", None, [
            ("Speaker 1", "What would a season cost us? We are forty people.", 4.2),
            ("Speaker 2", "About nine a seat.", 9.0),
            ("Speaker 1", "And with the cloakroom?", 11.0),
        ]),
    ],
}  # fmt: skip
