"""What is measured: single cases, and the series that tables and plots are made of. Pure."""

import dataclasses
import itertools

KIB = 1024
MIB = 1024 * 1024
SIZES = (100, KIB, 64 * KIB, MIB)
BATCHES = (1, 10, 100, 1000)
CONNECTIONS = (1, 16, 64, 256, 1000)
PARTITIONS = (1, 10, 100, 1000)
# A request may have 8 MiB.
MOST_REQUEST_BYTES = 8 * MIB - 64 * KIB


@dataclasses.dataclass(frozen=True)
class Case:
    """One load on one topic. `in_flight` and `linger_ms` are librdkafka's; over HTTP `connections` are in flight."""

    protocol: str  # "http" or "native"
    operation: str
    record_bytes: int = KIB
    batch: int = 1
    connections: int = 1
    partitions: int = 1
    replication: int = 3
    durability: str = "durable"
    keys: int = 0
    rate: int = 0
    in_flight: int = 0
    linger_ms: float = 0
    fault: str = ""

    @property
    def name(self):
        parts = [f"{self.protocol}-{self.operation}"]
        if self.moves_records:
            parts += [size_text(self.record_bytes), f"batch={self.batch}"]
        parts += [f"connections={self.connections}"]
        if self.protocol == "native" and self.operation != "consume":
            parts += [f"in-flight={self.in_flight}", f"linger={self.linger_ms:g}"]
        parts += [f"partitions={self.partitions}", f"rf={self.replication}", self.durability]
        parts += [f"keys={self.keys}"] if self.keys else []
        parts += [f"rate={self.rate}"] if self.rate else []
        parts += [self.fault.replace(" ", "-")] if self.fault else []
        return ",".join(parts)

    @property
    def moves_records(self):
        return self.operation in ("produce", "consume", "end-to-end")

    @property
    def topic(self):
        """Cases with the same value may share a topic; consumers need one that holds records of their size."""
        filled = self.record_bytes if self.operation == "consume" else None
        return self.partitions, self.replication, self.durability, filled


@dataclasses.dataclass(frozen=True)
class Series:
    """Cases that differ in one thing, `axis`, which is a field of Case; "" for a series over time."""

    key: str
    title: str
    axis: str
    cases: tuple


def size_text(size):
    if size >= MIB:
        return f"{size // MIB}MiB"
    return f"{size // KIB}KiB" if size >= KIB else f"{size}B"


HTTP_PRODUCE = Case("http", "produce", connections=64)
HTTP_CONSUME = Case("http", "consume", connections=4, batch=100)
# librdkafka's best batching: batches as large as they may be.
NATIVE_PRODUCE = Case("native", "produce", batch=10_000, in_flight=100_000, linger_ms=5)
NATIVE_CONSUME = Case("native", "consume")
END_TO_END = Case("native", "end-to-end", batch=10_000, rate=1000, in_flight=100_000)


def vary(base, axis, values):
    return tuple(dataclasses.replace(base, **{axis: value}) for value in values)


def round_robin(base, partitions):
    return tuple(dataclasses.replace(base, partitions=count) for count in partitions)


def few_in_flight(case):
    """Twenty batches: small ones would wait for half a minute behind the 100,000 records of full batching."""
    return dataclasses.replace(case, in_flight=min(case.in_flight, 20 * case.batch))


def produce_series():
    http, native = HTTP_PRODUCE, NATIVE_PRODUCE
    sixteen = dataclasses.replace(http, connections=16)
    one_by_one = dataclasses.replace(native, batch=1, in_flight=1, linger_ms=0)
    small = dataclasses.replace(native, in_flight=64, linger_ms=0)
    return [
        Series(
            "http-produce-connections",
            "Produce over HTTP, one record a request: connections",
            "connections",
            vary(http, "connections", CONNECTIONS),
        ),
        Series(
            "http-produce-size",
            "Produce over HTTP, 16 connections: record size",
            "record_bytes",
            vary(sixteen, "record_bytes", SIZES),
        ),
        Series(
            "http-produce-batch",
            "Produce over HTTP, 16 connections: records a request",
            "batch",
            vary(sixteen, "batch", BATCHES),
        ),
        Series(
            "http-produce-partitions",
            "Produce over HTTP, 64 connections: partitions, round robin",
            "partitions",
            round_robin(http, PARTITIONS),
        ),
        Series(
            "http-produce-copies",
            "Produce over HTTP, 64 connections: replicas and durability",
            "replication",
            kinds(http),
        ),
        Series(
            "http-produce-keys",
            "Produce over HTTP, 64 connections, 10 partitions: keys",
            "keys",
            vary(dataclasses.replace(http, partitions=10), "keys", (0, 1000)),
        ),
        Series(
            "http-produce-rate",
            "Produce over HTTP, 64 connections: fixed rates (open loop)",
            "rate",
            vary(http, "rate", (500, 1000, 2000, 5000)),
        ),
        Series(
            "native-produce-in-flight",
            "Native produce, one producer: records in flight",
            "in_flight",
            (one_by_one, small, native),
        ),
        Series(
            "native-produce-size",
            "Native produce, one producer, full batches: record size",
            "record_bytes",
            vary(native, "record_bytes", SIZES),
        ),
        Series(
            "native-produce-batch",
            "Native produce, one producer: records a batch, at most",
            "batch",
            (*map(few_in_flight, vary(native, "batch", BATCHES)), native),
        ),
        Series(
            "native-produce-partitions",
            "Native produce, one producer: partitions, round robin",
            "partitions",
            round_robin(native, PARTITIONS),
        ),
        Series(
            "native-produce-connections",
            "Native produce, 64 in flight in each: producers",
            "connections",
            vary(small, "connections", (1, 16, 64)),
        ),
        Series(
            "native-produce-copies",
            "Native produce, full batches: replicas and durability",
            "replication",
            kinds(native),
        ),
        Series(
            "native-produce-keys",
            "Native produce, full batches, 10 partitions: keys",
            "keys",
            vary(dataclasses.replace(native, partitions=10), "keys", (0, 1000)),
        ),
    ]


def kinds(base):
    return tuple(
        dataclasses.replace(base, replication=replication, durability=durability)
        for replication, durability in itertools.product((1, 3), ("durable", "relaxed"))
    )


def consume_series():
    http, native = HTTP_CONSUME, NATIVE_CONSUME
    return [
        Series(
            "http-consume-connections",
            "Consume over HTTP, 100 records a request: consumers",
            "connections",
            vary(http, "connections", (1, 16, 64, 256, 1000)),
        ),
        Series(
            "http-consume-size",
            "Consume over HTTP, 4 consumers, 10 records a request: record size",
            "record_bytes",
            vary(dataclasses.replace(http, batch=10), "record_bytes", SIZES),
        ),
        Series(
            "http-consume-batch",
            "Consume over HTTP, 4 consumers: records a request",
            "batch",
            vary(http, "batch", BATCHES),
        ),
        Series(
            "http-consume-partitions",
            "Consume over HTTP, 4 consumers: partitions",
            "partitions",
            vary(http, "partitions", PARTITIONS[:-1]),
        ),
        Series(
            "native-consume-size",
            "Native consume of a backlog, one consumer: record size",
            "record_bytes",
            vary(native, "record_bytes", SIZES),
        ),
        Series(
            "native-consume-connections",
            "Native consume of a backlog, 10 partitions: consumers",
            "connections",
            vary(dataclasses.replace(native, partitions=10), "connections", (1, 4, 10)),
        ),
        Series(
            "native-consume-partitions",
            "Native consume of a backlog, one consumer: partitions",
            "partitions",
            vary(native, "partitions", PARTITIONS),
        ),
        Series(
            "end-to-end",
            "From producer to consumer at 1,000 records/s",
            "durability",
            vary(END_TO_END, "durability", ("durable", "relaxed")),
        ),
    ]


def other_series():
    creations = ("register-producer", "register-consumer", "create-topic")
    made = [
        Series(
            f"http-{operation}",
            f"HTTP: {operation.replace('-', ' ')}",
            "connections",
            vary(Case("http", operation), "connections", (1, 16)),
        )
        for operation in creations
    ]
    killed = "kill the leader"
    http = dataclasses.replace(HTTP_PRODUCE, rate=1000, fault=killed)
    native = dataclasses.replace(NATIVE_PRODUCE, rate=1000, linger_ms=0, fault=killed)
    return made + [
        Series("http-fault", "Over time: produce over HTTP at 1,000/s, the leader is killed", "", (http,)),
        Series("native-fault", "Over time: native produce at 1,000/s, the leader is killed", "", (native,)),
    ]


def all_series():
    return produce_series() + consume_series() + other_series()


def every_combination():
    """What --full adds: the whole matrix of produce and consume, as far as requests may be that large."""
    made = []
    for size, batch, connections, partitions, replication, durability, keys in itertools.product(
        SIZES, BATCHES, CONNECTIONS, PARTITIONS, (1, 3), ("durable", "relaxed"), (0, 1000)
    ):
        common = {"record_bytes": size, "partitions": partitions, "replication": replication, "durability": durability}
        if size * batch <= MOST_REQUEST_BYTES:
            made.append(Case("http", "produce", batch=batch, connections=connections, keys=keys, **common))
            if keys == 0:
                made.append(Case("http", "consume", batch=batch, connections=connections, **common))
        if connections <= 256:
            in_flight = max(1, min(20 * batch, 256 * MIB // size // connections))
            made.append(
                Case(
                    "native",
                    "produce",
                    batch=batch,
                    connections=connections,
                    keys=keys,
                    in_flight=in_flight,
                    linger_ms=5,
                    **common,
                )
            )
            if keys == 0 and batch == 1:
                made.append(Case("native", "consume", connections=connections, **common))
    return made


def plan(series, only, full):
    """The cases to measure, each once; those that share a topic one after the other. `only`: texts of which one must be
    in the name of the case or of its series."""
    found = {}
    for one in series:
        for case in one.cases:
            if not only or any(text in one.key or text in case.name for text in only):
                found.setdefault(case, None)
    if full:
        for case in every_combination():
            if not only or any(text in case.name for text in only):
                found.setdefault(case, None)
    return sorted(found, key=lambda case: (bool(case.fault), case.partitions, str(case.topic)))
