"""What is done to the cluster, and when: a pure function of the seed, the length and the kinds of faults."""

import dataclasses
import random

BROKERS = ("broker-1", "broker-2", "broker-3")
MANAGERS = ("wm-1", "wm-2", "rm-1", "rm-2")
ANY = (*BROKERS, *MANAGERS, "lb-1")

# What only the running cluster can tell: resolved when the fault begins.
LEADER, CONTROLLER = "leader", "controller"


@dataclasses.dataclass(frozen=True)
class Step:
    """`targets`: names of processes, or LEADER or CONTROLLER. `lasts_s`: until it is healed. `quiet_s`: before it."""

    number: int
    kind: str
    targets: tuple
    lasts_s: float
    quiet_s: float

    def __str__(self):
        return f"{self.kind} {' '.join(self.targets)} for {self.lasts_s:.1f} s".replace("  ", " ")


def _one(names):
    return lambda choose: (choose.choice(names),)


def _pair(choose):
    return tuple(choose.sample(ANY, 2))


# kind: (weight, who, shortest, longest time)
KINDS = {
    "kill": (5, _one((*ANY, LEADER, LEADER, CONTROLLER)), 0.1, 4.0),
    "freeze": (4, _one((*ANY, LEADER, LEADER, CONTROLLER)), 0.3, 6.0),
    "restart": (3, _one((*ANY, LEADER, CONTROLLER)), 0.0, 1.0),
    "kill-two-brokers": (2, lambda choose: tuple(choose.sample(BROKERS, 2)), 0.5, 5.0),
    "kill-all-brokers": (1, lambda choose: BROKERS, 0.1, 2.0),
    "postgres-stop": (1, lambda choose: ("postgres",), 1.0, 8.0),
    "postgres-freeze": (1, lambda choose: ("postgres",), 1.0, 8.0),
    "transfer": (2, lambda choose: (choose.choice(BROKERS),), 0.0, 0.5),
    "cut": (3, _pair, 0.5, 6.0),
    "cut-one-way": (3, _pair, 0.5, 6.0),
    "disk-full": (2, _one((*BROKERS, LEADER)), 1.0, 8.0),
    "cut-from-peers": (2, _one((LEADER, LEADER, *BROKERS)), 0.5, 6.0),
    "isolate": (3, _one((*ANY, LEADER, LEADER)), 0.5, 6.0),
}
NEED_NETWORK = ("cut", "cut-one-way", "cut-from-peers", "isolate")
# Only where they are asked for by name: each broker's data then lies on a small file system in memory.
NEED_MOUNTS = ("disk-full",)
QUIET_S = (1.0, 3.0)


def steps(seed, kinds):
    """Goes on for ever; who runs it stops when the time is over. Every kind comes once before any comes by its weight."""
    unknown = set(kinds) - set(KINDS)
    if unknown:
        raise ValueError(f"no such faults: {', '.join(sorted(unknown))}; there are: {', '.join(KINDS)}")
    choose = random.Random(f"chaos {seed}")
    first = sorted(kinds)
    choose.shuffle(first)
    number = 0
    while True:
        number += 1
        kind = first.pop() if first else choose.choices(sorted(kinds), [KINDS[k][0] for k in sorted(kinds)])[0]
        _, who, shortest, longest = KINDS[kind]
        yield Step(number, kind, who(choose), round(choose.uniform(shortest, longest), 1),
                   round(choose.uniform(*QUIET_S), 1))
