"""A server whose pages are watched ends as soon as it is told to."""

import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

pytestmark = pytest.mark.peers

# The server waits ten seconds for requests in flight, and says so when it gives one up.
GIVEN_UP = "timeout graceful shutdown exceeded"


def watch(port):
    stream = socket.create_connection(("127.0.0.1", port), timeout=120)
    stream.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert stream.recv(1 << 16).startswith(b"HTTP/1.1 200")
    return stream


def test_a_signal_ends_the_server_and_the_streams_of_pages_that_watch(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    command = [sys.executable, "-c", "from cgp.cli import main; main()", "serve"]
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen([*command, "--read-only", "--port", str(port)], stderr=log)
        try:
            while "Pages and API at" not in (tmp_path / "log").read_text():
                assert process.poll() is None
                time.sleep(0.1)
            requests.get(f"http://127.0.0.1:{port}/", timeout=120)
            streams = [watch(port) for _ in range(3)]
            process.send_signal(signal.SIGTERM)

            assert process.wait(120) == 0
            assert GIVEN_UP not in (tmp_path / "log").read_text()
            for stream in streams:
                while stream.recv(1 << 16):
                    pass
                stream.close()
        finally:
            process.kill()
            process.wait()
