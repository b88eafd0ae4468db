"""Notices at the start of a colony of nodes: what a node waits for, what its budget allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgp.counts import counted

if TYPE_CHECKING:
    from cgp.mycelium.colony import ColonyPlan


def notices(plan: ColonyPlan) -> list[str]:
    """Return the notices of the start: a node waits for others, a budget ends rounds."""
    lone = [lone_node_notice(plan)] if len(plan.nodes) == 1 else []
    return lone + ([budget_notice(plan)] if plan.nodes[0].epsilon else [])


def budget_notice(plan: ColonyPlan) -> str:
    """Return how many updates the budget of privacy allows, and whether the rounds fit into it.

    The budget is that of all starts of the nodes together.
    """
    most = plan.nodes[0].releases
    further = plan.updates_left()
    rest = f"{further or 'none'} of them after earlier starts" if further < most else ""
    text = (
        f"With --epsilon a node's head holds one number of its own, with noise, and is sent in "
        f"{counted(most, 'update')} at most (--releases){', ' if rest else ''}{rest}: "
        f"these nodes by themselves make {counted(further, 'round')} at most."
    )
    if plan.rounds <= further:
        return text
    ends = plan.rounds_to_close() == further
    end = "it ends after that" if ends else "stop with Ctrl-C"
    text = f"{text} So --rounds {plan.rounds} will not be reached: {end},"
    if rest:
        return f"{text} or raise --epsilon, which is your own decision."
    return f"{text} or start with --releases {plan.rounds}, which puts more noise into each update."


def lone_node_notice(plan: ColonyPlan) -> str:
    """Return a notice for the only node of a command: its wait, and how others come to it."""
    (node,) = plan.nodes
    waits = f"One node makes no round alone: a first round waits for {node.least_members} nodes."
    if node.activitypub:
        return f"{waits} Others join by --activitypub (docs/fediverse.md)."
    if plan.nats_url:
        return f"{waits} Others join by the same --nats-url."
    return (
        f"{waits} This NATS server admits no others: stop with Ctrl-C, then take --nodes 3 for three "
        "nodes here, or --nats-url or --activitypub to meet others."
    )
