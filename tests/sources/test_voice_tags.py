"""A voice tag names the speaker in captions of any format, as in those that it was made for."""

import json

import pytest

from cgp.sources.reading import read_path

SAID = (
    "<v Olga>We need a van.",
    "<v.loud Olga>And <i>two</i> drivers.</v>",
    "<v Piet>I can drive.</v>\n<V Olga>Good.</V>",
    "<v.first.quiet Piet Bos>So can I.</v>",
    "<v Piet>Then</v> <v Olga>that's settled.</v> Applause",
)
WANTED = [
    ("Olga", "We need a van. And two drivers."), ("Piet", "I can drive."), ("Olga", "Good."),
    ("Piet Bos", "So can I."), ("Piet", "Then"), ("Olga", "that's settled."), ("Speaker", "Applause"),
]  # fmt: skip


def cues(form):
    return "".join(form.format(s=n + 1, e=n + 2, text=text) for n, text in enumerate(SAID))


def markup(text, mark):
    """Return the text as XML, with its line ends as this mark."""
    return text.replace("<", "&lt;").replace("\n", mark)


FILES = {
    "talk.vtt": "WEBVTT\n\n" + cues("00:00:0{s}.000 --> 00:00:0{e}.000\n{text}\n\n"),
    "talk.srt": cues("{s}\n00:00:0{s},000 --> 00:00:0{e},000\n{text}\n\n"),
    "talk.sbv": cues("0:00:0{s}.000,0:00:0{e}.000\n{text}\n\n"),
    "talk.txt": cues("[00:0{s}.000 --> 00:0{e}.000]  {text}\n"),
    "talk.ass": "[Script Info]\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    + "".join(
        f"Dialogue: 0,0:00:0{n}.00,0:00:0{n + 1}.00,Default,,0,0,0,,{text.replace(chr(10), chr(92) + 'N')}\n"
        for n, text in enumerate(SAID)
    ),
    "talk.ttml": '<tt xmlns="http://www.w3.org/ns/ttml"><body><div>'
    + "".join(
        f'<p begin="{n}s" end="{n + 1}s">{markup(text, "<br/>")}</p>' for n, text in enumerate(SAID)
    )
    + "</div></body></tt>",
    "talk.json": json.dumps(
        [{"text": text, "start": n, "duration": 1} for n, text in enumerate(SAID)]
    ),
    "talk.json3": json.dumps(
        {
            "events": [
                {"tStartMs": 1000 * n, "dDurationMs": 1000, "segs": [{"utf8": text}]}
                for n, text in enumerate(SAID)
            ]
        }
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_voice_tags_name_the_speakers(tmp_path, name):
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    [(_, record)] = read_path(tmp_path / name)
    talk = record.conversation
    assert [(talk.participants[turn.speaker].name, turn.text) for turn in talk.turns] == WANTED


def test_what_ends_no_voice_before_words_belongs_to_the_voice(tmp_path):
    (tmp_path / "talk.srt").write_text("1\n0:0:1,0 --> 0:0:2,0\n<v Olga>Yes</v>.\n")
    [(_, record)] = read_path(tmp_path / "talk.srt")
    assert [turn.text for turn in record.conversation.turns] == ["Yes."]
