"""A process that adds the bundled conversations, two at a time: killed by a test, and run again."""

import pickle
import sys
from pathlib import Path

from cgp.embedders import default_embedder
from cgp.search import GenomeIndex

if __name__ == "__main__":
    folder, file = Path(sys.argv[1]), Path(sys.argv[2])
    records = pickle.loads(file.read_bytes())
    embedder = default_embedder()
    print("ready", flush=True)
    with GenomeIndex.open(folder, embedder) as index:
        for start in range(0, len(records), 2):
            index.add(records[start : start + 2])
            print(start, flush=True)
