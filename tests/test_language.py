"""The words of the code: plain English in docstrings, comments and names, measured and bounded.

Run ``python -m tests.test_language`` to print the figures of every room.
"""

import ast
import re
from dataclasses import dataclass, field, fields
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINE = 100

# Pronouns that stand for a noun that the sentence does not name.
HEADLESS = re.compile(r"\b(?:what|who|whoever|whatever|nobody|those)\b", re.IGNORECASE)
OPENING = re.compile(r"(?:return\s+)?(?:what|who|which|whether|how)\b", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")


def words(text):
    """Return the words of a list that is written as a line."""
    return frozenset(text.split())


DETERMINERS = words("""all another any both each either enough every few former latter least less many more most
    neither one other others own same several some such that these this those what whatever which
    who whoever whom whose""")
IRREGULAR = words("""been begun bought broken brought built caught chosen come done drawn driven eaten fallen fed
    felt flown forgotten found given gone got grown heard held hidden kept known laid led left lent
    lost made meant met paid proven put risen said seen sent shown sold spent spoken stood
    stuck sworn taken taught thought told torn understood undone unknown won worn written""")
# Nouns, verbs and adjectives that end in -ed and are no participles.
NO_PARTICIPLES = words("bed embed feed need red seed shed speed weed")


# Of every room: the most headless pronouns in 1,000 words of docstrings, the most openings and
# participle names in 100, and the least comment lines in 1,000.
GOAL = (4.0, 2.0, 1.5, 15.0)


@dataclass
class Figures:
    """Counts of one room: its docstrings, its bound names and its comments."""

    words: int = 0
    headless: int = 0
    docstrings: int = 0
    openings: int = 0
    names: int = 0
    participles: int = 0
    lines: int = 0
    comments: int = 0
    long_lines: list[str] = field(default_factory=list)

    def __add__(self, other):
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def shares(self):
        """Headless pronouns and comments per 1,000; openings and participle names per 100."""
        return (
            1000 * self.headless / max(self.words, 1),
            100 * self.openings / max(self.docstrings, 1),
            100 * self.participles / max(self.names, 1),
            1000 * self.comments / max(self.lines, 1),
        )


def docstrings(nodes):
    """Yield the docstrings of a module, its classes, its functions and its constants, as nodes."""
    for node in nodes:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from (statement.value for statement in node.body if is_text(statement))


def is_text(statement):
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def bound_names(nodes):
    """Yield each name as often as it is bound: assigned, a parameter, a function, a class."""
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.alias, ast.ExceptHandler)):
            bound = node.asname if isinstance(node, ast.alias) else node.name
            if bound:
                yield bound


def is_participle(name):
    """Whether a name is a participle or a determiner alone."""
    word = name.strip("_").lower()
    regular = word.endswith("ed") and word.isalpha() and word not in NO_PARTICIPLES
    return regular or word in IRREGULAR or word in DETERMINERS


def comment_lines(lines, nodes):
    """Count the lines that are a comment alone: they open with a number sign outside of a text."""
    inside = {
        number
        for node in nodes
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and node.end_lineno > node.lineno
        for number in range(node.lineno + 1, node.end_lineno + 1)
    }
    return sum(
        line.lstrip().startswith("#") and number not in inside
        for number, line in enumerate(lines, 1)
    )


def measure(path):
    """Return the figures of one file."""
    source = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    notes = list(docstrings(nodes))
    texts = [note.value for note in notes]
    written = source.split("\n")
    names = [name for name in bound_names(nodes) if not name.startswith("__")]
    return Figures(
        words=sum(len(WORD.findall(text)) for text in texts),
        headless=sum(len(HEADLESS.findall(text)) for text in texts),
        docstrings=len(texts),
        openings=sum(bool(OPENING.match(text.lstrip())) for text in texts),
        names=len(names),
        participles=sum(map(is_participle, names)),
        lines=source.count("\n"),
        comments=comment_lines(written, nodes),
        long_lines=[
            f"{path.name}:{number}: {len(written[number - 1])} columns"
            for note in notes
            for number in range(note.lineno, note.end_lineno + 1)
            if len(written[number - 1]) > LINE
        ],
    )


def room_of(path):
    """Return the package that a file belongs to: ``cgp/store``, ``cgp`` for a module in it alone."""
    return "/".join(path.relative_to(ROOT).parent.parts[:2])


def source_files():
    """Yield the files of the code, in order."""
    for folder in ("cgp", "miner", "validator"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def rooms():
    """Return the figures of every room by its name."""
    figures = {}
    for path in source_files():
        room = room_of(path)
        figures[room] = figures.get(room, Figures()) + measure(path)
    return figures


@pytest.fixture(scope="module")
def every_room():
    """Figures of every room; not measured at import, since each test worker imports this file."""
    return rooms()


ROOM_NAMES = sorted({room_of(path) for path in source_files()})


@pytest.mark.parametrize("room", ROOM_NAMES)
def test_a_room_reads_as_plain_english(room, every_room):
    headless, openings, participles, comments = every_room[room].shares
    most_headless, most_openings, most_participles, least_comments = GOAL
    assert headless <= most_headless, "headless pronouns in 1,000 words of docstrings"
    assert openings <= most_openings, "percent of docstrings that open with what, who, which, how"
    assert participles <= most_participles, "percent of names that are participles or determiners"
    assert comments >= least_comments, "comment lines in 1,000"


def test_the_whole_code_meets_the_goal(every_room):
    whole = sum(every_room.values(), Figures())
    headless, openings, participles, comments = whole.shares
    most_headless, most_openings, most_participles, least_comments = GOAL
    assert headless <= most_headless
    assert openings <= most_openings
    assert participles <= most_participles
    assert comments >= least_comments


@pytest.mark.parametrize("room", ROOM_NAMES)
def test_docstrings_stay_within_100_columns(room, every_room):
    assert every_room[room].long_lines == []


def test_the_measure_counts_what_it_names(tmp_path):
    # Prepare
    file = tmp_path / "sample.py"
    file.write_text(
        '"""Return what nobody said."""\n# A comment.\n'
        "found = 1  # not a line of its own\nneed = speed = 2\n"
        'def share(own, tags):\n    """Share of the tags."""\n',
        encoding="utf-8",
    )

    # Execute
    figures = measure(file)

    # Assert: what and nobody of eight words, one opening of two, found and own of six names.
    assert figures.shares == (250.0, 50.0, pytest.approx(100 / 3), pytest.approx(1000 / 6))


if __name__ == "__main__":
    whole = Figures()
    print(f"{'room':20} headless/1000 openings % names % comments/1000 long lines")
    for name, figures in sorted(rooms().items()):
        whole += figures
        numbers = "".join(f"{value:12.1f}" for value in figures.shares)
        print(f"{name:20} {numbers} {len(figures.long_lines):8}")
    print(f"{'all':20} " + "".join(f"{value:12.1f}" for value in whole.shares))
