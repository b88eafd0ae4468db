#!/usr/bin/env bash
# Set up what a miner or a validator needs: .venv with the project and the extra `operator`. Once, and
# again after each update; it does nothing where nothing changed. Arguments are further extras of the
# project, such as dataset, llm, privacy, scale or dev.
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh
environment operator "$@"
echo "Ready. See what is missing with: .venv/bin/cgp doctor"
