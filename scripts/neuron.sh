#!/usr/bin/env bash
# Replace this process by a neuron in the project's environment: neuron.sh miner|validator [flags].
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  miner | validator) ;;
  *)
    echo "usage: $0 miner|validator [flags]" >&2
    exit 2
    ;;
esac
neuron="$1"
shift
[[ -x .venv/bin/python ]] || {
  echo "error: nothing is set up here; run ./setup.sh" >&2
  exit 1
}
exec .venv/bin/python "$neuron/$neuron.py" "$@"
