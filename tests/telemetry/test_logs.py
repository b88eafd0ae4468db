"""The log as its readers see it."""

import io
import json
import logging
from pathlib import Path

import pytest

from cgp.config import LogSettings
from cgp.telemetry import configure_logging


class Terminal(io.StringIO):
    def isatty(self):
        return True


def log(stream, **settings):
    configure_logging(LogSettings(**settings), stream)
    logging.getLogger("miner").info("served %d", 3)
    return stream.getvalue()


def test_a_file_or_pipe_gets_one_json_object_a_line():
    line = json.loads(log(io.StringIO()))
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "miner", "served 3")
    assert line["time"].endswith("+00:00")


def test_a_terminal_gets_a_readable_line(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert log(Terminal()).endswith(" INFO    miner: served 3\n")


def test_a_terminal_gets_colour_unless_it_is_unwanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in log(Terminal())
    assert "\x1b[" not in log(io.StringIO(), format="text")


def test_the_format_can_be_forced():
    assert json.loads(log(Terminal(), format="json"))["message"] == "served 3"


def test_faiss_does_not_tell_which_builds_it_has_not():
    stream = io.StringIO()
    configure_logging(LogSettings(level="INFO"), stream)
    loader = logging.getLogger("faiss.loader")
    loader.info("Could not load library with AVX2 support")
    loader.error("No module named 'faiss.swigfaiss' found")
    (line,) = stream.getvalue().splitlines()
    assert "swigfaiss" in json.loads(line)["message"]


def test_lines_below_the_level_are_left_out():
    assert log(io.StringIO(), level="WARNING") == ""


def test_other_libraries_are_heard_from_warning_on():
    stream = io.StringIO()
    configure_logging(LogSettings(level="DEBUG", format="text"), stream)
    logging.getLogger("aiohttp.access").info("noise")
    logging.getLogger("uvicorn.error").warning("trouble")
    assert "noise" not in stream.getvalue()
    assert "trouble" in stream.getvalue()


def test_configuring_twice_does_not_double_the_lines():
    stream = io.StringIO()
    configure_logging(LogSettings(), stream)
    assert len(log(stream).splitlines()) == 1


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_peer_s_text_cannot_forge_a_log_line(style):
    stream = io.StringIO()
    configure_logging(LogSettings(format=style), stream)
    logging.getLogger("miner").info("from %s", "x\n12:00:00 ERROR   miner: forged\x1b[2J")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_traceback_is_kept(style):
    stream = io.StringIO()
    configure_logging(LogSettings(format=style), stream)
    try:
        Path("/no such file").read_text()
    except OSError:
        logging.getLogger("miner").exception("failed")
    assert "FileNotFoundError: " in stream.getvalue()


@pytest.mark.parametrize("style", ["text", "json"])
def test_the_message_of_an_error_cannot_forge_a_log_line(style):
    stream = io.StringIO()
    configure_logging(LogSettings(format=style), stream)

    def read():
        raise ValueError("x\n12:00:00 ERROR   miner: forged\x1b[2J\u202e")

    try:
        read()
    except ValueError:
        logging.getLogger("miner").exception("failed")
    first, *lines = stream.getvalue().splitlines()
    assert "failed" in first
    assert all(line.startswith("  ") for line in lines)
    assert not set("\x1b\u202e") & set(stream.getvalue())


def test_extra_fields_travel_in_json():
    stream = io.StringIO()
    configure_logging(LogSettings(format="json"), stream)
    logging.getLogger("miner").info("x", extra={"uid": 3})
    assert json.loads(stream.getvalue())["uid"] == 3
