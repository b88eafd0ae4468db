#!/usr/bin/env bash
# Set up a virtual environment, then lint, check types and run the tests. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh
environment dev

ruff check .
ruff format --check .
mypy cgp miner validator
# Two workers, one for each core of a small machine; a file stays with one worker for its fixtures.
python -m pytest --numprocesses 2 --dist loadfile "$@"
