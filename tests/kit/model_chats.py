"""Turns of the fixtures of chats with a model, and of data sets of such chats."""

MODEL_CHATS = {
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
        ("json", "livekit", [
            ('assistant', 'Hi, how can I help?', None),
            ('user', 'A table for two', None),
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
    "gemini/MyActivity.json": [
        ("gemini", 'Gemini', [
            ('User', 'Name a sour fruit', 0.0),
            ('Gemini', 'Lemon.', 0.001),
            ('User', 'And a root', 60.0),
            ('Gemini', 'Beet & rye.', 60.001),
        ]),
    ],
    "gemini/MyActivity.html": [
        ("gemini-html", None, [
            ('User', 'Name a sour fruit', 0.0),
            ('Gemini', 'Lemon.\nOr lime', 0.001),
            ('User', 'And a root', 120.0),
            ('Gemini', 'Beet & rye.', 120.001),
        ]),
        ("gemini-html", "Gemini", [('User', 'How tall\nis it?', 0.0)]),
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
    "grok.json": [
        ("grok", "Moss on the roof", [
            ("User", "Does moss harm a tiled roof?", 0.0),
            ("Grok", "It holds water, and frost does the rest. Brush it off.", 120.0),
            ("User", "Write me a note for the roofer", 180.0),
            ("Grok", "Here it is.\n\nPlease brush the north side.", 240.0),
        ]),
    ],
    "librechat.json": [
        ("librechat", "A damp wall", [
            ("User", "Why is my wall damp?", 0.0),
            ("GPT-4o", "Rain from outside,\nor breath from inside.", 120.0),
            ("User", "How do I see which?", 180.0),
        ]),
    ],
    "kiln.conversation.json": [
        ("lm-studio", "Kiln", [
            ("User", "How hot is a kiln?", None),
            ("Assistant", "About 1,000 degrees.", None),
            ("User", "And glass?", None),
        ]),
    ],
    "sillytavern.jsonl": [
        ("sillytavern", "sillytavern", [
            ("Kim the ferryman", "Where to?", 0.0),
            ("Ana", "To the island", 60.0),
            ("Kim the ferryman", "Nobody goes there.", 150.0),
        ]),
    ],
    "chat-exporter.md": [
        ("chat-exporter", "Frost on the beans", [
            ("User", "Do beans stand frost?", 0.0),
            ("ChatGPT", "No: **two** degrees are enough.\n\n*   Cover them.", 60.0),
            ("User", "With fleece?", 120.0),
        ]),
    ],
    "ai-studio.json": [
        ("ai-studio", "ai-studio", [
            ("User", "How deep does a well go?", None),
            ("Gemini", "To the water, and a metre more.", None),
            ("User", "And in summer?", None),
        ]),
    ],
}  # fmt: skip
