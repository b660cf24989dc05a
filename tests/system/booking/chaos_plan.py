"""What a random run does to the processes of the booking application and the cluster below it: a function of the seed."""

import random

from history.chaos_schedule import LEADER, Step

BROKERS = ("broker-1", "broker-2", "broker-3")
MANAGERS = ("wm-1", "wm-2", "rm-1", "rm-2")
FRONT_ENDS = ("booking-fe-1", "booking-fe-2")
REPLICAS = tuple(f"booking-replica-{n}" for n in range(1, 5))
BALANCERS = ("lb-1", "lb-2")
ANY = (*BROKERS, LEADER, LEADER, *MANAGERS, *FRONT_ENDS, *REPLICAS, *BALANCERS, "booking-supervisor")


def one(names):
    return lambda choose: (choose.choice(names),)


def some(names, count):
    return lambda choose: tuple(choose.sample(names, count))


# kind: (weight, what Faults is told to do, to whom, shortest, longest time)
KINDS = {
    "kill": (6, "kill", one(ANY), 0.1, 4.0),
    "freeze": (5, "freeze", one(ANY), 0.3, 5.0),
    "restart": (2, "restart", one(ANY), 0.0, 1.0),
    "kill-two-replicas": (2, "kill", some(REPLICAS, 2), 0.5, 4.0),
    "freeze-three-replicas": (1, "freeze", some(REPLICAS, 3), 0.5, 4.0),
    "kill-all-replicas": (1, "kill", lambda choose: REPLICAS, 0.1, 2.0),
    "kill-front-ends": (1, "kill", lambda choose: FRONT_ENDS, 0.1, 2.0),
    "kill-two-brokers": (1, "kill", some(BROKERS, 2), 0.5, 4.0),
    "kill-all-brokers": (1, "kill", lambda choose: BROKERS, 0.1, 2.0),
    "cut": (3, "cut", some([name for name in ANY if name != LEADER], 2), 0.5, 5.0),
    "isolate": (4, "isolate", one(ANY), 0.5, 5.0),
}
NEED_NETWORK = ("cut", "isolate")
QUIET_S = (0.5, 2.0)


def steps(seed, kinds):
    """Goes on for ever. Every kind comes once before any comes by its weight. Gives (name of the kind, Step)."""
    choose = random.Random(f"booking chaos {seed}")
    first = sorted(kinds)
    choose.shuffle(first)
    number = 0
    while True:
        number += 1
        name = first.pop() if first else choose.choices(sorted(kinds), [KINDS[kind][0] for kind in sorted(kinds)])[0]
        _, what, who, shortest, longest = KINDS[name]
        lasts_s, quiet_s = round(choose.uniform(shortest, longest), 1), round(choose.uniform(*QUIET_S), 1)
        yield name, Step(number, what, who(choose), lasts_s, quiet_s)
