"""The live page's figures: the chain's epoch, weights that are hidden, names, counts of large stores."""

from contextlib import closing

import pytest

from cgp.explorer.chain_line import WeightsState, chain_line
from cgp.explorer.pace import REST, Pace
from cgp.explorer.store_counts import StoreCounts
from cgp.explorer.store_reads import ExplorerStore
from cgp.miner_names import NAMES_FILE, MinerNames, add_miner_names
from tests.explorer.filled import GOOD
from tests.explorer.test_pages import get
from tests.kit.waiting import until

# Epochs of 20 blocks at 80, 100, 120; the head is 110.
HEALTH = {"chain": {"block": 110, "age_seconds": 0.5, "tempo": 20, "epoch_age": 10}}


def line(reveal_epochs, set_at, success=True):
    health = {"chain": HEALTH["chain"] | {"reveal_epochs": reveal_epochs}}
    return chain_line(health, {"block": set_at, "success": success})


def test_the_epoch_is_told_by_its_next_block():
    assert line(0, 105).next_epoch == 120
    assert line(0, 105).block == 110


@pytest.mark.parametrize(
    ("reveal_epochs", "set_at", "state", "block"),
    [
        (0, 105, WeightsState.OPEN, 0),
        # Committed in the epoch under way: the next one reveals.
        (1, 105, WeightsState.COMMITTED, 120),
        (3, 105, WeightsState.COMMITTED, 160),
        (1, 95, WeightsState.REVEALED, 100),
        (2, 95, WeightsState.COMMITTED, 120),
        (1, 61, WeightsState.REVEALED, 80),
        (None, 105, WeightsState.UNKNOWN, 0),
    ],
)
def test_weights_are_hidden_until_the_epoch_that_reveals_them(reveal_epochs, set_at, state, block):
    shown = line(reveal_epochs, set_at)

    assert (shown.weights, shown.reveal_block) == (state, block)


def test_refused_weights_are_nowhere_on_the_chain():
    assert line(1, 105, success=False).weights is WeightsState.UNKNOWN


@pytest.mark.parametrize(
    "health", [None, {}, {"chain": "no"}, {"chain": {"block": "7"}}, {"status": "away"}]
)
def test_a_strange_health_page_tells_nothing_of_the_chain(health):
    assert chain_line(health, None) is None


def test_a_long_reading_is_made_less_often():
    now = 0.0
    pace = Pace(lambda: now)
    assert pace.due
    with pace.reading():
        now = 2.0

    now = 2.0 + 2.0 * REST - 0.1
    assert not pace.due
    now += 0.2
    assert pace.due


def test_counts_of_answers_add_up_whichever_part_is_counted_anew(folder):
    with closing(ExplorerStore(folder[1].store_url)) as store:
        latest = store.recent_answers(1)[0].received_at
        counts = StoreCounts(store)
        counts.read()
        fresh = counts.answers(latest)
        # Two hours later all answers are old ones.
        later = StoreCounts(store).answers(latest + 7200)

    assert fresh == later == 6
    assert counts.conversations["done"] == counts.windows == counts.windows_done == 3


def test_miners_have_the_names_that_the_file_gives_them(tmp_path):
    names = MinerNames(tmp_path)
    without = names.shown("5Long" + "x" * 40)
    add_miner_names(tmp_path, {"5Miner": "miner-1"})
    named = names.of("5Miner")
    (tmp_path / NAMES_FILE).write_text("[broken")

    assert (without, named) == ("5Longxxx…", "miner-1")
    assert names.shown("5Miner") == "5Miner"


def test_a_name_is_shown_wherever_the_miner_is(site, folder):
    add_miner_names(folder[0], {GOOD: "the <b>good</b> one"})
    try:
        for path in ("/", "/conversation/ferry?window=0", "/incentive"):
            # Another test may have read the live page just now: its snapshot is kept for a second.
            until(lambda path=path: "the &lt;b&gt;good&lt;/b&gt; one" in get(site, path).text)
    finally:
        (folder[0] / NAMES_FILE).unlink()


def test_a_search_that_nothing_fits_says_so(site):
    nothing = [
        get(site, f"/search?q=quantum+chromodynamics&kind={kind}").text
        for kind in ("windows", "tags")
    ]

    assert all("Nothing relevant was found." in page for page in nothing)
