"""Nodes: machines that each keep some experts, and the reader that asks them for a window.

A node is a worker of the chat's gateway whose models are experts. The reader opens the gates
itself, asks nodes for the experts behind the open ones alone, and computes itself what no node
answers.
"""

from cgp.experts.nodes.choice import NodeChoice, NodeStanding
from cgp.experts.nodes.node import ExpertNode
from cgp.experts.nodes.reading import DistributedReader, ExpertReading, ExpertUse, Place
from cgp.experts.nodes.usage import Usage, UsageBook

__all__ = [
    "DistributedReader",
    "ExpertNode",
    "ExpertReading",
    "ExpertUse",
    "NodeChoice",
    "NodeStanding",
    "Place",
    "Usage",
    "UsageBook",
]
