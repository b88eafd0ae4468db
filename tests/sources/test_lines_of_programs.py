"""Lines that programs write into chats and logs, and words before a colon that are no names."""

import json

import pytest

from cgp.sources import read_path, source_named
from cgp.sources.announcements import has_deed, who_does
from cgp.sources.placeholders import is_placeholder


def talk(path, name, text):
    (path / name).write_text(text, encoding="utf-8")
    conversations = [record.conversation for _, record in read_path(path / name)]
    return [
        (c.participants[turn.speaker].name, turn.text)
        for c in conversations
        if c is not None
        for turn in c.turns
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Je hebt dit bericht verwijderd", "Detta meddelande raderades", "Denne besked blev slettet.",
        "Du slettede denne besked", "Tämä viesti poistettiin.", "Poistit tämän viestin",
        "Tato zpráva byla odstraněna", "Ezt az üzenetet törölték", "Törölted ezt az üzenetet",
        "THIS MESSAGE WAS DELETED", "bild utelämnad", "obrázek vynechán", "Gemiste spraakoproep",
        "Chiamata vocale persa", "이미지 생략됨", "此訊息已刪除。", "<Mediaa ei sisällytetty>", "contact.vcf (file attached)",
        "Missed group voice call", "location: https://maps.google.com/?q=1,2",
    ],
)  # fmt: skip
def test_lines_that_stand_for_a_message_are_known_in_many_languages(line):
    assert is_placeholder(line)


@pytest.mark.parametrize(
    "line", ["I deleted this message", "bild", "see the list (of all)", "call me", "omitted", "->"]
)
def test_words_of_people_stand_for_nothing_else(line):
    assert not is_placeholder(line)


@pytest.mark.parametrize(
    "line",
    [
        "Ana Clara adicionou Rui: o chefe", "Uwe hat Jana: die Chefin hinzugefügt",
        "Mo added Kim: work and Bo", "Eva heeft Jan: werk toegevoegd",
    ],
)  # fmt: skip
def test_an_announcement_of_somebody_with_a_colon_is_no_message(tmp_path, line):
    assert who_does(line) is not None
    assert has_deed(line)
    text = f"05/04/2024, 21:03 - Zé: Oi\n05/04/2024, 21:04 - {line}\n05/04/2024, 21:05 - Eva: She added: one\n"
    assert talk(tmp_path, "chat.txt", text) == [("Zé", "Oi"), ("Eva", "She added: one")]


def test_a_group_that_only_announces_says_nothing_and_a_person_who_does_so_too_speaks(tmp_path):
    text = (
        "[05/04/2024, 21:03:11] Choir: Messages and calls are end-to-end encrypted\n"
        "[05/04/2024, 21:03:12] Choir: Mo joined using this group's invite link\n"
        "[05/04/2024, 21:03:13] Mo: Bo left\n[05/04/2024, 21:03:14] Mo: hello\n"
    )
    assert talk(tmp_path, "chat.txt", text) == [("Mo", "Bo left"), ("Mo", "hello")]


def test_calls_of_line_are_no_words(tmp_path):
    text = (
        "[LINE] Chat history with Ann\nSaved on: 2024/01/06 10:00\n\n2024/01/05(Fri)\n21:03\tAnn\tHello\n"
        "21:05\tBob\t☎ Call time 1:02\n21:06\tBob\t☎ 不在着信\n21:07\tBob\tI call you ☎\n"
    )
    assert talk(tmp_path, "c.txt", text) == [("Ann", "Hello"), ("Bob", "I call you ☎")]


COMPUTER = """2024.01.05 Friday
21:03 Ann Hello
21:04 Bo Lind Hi there
21:05 Bo Lind Photos
21:06 Bo Lind what a day
21:07 Bo Lind and you?

2024.01.06 Saturday
09:03 Ann Morning
"""


@pytest.mark.parametrize(
    "heading", ["", "[LINE] Chat history with Ann\nSaved on: 2024/01/06 10:00\n\n"]
)
def test_a_chat_of_lines_on_computers_has_spaces_for_tabs(tmp_path, heading):
    assert talk(tmp_path, "c.txt", heading + COMPUTER) == [
        ("Ann", "Hello"), ("Bo Lind", "Hi there"), ("Bo Lind", "what a day"), ("Bo Lind", "and you?"),
        ("Ann", "Morning"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [{"reply": "Hi there"}, {"candidates": [{"raw": "Hi"}]}, {"payload": {"words": "Hi"}}],
)
def test_words_under_an_unknown_key_are_named(tmp_path, message):
    talk_of_two = [{"sender": name, **message} for name in ("Ann", "Bob")]
    (tmp_path / "t.json").write_text(json.dumps({"conversation": talk_of_two}))
    errors = [str(r.error) for _, r in read_path(tmp_path / "t.json", source_named("json"))]
    assert f"that under {next(iter(message))!r} is not read" in errors[0]


def test_a_message_that_says_nothing_is_no_fault(tmp_path):
    calls = [{"id": "x", "function": {"name": "look", "arguments": "{}"}}]
    messages = [
        {"role": "user", "content": "Is it open?"}, {"role": "assistant", "tool_calls": calls},
        {"role": "assistant", "content": {"text": "It is."}},
    ]  # fmt: skip
    (tmp_path / "t.json").write_text(json.dumps({"messages": messages}))
    records = [record for _, record in read_path(tmp_path / "t.json")]
    assert [record.error for record in records] == [None]
    assert [turn.text for turn in records[0].conversation.turns] == ["Is it open?", "It is."]


def test_colours_of_irc_are_no_words(tmp_path):
    text = (
        "[10:00:02] <ann> \x0304,12red\x0f words in a long line of the log\n[10:00:03] <bob> ok\n"
    )
    assert talk(tmp_path, "c.log", text) == [
        ("ann", "red words in a long line of the log"), ("bob", "ok"),
    ]  # fmt: skip


def test_an_address_of_jabber_that_comes_once_is_a_name(tmp_path):
    text = "(10:01:00 AM) ann: hello\n(10:02:00 AM) bob@x/Home: hi\n(10:03:00 AM) ann: bye\n"
    assert talk(tmp_path, "c.txt", text) == [("ann", "hello"), ("bob@x/Home", "hi"), ("ann", "bye")]


@pytest.mark.parametrize(
    ("times", "start"),
    [
        (["1/5/2024 10:01 AM", "1/6/2024 10:02 PM"], "2024-01-05T10:01:00"),
        (["1/5/2024 10:01 am", "1/5/2024 10:02 am"], "2024-05-01T10:01:00"),
        (["05/01/2024 10:01", "05/01/2024 10:02"], "2024-01-05T10:01:00"),
    ],
)
def test_discords_text_has_the_month_first_where_it_is_written_as_in_the_united_states(
    tmp_path, times, start
):
    rule = "=" * 62
    text = f"{rule}\nGuild: G\nChannel: C\n{rule}\n\n[{times[0]}] ann\nhello\n\n[{times[1]}] bob\nhey\n"
    (tmp_path / "c.txt").write_text(text)
    assert next(r.conversation for _, r in read_path(tmp_path / "c.txt")).started_at == start


def captions(*lines):
    return "WEBVTT\n\n" + "\n".join(
        f"00:00:{2 * n:02}.000 --> 00:00:{2 * n + 1:02}.000\n{line}\n"
        for n, line in enumerate(lines)
    )


@pytest.mark.parametrize(
    "lines",
    [
        ("Remember this: it matters.", "So we go.", "Remember this: stay."),
        ("Here's the thing: we go.", "He said: no.", "Here's the thing: we stay."),
        ("Ich sage dir: nein.", "Gut.", "Ich sage dir: ja."),
        ("01/05/2024: we met.", "01/05/2024: and again.", "It rained."),
    ],
)
def test_words_before_a_colon_that_are_a_sentence_or_a_date_are_no_name(tmp_path, lines):
    assert {name for name, _ in talk(tmp_path, "c.vtt", captions(*lines))} == {"Speaker"}


def test_a_row_with_a_delimiter_too_many_keeps_its_words(tmp_path):
    text = 'Sender;Message\nAna;Grüße; und mehr\nBo;"Doch; ja"\nAna;ok?\n'
    assert talk(tmp_path, "t.csv", text) == [
        ("Ana", "Grüße; und mehr"), ("Bo", "Doch; ja"), ("Ana", "ok?"),
    ]  # fmt: skip
