"""Text of others on a terminal, in Markdown, in HTML and in JSON: it is shown and does nothing."""

import io
import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from cgp.cli.console import ShownConsole, messages, output
from cgp.foreign_text import html_text, json_text, markdown, shown

HOSTILE = [
    "\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "\x9b31m", "a\x08\x08b", "left\u202eright", "\u2066x\u2069",
    "line\rover", "\x00", "\ud800", "\U000e0041", "a\u2028b", "\x7f",
]  # fmt: skip
ACTS = {"Cc", "Cf", "Zl", "Zp", "Cs"}


def acting(text):
    """Return the characters that do something on a terminal; joiners of letters and emoji are none."""
    return [
        c
        for c in text
        if unicodedata.category(c) in ACTS and c not in "\n\t\u200c\u200d\u00ad\u200b\u2060"
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_acts_on_a_terminal(text):
    assert acting(shown(text)) == []
    assert acting(json_text(json.dumps(text, ensure_ascii=False))) == []
    assert (
        shown("Zoë, 東京, \u0645\u200c\u0646, 👩\u200d🚀\n\tnext")
        == "Zoë, 東京, \u0645\u200c\u0646, 👩\u200d🚀\n\tnext"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_console_prints_nothing_that_acts_whatever_it_is_in(text):
    written = io.StringIO()
    console = ShownConsole(file=written, force_terminal=False, width=80)
    table = Table(title=text)
    table.add_column(text)
    table.add_row(text)
    console.print(text, markup=False)
    console.print(Text(text))
    console.print(table)
    assert acting(written.getvalue()) == []


def test_the_consoles_of_the_commands_make_no_pictures_of_words():
    for console in (output, messages):
        with console.capture() as capture:
            console.print(":white_check_mark: rolled back", markup=False)
        assert capture.get() == ":white_check_mark: rolled back\n"


@settings(deadline=None)
@given(st.text())
def test_json_for_a_terminal_has_the_same_value(text):
    document = json.dumps({text: [text]}, ensure_ascii=False)
    assert json.loads(json_text(document)) == {text: [text]}


@pytest.mark.parametrize(
    "text",
    ["![x](http://evil.example/p.png)", "[click](https://evil.example)", "<img src=x>", "https://evil.example/x",
     "www.evil.example", "a | b", "# head", "`code`", "~~x~~", "**b**", "me@evil.example", "a\nb", "&lt;script&gt;"],
)  # fmt: skip
def test_markdown_shows_no_link_no_image_and_no_markup(text):
    escaped = markdown(text)
    assert "\n" not in escaped
    for sign in "![<|`~*@&#":
        assert escaped.count(sign) == escaped.count(f"\\{sign}")
    assert escaped.count("://") == escaped.count("\\://")
    assert "www." not in escaped


def test_html_shows_tags_and_quotes_as_text():
    assert (
        html_text("<a href='x' on=\"y\">\u202e&")
        == "&lt;a href=&#x27;x&#x27; on=&quot;y&quot;&gt;&amp;"
    )
