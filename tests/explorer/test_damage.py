"""Faults while the pages are served: a damaged index, a store that is away, a defect of the server."""

import shutil
import sqlite3
from contextlib import closing, contextmanager
from functools import partial

import pytest
from sqlalchemy.exc import OperationalError

from cgp.explorer.serving import explorer_pages
from tests.api.served import serving
from tests.explorer.filled import served
from tests.explorer.test_pages import get

BROWSER = {"Accept": "text/html"}
PROGRAM = {"Accept": "application/json"}


def damage(catalogue):
    """Overwrite the first page of each table and index but of the facts, by which an index is opened."""
    with closing(sqlite3.connect(catalogue)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        query = "SELECT rootpage FROM sqlite_master WHERE rootpage > 1 AND tbl_name != 'facts'"
        pages = [row[0] for row in connection.execute(query)]
    with catalogue.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)


def test_the_pages_go_on_without_an_index_that_is_damaged_and_take_it_again_when_it_is_whole(
    folder, tmp_path
):
    # Prepare
    shutil.copytree(folder[0], tmp_path, dirs_exist_ok=True)
    settings = folder[1].model_copy(update={"data_dir": tmp_path})
    catalogue = settings.index_dir / "catalogue.sqlite"
    whole = catalogue.read_bytes()
    damage(catalogue)

    with served(tmp_path, settings) as site:
        # Execute
        paths = ("/conversations", "/search?q=ferry", "/tags", "/participants", "/sources", "/map")
        pages = {path: get(site, path) for path in paths}
        conversation = get(site, "/conversation/ferry")
        program = get(site, "/v1/search?q=ferry")
        catalogue.write_bytes(whole)
        later = get(site, "/tags")

    # Assert
    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(paths, 200)
    assert [path for path, page in pages.items() if "cgp index" not in page.text] == []
    assert "/conversation/ferry" in pages["/conversations"].text
    assert conversation.status_code == 200
    assert (program.status_code, program.json()["error"]) == (409, "NoIndex")
    assert "ferry timetable" in later.text


@pytest.fixture(scope="module")
def broken(folder):
    """A site with a page that fails by a defect, and one whose database is away."""

    def fail(error):
        raise error

    @contextmanager
    def extend(app, desk):
        with explorer_pages(app, desk, folder[1]):
            for path, error in (
                ("/defect", RuntimeError("the reason is the operator's")),
                ("/away", OperationalError("SELECT 1", {}, Exception("away"))),
            ):
                app.add_api_route(path, partial(fail, error), include_in_schema=False)
            yield

    with serving(folder[0], extend=extend) as site:
        yield site


def test_a_browser_gets_a_page_for_a_defect_with_the_number_that_the_log_has(broken):
    page = get(broken, "/defect", headers=BROWSER)
    document = get(broken, "/defect", headers=PROGRAM)

    assert page.status_code == document.status_code == 500
    assert "<h1>500" in page.text
    assert page.headers["X-Request-ID"] in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert document.json()["error"] == "Defect"
    assert "operator's" not in page.text + document.text


def test_a_browser_gets_a_page_while_the_store_is_away(broken):
    page = get(broken, "/away", headers=BROWSER)
    document = get(broken, "/away", headers=PROGRAM)

    assert page.status_code == document.status_code == 503
    assert "<h1>503" in page.text
    assert page.headers["Retry-After"] == "1"
    assert document.json()["error"] == "StoreUnavailable"
