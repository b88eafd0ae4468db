"""The validator process: ``python validator/validator.py --netuid 18 --subtensor.network local
...``.

It runs until SIGTERM or SIGINT, then finishes the windows in flight, gives its conversations back
and exits with status 0; a second signal stops it at once. It exits with status 1, saying what to
do, when it cannot start or go on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# A window's arrays are small: threads within them cost several times what they save. Read when
# numpy and the tokenizer load, so set before.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

if __name__ == "__main__":
    # Run as a script, Python puts this folder first on the path, where `import validator` finds
    # this file.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from cgp.own_environment import use_own_environment

    use_own_environment(__file__)

import asyncio
import logging
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack

import bittensor as bt
import uvloop
from sqlalchemy.exc import SQLAlchemyError

from cgp.annotators import AnnotationError
from cgp.api.client import ApiError
from cgp.chain import open_chain, open_wallet
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.scoring import default_rule
from cgp.settings_reference import say_env_file
from cgp.store import StoreError
from cgp.telemetry import configure_logging, first_cause
from validator.condition import Condition
from validator.ground_truth import truth_annotators
from validator.health import serving_health
from validator.mirror import open_store
from validator.service import Validator
from validator.subnet import NotRegisteredError

logger = logging.getLogger("validator")


_EXPECTED_ERRORS = (
    NotRegisteredError,
    StoreError,
    ApiError,
    AnnotationError,
    bt.BittensorError,
    SQLAlchemyError,
    OSError,
)


async def validate(settings: Settings, wallet: bt.Wallet) -> None:
    """Validate until SIGTERM or SIGINT; the health page is there from the first second.

    Raises:
        NotRegisteredError, StoreError, ApiError, AnnotationError, bittensor.BittensorError: if the
            validator cannot start.
    """
    condition = Condition(settings, wallet.hotkey.ss58_address)
    validator_settings = settings.validator
    _stop_on_signals(condition)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            serving_health(
                validator_settings.health_host, validator_settings.health_port, condition.health
            )
        )
        embedder = await asyncio.to_thread(default_embedder)
        store = await asyncio.to_thread(open_store, settings)
        stack.callback(store.close)
        # The annotators first: what is wrong with them is said before any network is asked.
        annotator, *more_annotators = await stack.enter_async_context(truth_annotators(settings))
        chain = await stack.enter_async_context(open_chain(settings, wallet))
        rule = default_rule(embedder)
        validator = Validator(
            settings,
            wallet,
            chain,
            store,
            annotator,
            embedder,
            rule,
            more_annotators=more_annotators,
            condition=condition,
        )
        await validator.run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a validator with flags (``sys.argv`` by default), the environment and ``.env``."""
    settings = Settings.from_command_line(arguments)
    configure_logging(settings.log)
    say_env_file(logger)
    try:
        uvloop.run(validate(settings, open_wallet(settings.wallet)))
    except asyncio.CancelledError:
        logger.warning("Stopped at once; what was in flight is done again after the next start")
        return 1
    except Exception as error:
        cause = first_cause(error)
        if isinstance(cause, _EXPECTED_ERRORS):
            logger.critical("Cannot go on: %s", cause)
        else:
            logger.critical("Cannot go on", exc_info=error)
        return 1
    logger.info("Stopped")
    return 0


def _stop_on_signals(condition: Condition) -> None:
    """Let the first SIGTERM or SIGINT stop the validator in good order, the second one at once."""
    task = asyncio.current_task()
    signals = 0

    def on_signal() -> None:
        nonlocal signals
        signals += 1
        if signals == 1:
            logger.info("Stopping: finishing the windows in flight")
            condition.stopping.set()
        elif task is not None:
            task.cancel()

    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, on_signal)


if __name__ == "__main__":
    sys.exit(main())
