"""How often the language of a conversation is recognised, by the language that its file names.

    python benchmarks/languages.py FILE...

FILE: one JSON object a line with ``turns`` (each with a ``text``) and ``language``; lines without a
language are left out.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

from cgp.annotators.embedded.language import recognise_language


def main() -> None:
    """Print, for each language, the number of its lines by what was recognised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+")
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for file in parser.parse_args().files:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                document = json.loads(line)
                if language := document.get("language"):
                    texts = (turn["text"] for turn in document["turns"])
                    counts[language][recognise_language(texts) or "none"] += 1
    for language, by_answer in sorted(counts.items()):
        answers = ", ".join(f"{answer} {count}" for answer, count in by_answer.most_common())
        print(f"{language}\t{by_answer.total()}\t{answers}")


if __name__ == "__main__":
    main()
