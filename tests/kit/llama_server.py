"""Runs llama.cpp's own server in this process: ``llama_server.py MODEL [--context TOKENS]``.

Prints the address and serves until standard input is closed, so that it ends with the test that started
it. Needs the package ``xllamacpp``, which ships llama.cpp with its server as a wheel.
"""

from __future__ import annotations

import argparse
import sys

import xllamacpp


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--context", type=int, default=8192, help="tokens, of each of two slots")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    parameters = xllamacpp.CommonParams()
    parameters.model.path = arguments.model
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_parallel = 2
    parameters.n_ctx = 2 * arguments.context
    parameters.cpuparams.n_threads = arguments.threads
    parameters.cpuparams_batch.n_threads = arguments.threads
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
