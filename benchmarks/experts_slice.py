r"""Measure an expert of one slice on windows that the tag model was not trained on.

The slice is named before the run: windows in some languages. The expert learns from half of the own
windows of the slice. The other half, the own windows of other languages and the gold windows whose
licence kept them out of the release are the judge's sealed hold-out. f is measured with and without
what the judge accepted, with paired intervals, on gold windows and on those held back, inside the
slice and outside of it.

    cgp model train gold/train-*.jsonl --out OLD
    python benchmarks/experts_slice.py --base OLD \
        --own training/own-*.jsonl --untrained train-*.jsonl --gold dev-*.jsonl cgp/gold/samples.jsonl

With --learn the expert also learns from all windows of the slice in those files; the windows of --held-back
are held out as a whole. So one writer's windows can teach, and others' can judge. The base must not know them:

    for file in gold/train-*.jsonl; do grep -v '"language": "de"' $file > LESS/$(basename $file); done
    for file in training/own-dialogues.jsonl training/own-languages-1.jsonl; do
        grep -v '"language": "de"' $file > LESS/written/$(basename $file)
    done
    cgp model train LESS/train-*.jsonl --written LESS/written --out OLD
    python benchmarks/experts_slice.py --base OLD --languages de \
        --learn gold/train-languages*.jsonl training/own-languages-1.jsonl --held-back others.jsonl \
        --own training/own-talks.jsonl training/own-languages-2.jsonl --untrained gold/train-*.jsonl \
        --gold dev-*.jsonl cgp/gold/samples.jsonl
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from bittensor.sp_core import Keypair
from experts_gain import fate_of_a_copy, noise
from own_windows import Release, language_of, slice_in, untrained, windows_of

from cgp.annotators.embedded.annotator import Ranking
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.experts.examples import table_of
from cgp.experts.gate import language_gate
from cgp.experts.judging import Judge, seal
from cgp.experts.ledger import Ledger
from cgp.experts.ledger_check import check
from cgp.experts.mixture import Member, Mixture, with_member
from cgp.experts.specification import Specification, released_base
from cgp.experts.standing import Networks, standing_mixture
from cgp.experts.submission import expert_submission, submit
from cgp.experts.training import TrainingPlan
from cgp.experts.upgrade import grow_expert, train_expert
from cgp.experts.window_table import WindowTable
from cgp.gold import EncoderJudge, GoldWindow, compare, read_gold

NAME = "language.slice"
TAGS = 8


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--base", type=Path, help="folder of another release of the tag model")
    parser.add_argument("--own", type=Path, nargs="+", required=True)
    parser.add_argument("--learn", type=Path, nargs="*", default=[])
    parser.add_argument("--held-back", type=Path, nargs="*", default=[])
    parser.add_argument("--untrained", type=Path, nargs="*", default=[])
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--languages", nargs="+", default=["de", "es", "fr", "it", "pt"])
    parser.add_argument("--architecture", default="linear")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--pull", type=float, default=0.02)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--noise", type=int, default=500)
    parser.add_argument("--runs", type=int, default=1, help="intervals are corrected for so many")
    arguments = parser.parse_args()
    release, languages = Release.of(arguments.base), set(arguments.languages)
    windows = windows_of(arguments.own, languages).with_files(
        arguments.learn, arguments.held_back, languages
    )
    beside = [*windows.others, *untrained(arguments.untrained)]
    learn = table(windows.learn, release)
    hold_out = table([*windows.held_back, *beside], release, with_salt=True)
    report: dict[str, object] = {
        "base": base_of(release),
        "languages": sorted(languages),
        "windows": {
            "learn": len(learn),
            "held_out": len(hold_out),
            "held_out_of_the_slice": len(windows.held_back),
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        mixture = judged(arguments, release, (learn, hold_out), Path(folder), report)
    gold = [window for path in arguments.gold for window in read_gold(path)]
    sets = {path.stem: list(read_gold(path)) for path in arguments.gold}
    inside = [window for window in gold if language_of(window) in languages]
    sets |= {
        "slice, gold": inside,
        "slice, held back": windows.held_back,
        **{f"slice, {path.stem}": slice_in(path, languages) for path in arguments.held_back},
        "slice, all": [*inside, *windows.held_back],
        "other languages, gold": [w for w in gold if language_of(w) not in languages],
        "other languages, held back": windows.others,
    }
    level = 1.0 - 0.05 / arguments.runs
    report["level_of_intervals"] = level
    report["f"] = {
        name: figures(part, release, mixture, level) for name, part in sets.items() if part
    }
    print(json.dumps(report, indent=2))


def table(
    windows: Sequence[GoldWindow], release: Release, *, with_salt: bool = False
) -> WindowTable:
    """Return the table of windows over a release."""
    return table_of(
        windows, release.model, default_embedder(), default_encoder(),
        labels=release.labels, with_salt=with_salt,
    )  # fmt: skip


def base_of(release: Release) -> str:
    """Return the digest of a release's weights."""
    if release.weights is None:
        return released_base()
    return f"sha256:{hashlib.sha256(release.weights.read_bytes()).hexdigest()}"


def judged(
    arguments: argparse.Namespace,
    release: Release,
    tables: tuple[WindowTable, WindowTable],
    folder: Path,
    report: dict[str, object],
) -> Mixture:
    """Train, submit and judge the expert; return what stands then, its networks in memory.

    ``tables`` are that to learn from and the hold-out. Of a refused expert it returns the mixture
    that would stand, so that f says what the judge withheld; the report says that it is refused.
    """
    learn, hold_out = tables
    operator, author = (Keypair.create_from_uri(f"//{n}") for n in ("Operator", "Author"))
    head = release.model.head
    specification = Specification(
        {"language": 1, "domain": 2}, (operator.ss58_address,), base=base_of(release)
    )
    with Ledger.create(folder / "ledger", specification, operator) as ledger:
        networks = Networks(ledger)
        seal(ledger, hold_out, operator)
        judge = Judge(head, hold_out, operator, networks)
        layers = standing_mixture(ledger, networks).layers
        # The gate says which languages; all windows of the half are learned from.
        gate = language_gate(arguments.languages).weights.astype(np.float64)
        plan = TrainingPlan(
            steps=arguments.steps, rate=arguments.rate, pull=arguments.pull,
            learns_gate=False, held_out=0.0,
        )  # fmt: skip
        if arguments.architecture == "fractal":
            pupil, growth = grow_expert(head, layers, NAME, table=learn, plan=plan, gate=gate)
            report["growth"] = [step.is_kept for step in growth]
        else:
            architecture = arguments.architecture
            pupil = train_expert(
                head, layers, NAME, architecture, table=learn, plan=plan, gate=gate
            ).pupils[-1]
        submission = expert_submission(ledger, NAME, pupil.network, pupil.frozen_gate(), author)
        record = submit(ledger, submission, lambda _: True)
        outcome = judge.decide(ledger, record.digest)
        measured = outcome.measurement
        report["expert"] = {
            "architecture": arguments.architecture,
            "state": outcome.record.state,
            "reason": measured.reason,
            "loss": round(measured.loss_before, 4),
            "gain_percent": round(100 * measured.gain / measured.loss_before, 2),
            "lower_percent": round(100 * measured.lower / measured.loss_before, 2),
            "fitted_lower_percent": round(100 * measured.fitted_lower / measured.loss_before, 2),
            "told_micro_nats": measured.told_gain,
            "routed": round(measured.routed_share, 3),
            "worse_kind": measured.worst_slice,
        }
        report["copy"] = fate_of_a_copy(ledger, pupil, operator)
        report["noise_accepted_of"] = [
            noise(arguments.noise, head, layers, hold_out, pupil.network), arguments.noise,
        ]  # fmt: skip
        report["faults"] = list(check(ledger).faults)
        mixture = standing_mixture(ledger, networks)
        if not measured.is_accepted:
            member = Member(NAME, record.digest, pupil.frozen_gate(), lambda: pupil.network)
            mixture = Mixture(with_member(layers, "language", member))
        for layer in mixture.layers:
            for member in layer.members:
                member.load()
    return mixture


def figures(
    windows: Sequence[GoldWindow], release: Release, mixture: Mixture, level: float
) -> dict[str, object]:
    """Return f with the release alone and with the mixture, and the interval of the difference."""
    encoder = default_encoder()
    models = {"released": release.model, "experts": release.model.with_addition(mixture)}
    answers = {
        name: [answer(window, Release(model, release.labels, None)) for window in windows]
        for name, model in models.items()
    }
    row: dict[str, object] = {
        "windows": len(windows),
        "other_tags": sum(a != b for a, b in zip(*answers.values(), strict=True)),
    }
    for name, judge in (("f", EncoderJudge(encoder)), ("f_by_words", None)):
        before, after = compare(windows, answers, judge, level=level)
        values = [(c.judged or c.strict)["f"].mean for c in (before, after)]
        ahead = after.ahead
        assert ahead is not None
        row[name] = {
            "released": round(values[0], 4),
            "experts": round(values[1], 4),
            "ahead": [round(value, 4) for value in (ahead.mean, ahead.low, ahead.high)],
        }
    return row


def answer(window: GoldWindow, release: Release) -> list[str]:
    """Return the tags that the embedded annotator gives to a window."""
    ranking = Ranking(release.model, default_embedder(), release.labels, default_encoder)
    tags = ranking.tags(window.window, TAGS)
    return [tag.candidate.text for tag in tags]


if __name__ == "__main__":
    main()
