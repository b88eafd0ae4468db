"""Measure experts on real conversations: one that learned, 500 of noise, and a copy.

The hold-out's truth is weak: a candidate counts as wanted if a human summary of the dialogue (DialogSum)
says all of its words. Windows of gold stand beside, as kinds of talk that must not get worse. What is
accepted is then measured on gold windows that nothing here has seen, by f.

    python benchmarks/experts_gain.py --dialogues dialogsum_dev.jsonl \
        --beside train-meetings.jsonl train-talks-2.jsonl --gold dev-dialogues.jsonl dev-meetings.jsonl
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from bittensor.sp_core import Keypair

from cgp.annotators.embedded import annotate
from cgp.annotators.embedded.labels import shipped_labels
from cgp.annotators.embedded.reading import read_window, reading_of
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import Embedder, default_embedder
from cgp.encoders import Encoder, default_encoder
from cgp.experts.block import digest_of
from cgp.experts.errors import RefusedError
from cgp.experts.examples import table_of
from cgp.experts.gate import GATE_INPUTS, Gate
from cgp.experts.judge import Change, measure
from cgp.experts.judging import Judge, seal
from cgp.experts.ledger import Ledger
from cgp.experts.ledger_check import check
from cgp.experts.mixture import Layer, Member, with_member
from cgp.experts.network import LinearNetwork, Network
from cgp.experts.specification import Specification, released_base
from cgp.experts.standing import Networks, standing_mixture
from cgp.experts.submission import expert_submission, submit
from cgp.experts.tensors import to_bytes
from cgp.experts.training import Pupil, TrainingPlan
from cgp.experts.upgrade import train_expert
from cgp.experts.window_table import WindowTable
from cgp.gold import EncoderJudge, GoldTag, GoldWindow, Weight, compare, read_gold
from cgp.tagmodel import Head, TagModel, shipped_model

NAME = "source.dialogues"


def dialogue(document: dict[str, str]) -> Conversation:
    """Return a dialogue of the file as a conversation."""
    lines = [line.split(":", 1) for line in document["dialogue"].splitlines() if ":" in line]
    names = list(dict.fromkeys(name.strip("# ") for name, _ in lines))
    turns = tuple(
        Turn(names.index(name.strip("# ")), text.strip()) for name, text in lines if text.strip()
    )
    return Conversation(
        document["fname"],
        "dialogsum",
        tuple(Participant(name) for name in names),
        turns,
        language="en",
    )


def weak_gold(document: dict[str, str]) -> GoldWindow:
    """Return a dialogue with the candidates that its summary says as wanted tags."""
    conversation = dialogue(document)
    window = read_window(conversation)
    summary = document["summary"].replace("#Person1#", "").replace("#Person2#", "")
    summary = f"{summary} {document['topic']}."
    told = read_window(told_conversation(conversation, summary))
    embedder = default_embedder()
    labels = shipped_labels(embedder)
    said = reading_of(
        told, told_conversation(conversation, summary), labels, embedder, default_encoder
    )
    reading = reading_of(window, conversation, labels, embedder, default_encoder)
    stems = set(said.stem_turns)
    wanted = [c for c in reading.candidates if c.label is None and c.key <= stems]
    tags = tuple(GoldTag(c.text, Weight.TOPIC) for c in wanted)
    return GoldWindow(conversation, tags, kind="dialogsum", origin=f"dialogsum {conversation.id}")


def told_conversation(conversation: Conversation, summary: str) -> Conversation:
    """Return a conversation whose one turn is the summary."""
    return replace(conversation, turns=(Turn(0, summary),))


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dialogues", type=Path, required=True)
    parser.add_argument("--beside", type=Path, nargs="*", default=[])
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--noise", type=int, default=500)
    parser.add_argument("--train", type=int, default=180)
    parser.add_argument("--architecture", default="linear")
    parser.add_argument("--rate", type=float, default=0.003)
    parser.add_argument("--pull", type=float, default=0.003)
    parser.add_argument("--salts", type=int, default=1, help="noise is judged with so many")
    parser.add_argument("--cache", type=Path, help="folder that keeps the tables between runs")
    arguments = parser.parse_args()
    model, embedder, encoder = shipped_model(), default_embedder(), default_encoder()
    learn, hold_out = tables(arguments, model, embedder, encoder)
    print(f"{len(learn)} windows to learn from, {len(hold_out)} held out", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        operator, author = (Keypair.create_from_uri(f"//{n}") for n in ("Operator", "Author"))
        specification = Specification(
            {"source": 1, "domain": 2}, (operator.ss58_address,), base=released_base()
        )
        ledger = Ledger.create(Path(folder) / "ledger", specification, operator)
        networks = Networks(ledger)
        seal(ledger, hold_out, operator)
        judge = Judge(model.head, hold_out, operator, networks)
        layers = standing_mixture(ledger, networks).layers
        plan = TrainingPlan(rate=arguments.rate, pull=arguments.pull, gate_pull=arguments.pull)
        started = time.process_time()
        result = train_expert(
            model.head, layers, NAME, arguments.architecture, table=learn, plan=plan
        )
        pupil = result.pupils[-1]
        report = {
            "training_seconds": round(time.process_time() - started, 1),
            "steps": result.steps,
            "held_back": [round(result.loss_before, 4), round(result.loss_after, 4)],
        }
        submission = expert_submission(ledger, NAME, pupil.network, pupil.frozen_gate(), author)
        record = submit(ledger, submission, lambda _: True)
        outcome = judge.decide(ledger, record.digest)
        measured = outcome.measurement
        report["expert"] = {
            "state": outcome.record.state,
            "reason": measured.reason,
            "loss": round(measured.loss_before, 4),
            "gain_percent": round(100 * measured.gain / measured.loss_before, 2),
            "lower_percent": round(100 * measured.lower / measured.loss_before, 2),
            "routed": round(measured.routed_share, 3),
            "worse_slice": measured.worst_slice,
        }
        report["copy"] = fate_of_a_copy(ledger, pupil, operator)
        mixture = standing_mixture(ledger, networks)
        report["noise_accepted_by_salt"] = [
            noise(arguments.noise, model.head, mixture.layers, salted, pupil.network)
            for salted in (
                hold_out if number == 0 else replace(hold_out, salt=f"s{number}")
                for number in range(arguments.salts)
            )
        ]
        report["faults"] = list(check(ledger).faults)
        report["f"] = figures(arguments.gold, model, model.with_addition(mixture), encoder)
        ledger.close()
    print(json.dumps(report, indent=2))


def fate_of_a_copy(ledger: Ledger, pupil: Pupil, keypair: Keypair) -> str:
    """Hand in an accepted expert under another name and key; return the reason of its refusal."""
    copy = expert_submission(ledger, "domain.copy", pupil.network, pupil.frozen_gate(), keypair)
    try:
        submit(ledger, copy, lambda _: True)
    except RefusedError as error:
        return str(error.fault)
    return "accepted"


def tables(
    arguments: argparse.Namespace, model: TagModel, embedder: Embedder, encoder: Encoder
) -> tuple[WindowTable, WindowTable]:
    """Return the table to learn from and the hold-out."""
    cache = arguments.cache
    if cache and (cache / "learn.table").exists():
        return tuple(WindowTable.read(cache / f"{name}.table") for name in ("learn", "hold_out"))
    documents = [json.loads(line) for line in arguments.dialogues.read_text().splitlines()]
    windows = [weak_gold(document) for document in documents]
    beside = [window for path in arguments.beside for window in read_gold(path)]
    learn = table_of(windows[: arguments.train], model, embedder, encoder)
    held = [*windows[arguments.train :], *beside]
    hold_out = table_of(held, model, embedder, encoder, with_salt=True)
    if cache:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "learn.table").write_bytes(learn.to_bytes())
        (cache / "hold_out.table").write_bytes(hold_out.to_bytes())
    return learn, hold_out


def noise(
    count: int, head: Head, layers: tuple[Layer, ...], hold_out: WindowTable, like: Network
) -> int:
    """Return how many of ``count`` experts of noise the judge would accept.

    Their weights are as large as half of those of an expert that learned, and smaller.
    """
    accepted = 0
    size = float(np.std(np.concatenate([t.ravel() for t in like.parameters.values()])))
    for seed in range(count):
        random = np.random.default_rng(seed)
        scale = size * (0.5, 0.1, 0.02)[seed % 3]
        network = LinearNetwork(
            {
                "w": random.normal(size=hold_out.inputs.shape[1]) * scale,
                "b": random.normal(size=1) * scale,
            }
        )
        gate = np.append(random.normal(size=GATE_INPUTS) * 0.1, random.normal())
        member = Member(
            "domain.noise",
            digest_of(to_bytes(network.parameters)),
            Gate(gate.astype(np.float32)),
            lambda network=network: network,
        )
        after = with_member(layers, "domain", member)
        change = Change(member.digest, layers, after, "domain", "domain.noise")
        accepted += measure(head, change, hold_out).is_accepted
    return accepted


def figures(
    paths: list[Path], released: TagModel, changed: TagModel, encoder: Encoder
) -> dict[str, dict[str, object]]:
    """Return f of both models on each gold file, and the interval of the difference."""
    rows = {}
    judge = EncoderJudge(encoder)
    for path in paths:
        windows = read_gold(path)
        answers = {
            name: [
                [tag.text for tag in annotate(w.window, default_embedder(), 8, model).tags]
                for w in windows
            ]
            for name, model in (("released", released), ("experts", changed))
        }
        before, after = compare(windows, answers, judge)
        ahead = after.ahead
        rows[path.stem] = {
            "released": round(before.judged["f"].mean, 4),
            "experts": round(after.judged["f"].mean, 4),
            "ahead": [round(value, 4) for value in (ahead.mean, ahead.low, ahead.high)],
        }
    return rows


if __name__ == "__main__":
    main()
