"""What one miner's process holds: signed windows a second, overload, and strangers who waste its time.

    python benchmarks/miner_load.py                  # everything, some two minutes
    python benchmarks/miner_load.py --seconds 3 --only idle unsigned forged

Everything is real: a miner's process, HTTP over loopback, sr25519 signatures both ways, windows of the
bundled conversations. Validators keep within the miner's own rate limits. One line for each measure says
whether what must hold held; exit status 0: all of it. The machine does all the work, callers' too: on a
busy one the figures are worse than the miner is.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import uvloop
from load_clients import ATTACKS, Validators, windows
from local_miner import LocalSubnet, MinerProcess, free_port, make_subnet
from verdicts import Verdict, say_all

from cgp.annotators.embedded import EmbeddedAnnotator

WANTED_RATE, OFFERED_RATE, WANTED_P99 = 200.0, 220.0, 0.250
WANTED_SHARE = 0.90
OVERLOAD, OVERLOAD_P99 = 4.0, 0.500
HONEST_RATE, HONEST_LINES = 20.0, 16
MOST_SLOWER = 2.0
LEAST_MEDIAN = 0.010
"""Medians below are taken for this: twice a few milliseconds is nothing that anybody could notice."""
IDLE_MINER = Path(__file__).with_name("load_miner.py")
AT_ONCE = 4
VALIDATORS = 8
"""As many as keep 220 windows a second within the rate that a miner allows to each."""
STEADY_SECONDS = 0.1
"""What an annotator takes that depends on no processor: its overload is the same on a busy machine."""
MEASURES = ("rate", "overload", "annotator", "annotator-overload", *ATTACKS)


def milliseconds(seconds: float) -> str:
    """Return a time for people."""
    return f"{1000 * seconds:.1f} ms"


async def measure_rate(subnet: LocalSubnet, miner: MinerProcess, seconds: float) -> Verdict:
    """Measure answers a second and their latency with an annotator that does nothing."""
    validators = Validators(miner.port, subnet.validators, subnet.miner, lines=64)
    await validators.at_a_rate(50, 2.0)
    used = miner.processor_seconds
    load = await validators.at_a_rate(OFFERED_RATE, seconds)
    used = (miner.processor_seconds - used) / max(1, len(load.seconds))
    validators.close()
    p99 = load.percentile(0.99)
    return Verdict(
        "windows a second, idle annotator",
        f"{load.rate:.0f}/s, median {milliseconds(load.percentile(0.5))}, p99 {milliseconds(p99)}, "
        f"{load.failures} failed, {load.badly_signed} badly signed, {milliseconds(used)} of processor each",
        f"{WANTED_RATE:.0f}/s, p99 below {milliseconds(WANTED_P99)}, none failed",
        load.rate >= WANTED_RATE
        and p99 < WANTED_P99
        and not load.failures
        and not load.badly_signed,
    )


async def annotate_alone(seconds: float) -> None:
    """Print how many windows a second the default annotator does without a miner around it."""
    annotator, given = EmbeddedAnnotator(), windows()
    for _ in range(AT_ONCE):
        await annotator.annotate(next(given), max_tags=12)
    began, count = time.monotonic(), 0

    async def keep_annotating() -> None:
        nonlocal count
        while time.monotonic() < began + seconds:
            await annotator.annotate(next(given), max_tags=12)
            count += 1

    await asyncio.gather(*(keep_annotating() for _ in range(AT_ONCE)))
    sys.stdout.write(f"{count / (time.monotonic() - began)}\n")


async def annotator_rate(seconds: float) -> float:
    """Return the default annotator's own rate, measured in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--annotate", str(seconds), stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()
    return float(out)


async def measure_annotator(
    subnet: LocalSubnet, miner: MinerProcess, seconds: float
) -> tuple[Verdict, float]:
    """Compare a miner's rate with that of its annotator alone; return the miner's rate as well.

    The two take turns, so that a machine that grows busier slows both.
    """
    validators = Validators(miner.port, subnet.validators, subnet.miner, lines=AT_ONCE)
    await validators.as_fast_as_possible(2.0)
    shares, rates = [], []
    for _ in range(3):
        alone = await annotator_rate(seconds)
        load = await validators.as_fast_as_possible(seconds)
        shares.append(load.rate / alone)
        rates.append(load.rate)
    validators.close()
    share, rate = statistics.median(shares), statistics.median(rates)
    verdict = Verdict(
        "the default annotator's rate in a miner, of its rate alone",
        f"{share:.0%} ({rate:.1f}/s; turns: {', '.join(f'{s:.0%}' for s in shares)})",
        f"{WANTED_SHARE:.0%}",
        share >= WANTED_SHARE,
    )
    return verdict, rate


async def measure_overload(
    subnet: LocalSubnet, miner: MinerProcess, rate: float, annotator: str, seconds: float
) -> Verdict:
    """Ask four times as much as the miner can do, which is ``rate`` windows a second."""
    validators = Validators(miner.port, subnet.validators, subnet.miner, lines=100)
    await validators.at_a_rate(rate / 2, 2.0)
    load = await validators.at_a_rate(OVERLOAD * rate, seconds)
    validators.close()
    p99, shed = load.percentile(0.99), load.statuses[503]
    others = load.statuses.total() - shed - load.statuses[200]
    return Verdict(
        f"{OVERLOAD:g} times too much ({OVERLOAD * rate:.0f}/s), {annotator} annotator",
        f"{load.rate:.1f}/s answered, p99 {milliseconds(p99)}, {shed} shed of "
        f"{load.statuses.total()}, {others} other failures (by status: {dict(load.statuses)}), "
        f"{load.without_retry_after} without Retry-After",
        f"p99 of the answered below {milliseconds(OVERLOAD_P99)}, the rest 503 with Retry-After, "
        f"{WANTED_SHARE:.0%} of the rate kept",
        p99 < OVERLOAD_P99
        and shed > 0
        and not others
        and not load.without_retry_after
        and load.rate >= WANTED_SHARE * rate,
    )


async def measure_attack(
    subnet: LocalSubnet, miner: MinerProcess, kind: str, seconds: float
) -> Verdict:
    """Measure honest requests before, with and after strangers of one kind."""
    validators = Validators(miner.port, subnet.validators, subnet.miner, lines=HONEST_LINES)
    await validators.at_a_rate(HONEST_RATE, 1.0)
    quiet = [await validators.at_a_rate(HONEST_RATE, seconds / 2)]
    memory = miner.memory
    validator = str(subnet.validators[0].ss58_address)
    clients = Path(__file__).with_name("load_clients.py")
    attacker = await asyncio.create_subprocess_exec(
        sys.executable, str(clients), kind, str(miner.port), subnet.miner, validator
    )
    try:
        connections = await strangers_come(miner.port)
        async with watched_health(miner.port) as health:
            during = await validators.at_a_rate(HONEST_RATE, seconds)
    finally:
        attacker.kill()
        await attacker.wait()
    growth = miner.memory - memory
    await asyncio.sleep(1.0)
    quiet.append(await validators.at_a_rate(HONEST_RATE, seconds / 2))
    validators.close()
    medians = (
        statistics.median(load.percentile(0.5) for load in quiet),
        during.percentile(0.5),
    )
    slower = max(LEAST_MEDIAN, medians[1]) / max(LEAST_MEDIAN, medians[0])
    silent = health.count(False)
    return Verdict(
        f"strangers: {kind}",
        f"median {milliseconds(medians[0])} before and after, {milliseconds(medians[1])} during, "
        f"{during.failures} honest requests failed, {connections} connections, "
        f"health silent {silent} of {len(health)} times, memory {growth:+.0f} MB",
        f"at most {MOST_SLOWER:g} times slower, none failed, health answers",
        slower <= MOST_SLOWER and not during.failures and not silent and len(health) > 0,
    )


async def strangers_come(port: int) -> int:
    """Wait until strangers are connected; return how many connections the miner has open then.

    Raises:
        SystemExit: if none come, since nothing would be measured.
    """
    deadline = time.monotonic() + 60
    async with aiohttp.ClientSession() as http:
        while time.monotonic() < deadline:
            async with http.get(f"http://127.0.0.1:{port}/healthz") as reply:
                connections = (await reply.json())["connections"]
            # Floods open their connections again and again, so that few of them are open at once.
            if connections["open"] > HONEST_LINES + 3:
                await asyncio.sleep(2.0)
                async with http.get(f"http://127.0.0.1:{port}/healthz") as reply:
                    return int((await reply.json())["connections"]["open"])
            await asyncio.sleep(0.05)
    raise SystemExit("no stranger came")


@asynccontextmanager
async def watched_health(port: int) -> AsyncIterator[list[bool]]:
    """Ask for the health page twice a second, on new connections; yield whether it answered."""
    answered: list[bool] = []

    async def look() -> None:
        timeout = aiohttp.ClientTimeout(total=2)
        while True:
            try:
                async with (
                    aiohttp.ClientSession(timeout=timeout) as http,
                    http.get(f"http://127.0.0.1:{port}/healthz") as reply,
                ):
                    answered.append(reply.status == 200)
            except (aiohttp.ClientError, TimeoutError, OSError):
                answered.append(False)
            await asyncio.sleep(0.5)

    looking = asyncio.create_task(look())
    try:
        yield answered
    finally:
        looking.cancel()
        await asyncio.wait([looking])


@asynccontextmanager
async def running(miner: MinerProcess) -> AsyncIterator[MinerProcess]:
    """Wait until a miner is ready; stop it at the end."""
    try:
        await miner.ready()
        yield miner
    finally:
        miner.stop()


async def run(folder: Path, only: Sequence[str], seconds: float) -> bool:
    """Measure what is asked for, a line for each; return whether all held."""
    subnet = await make_subnet(folder, VALIDATORS)
    verdicts: list[Verdict] = []

    def say(verdict: Verdict) -> None:
        verdicts.append(verdict)
        say_all([verdict])

    attacks = [kind for kind in ATTACKS if kind in only]
    if "rate" in only or attacks:
        async with running(subnet.start_miner(free_port(), script=(IDLE_MINER, "0"))) as miner:
            if "rate" in only:
                say(await measure_rate(subnet, miner, 2 * seconds))
            for kind in attacks:
                say(await measure_attack(subnet, miner, kind, seconds))
    if "overload" in only:
        script = (IDLE_MINER, str(STEADY_SECONDS))
        async with running(subnet.start_miner(free_port(), script=script)) as miner:
            rate = AT_ONCE / STEADY_SECONDS
            say(await measure_overload(subnet, miner, rate, "steady", 2 * seconds))
    if {"annotator", "annotator-overload"} & set(only):
        async with running(subnet.start_miner(free_port())) as miner:
            verdict, rate = await measure_annotator(subnet, miner, seconds)
            if "annotator" in only:
                say(verdict)
            if "annotator-overload" in only:
                say(await measure_overload(subnet, miner, rate, "default", 2 * seconds))
    return all(verdict.holds for verdict in verdicts)


def main() -> int:
    """Measure, and print a line for each measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=8.0, help="length of one load")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--annotate", type=float, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.annotate is not None:
        uvloop.run(annotate_alone(chosen.annotate))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        holds = uvloop.run(run(Path(folder), chosen.only, chosen.seconds))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
