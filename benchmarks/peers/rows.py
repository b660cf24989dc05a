"""What is measured, on whom, and what is wanted: the rows of the goal table in which other systems take part."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Contestant:
    """A system in one setting, loaded over one protocol."""

    name: str
    system: str
    setting: str = "default"  # of the servers
    durable: bool = True  # the topic's choice, where it has one
    client: str = "native_load"  # "native_load" (librdkafka), "http_load", "peer_load" (Go)
    protocol: str = "native"


CONTESTANTS = {
    one.name: one
    for one in (
        Contestant("marquee", "marquee"),
        Contestant("marquee-relaxed", "marquee", durable=False),
        Contestant("marquee-http", "marquee", client="http_load", protocol="http"),
        Contestant("echo", "echo", client="http_load", protocol="http"),
        Contestant("kafka", "kafka", durable=False),
        Contestant("kafka-fsync", "kafka"),
        Contestant("nats", "nats", client="peer_load"),
        Contestant("nats-fsync", "nats", setting="fsync", client="peer_load"),
        Contestant("rabbitmq", "rabbitmq", client="peer_load"),
        Contestant("etcd", "etcd", client="peer_load"),
        Contestant("etcd-http", "etcd", client="http_load", protocol="http"),
    )
}


@dataclasses.dataclass(frozen=True)
class Goal:
    """`own`'s figure over `against`'s. `at_least` bounds it from below, `at_most` from above; `plus_fsyncs` is added to
    what it may be at most. Without `against` the figure itself is bounded."""

    figure: str
    against: str = ""
    at_least: float | None = None
    at_most: float | None = None
    plus_fsyncs: int = 0
    own: str = "marquee"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    says: str
    operation: str  # produce, consume, end-to-end or idle
    contestants: tuple
    options: dict  # of the load clients
    goals: tuple = ()
    partitions: int = 1
    warm_up_s: float = 1.0  # of each figure, besides that of a start
    options_of: dict = dataclasses.field(default_factory=dict)  # {contestant: options that replace those}


def _lower_cpu(*peers, own="marquee"):
    return tuple(Goal("cpu_seconds_per_million", peer, at_most=1.0, own=own) for peer in peers)


DURABLE = ("marquee", "kafka-fsync", "nats-fsync", "rabbitmq", "etcd")
# What each Go client reached its best rate with; etcd's batch is one transaction, at most 128 puts by default.
BEST = {
    "nats": {"connections": 2, "in-flight": 256},
    "nats-fsync": {"connections": 2, "in-flight": 256},
    "rabbitmq": {"connections": 2, "in-flight": 256},
    "etcd": {"connections": 2, "in-flight": 8, "batch": 64},
}
# So many records wait in librdkafka that every partition has its requests full, and few enough to be answered soon.
BATCHES = {"connections": 1, "in-flight": 20_000, "linger-ms": 5}
HTTP_LOAD = {"batch": 1}

ROWS = (
    Row("idle", "nothing asked of them, one topic", "idle", ("marquee", "kafka", "nats", "rabbitmq", "etcd"), {},
        goals=(Goal("memory_mib", at_most=150),)),
    Row("http-64", "HTTP produce, one record a request, durable, 64 connections", "produce",
        ("marquee-http", "echo", "etcd-http"), {**HTTP_LOAD, "connections": 64},
        goals=(Goal("records_per_second", "echo", at_least=0.5, own="marquee-http"),
               Goal("p99_ms", "echo", at_most=3.0, plus_fsyncs=2, own="marquee-http"),
               Goal("records_per_second", "etcd-http", at_least=5.0, own="marquee-http"))),
    Row("http-1", "the same, 1 connection", "produce",
        ("marquee-http", "echo", "etcd-http"), {**HTTP_LOAD, "connections": 1},
        goals=(Goal("p50_ms", "etcd-http", at_most=0.5, own="marquee-http"),)),
    Row("one-in-flight", "one record in flight, durable", "produce", DURABLE,
        {"connections": 1, "in-flight": 1, "linger-ms": 0},
        goals=tuple(Goal("records_per_second", peer, at_least=2.0) for peer in DURABLE[1:])),
    Row("64-in-flight", "64 records in flight, linger 0, durable", "produce", DURABLE,
        {"connections": 1, "in-flight": 64, "linger-ms": 0},
        goals=(Goal("records_per_second", "rabbitmq", at_least=1.5),
               Goal("records_per_second", "nats-fsync", at_least=1.5),
               Goal("records_per_second", "kafka-fsync", at_least=10.0))),
    Row("batches", "best batching of each, durable", "produce", DURABLE, BATCHES,
        goals=(Goal("records_per_second", "kafka-fsync", at_least=1.3), *_lower_cpu(*DURABLE[1:])), options_of=BEST),
    Row("batches-relaxed", "best batching of each, page cache", "produce", ("marquee-relaxed", "kafka", "nats"),
        BATCHES,
        goals=(Goal("records_per_second", "kafka", at_least=1.0, own="marquee-relaxed"),
               *_lower_cpu("kafka", "nats", own="marquee-relaxed")), options_of=BEST),
    Row("cpu-5000", "5,000 records/s (etcd 2,000), durable and not", "produce",
        (*DURABLE, "marquee-relaxed", "kafka", "nats"),
        {"connections": 1, "in-flight": 5000, "linger-ms": 5, "rate": 5000},
        goals=(*_lower_cpu(*DURABLE[1:]), *_lower_cpu("kafka", "nats", own="marquee-relaxed")),
        options_of={"etcd": {"connections": 1, "in-flight": 2000, "rate": 2000}}),
    Row("end-to-end", "1,000 records/s from due time to delivery, durable", "end-to-end", DURABLE[:4],
        {"connections": 1, "in-flight": 1000, "linger-ms": 0, "rate": 1000},
        goals=tuple(Goal("p99_ms", peer, at_most=1.0) for peer in ("nats-fsync", "rabbitmq"))),
    Row("backlog", "consume what is in the page cache", "consume", ("marquee", "kafka", "nats", "rabbitmq"),
        BATCHES,
        goals=(Goal("records_per_second", "kafka", at_least=1.0),)),
    Row("1000-partitions", "1,000 partitions, records round robin", "produce",
        ("marquee", "kafka-fsync", "marquee-relaxed", "kafka"),
        {**BATCHES, "in-flight": 10_000, "partitioning": "round-robin", "timeout-seconds": 60},
        partitions=1000, warm_up_s=10.0,
        goals=(Goal("records_per_second", "kafka-fsync", at_least=5.0),
               Goal("records_per_second", "kafka", at_least=5.0, own="marquee-relaxed"))),
)  # fmt: skip


def choose(words):
    """The rows and contestants that `--only` names; Marquee always takes part, for the ratios."""
    rows = [row for row in ROWS if row.name in words]
    chosen = {name for name, one in CONTESTANTS.items() if name in words or one.system in words}
    known = {row.name for row in ROWS} | set(CONTESTANTS) | {one.system for one in CONTESTANTS.values()}
    unknown = [word for word in words if word not in known]
    if unknown:
        raise ValueError(f"--only: there is no row, system or contestant {', '.join(unknown)}; see --list")
    if chosen:
        chosen |= {name for name, one in CONTESTANTS.items() if one.system == "marquee"}
    return rows or list(ROWS), chosen or set(CONTESTANTS)
