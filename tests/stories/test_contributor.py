"""A contributor's first hour: a format and a command, written as CONTRIBUTING.md shows them."""

import re

import pytest

pytestmark = pytest.mark.peers

PAGE = "CONTRIBUTING.md"


def put(newcomer, file, behind, lines):
    """Write lines of one's own behind a line of a file, as a person does in an editor."""
    path = newcomer.clone / file
    text = path.read_text(encoding="utf-8")
    assert behind in text, file
    path.write_text(text.replace(behind, behind + lines, 1), encoding="utf-8")


def test_a_format_and_a_command_are_added(newcomer):
    newcomer.types("./setup.sh dev ", PAGE)

    # The format.
    source = newcomer.clone / "cgp/sources/formats/minutes.py"
    source.write_text(newcomer.block(PAGE, "python", "Minutes of a club"), encoding="utf-8")
    talk = newcomer.clone / "club.minutes"
    talk.write_text(newcomer.block(PAGE, "text", "#minutes\n"), encoding="utf-8")
    assert "Minutes of a club" in newcomer.types(".venv/bin/cgp import --list-formats", PAGE)
    told = newcomer.types(".venv/bin/cgp tag FILE", PAGE, FILE="club.minutes")
    assert '"tags"' in told

    # Its places in the tests and in the documentation, as the page lists them.
    fixture = newcomer.clone / "tests/fixtures/sources/club.minutes"
    fixture.write_text(talk.read_text(encoding="utf-8"), encoding="utf-8")
    read = newcomer.block(PAGE, "text", '("minutes", "club"')
    put(newcomer, "tests/kit/source_talks.py", "READ = {\n", read)
    rendering = newcomer.block(PAGE, "text", 'Rendering("minutes"')
    put(newcomer, "tests/kit/rendered_lines.py", "TURNS = [\n", rendering)
    table = newcomer.types(".venv/bin/cgp import --list-formats --markdown", PAGE)
    page = newcomer.clone / "docs/importing.md"
    begin, _, rest = newcomer.page("docs/importing.md").partition("<!-- formats -->\n")
    end = rest.partition("<!-- /formats -->")[2]
    page.write_text(f"{begin}<!-- formats -->\n{table}<!-- /formats -->{end}", encoding="utf-8")
    told = newcomer.types(
        '.venv/bin/python -m pytest tests/sources -q -m "not peers"',
        PAGE,
        **{
            "tests/sources": "tests/sources/test_plugins.py tests/sources/test_files.py "
            "tests/sources/test_round_trips.py tests/sources/test_growth_of_formats.py "
            "-k 'minutes or every_format_is or of_many_kinds or table_of_today'"
        },
    )
    assert " passed" in told

    # The command, with its line in the table, and its places in the tests.
    command = newcomer.clone / "cgp/cli/words.py"
    command.write_text(newcomer.block(PAGE, "python", "def words("), encoding="utf-8")
    entry = re.search(r'`("words": \(.*?\),)`', newcomer.page(PAGE)).group(1)
    put(newcomer, "cgp/cli/app.py", "_COMMANDS = {\n", f"    {entry}\n")
    line = ".venv/bin/cgp tag FILE"
    told = newcomer.types(line, PAGE, tag="words", FILE="club.minutes")
    assert told.split() == ["5", "Ann", "5", "Bo"]
    put(newcomer, "tests/cli/test_endings.py", "ARGUMENTS = {\n", '    ("words",): ["FILE"],\n')
    walked = '    "words": ["words talk.jsonl"],\n'
    put(newcomer, "tests/test_canaries_of_commands.py", "WALKED = {\n", walked)

    # The tests that hold the rules, as the page names them, and the checks of form.
    for test in ("tests/test_architecture.py", "tests/test_recipes.py"):
        assert test in newcomer.page(PAGE)
    told = newcomer.types(
        ".venv/bin/python -m pytest tests/search -q ",
        PAGE,
        **{
            "tests/search": "tests/test_recipes.py tests/test_architecture.py tests/cli/test_endings.py "
            "tests/test_canaries_of_commands.py -k 'recipe or words or minutes or circle or forgotten or arguments_here'"
        },
    )
    assert "passed" in told
