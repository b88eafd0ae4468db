"""Choice of the Python that runs a neuron: the project's own environment, where the set-up made
one.

``pm2 start miner/miner.py --interpreter python3`` starts the machine's Python, which lacks the
packages of the set-up. So the neurons' scripts ask here first, and continue in ``.venv``. Only
the standard library is used, and no syntax that an old Python cannot read.
"""

import importlib.util
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIRED_PACKAGE = "bittensor"
"""A package that every environment in which a neuron can run has."""

PAUSE_SECONDS = 1.0
"""Time between the words of an error and the end, for whoever reads them through a pipe."""


def use_own_environment(script: str) -> None:
    """Go on in the project's ``.venv``, unless a virtual environment was chosen already.

    Replaces this process (the process id stays, for pm2 and systemd); returns where there is
    nothing to do. Exits with status 1, saying what to do, where nothing is set up.
    """
    environment = ROOT / ".venv"
    python = environment / "bin" / "python"
    in_environment = sys.prefix != sys.base_prefix
    # A set-up that was interrupted leaves this mark: its packages may be half there.
    is_half_done = (environment / "setting-up").exists()
    if not in_environment and python.exists() and not is_half_done:
        os.execv(str(python), [str(python), script, *sys.argv[1:]])  # noqa: S606 - our own interpreter
    if importlib.util.find_spec(REQUIRED_PACKAGE) is None:
        sys.stderr.write(
            "error: the Python {} has not what this program needs\nhint: run {} once; it makes {} and "
            "what you started finds it\n".format(sys.executable, ROOT / "setup.sh", environment)
        )
        sys.stderr.flush()
        if not sys.stderr.isatty():
            # A process manager such as pm2 may lose the words of a program that ends at once.
            time.sleep(PAUSE_SECONDS)
        raise SystemExit(1)
