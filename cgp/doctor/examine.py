"""One examination: every check, in the order in which an operator would mend the findings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from cgp.doctor.findings import Examination, Finding, error
from cgp.doctor.machine import (
    check_dictionaries,
    check_disk,
    check_env_file,
    check_files,
    check_own_ports,
    check_python,
    check_store,
    check_user,
)
from cgp.doctor.outside import check_api, check_chain, check_model, check_wallet

_LOCAL: tuple[Callable[[Examination], Iterator[Finding]], ...] = (
    check_python,
    check_env_file,
    check_user,
    check_files,
    check_disk,
    check_store,
    check_dictionaries,
)


async def examine(case: Examination) -> list[Finding]:
    """Return all findings. Nothing is signed, and nothing on the chain or in the
    store is changed.
    """
    findings = [
        finding
        for check in _LOCAL
        for finding in await asyncio.to_thread(_findings_of, check, case)
    ]
    wallet, about_wallet = check_wallet(case)
    findings.append(about_wallet)
    hotkey = None if wallet is None else str(wallet.hotkey.ss58_address)
    findings += await check_own_ports(case, hotkey)
    if wallet is None:
        text = "the chain is not looked at without a wallet"
        findings.append(error("chain", text, "mend the wallet first"))
    else:
        findings += await check_chain(case, wallet)
    findings.append(await check_model(case))
    findings += await check_api(case.settings, case.seconds)
    return findings


def _findings_of(
    check: Callable[[Examination], Iterator[Finding]], case: Examination
) -> list[Finding]:
    return list(check(case))
