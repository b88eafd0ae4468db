"""Registries that are silent, break off, send without an end, or are none."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cgp.experts.block import MANIFEST, Payload
from cgp.experts.exchange import INDEX, pull
from cgp.experts.registry import MAX_INDEX, AddressError, RegistryError, Repository


class Registry(BaseHTTPRequestHandler):
    """Answers ``/v2/`` as a registry, and everything else as ``answer`` says."""

    answer = staticmethod(lambda handler: None)

    def do_GET(self):
        if self.path == "/v2/":
            self.reply(200, b"{}")
        else:
            self.answer(self)

    def reply(self, status, data, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@contextmanager
def registry(answer):
    handler = type("Handler", (Registry,), {"answer": staticmethod(answer)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}/team/experts"
        finally:
            server.shutdown()
            thread.join()


def test_an_answer_that_breaks_off_is_no_ledger(tmp_path):
    with (
        registry(lambda handler: handler.reply(200, b"{", length=100)) as address,
        pytest.raises(RegistryError, match=address),
    ):
        pull(tmp_path / "ledger", Repository(address))
    assert not (tmp_path / "ledger").exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"manifests": []}', b'{"manifests": [{"annotations": 1}]}', b"[" * 9999],
)
def test_an_index_that_is_none_is_refused(tmp_path, data):
    with (
        registry(lambda handler: handler.reply(200, data)) as address,
        pytest.raises(RegistryError, match="index"),
    ):
        pull(tmp_path / "ledger", Repository(address))
    assert not (tmp_path / "ledger").exists()


def test_more_bytes_than_were_said_are_not_read():
    with registry(lambda handler: handler.reply(200, b"x" * 2_000_000)) as address:
        repository = Repository(address)
        with pytest.raises(RegistryError, match="more than 10 bytes"):
            repository.blob(Payload(MANIFEST, f"sha256:{'0' * 64}", 10))
        with pytest.raises(RegistryError, match="other bytes"):
            repository.manifest(f"sha256:{'0' * 64}", INDEX, MAX_INDEX)


def test_a_refusal_is_told_with_its_words():
    with (
        registry(lambda handler: handler.reply(429, b"too many pulls")) as address,
        pytest.raises(RegistryError, match=r"429.*too many pulls"),
    ):
        Repository(address).manifest("ledger", INDEX, MAX_INDEX)


def test_a_silent_registry_is_given_up(monkeypatch):
    leave = threading.Event()
    monkeypatch.setattr(Registry, "do_GET", lambda self: leave.wait(5))
    with registry(lambda handler: None) as address:
        with pytest.raises(RegistryError, match="timed out"):
            Repository(address, seconds=0.2)
        leave.set()


@pytest.mark.parametrize(
    "text",
    [
        "folder",
        "data/copy",
        "./copy",
        "/tmp/copy",
        "https://host.org/x",
        "host.org/x:tag",
        "host.org/",
    ],
)
def test_a_folder_and_other_texts_are_no_addresses_and_nobody_is_asked(text):
    with pytest.raises(AddressError, match="HOST has a dot or a port") as caught:
        Repository(text)
    assert "--ledger" in caught.value.remedy
