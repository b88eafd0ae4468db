"""A ledger in a real registry (Debian's docker-registry): the same digests, checked, whole after kills."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from cgp.experts.errors import RefusedError
from cgp.experts.exchange import NewerLedgerError, pull, push
from cgp.experts.ledger import Ledger, State
from cgp.experts.ledger_check import check
from cgp.experts.registry import RegistryError, Repository
from cgp.experts.rewards import settle
from tests.experts.world import BOB, DAY, Clock, good, hand_in, judge, ledger, noise, table

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(
        shutil.which("docker-registry") is None, reason="docker-registry is not installed"
    ),
]


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A registry on this machine: its address, and the folder that it keeps blobs in."""
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}}}}}\n"
        f"http: {{addr: {address}}}\n"
    )
    process = subprocess.Popen(
        ["docker-registry", "serve", str(folder / "config.yml")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(address)
        yield address, folder
    finally:
        process.terminate()
        process.wait()


def _wait_for(address):
    for _ in range(1200):
        try:
            with urllib.request.urlopen(f"http://{address}/v2/"):
                return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError(f"no registry at {address}")


def lived_in(folder, clock):
    """Make a ledger with a head of two versions, a refused expert, and one that waits."""
    book = ledger(folder, clock)
    judge(book, table(7)).decide(book, hand_in(book, good(0.4)).digest)
    clock.now += DAY
    bench = judge(book, table(8))
    bench.decide(book, hand_in(book, good(), keypair=BOB).digest)
    bench.decide(book, hand_in(book, noise(3), "language.noise").digest)
    hand_in(book, noise(4), "domain.waits")
    return book


def test_a_ledger_is_pushed_and_pulled_with_the_same_digests_heads_and_pay(registry, tmp_path):
    # Prepare
    address, _ = registry
    clock = Clock()
    with lived_in(tmp_path / "here", clock) as book:
        # Execute
        repository = Repository(f"{address}/team/experts")
        first = push(book, repository)
        again = push(book, repository)
        pulled = pull(
            tmp_path / "there", Repository(f"{address}/team/experts"), book.genesis.digest
        )

        # Assert
        assert first.blobs_sent > 0
        assert (again.blobs_sent, again.digest) == (0, first.digest)
        assert (pulled.new, pulled.refusals) == (first.blocks, ())
        clock.now += DAY
        with Ledger.open(tmp_path / "there", clock) as other:
            assert other.heads() == book.heads() != {}
            assert [(r.digest, r.state) for r in other.records()] == [
                (r.digest, r.state) for r in book.records()
            ]
            assert check(other).faults == ()
            epochs = [book.epoch() - 2, book.epoch() - 1]
            amounts = [dict(settle(book, epoch).amounts) for epoch in epochs]
            assert [dict(settle(other, epoch).amounts) for epoch in epochs] == amounts
            assert all(amounts)
        assert pull(tmp_path / "there", repository).new == 0


def test_what_is_added_later_comes_with_the_next_pull(registry, tmp_path):
    address, _ = registry
    repository = Repository(f"{address}/later")
    clock = Clock()
    with ledger(tmp_path / "here", clock) as book:
        push(book, repository)
        pull(tmp_path / "there", repository)
        judge(book).decide(book, hand_in(book, good()).digest)
        push(book, repository)

        assert pull(tmp_path / "there", repository).new == 3
        with Ledger.open(tmp_path / "there", clock) as other:
            assert other.heads() == book.heads()


def test_an_index_of_many_blocks_has_pages_that_are_sent_once(registry, tmp_path):
    address, _ = registry
    repository = Repository(f"{address}/pages")
    with ledger(tmp_path / "here", Clock()) as book:
        for number in range(6):
            hand_in(book, noise(number), f"domain.noise-{number}")
        first = push(book, repository, page_blocks=3)
        hand_in(book, noise(6), "domain.noise-6")
        second = push(book, repository, page_blocks=3)

        pulled = pull(tmp_path / "there", repository)

        assert (first.blocks, second.blocks, pulled.new) == (7, 8, 8)
        # The tensors and the gate of the one that is new: that of all is the same gate.
        assert second.blobs_sent == 1
        with Ledger.open(tmp_path / "there", Clock()) as other:
            assert [r.digest for r in other.records()] == [r.digest for r in book.records()]


def test_an_older_ledger_is_not_pushed_over_a_newer_one(registry, tmp_path):
    # Prepare: a copy of the ledger, and a block that came to the registry after it was made.
    address, _ = registry
    repository = Repository(f"{address}/newer")
    with (
        ledger(tmp_path / "here", Clock()) as book,
        ledger(tmp_path / "x", Clock(), experts=3) as x,
    ):
        push(book, repository)
        pull(tmp_path / "copy", repository)
        hand_in(book, good())
        push(book, repository)

        # Execute, Assert
        with Ledger.open(tmp_path / "copy", Clock()) as copy:
            with pytest.raises(NewerLedgerError, match="1 block that this ledger lacks"):
                push(copy, repository)
            with pytest.raises(NewerLedgerError, match=book.genesis.digest):
                push(x, repository)
            assert pull(tmp_path / "copy", repository).new == 1
            assert push(copy, repository).blocks == 2
        assert push(x, repository, replaces=True).blocks == 1


def test_a_registry_that_gives_other_bytes_is_caught(registry, tmp_path):
    # Prepare: a byte of an expert's file is changed where the registry keeps it.
    address, folder = registry
    repository = Repository(f"{address}/tampered")
    with ledger(tmp_path / "here", Clock()) as book:
        record = hand_in(book, good(0.77))
        push(book, repository)
        digest = book.block(record.digest).payloads[0].digest.removeprefix("sha256:")
    [blob] = (folder / "docker/registry/v2/blobs/sha256" / digest[:2] / digest).iterdir()
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(bytes(data))

    # Execute
    report = pull(tmp_path / "there", repository)

    # Assert: what came before is whole, and the expert is not there.
    assert report.new == 1
    assert "other bytes" in report.refusals[0]
    with Ledger.open(tmp_path / "there", Clock()) as other:
        assert check(other).faults == ()
        assert other.record(record.digest) is None


def test_another_ledger_a_lost_one_and_a_dead_registry_are_named(registry, tmp_path):
    address, _ = registry
    with (
        ledger(tmp_path / "one", Clock()) as one,
        ledger(tmp_path / "two", Clock(), experts=3) as two,
    ):
        push(one, Repository(f"{address}/one"))
        with pytest.raises(RefusedError, match="another first block"):
            pull(tmp_path / "two", Repository(f"{address}/one"))
        with pytest.raises(RefusedError, match="has the ledger of"):
            pull(tmp_path / "new", Repository(f"{address}/one"), two.genesis.digest)
    assert not (tmp_path / "new").exists()
    with pytest.raises(RegistryError, match="does not have"):
        pull(tmp_path / "new", Repository(f"{address}/nothing"))
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:9"):
        Repository("127.0.0.1:9/x")
    with pytest.raises(RegistryError, match="not an address"):
        Repository("https://example.org/x")


def test_kills_during_push_leave_a_ledger_that_the_next_push_completes(registry, tmp_path):
    # Prepare: the registry has an older state, and there are 15 blocks to send.
    address, _ = registry
    name = f"{address}/killed"
    with ledger(tmp_path / "here", Clock()) as book:
        push(book, Repository(name))
        for number in range(15):
            hand_in(book, noise(number), f"domain.noise-{number}")

    # Execute: pushes are killed after a while that grows, until one comes to its end.
    kills = 0
    for pause in (0.0, 0.05, 0.2, 400.0):
        code = (
            "import sys\nfrom pathlib import Path\n"
            "from cgp.experts.exchange import push\n"
            "from cgp.experts.ledger import Ledger\n"
            "from cgp.experts.registry import Repository\n"
            "with Ledger.open(Path(sys.argv[1])) as book:\n"
            "    repository = Repository(sys.argv[2])\n"
            "    print('go', flush=True)\n"
            "    push(book, repository)\n"
        )
        worker = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "here"), name],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        worker.stdout.readline()
        try:
            worker.wait(pause)
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            kills += 1
        finally:
            worker.stdout.close()
        # Assert: at every time a pull brings a whole ledger, the older or the newer one.
        pulled = pull(tmp_path / f"there-{pause}", Repository(name))
        assert pulled.blocks in {1, 16}
        assert pulled.refusals == ()
        with Ledger.open(tmp_path / f"there-{pause}", Clock()) as other:
            assert check(other).faults == ()
        if worker.returncode == 0:
            break
    assert kills
    assert pulled.blocks == 16
    with Ledger.open(tmp_path / "here", Clock()) as book:
        assert check(book).faults == ()
        assert len(book.records(state=State.PENDING)) == 15
