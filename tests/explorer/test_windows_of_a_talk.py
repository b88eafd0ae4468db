"""A chosen window of a long conversation: the page and the box of turns begin where it does."""

from contextlib import closing

import pytest

from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Metadata
from cgp.scoring import seal
from cgp.store import GroundTruthRecord, Store
from cgp.windows import WindowPlan
from tests.explorer.browsing import Visit
from tests.explorer.filled import VALIDATOR, served
from tests.explorer.test_pages import get

TALK = Conversation(
    id="long",
    source="meeting",
    participants=(Participant("Ann"), Participant("Bo")),
    turns=tuple(Turn(n % 2, f"The tide turbine turns for the {n}. time.") for n in range(450)),
)
WINDOWS = [(0, 60), (50, 230), (220, 450)]


@pytest.fixture(scope="module")
def long_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    settings = Settings(data_dir=folder)
    with closing(Store(settings.store_url)) as store:
        store.add_conversations([TALK])
        lease = store.reserve(VALIDATOR, 60)
        sealed = seal(
            Metadata(), conversation=TALK.content_hash, model="m", plan=WindowPlan(), version="1", seed=1
        )  # fmt: skip
        record = GroundTruthRecord(sealed.digest, sealed.document, "m", "e", "1", 1)
        store.seal(lease, record, WINDOWS)
    with served(folder, settings) as running:
        yield running


@pytest.mark.parametrize(("window", "first"), [(0, 1), (1, 51), (2, 221)])
def test_the_page_holds_the_first_turn_of_the_window(long_site, window, first):
    text = get(long_site, f"/conversation/long?window={window}").text
    assert f'id="turn-{first}" class="c{(first - 1) % 2} inside"' in text
    assert f'id="turn-{first - 1}" class="c{first % 2} inside"' not in text


def test_a_start_that_is_asked_for_is_kept(long_site):
    assert 'id="turn-401"' in get(long_site, "/conversation/long?window=0&start=400").text


@pytest.mark.peers
@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("place", ["", "#answers"])
def test_the_box_of_turns_begins_at_the_window(browser, long_site, size, place):
    with Visit(browser, long_site, size=size) as visit:
        page = visit.open(f"/conversation/long?window=2{place}")
        # The page's policy forbids the evaluation of strings, by which `wait_for_function` looks again.
        for _ in range(1200):
            if page.evaluate("document.querySelector('.tall').scrollTop") > 0:
                break
            page.wait_for_timeout(50)
        apart = page.evaluate(
            "document.getElementById('turn-221').getBoundingClientRect().top"
            " - document.querySelector('.tall').getBoundingClientRect().top"
        )
        assert abs(apart) < 2
        assert visit.errors == []
