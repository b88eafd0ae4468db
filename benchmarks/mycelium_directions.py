"""Find the directions in which features of candidates vary together, for the comparison of heads.

A head that is trained on windows moves along the features of their candidates. ``cgp.mycelium.comparison`` leaves aside
the directions in which those vary most anywhere, and looks for heads that share another one. They are the first
eigenvectors of the second moments of the 16 best candidates of each window: written windows of ``training/`` and the
bundled samples, cut to 600 characters. With 18 of them honest rounds and small collusion are told apart best.

    python benchmarks/mycelium_directions.py --training training/*.jsonl
"""

import argparse
from pathlib import Path

import numpy as np
from mycelium_table import ROWS, add_table_options, labelled_table, read_table

from cgp.arrays import Floats
from cgp.experts.window_table import WindowTable
from cgp.mycelium.directions import FILE, to_bytes
from cgp.mycelium.training import GROUP_NUMBERS


def main() -> None:
    """Write the file of directions: that of the package, or another one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_table_options(parser)
    parser.add_argument("--training", type=Path, nargs="+", required=True)
    parser.add_argument("--directions", type=int, default=18)
    parser.add_argument("--out", type=Path, default=FILE, help="the file (default: the package's)")
    parser.set_defaults(characters=600, most=5000)
    arguments = parser.parse_args()
    tables = [labelled_table(arguments.training), read_table(arguments)]
    rows = np.vstack([best_rows(table) for table in tables])[:, GROUP_NUMBERS]
    squares, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    arguments.out.write_bytes(to_bytes(vectors[:, ::-1][:, : arguments.directions]))
    share = squares[::-1][: arguments.directions].sum() / squares.sum()
    print(
        f"{arguments.directions} directions of {len(rows)} candidates, {share:.1%} of how they vary"
    )


def best_rows(table: WindowTable) -> Floats:
    """Return the inputs of the candidates that the base likes best in each window."""
    starts = zip(table.starts[:-1], table.starts[1:], strict=True)
    windows = [table.rows[begin:stop] for begin, stop in starts]
    return np.vstack([each[np.argsort(-each[:, 0], kind="stable")[:ROWS]] for each in windows])


if __name__ == "__main__":
    main()
