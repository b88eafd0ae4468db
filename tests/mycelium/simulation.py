"""Many state machines of SPORE on a network of the simulation's own, with its faults and its clock.

Messages may be lost, come twice, late, or in another order; nodes may be killed and come back with
the rounds that they closed. Everything hangs on one seed.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np

from cgp.mycelium.messages import NodeMessage
from cgp.mycelium.spore import resume, start, step
from cgp.mycelium.spore_state import (
    Aggregate,
    Ignore,
    Listen,
    NodeState,
    Phase,
    Policy,
    Send,
    SendUpdate,
    Tick,
    Train,
    TrainingDone,
    Wish,
)
from cgp.mycelium.transports import LOBBY
from cgp.mycelium.updates import Update

STEP = 0.25


@dataclass(frozen=True)
class Faults:
    loss: float = 0.0
    twice: float = 0.0
    latest: float = 0.2


class World:
    def __init__(self, count, seed, policy=None, faults=None):
        self.random = random.Random(seed)
        self.policy = policy or Policy()
        self.faults = faults or Faults()
        self.now = 0.0
        self.sent = 0
        self.under_way = []
        self.names = [f"node-{n:02d}" for n in range(count)]
        self.states: dict[str, NodeState] = {}
        self.topics = defaultdict(set)
        self.own = {}
        # Of each node: how often it counted an update of a node for a round of a group.
        self.counted = {name: Counter() for name in self.names}
        self.closed = defaultdict(list)
        self.moves = 0
        for name in self.names:
            self.begin(name)

    def begin(self, name):
        self.topics[name] = {LOBBY}
        self.states[name] = start(name, self.random.randrange(1 << 30), self.policy, self.now)

    def kill(self, name):
        """End a node without a word; it comes back with what was on its disk."""
        before = self.states[name]
        self.begin(name)
        kept = replace(self.states[name], closed_rounds=before.closed_rounds)
        self.states[name] = kept
        if before.group:
            self.states[name], actions = resume(kept, before.group, self.now)
            self.do(name, actions)

    def run(self, seconds):
        end = self.now + seconds
        while self.now < end:
            self.now += STEP
            ready = [m for m in self.under_way if m[0] <= self.now]
            self.under_way = [m for m in self.under_way if m[0] > self.now]
            self.random.shuffle(ready)
            for _, name, topic, message in ready:
                if topic in self.topics[name]:
                    self.give(name, message)
            for name in self.names:
                self.give(name, Tick())

    def give(self, name, event):
        self.states[name], actions = step(self.states[name], event, self.now)
        self.do(name, actions)

    def wish(self, name, group):
        self.give(name, Wish(group))

    def do(self, name, actions):
        for action in actions:
            match action:
                case Listen(topic):
                    self.topics[name].add(topic)
                    self.moves += 1
                case Ignore(topic):
                    self.topics[name].discard(topic)
                case Send():
                    self.send(name, action.topic, self.message(name, action))
                case SendUpdate(topic, number):
                    if (name, topic, number) in self.own:
                        self.send(name, topic, self.own[name, topic, number])
                case Train(group, number):
                    self.train(name, group, number)
                case Aggregate():
                    self.aggregate(name, action)

    def message(self, name, action):
        self.sent += 1
        return NodeMessage(
            action.kind, action.group, action.round, self.sent,
            action.nonce, action.to, action.members, reason=action.reason, node=name,
        )  # fmt: skip

    def train(self, name, group, number):
        # As the real node does: an update that was made before is sent again, not made anew.
        key = (name, group, number)
        if key not in self.own:
            weights = np.full(4, self.random.random(), dtype=np.float32)
            self.own[key] = Update(group, number, weights, 1, "0" * 64, 0, node=name)
        self.give(name, TrainingDone(self.own[key]))

    def aggregate(self, name, action):
        self.closed[name].append((action.group, action.round))
        for node, update in action.updates.items():
            assert (update.node, update.group, update.round) == (node, action.group, action.round)
            self.counted[name][action.group, action.round, node] += 1

    def send(self, sender, topic, message):
        for name in self.names:
            if name == sender or topic not in self.topics[name]:
                continue
            for _ in range(1 + (self.random.random() < self.faults.twice)):
                if self.random.random() >= self.faults.loss:
                    delay = self.random.random() * self.faults.latest
                    self.under_way.append((self.now + delay, name, topic, message))

    def groups(self):
        """Return the members of each group, as the members see themselves."""
        groups = defaultdict(set)
        for name, state in self.states.items():
            if state.group and state.phase in {Phase.MEMBER, Phase.JOINING}:
                groups[state.group].add(name)
        return dict(groups)
