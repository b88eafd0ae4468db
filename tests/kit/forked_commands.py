"""Runs commands of ``cgp``, each in a process forked from this one, and says what each took.

Python and the packages are loaded once, so that a command's processor time is its own work.
Standard input: one JSON object a line, ``{"arguments": [...], "input": "...", "environment": {...}}``.
Standard output, for each: ``{"status", "cpu_seconds", "peak_mib", "printed"}``, where ``printed`` is both outputs, as Latin-1.
"""

import json
import os
import resource
import sys
import tempfile
from pathlib import Path

MOST_CPU_SECONDS = 60
"""After so much a command is ended, so that a test fails soon and not after hours."""


def load():
    """Import what the commands import, without beginning anything."""
    import cgp.cli.app
    import cgp.privacy
    import cgp.sources
    import cgp.store

    for name in cgp.cli.app.app.registered_groups, cgp.privacy, cgp.sources, cgp.store:
        assert name is not None
    return cgp.cli.app.main


def run(main, arguments, given, environment):
    """Run one command in a fork; return what it took and printed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        said.write(given.encode("utf-8", "surrogatepass"))
        said.seek(0)
        child = os.fork()
        if child == 0:
            status = 70
            try:
                resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
                os.dup2(said.fileno(), 0)
                os.dup2(out.fileno(), 1)
                os.dup2(out.fileno(), 2)
                os.environ.update(environment)
                sys.argv = ["cgp", *arguments]
                main()
                status = 0
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(end.code is not None)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _, status, usage = os.wait4(child, 0)
        out.seek(0)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_mib": usage.ru_maxrss / 1024,
            "printed": out.read().decode("latin-1"),
        }


def main():
    """Run what is asked for until there is no more."""
    command = load()
    os.chdir(Path(sys.argv[1]))
    for line in sys.stdin:
        asked = json.loads(line)
        given, environment = asked.get("input", ""), asked.get("environment", {})
        print(json.dumps(run(command, asked["arguments"], given, environment)), flush=True)


if __name__ == "__main__":
    main()
