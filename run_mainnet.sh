#!/usr/bin/env bash
# Run a miner or a validator on the main network. The hotkey must be registered there (see README.md).
# Usage: ./run_mainnet.sh miner|validator --netuid N --wallet.name W --wallet.hotkey H [flags]
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh

run_neuron finney "$@"
