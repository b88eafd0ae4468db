#!/usr/bin/env bash
# Chat with the genome on this machine: a gateway that speaks OpenAI's protocol, its NATS server and a worker.
# Needs no key, no account, no model and, once installed, no network. Arguments go to `cgp chat`: a
# question in quotes is answered and cited; without one it serves until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh
environment chat

exec cgp chat "$@"
