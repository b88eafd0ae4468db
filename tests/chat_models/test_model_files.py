"""Model files are fetched whole and verified, or not there at all; an interrupted fetch goes on."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from cgp.chat_models import CATALOGUE, CatalogueModel, ModelFileError, ModelFiles
from cgp.chat_models.catalogue import Part
from cgp.cli import main

DATA = b"GGUF" + bytes(range(256)) * 4000
SHA256 = hashlib.sha256(DATA).hexdigest()


class Weights(BaseHTTPRequestHandler):
    """Serves ``DATA``: with ranges, without them, cut off, moved, or not at all."""

    requests: ClassVar[list[tuple[str, int]]] = []

    def do_GET(self):
        self.path = self.path.partition("?")[0]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.requests.append((self.path, start))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/ranges")
            self.end_headers()
            return
        if self.path in {"/away", "/down"}:
            self.send_response(302)
            self.send_header("Location", "http://models.example/weights.gguf")
            self.end_headers()
            return
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/ranges" and start >= len(DATA):
            self.send_error(416)
            return
        body = DATA[start:] if self.path in {"/ranges", "/cut"} else DATA
        partial = bool(start) and self.path != "/whole"
        self.send_response(206 if partial else 200)
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path == "/cut" else body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Weights)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def files(tmp_path):
    Weights.requests.clear()
    return ModelFiles(tmp_path / "models")


def partials(tmp_path):
    return list((tmp_path / "models").glob(".*.partial"))


def test_a_file_is_fetched_verified_listed_and_removed(files, address, tmp_path):
    seen = []
    model = files.get_url("tiny", f"{address}/moved", SHA256.upper(), lambda *at: seen.append(at))
    assert model.path.read_bytes() == DATA
    assert model.path.stat().st_mode & 0o077 == 0
    assert seen[-1] == (len(DATA), len(DATA))
    assert files.present() == [model]
    assert files.verify("tiny") == model
    assert partials(tmp_path) == []
    # It is there: nothing is asked again.
    count = len(Weights.requests)
    assert files.get_url("tiny", f"{address}/ranges", SHA256) == model
    assert len(Weights.requests) == count
    assert files.remove("tiny")
    assert not files.remove("tiny")
    assert files.present() == []


@pytest.mark.parametrize("second", ["/ranges", "/whole"])
def test_an_interrupted_fetch_goes_on(files, address, tmp_path, second):
    with pytest.raises(ModelFileError, match="the same command goes on"):
        files.get_url("tiny", f"{address}/cut", SHA256)
    assert files.present() == []
    [partial] = partials(tmp_path)
    half = partial.stat().st_size
    assert 0 < half < len(DATA)
    assert files.get_url("tiny", f"{address}{second}", SHA256).path.read_bytes() == DATA
    assert Weights.requests[-1] == (second, half)


def test_another_file_is_thrown_away(files, address, tmp_path):
    with pytest.raises(ModelFileError, match=SHA256):
        files.get_url("tiny", f"{address}/ranges", "0" * 64)
    assert files.present() == []
    assert partials(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "path", "sha256", "words"),
    [
        ("tiny", "/missing", SHA256, "404"),
        ("tiny", "/away", SHA256, "https://"),
        ("tiny", "/ranges", "abc", "64 hexadecimal"),
        ("../tiny", "/ranges", SHA256, "name"),
        ("Tiny Model", "/ranges", SHA256, "name"),
    ],
)
def test_what_is_not_in_order_is_refused(files, address, name, path, sha256, words):
    with pytest.raises(ModelFileError, match=words):
        files.get_url(name, f"{address}{path}", sha256)


@pytest.mark.parametrize(
    "url", ["http://models.example/x.gguf", "ftp://127.0.0.1/x", "file:///etc/passwd", "x", ""]
)
def test_only_https_or_this_machine_is_asked(files, url):
    with pytest.raises(ModelFileError, match="https://"):
        files.get_url("tiny", url, SHA256)


def test_a_secret_in_an_address_is_not_told(files, address):
    url = f"{address}/missing?signature=hunter2"
    with pytest.raises(ModelFileError) as refused:
        files.get_url("tiny", url, SHA256)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in files.get_url("tiny", f"{address}/whole?s=hunter2", SHA256).origin


def test_a_damaged_file_is_noticed(files, address):
    model = files.get_url("tiny", f"{address}/ranges", SHA256)
    model.path.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(ModelFileError, match="damaged"):
        files.verify("tiny")


def test_a_model_of_an_installed_package_is_put_together_from_its_parts(
    files, tmp_path, monkeypatch
):
    # Prepare: two packages, installed in a folder of their own.
    half = len(DATA) // 2
    parts = []
    for number, piece in enumerate((DATA[:half], DATA[half:]), 1):
        (tmp_path / f"tiny_part{number}").mkdir()
        (tmp_path / f"tiny_part{number}" / "piece").write_bytes(piece)
        facts = tmp_path / f"tiny_part{number}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: tiny-part{number}\nVersion: 1.0\n"
        )
        parts.append(Part(f"tiny-part{number}", "1.0", f"tiny_part{number}/piece"))
    monkeypatch.syspath_prepend(tmp_path)
    model = CatalogueModel("tiny", tuple(parts), SHA256, len(DATA), "MIT", 1, "")

    # Execute
    found = files.get(model)

    # Assert
    assert found.path.read_bytes() == DATA
    assert (found.licence, found.origin) == ("MIT", "tiny-part1==1.0, tiny-part2==1.0")


def test_the_catalogue_invents_nothing():
    for name, model in CATALOGUE.items():
        assert model.name == name
        assert len(model.sha256) == 64
        assert model.memory > model.size > 0
        assert model.licence


def test_the_command_gets_lists_and_removes(tmp_path, address, monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr("sys.argv", ["cgp", "models", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, capsys.readouterr()

    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert run("get", "tiny", "--url", f"{address}/ranges")[0] == 1
    assert run("get", "unknown")[0] == 1
    assert run("get", "tiny", "--url", f"{address}/ranges", "--sha256", SHA256)[0] == 0
    [model] = json.loads(run("list", "--json", "--verify")[1].out)
    assert (model["name"], model["sha256"]) == ("tiny", SHA256)
    assert "smollm2-135m-instruct" in run("list")[1].out
    status, shown = run("bench", "absent")
    assert status == 1
    assert "absent" in shown.err
    assert run("remove", "tiny")[0] == 0
    assert run("remove", "tiny")[0] == 1
