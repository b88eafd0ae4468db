#!/usr/bin/env bash
# Set up a virtual environment, then lint, check types and run the tests. Arguments go to pytest.
#   ./run_tests.sh           the tests of the code itself
#   ./run_tests.sh --cov     the same with the branch coverage, which takes about twice as long
#   ./run_tests.sh --peers   the tests against real peers and heavy parts, which it installs first
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh

# Two workers, one for each core of a small machine; a file stays with one worker for its fixtures.
# Files are handed out in the order of tests/conftest.py, the long ones first. No worker takes the place
# of one that a hanging test ended: it would begin that test's file again.
workers=(--numprocesses 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0)

if [[ "${1:-}" == --peers ]]; then
  shift
  source scripts/peers.sh
  environment peers
  peers
  exec python -m pytest -m peers "${workers[@]}" "$@"
fi

environment dev
ruff check .
ruff format --check .
mypy cgp miner validator
exec python -m pytest -m "not peers" "${workers[@]}" "$@"
