"""A process that builds an index in batches, saving after each: killed by the tests, and run again."""

import sys
from pathlib import Path

import numpy as np

from cgp.vectors import VectorIndex, structure

DIMENSION, BATCH, BATCHES = 8, 200, 12


def batch(number):
    rows = np.random.default_rng(number).normal(size=(BATCH, DIMENSION)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.arange(number * BATCH, (number + 1) * BATCH), rows


def build(folder):
    structure.EXACT_UP_TO = 500  # so that lists are made, and made anew, on the way
    with VectorIndex.open(folder, dimension=DIMENSION, model="test") as index:
        for number in range(BATCHES):
            if index.add(*batch(number)):
                index.save()
                print(number, flush=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
