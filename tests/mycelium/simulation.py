"""Many state machines of SPORE on a network of the simulation's own, with its faults and its clock.

Messages may be lost, come twice, late, or in another order; the network may part; nodes may be
killed and come back with what was on their disk. A head is made of the names of the updates that it
counts, so that two heads are the same only if their whole histories are. Everything hangs on one
seed.
"""

import hashlib
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np

from cgp.mycelium.messages import NodeMessage
from cgp.mycelium.spore import resume, start, step
from cgp.mycelium.spore_events import (
    Abstention,
    Aggregate,
    AggregationDone,
    HandOver,
    Ignore,
    Listen,
    Send,
    SendUpdate,
    TakeHead,
    Tick,
    Train,
    TrainingDone,
    Wish,
)
from cgp.mycelium.spore_state import NodeState, Phase, Policy
from cgp.mycelium.transports import LOBBY
from cgp.mycelium.updates import Update, UpdateKind, digest_of_head

STEP = 0.25
RELEASE = np.zeros(4, dtype=np.float32)


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
        # The head of each node's group, and which heads each one came from.
        self.heads = {}
        self.parents = {}
        # Names of nodes whose messages do not reach each other: those of different parts.
        self.parts = {}
        # Nodes that keep their updates after a first round, unless they are needed.
        self.budgets = set()
        # Of each node: how often it counted an update of a node for a round of a group.
        self.counted = {name: Counter() for name in self.names}
        self.closed = defaultdict(list)
        self.moves = 0
        for name in self.names:
            self.begin(name)

    def begin(self, name):
        self.topics[name] = {LOBBY}
        self.heads.setdefault(name, RELEASE)
        state = start(name, self.random.randrange(1 << 30), self.policy, self.now)
        self.states[name] = state.with_head(digest_of_head(self.heads[name]))

    def add(self, count):
        """Let new nodes begin; return their names."""
        names = [f"node-{n:02d}" for n in range(len(self.states), len(self.states) + count)]
        for name in names:
            self.names.append(name)
            self.counted[name] = Counter()
            self.begin(name)
        return names

    def part(self, *parts):
        """Part the network; without parts it is whole again."""
        self.parts = {name: number for number, names in enumerate(parts) for name in names}

    def kill(self, name):
        """End a node without a word; it comes back with what was on its disk."""
        before = self.states[name]
        self.begin(name)
        self.come_back(name, before)

    def come_back(self, name, before):
        kept = replace(self.states[name], closed_rounds=before.closed_rounds)
        self.states[name] = kept
        if before.group:
            self.states[name], actions = resume(
                kept, before.group, self.now, before.carrier_rounds, before.round
            )
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
                case Train():
                    self.train(name, action)
                case Aggregate():
                    self.aggregate(name, action)
                case TakeHead(update):
                    self.heads[name] = update.head
                case HandOver(to):
                    self.hand_over(name, to)

    def message(self, name, action):
        self.sent += 1
        return NodeMessage(
            action.kind, action.group, action.round, self.sent,
            action.nonce, action.to, action.members, head=digest_of_head(self.heads[name]),
            reason=action.reason, node=name,
        )  # fmt: skip

    def train(self, name, action):
        group, number = action.group, action.round
        # As the real node does: an update that was made before is sent again, not made anew.
        key = (name, group, number)
        if key not in self.own:
            if name in self.budgets and number > 1 and not action.is_needed:
                self.give(name, Abstention(group, number, is_final=False))
                return
            weights = np.full(4, self.random.random(), dtype=np.float32)
            parent = digest_of_head(self.heads[name])
            self.own[key] = Update(group, number, weights, 1, parent, 0, node=name)
        self.give(name, TrainingDone(self.own[key]))

    def aggregate(self, name, action):
        made = "/".join(sorted(update.digest for update in action.updates.values()))
        digits = hashlib.sha256(made.encode()).digest()[:16]
        head = np.frombuffer(digits, dtype=np.uint16).astype(np.float32)
        digest = digest_of_head(head)
        if action.expected_head in {"", digest}:
            self.closed[name].append((action.group, action.round))
            for node, update in action.updates.items():
                assert (update.node, update.group, update.round) == (
                    node, action.group, action.round,
                )  # fmt: skip
                self.counted[name][action.group, action.round, node] += 1
            self.parents[digest] = {update.parent for update in action.updates.values()}
            self.heads[name] = head
        is_taken = action.expected_head in {"", digest}
        self.give(name, AggregationDone(action.group, action.round, digest, is_taken))

    def hand_over(self, name, to):
        state, head = self.states[name], self.heads[name]
        if state.group and state.round:
            kind = UpdateKind.MOVE
            update = Update(
                state.group, state.round, head, 1, "0" * 64, 0, kind=kind, to=to, node=name
            )
            self.send(name, LOBBY, update)

    def send(self, sender, topic, message):
        for name in self.names:
            if name == sender or topic not in self.topics[name]:
                continue
            if self.parts.get(name) != self.parts.get(sender):
                continue
            for _ in range(1 + (self.random.random() < self.faults.twice)):
                if self.random.random() >= self.faults.loss:
                    delay = self.random.random() * self.faults.latest
                    self.under_way.append((self.now + delay, name, topic, message))

    def groups(self):
        """Return the members of each group, as the members see themselves."""
        groups = defaultdict(set)
        for name in self.names:
            state = self.states[name]
            if state.group and state.phase in {Phase.MEMBER, Phase.JOINING}:
                groups[state.group].add(name)
        return dict(groups)

    def head_names(self):
        """Return the name of each node's head."""
        return {name: digest_of_head(self.heads[name]) for name in self.names}

    def comes_from(self, head, ancestor):
        """Tell if a head was made, round by round, of heads that came from another one."""
        seen, ahead = set(), {head}
        while ahead:
            if ancestor in ahead:
                return True
            seen |= ahead
            ahead = {p for h in ahead for p in self.parents.get(h, ())} - seen
        return False
