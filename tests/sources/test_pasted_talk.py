"""Talk that a person copied out of a window, and forms that further tools write: who says what, and when."""

import re

import pytest

from cgp.sources import read_path
from tests.sources.test_variants import cues, turns


def srt(*texts):
    return re.sub(r"(?<=:\d\d)\.", ",", cues(*texts))


# Each file's turns: who says what, and when where that is given (seconds from the start).
TURNS = {
    # WhatsApp Web
    "web.txt": (
        "[10:01 AM, 1/12/2024] Ann: hi\nto all\n[10:02 AM, 1/12/2024] +49 151 1: hello\n[10:03 AM, 1/12/2024] Ann: bye\n",
        [("Ann", "hi\nto all", 0.0), ("+49 151 1", "hello", 60.0), ("Ann", "bye", 120.0)],
    ),
    # chats with a model
    "a page of ChatGPT.txt": (
        "You said:\nWhat is X?\nChatGPT said:\nX is Y.\nExample: z.\nYou said:\nThanks\nChatGPT said:\nSure.\n",
        [("You", "What is X?"), ("ChatGPT", "X is Y.\nExample: z."), ("You", "Thanks"), ("ChatGPT", "Sure.")],
    ),
    "a page of ChatGPT.md": (
        "##### Du hast gesagt:\nHallo\n\n###### ChatGPT hat gesagt:\nHallo!\n\n## Mehr\n\nIch\n",
        [("Du", "Hallo"), ("ChatGPT", "Hallo!\n\n## Mehr\n\nIch")],
    ),
    "cursor.md": (
        "# Fix\n_Exported on 1/5/2024_\n\n---\n\n**User**\n\nfix it\n\n---\n\n**Cursor**\n\nDone: I did.\n\n**Files**\n\na.py\n\n---\n",
        [("User", "fix it"), ("Cursor", "Done: I did.\n\n**Files**\n\na.py")],
    ),
    # interviews
    "questions in bold.md": (
        "# Talk\n\n**Q: Why you?**\n\nA: I wanted.\n\nMore: so.\n\n**Q: And now?**\n\nA: I go on.\n",
        [("Q", "Why you?"), ("A", "I wanted.\n\nMore: so."), ("Q", "And now?"), ("A", "I go on.")],
    ),
    "questions in italics.md": (
        "*Ann: Why you?*\n\nBob: I wanted.\n\n*Ann: And now?*\n\nBob: I go on.\n",
        [("Ann", "Why you?"), ("Bob", "I wanted."), ("Ann", "And now?"), ("Bob", "I go on.")],
    ),
    "answers with a bold name.md": (
        "**Q: Why?**\n\n**A:** I wanted.\n\n**Q: And now?**\n\n**A:** I go on.\n",
        [("Q", "Why?"), ("A", "I wanted."), ("Q", "And now?"), ("A", "I go on.")],
    ),
    "one bold name.md": (
        "**Interviewer:** Why?\n\nBob: I wanted.\n\n**Interviewer:** And now?\n\nBob: I go on.\n\nExample: none\n",
        [("Interviewer", "Why?"), ("Bob", "I wanted."), ("Interviewer", "And now?"), ("Bob", "I go on.\n\nExample: none")],
    ),
    # titles
    "court.txt": (
        "Ms. Ode: Thank you.\nThe Witness: Yes.\nMs. Ode: Did you?\nThe Witness: No: never.\nThe Clerk: All rise.\n",
        [("Ms. Ode", "Thank you."), ("The Witness", "Yes."), ("Ms. Ode", "Did you?"), ("The Witness", "No: never."), ("The Clerk", "All rise.")],
    ),
    "audience.txt": (
        "Anne: Qui es-tu ?\nLe juge: Silence.\nAnne: Pardon.\nLe juge: Continuez.\n",
        [("Anne", "Qui es-tu ?"), ("Le juge", "Silence."), ("Anne", "Pardon."), ("Le juge", "Continuez.")],
    ),
    "what is no title.txt": (
        "Ann: hi\nThe plan: go\nBo: yes, we go\nAnn: ok\nThe answer: no\nBo: why?\nThe answer: so\n",
        [("Ann", "hi\nThe plan: go"), ("Bo", "yes, we go"), ("Ann", "ok\nThe answer: no"), ("Bo", "why?\nThe answer: so")],
    ),
    "court.srt": (
        srt("Ms. Ode: Thank you.", "The Court: Go on.", "Ms. Ode: Did you?", "The Court: Enough."),
        [("Ms. Ode", "Thank you."), ("The Court", "Go on."), ("Ms. Ode", "Did you?"), ("The Court", "Enough.")],
    ),
    # Webex and recognisers
    "webex.vtt": (
        'WEBVTT\n\n1 "Ann Lee" (3012345)\n00:01.000 --> 00:02.000\nhi\n\n2 "Bo" (3012346)\n00:03.000 --> 00:04.000\nhello\n',
        [("Ann Lee", "hi"), ("Bo", "hello")],
    ),
    "brackets.srt": (
        srt("[SPEAKER_00] hi", "[SPEAKER_01] hello", "[SPEAKER_00] so", "[SPEAKER_01] bye"),
        [("SPEAKER_00", "hi"), ("SPEAKER_01", "hello"), ("SPEAKER_00", "so"), ("SPEAKER_01", "bye")],
    ),
    "round brackets.srt": (
        srt("(Ann) hi", "(Bo) hello", "(Ann) so", "(Bo) bye"),
        [("Ann", "hi"), ("Bo", "hello"), ("Ann", "so"), ("Bo", "bye")],
    ),
    "sounds.srt": (
        srt("[Music] la la", "[Music] la", "[soft steps] oh", "[Music] la"),
        [("Speaker", "[Music] la la [Music] la [soft steps] oh [Music] la")],
    ),
}  # fmt: skip

DATES = {
    "month first by its signs": ("[10:01 AM, 1/5/2024]", "2024-01-05T10:01:00"),
    "day first by its zeros": ("[10:01, 05/01/2024]", "2024-01-05T10:01:00"),
    "year first": ("[10:01, 2024-01-05]", "2024-01-05T10:01:00"),
}

INTRODUCTIONS = {
    "wrote on a line of its own": "On Thu, Jan 4, 2024 at 9:00 AM Bob Ray <bob@example.org>\nwrote:",
    "address on the next line": "On Thu, Jan 4, 2024 at 9:00 AM Bob Robertson-Ray <\nbob.robertson@example.org> wrote:",
    "German": "Am Do., 4. Jan. 2024 um 09:00 Uhr schrieb Bob Robertson-Ray <\nbob.robertson@example.org>:",
    "Japanese": "2024年1月4日(木) 9:00 Bob <bob@example.org>:",
}


@pytest.mark.parametrize("name", TURNS)
def test_a_copy_is_read_with_its_speakers_and_times(tmp_path, name):
    # Prepare
    text, expected = TURNS[name]
    (tmp_path / name).write_text(text, encoding="utf-8")

    # Execute
    found = turns(tmp_path / name)

    # Assert
    timed = len(expected[0]) == 3
    assert [turn if timed else turn[:2] for turn in found] == expected


@pytest.mark.parametrize("name", DATES)
def test_a_copy_of_whatsapp_web_has_the_date_that_its_signs_show(tmp_path, name):
    stamp, start = DATES[name]
    (tmp_path / "web.txt").write_text(f"{stamp} Ann: hi\n{stamp} Bo: hello\n", encoding="utf-8")
    [(source, record)] = read_path(tmp_path / "web.txt")
    assert (source.name, record.conversation.started_at) == ("whatsapp", start)


def test_a_damaged_time_of_whatsapp_web_is_named_and_its_words_go_to_nobody(tmp_path):
    (tmp_path / "web.txt").write_text(
        "[10:01, 05/01/2024] Ann: hi\n[10:02, 05/0x/2024] Bo: lost\n[10:03, 05/01/2024] Ann: bye\n"
    )
    error, talk = [record for _, record in read_path(tmp_path / "web.txt")]
    assert "begins with a time that is not understood" in str(error.error)
    assert [turn.text for turn in talk.conversation.turns] == ["hi", "bye"]


@pytest.mark.parametrize("name", INTRODUCTIONS)
def test_what_introduces_a_quotation_goes_with_it_over_two_lines_too(tmp_path, name):
    (tmp_path / "m.eml").write_text(
        "From: Ann <ann@x.org>\nSubject: Re: Budget\nDate: Fri, 05 Jan 2024 10:00:00 -0500\nMessage-ID: <1@x>\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        f"Fine.\nOn Friday I come at 9,\nnot before.\n\n{INTRODUCTIONS[name]}\n\n> Is 100 ok?\n\nYes.\n",
        encoding="utf-8",
    )
    assert [turn[1] for turn in turns(tmp_path / "m.eml")] == [
        "Fine.\nOn Friday I come at 9,\nnot before.\n\nYes."
    ]
