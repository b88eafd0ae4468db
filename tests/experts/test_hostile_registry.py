"""Blocks that a registry's other writers may put into an index: each is refused by itself."""

import json

import pytest
from bittensor.sp_core import Keypair

from cgp.experts.block import MANIFEST, TABLE, TENSORS, Block, Kind, Payload, digest_of, sign
from cgp.experts.errors import RefusedError
from cgp.experts.exchange import INDEX, pull
from cgp.experts.judging import publish
from cgp.experts.ledger import Ledger, State
from cgp.experts.registry import MAX_INDEX, RegistryError, Repository
from cgp.experts.submission import expert_submission, submit
from tests.experts.test_registry_faults import registry
from tests.experts.world import (
    ALICE,
    BOB,
    OPERATOR,
    Clock,
    german_gate,
    good,
    hand_in,
    ledger,
    registered,
    table,
)

CAROL = Keypair.create_from_uri("//Carol")


class Writer:
    """A registry's content: blobs and manifests by digest, and the index of their order."""

    def __init__(self):
        self.data, self.entries = {}, []

    def add(self, block, signature, payloads=()):
        manifest = block.manifest()
        for data in (manifest, signature, *payloads):
            self.data[digest_of(data)] = data
        self.entries.append(
            {
                "mediaType": MANIFEST,
                "digest": digest_of(manifest),
                "size": len(manifest),
                "annotations": {"cgp.experts.signature": digest_of(signature)},
            }
        )

    def sign_and_add(self, block, keypair, payloads=()):
        self.add(block, sign(block, keypair), payloads)

    def add_ledger(self, book):
        for record in book.records():
            block = book.block(record.digest)
            payloads = [book.blobs.get(payload.digest) for payload in block.payloads]
            self.add(block, book.blobs.get(record.signature), payloads)

    def answer(self, handler):
        name = handler.path.rsplit("/", 1)[1]
        index = json.dumps({"mediaType": INDEX, "manifests": self.entries}).encode()
        data = index if name == "ledger" else self.data.get(name)
        handler.reply(404 if data is None else 200, data or b"")


def dataset(book, keypair, data, media_type=TABLE, **changes):
    fields = {
        "created_at": book.now(),
        "parents": (book.genesis.digest,),
        "payloads": (Payload.of(media_type, data),),
        **changes,
    }
    return Block(Kind.DATASET, "published", keypair.ss58_address, **fields)


def test_a_bad_block_of_another_writer_keeps_nobody_from_the_others(tmp_path):
    # Prepare
    writer, clock = Writer(), Clock()
    with ledger(tmp_path / "here", clock) as book:
        writer.add_ledger(book)
        submission = expert_submission(book, "language.german", good(), german_gate(), ALICE)
        tensors = submission.payloads[submission.block.payload(TENSORS).digest]
        no_table, bad_size = b"no table", Payload(TABLE, digest_of(b""), "10")
        for block, payloads in (
            (dataset(book, BOB, no_table), [no_table]),
            # The tensors of Alice's expert, which would then be the copy.
            (dataset(book, BOB, tensors, TENSORS), [tensors]),
            (dataset(book, BOB, b"", payloads=(bad_size,)), []),
            (dataset(book, BOB, b"", payloads=(Payload(TABLE, "sha256:../x", 1),)), []),
            (dataset(book, BOB, no_table, payloads=(Payload.of(TABLE, no_table),) * 3), []),
            (dataset(book, BOB, b"", payloads=(), created_at=-(10**30)), []),
        ):
            writer.sign_and_add(block, BOB, payloads)
        submit(book, submission, registered)
        publish(book, table(3, windows=4), ALICE)
        honest = book.records()[1:]
        for record in honest:
            block = book.block(record.digest)
            blobs = [book.blobs.get(payload.digest) for payload in block.payloads]
            writer.add(block, book.blobs.get(record.signature), blobs)

    # Execute
    with registry(writer.answer) as address:
        report = pull(tmp_path / "there", Repository(address))

    # Assert
    assert report.new == 1 + len(honest)
    assert [reason.split(": ")[1] for reason in report.refusals] == [
        "wrong_tensors",
        "unknown_kind",
        "unknown_kind",
        "unknown_kind",
        "too_large",
        "unknown_kind",
    ]
    with Ledger.open(tmp_path / "there", clock) as other:
        assert [r.digest for r in other.records()][1:] == [r.digest for r in honest]


@pytest.mark.parametrize("notes", [{"accepted": "3"}, {"reason": None}])
def test_a_verdict_is_one_vote_and_says_why(tmp_path, notes):
    # Prepare: three judges, of whom two must accept, and a verdict of one that counts itself thrice.
    writer, clock = Writer(), Clock()
    judges = (OPERATOR.ss58_address, BOB.ss58_address, CAROL.ss58_address)
    with ledger(tmp_path / "here", clock, judges=judges) as book:
        record = hand_in(book, good())
        writer.add_ledger(book)
        fields = {"accepted": "1", "reason": "gain", "gain": "9000", "routed": "500000"}
        fields |= {"against": book.against(), **notes}
        verdict = Block(
            Kind.VERDICT, "verdict", BOB.ss58_address, book.now(), (record.digest,),
            notes={name: value for name, value in fields.items() if value is not None},
        )  # fmt: skip
    writer.sign_and_add(verdict, BOB)

    # Execute
    with registry(writer.answer) as address:
        report = pull(tmp_path / "there", Repository(address))

    # Assert
    assert len(report.refusals) == 1
    with Ledger.open(tmp_path / "there", clock) as other:
        assert other.heads() == {}
        assert other.record(record.digest).state is State.PENDING


def test_nothing_is_pulled_where_the_first_block_is_none(tmp_path):
    writer = Writer()
    with ledger(tmp_path / "here", Clock()) as book:
        block = dataset(book, BOB, b"", payloads=())
    writer.sign_and_add(block, BOB)
    with (
        registry(writer.answer) as address,
        pytest.raises(RefusedError, match="before the first block"),
    ):
        pull(tmp_path / "there", Repository(address))


def test_an_index_names_blocks_by_digests_alone(tmp_path):
    writer = Writer()
    writer.entries = [{"digest": "latest", "annotations": {"cgp.experts.signature": "latest"}}]
    with registry(writer.answer) as address, pytest.raises(RegistryError, match="not a digest"):
        pull(tmp_path / "there", Repository(address))


def test_of_a_refusal_without_an_end_only_its_first_words_are_read():
    written = []

    def endless(handler):
        handler.send_response(429)
        handler.end_headers()
        try:
            while len(written) < 1_000:
                handler.wfile.write(b"no" * 50_000)
                written.append(1)
        except OSError:
            handler.close_connection = True

    with registry(endless) as address, pytest.raises(RegistryError, match=r"429.*'nono") as caught:
        Repository(address).manifest("ledger", INDEX, MAX_INDEX)
    assert len(str(caught.value)) < 400
    # The rest was never sent: 100 MB would have been 1,000 pieces.
    assert len(written) < 1_000
