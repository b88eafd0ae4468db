"""A made-up world for experts: windows whose truth differs from the head's in one language."""

import numpy as np
from bittensor.sp_core import Keypair

from cgp.experts.gate import GATE_INPUTS, LANGUAGES, Gate
from cgp.experts.judging import Judge, seal
from cgp.experts.ledger import Ledger
from cgp.experts.network import LinearNetwork
from cgp.experts.specification import Specification
from cgp.experts.standing import Networks
from cgp.experts.submission import expert_submission, submit
from cgp.experts.window_table import LabelledWindow, WindowTable
from cgp.tagmodel.head import INPUTS, Head, logistic

OPERATOR = Keypair.create_from_uri("//Operator")
ALICE = Keypair.create_from_uri("//Alice")
BOB = Keypair.create_from_uri("//Bob")
ROWS = 8
COLUMNS = slice(1, 21)
# Columns that hold numbers, which say nothing about what is wanted.
EMPTY_COLUMNS = slice(21, 41)
DAY = 86_400


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1_000 * DAY

    def __call__(self):
        return float(self.now)


def head():
    """Return a head that reads twenty columns."""
    weights = np.zeros(INPUTS + 1, dtype=np.float32)
    weights[COLUMNS] = np.random.default_rng(1).normal(size=20) * 0.5
    return Head(weights)


def direction(strength=1.0):
    """Return the weights that the head lacks, of German windows."""
    weights = np.zeros(INPUTS)
    weights[COLUMNS] = np.random.default_rng(2).normal(size=20) * 0.25 * strength
    return weights


def table(seed, windows=300, strength=1.0, salt="salt"):
    """Return windows, half of them German, which the head gets wrong by ``direction``."""
    random = np.random.default_rng(seed)
    labelled = []
    for number in range(windows):
        language = "de" if number % 2 else "en"
        inputs = np.zeros((ROWS, INPUTS))
        inputs[:, COLUMNS] = random.normal(size=(ROWS, 20))
        inputs[:, EMPTY_COLUMNS] = random.normal(size=(ROWS, 20))
        truth = head().log_odds(inputs)
        if language == "de":
            truth = truth + inputs @ direction(strength)
        credit = (random.random(ROWS) < logistic(truth)).astype(np.float64)
        labelled.append(
            LabelledWindow.of(
                inputs,
                credit,
                np.ones(ROWS),
                language=language,
                kind=language,
                origin=f"{seed}-{number // 2}",
            )
        )
    return WindowTable.of(labelled, salt)


def german_gate(height=4.0):
    """Return a gate that is open for German windows and shut for others."""
    weights = np.zeros(GATE_INPUTS + 1, dtype=np.float32)
    weights[GATE_INPUTS - len(LANGUAGES) - 1 + LANGUAGES.index("de")] = 2 * height
    weights[-1] = -height
    return Gate(weights)


def good(share=1.0):
    """Return an expert that knows a share of the truth."""
    return LinearNetwork({"w": direction() * share, "b": np.zeros(1)})


def noise(seed, size=0.05):
    """Return an expert that knows nothing."""
    random = np.random.default_rng(seed)
    weights = np.zeros(INPUTS)
    weights[EMPTY_COLUMNS] = random.normal(size=20) * size
    return LinearNetwork({"w": weights, "b": np.zeros(1)})


def specification(**changes):
    # Few random directions: what they say has tests of its own, and here a decision is to be quick.
    document = {"layers": {"language": 2, "domain": 2}, "judges": (OPERATOR.ss58_address,)}
    return Specification(**{**document, "null_draws": 99, **changes})


def ledger(folder, clock=None, **changes):
    return Ledger.create(folder, specification(**changes), OPERATOR, clock or Clock())


def registered(address):
    return address in {OPERATOR.ss58_address, ALICE.ss58_address, BOB.ss58_address}


def hand_in(book, network, name="language.german", keypair=ALICE, gate=None):
    submission = expert_submission(book, name, network, gate or german_gate(), keypair)
    return submit(book, submission, registered)


def judge(book, hold_out=None, keypair=OPERATOR):
    hold_out = hold_out or table(7)
    seal(book, hold_out, keypair)
    return Judge(head(), hold_out, keypair, Networks(book))
