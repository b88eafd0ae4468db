#!/usr/bin/env bash
# Set up what a miner or a validator needs: .venv with the project and the extra `operator`. Once, and
# again after each update; it does nothing where nothing changed. Arguments are further extras of the
# project (docs/operating.md lists them); an unknown one is refused, with the list.
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh
environment operator "$@"
echo "Ready. See what is missing with: .venv/bin/cgp doctor"
