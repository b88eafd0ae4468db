"""Files made to be slow or to fill the memory: each format at a size, and at four times that size."""

import io
import tarfile
import time
import tracemalloc
import zipfile

import pytest

from cgp.conversation_json import ConversationError
from cgp.sources import read_path
from cgp.sources.json_stream import values_at
from cgp.sources.xml_elements import MAX_BETWEEN

SMALL = 25_000
SLACK_SECONDS = 0.1
"""Processor time that a busy machine may add to a measurement."""

CUE = "00:00:01.000 --> 00:00:02.000\n"
SRT_CUE = "1\n00:00:01,000 --> 00:00:02,000\n"
WHATSAPP = "31/12/2025, 18:05 - Ana: "
RSS = '<?xml version="1.0"?><rss><channel><item><title>t</title>'

FILES = {
    "tags.html": ("<cite>A:</cite><time>0:01</time><p>hello", "<a "),
    "comments.html": ("<cite>A:</cite><time>0:01</time><p>hello", "<!--"),
    "tags-in-tags.html": ("<cite>A:</cite><time>0:01</time><p>hello", "<p <p"),
    "entities.html": ("<cite>A:</cite><time>0:01</time><p>hello", "&amp"),
    "voices.vtt": (f"WEBVTT\n\n{CUE}hello ", "<v."),
    "spaces.vtt": (f"WEBVTT\n\n{CUE}<v ", " "),
    "times.vtt": (f"WEBVTT\n\n{CUE}hello ", "<1:"),
    "lines.vtt": (f"WEBVTT\n\n{CUE}<00:00:01.500>hello", "\nagain"),
    "timing.vtt": ("WEBVTT\n\n", "1:"),
    "styles.srt": (f"{SRT_CUE}hello ", "{\\\\"),
    "quotes.srt": (f"{SRT_CUE}hello. ", '."'),
    "lines.srt": (f"{SRT_CUE}hello ", "\na"),
    "edited WhatsApp.txt": (f"{WHATSAPP}one\n{WHATSAPP}two ", "\t"),
    "marks WhatsApp.txt": (f"{WHATSAPP}one\n{WHATSAPP}two ", "<"),
    "lines WhatsApp.txt": (f"{WHATSAPP}one\n{WHATSAPP}two", "\nx"),
    "stamps WhatsApp.txt": (f"{WHATSAPP}one\n", "1/1/20, "),
    "lines.txt": ("Ana: one\nBen: two", "\nx"),
    "colons.txt": ("Ana: one\nBen: two\n", ": "),
    "rules.txt": ("Ana: one\nBen: two\n", "---"),
    "nested.json": ("", "["),
    "objects.json": ("", '{"a":'),
    "strings.json": ('{"turns":[["A","', "\\\\u0041"),
    "columns.csv": ("speaker,text\nA,hello\nB,", ","),
    "quotes.csv": ("speaker,text\nA,hello\nB,", '""'),
    "wide.xml": (RSS, "<a/>"),
    "deep.xml": (RSS, "<a>"),
    "sms.xml": ('<?xml version="1.0"?><smses>', f'<a b="{"x" * 1000}"/>'),
    "attributes.xml": (f"{RSS}<b ", 'a="" '),
    "tweets.js": ("window.YTD.tweets.part0 = [", '{"tweet":'),
    "mentions.js": ('window.YTD.tweets.part0 = [{"tweet":{"id":"1","full_text":"', "@a "),
    "lines.jsonl": ("", "{}\n"),
    "bold.md": ("**A:** one\n\n**B:** two\n\n**A:** ", "**"),
    "fences.md": ("## User\n\none\n\n## ChatGPT\n\n", "```\n"),
    "zoom.txt": ("09:00:00 From A to Everyone: hi\n09:00:01 From ", "to "),
    "kakao.txt": ("2025년 2월 28일 오전 9:12, A : hi\n", "[a] "),
    "quoted.eml": ("From: a <a@b>\nTo: b\nSubject: c\nDate: x\n\nhi\n", "> On wrote:\n"),
    "sender.eml": ("Subject: c\nDate: x\nTo: b\nFrom: a <a@b>", "("),
    "type.eml": ("From: a <a@b>\nTo: b\nSubject: c\nDate: x\nContent-Type: text/plain; a=", '"'),
    "headers.eml": ("From: a <a@b>\nTo: b\nSubject: c\nDate: x\n", "X: =?utf-8?q?a?=\n"),
    "parts.eml": (
        "From: a <a@b>\nTo: b\nSubject: c\nDate: x\n",
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n',
    ),
    "introductions.eml": ("From: a <a@b>\nTo: b\nSubject: c\nDate: x\n\n", "On a\n"),
    "marks.json": (
        '[{"mapping":{"a":{"parent":null,"children":[],"message":{"author":{"role":"user"},"content":'
        '{"content_type":"text","parts":["',
        "\\ue200a",
    ),
    "pieces of html.json": (
        '{"value":[{"messageType":"message","createdDateTime":"2025-03-01T08:00:00Z","body":'
        '{"contentType":"html","content":"',
        "<p ",
    ),
    "emphasis.json": ('[{"type":"message","ts":"1","user":"U","text":"', "*a_ "),
    "telegram.html": ('<div class="page_wrap"><div class="message default">', "<div "),
    "odd quotes.csv": ("speaker,text\nA,hello\n", 'B,"x\n'),
    "irc.log": ("08:01 < a> hi\n08:02 < b> hi\n08:03 < ", "<"),
}
"""What each file begins with, and what follows over and over."""


def seconds(path):
    """Return the processor time of an import."""
    start = time.process_time()
    for _ in read_path(path):
        pass
    return time.process_time() - start


def is_linear(small, large):
    """Tell if four times the file takes about four times the time; further tries only if it does not."""
    # Linear: four times. Quadratic: sixteen times.
    return any(seconds(large) < 8 * seconds(small) + SLACK_SECONDS for _ in range(5))


def write(path, start, unit, characters):
    path.write_text((start + unit * (characters // len(unit) + 1))[:characters], encoding="utf-8")
    return path


@pytest.mark.parametrize("name", FILES)
def test_four_times_the_file_takes_about_four_times_the_time(tmp_path, name):
    small, large = (
        write(tmp_path / f"{size} {name}", *FILES[name], size) for size in (SMALL, 4 * SMALL)
    )
    assert is_linear(small, large)


def test_utf16_text_of_newline_bytes_is_read_once(tmp_path):
    small, large = (tmp_path / f"{size}.txt" for size in (SMALL, 4 * SMALL))
    for path in (small, large):
        path.write_bytes(b"\xff\xfe" + "\u0a0a".encode("utf-16-le") * int(path.stem))
    assert is_linear(small, large)


@pytest.mark.parametrize("name", ["tags.html", "voices.vtt", "edited WhatsApp.txt", "styles.srt"])
def test_the_files_that_took_minutes_take_a_few_seconds_at_most(tmp_path, name):
    assert seconds(write(tmp_path / name, *FILES[name], 60_000)) < 5


@pytest.mark.parametrize("name", ["wide.xml", "deep.xml"])
def test_a_small_archive_of_a_large_document_takes_little_memory(tmp_path, name):
    start, unit = FILES[name]
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, start + unit * (4_000_000 // len(unit)))
    peak = peak_of_reading(path)
    assert path.stat().st_size < 50_000
    assert peak < 100_000_000


def peak_of_reading(path):
    """Return the most bytes that are held while a file is read."""
    tracemalloc.start()
    for _ in read_path(path):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_elements_of_a_backup_that_are_no_messages_are_not_held(tmp_path):
    path = write(tmp_path / "sms.xml", *FILES["sms.xml"], 20_000_000)
    assert peak_of_reading(path) < 10_000_000


def test_a_packed_document_that_unpacks_to_much_is_refused(tmp_path):
    path = tmp_path / "talk.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", "<w:p/>" * 3_000_000)
    assert path.stat().st_size < 100_000
    errors = [str(record.error) for _, record in read_path(path)]
    assert any("12 MiB of a Word document, unpacked" in error for error in errors)


def test_a_page_of_nothing_but_tags_is_refused(tmp_path):
    path = tmp_path / "messages.html"
    path.write_text('<div class="page_wrap"><div class="message default">' + "<p>" * 1_100_000)
    errors = [str(record.error) for _, record in read_path(path)]
    assert any("tags in a page" in error for error in errors)


@pytest.mark.parametrize("beginning", ["[", '{"turns":'])
def test_deep_nesting_is_refused_before_its_places_fill_the_memory(beginning):
    stream = io.BytesIO((beginning + "[" * 100_000).encode())
    tracemalloc.start()
    with pytest.raises(ConversationError, match="deeper than"):
        list(values_at(stream, ("messages.item",)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80 << 20


def test_many_members_of_one_name_are_opened_in_time_that_grows_with_them(tmp_path):
    small, large = (tmp_path / f"{count}.tar" for count in (400, 1600))
    for path in (small, large):
        with tarfile.open(path, "w") as archive:
            for _ in range(int(path.stem)):
                archive.addfile(tarfile.TarInfo("talk.txt"))
    assert is_linear(small, large)


def test_an_entry_of_millions_of_elements_is_refused_after_the_entries_before_it(tmp_path):
    # Prepare: a backup with a message, and then with elements that are none.
    message = '<sms address="+1555" date="1700000000000" type="1" body="The ferry is late." contact_name="Ann"/>'
    path = tmp_path / "sms.xml"
    path.write_text(f"<smses>{message}" + "<a/>" * (MAX_BETWEEN + 1) + "</smses>")

    # Execute
    records = [record for _, record in read_path(path)]

    # Assert
    assert any("elements to one entry" in str(record.error) for record in records)
    talks = [record.conversation for record in records if record.conversation is not None]
    assert [turn.text for talk in talks for turn in talk.turns] == ["The ferry is late."]
