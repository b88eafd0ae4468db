"""The explorer beside the API: opened for an application, closed after it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import Thread

from fastapi import FastAPI

from cgp.api.desk import Desk
from cgp.config import Settings
from cgp.embedders.choose import make_embedder
from cgp.explorer.app import add_explorer
from cgp.explorer.explorer import Explorer
from cgp.explorer.index_memo import IndexMemo
from cgp.explorer.rendering import load_templates
from cgp.explorer.rooms.sources import sources_with_tags
from cgp.explorer.store_reads import ExplorerStore
from cgp.search import GenomeIndex

logger = logging.getLogger(__name__)

_FIRST_QUERY = "conversation"


@contextmanager
def explorer_pages(
    app: FastAPI, desk: Desk, settings: Settings, *, operator: bool = False
) -> Iterator[None]:
    """Add the explorer's pages to the API's application while the context lasts.

    ``operator`` lets them show hidden gold windows, which are for the operator alone.
    """
    with closing(ExplorerStore(settings.store_url)) as store:
        explorer = Explorer(
            store=store,
            index=desk.index,
            embedder=make_embedder(settings),
            policy=desk.policy,
            data_dir=settings.data_dir,
            reads_per_minute=settings.api.reads_per_minute,
            health_url=settings.explorer.health_url,
            operator=operator,
        )
        add_explorer(app, explorer)
        app.state.at_exit.append(explorer.feed.close)
        # The first reader of a large index would wait for seconds: this reads ahead.
        warming = Thread(target=warm, args=(explorer,), daemon=True)
        warming.start()
        try:
            yield
        finally:
            # It reads the index, which is closed next.
            warming.join()


def warm(explorer: Explorer) -> None:
    """Do ahead what the first reader of each page would wait for."""
    try:
        load_templates()
        explorer.state_counts.value()
        explorer.source_quality.value()
        if validator := next(iter(explorer.store.validators()), None):
            explorer.clusters.of(validator[0])
        explorer.read_index(partial(_warm_index, explorer.orders))
        explorer.maps.current()
    except Exception:
        # The page itself will say what is wrong, each time that it is asked for.
        logger.exception("The pages could not be read ahead")


def _warm_index(orders: IndexMemo, index: GenomeIndex) -> None:
    overview = index.overview()
    orders.of(index, "tags", overview.tag_order)
    orders.of(index, "sources", lambda: sources_with_tags(overview))
    # The first search loads the embedder and the vectors.
    index.search(_FIRST_QUERY, count=1)
