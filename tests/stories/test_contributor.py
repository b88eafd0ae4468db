"""A contributor's first hour: a format and a command, written as CONTRIBUTING.md shows them."""

import re

import pytest

pytestmark = pytest.mark.peers

PAGE = "CONTRIBUTING.md"


def test_a_format_and_a_command_are_added(newcomer):
    newcomer.types("./setup.sh dataset ", "README.md")

    # The format.
    source = newcomer.clone / "cgp/sources/formats/minutes.py"
    source.write_text(newcomer.block(PAGE, "python", "Minutes of a club"), encoding="utf-8")
    talk = newcomer.clone / "club.minutes"
    talk.write_text(
        "#minutes\nAnn> The ferry is late again.\nBo> It waits for the tide.\n", encoding="utf-8"
    )
    assert "Minutes of a club" in newcomer.types(".venv/bin/cgp import --list-formats", PAGE)
    told = newcomer.types(".venv/bin/cgp tag FILE", PAGE, FILE="club.minutes")
    assert '"tags"' in told

    # The command, with its line in the table.
    command = newcomer.clone / "cgp/cli/words.py"
    command.write_text(newcomer.block(PAGE, "python", "def words("), encoding="utf-8")
    entry = re.search(r'`("words": \(.*?\),)`', newcomer.page(PAGE)).group(1)
    table = newcomer.clone / "cgp/cli/app.py"
    table.write_text(
        table.read_text(encoding="utf-8").replace(
            "_COMMANDS = {\n", f"_COMMANDS = {{\n    {entry}\n", 1
        ),
        encoding="utf-8",
    )
    line = ".venv/bin/cgp tag FILE"
    told = newcomer.types(line, PAGE, tag="words", FILE="club.minutes")
    assert told.split() == ["5", "Ann", "5", "Bo"]

    # The tests that hold the rules, as the page names them, and the checks of form.
    for test in ("tests/test_architecture.py", "tests/test_recipes.py"):
        assert test in newcomer.page(PAGE)
    told = newcomer.types(
        ".venv/bin/python -m pytest tests/search -q ",
        PAGE,
        **{
            "tests/search": "tests/test_recipes.py tests/test_architecture.py -k 'recipe or words or minutes or circle'"
        },
    )
    assert "passed" in told
