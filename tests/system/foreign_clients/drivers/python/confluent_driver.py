"""The newest librdkafka, through its own Python binding."""

import time

from confluent_kafka import Consumer, KafkaError, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec
from driver_loop import records_of, say, say_record, serve

PLACES = {"earliest": -2, "latest": -1}


def code_of(failure):
    inner = failure.args[0] if failure.args else None
    return inner.code() if isinstance(inner, KafkaError) else -1


def produce(job):
    options = {
        "bootstrap.servers": job["brokers"],
        "enable.idempotence": job.get("idempotent", False),
        "acks": job.get("acks", -1),
        "compression.type": job.get("compression", "none"),
        "linger.ms": job.get("linger_ms", 0),
        "delivery.timeout.ms": job.get("timeout_ms", 60_000),
        "socket.timeout.ms": 10_000,
        "topic.metadata.refresh.interval.ms": 10_000,
    }
    if "batch_bytes" in job:
        options["batch.size"] = job["batch_bytes"]
    if "request_bytes" in job:
        options["message.max.bytes"] = job["request_bytes"]
    if "partitioner" in job:
        options["partitioner"] = job["partitioner"]
    producer = Producer(options)

    def tell(number):
        def told(error, message):
            if error is not None:
                say(n=number, error=str(error), code=error.code(), fatal=error.fatal())
            else:
                say(n=number, partition=message.partition(), offset=message.offset(), timestamp=message.timestamp()[1])

        return told

    for number, record, key, value, headers in records_of(job):
        where = {name: record[name] for name in ("partition", "timestamp") if name in record}
        producer.produce(job["topic"], value, key, headers=headers, on_delivery=tell(number), **where)
        producer.poll(0)
    producer.flush(job.get("timeout_ms", 60_000) / 1000)


def consume(job):
    options = {
        "bootstrap.servers": job["brokers"],
        "group.id": "unused",
        "enable.auto.commit": False,
        "auto.offset.reset": {"none": "error"}.get(job.get("reset", "none"), job.get("reset")),
        "isolation.level": job.get("isolation", "read_committed"),
        "enable.partition.eof": True,
    }
    if "fetch_bytes" in job:
        options["fetch.max.bytes"] = max(job["fetch_bytes"], 1000)
        options["message.max.bytes"] = 1000  # it must not exceed fetch.max.bytes
    if "partition_bytes" in job:
        options["max.partition.fetch.bytes"] = job["partition_bytes"]
    consumer = Consumer(options)
    places = [TopicPartition(job["topic"], p["partition"], PLACES.get(p["at"], p["at"])) for p in job["partitions"]]
    consumer.assign(places)
    count, at_end = 0, set()
    end = time.monotonic() + job.get("timeout_ms", 20_000) / 1000
    while count < job.get("count", 1 << 62) and time.monotonic() < end:
        if job.get("until_end") and len(at_end) == len(places):
            break
        message = consumer.poll(0.1)
        if message is None:
            continue
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                say(consumer_error=str(message.error()), code=message.error().code())
            else:
                at_end.add(message.partition())
            continue
        count += 1
        kind, timestamp = message.timestamp()
        where = (message.partition(), message.offset(), timestamp, kind - 1)
        say_record(*where, message.key(), message.value(), message.headers(), message.leader_epoch())
    say(at_end=len(at_end) == len(places))
    consumer.close()


def _create(client, job):
    wanted = NewTopic(job["topic"], job["partitions"], job["replicas"], config=job.get("config", {}))
    client.create_topics([wanted], validate_only=job.get("validate_only", False))[job["topic"]].result(30)
    return {"created": job["topic"]}


def _describe(client, job):
    told = client.describe_topics(TopicCollection([job["topic"]]))[job["topic"]].result(30)
    partitions = [
        {
            "partition": one.id,
            "leader": one.leader.id if one.leader else -1,
            "replicas": [node.id for node in one.replicas],
            "isr": [node.id for node in one.isr],
        }
        for one in told.partitions
    ]
    return {"topic_id": str(told.topic_id), "partitions": partitions}


def _configs(client, job):
    resource = ConfigResource(ConfigResource.Type.TOPIC, job["topic"])
    told = client.describe_configs([resource])[resource].result(30)
    return {"config": {name: entry.value for name, entry in told.items()}}


def _cluster(client, job):
    told = client.describe_cluster().result(30)
    brokers = [{"id": node.id, "host": node.host, "port": node.port} for node in told.nodes]
    return {"cluster_id": told.cluster_id, "controller": told.controller.id, "brokers": brokers}


def _offset(client, job):
    named = {"earliest": OffsetSpec.earliest, "latest": OffsetSpec.latest, "max_timestamp": OffsetSpec.max_timestamp}
    wanted = named[job["at"]]() if job["at"] in named else OffsetSpec.for_timestamp(job["at"])
    told = client.list_offsets({TopicPartition(job["topic"], job["partition"]): wanted})
    result = next(iter(told.values())).result(30)
    return {"offset": result.offset, "timestamp": result.timestamp}


def _delete(client, job):
    client.delete_topics([job["topic"]])[job["topic"]].result(30)
    return {"deleted": job["topic"]}


def _list(client, job):
    return {"topics": list(client.list_topics(timeout=30).topics)}


CALLS = {
    "create": _create,
    "delete": _delete,
    "list": _list,
    "describe": _describe,
    "configs": _configs,
    "cluster": _cluster,
    "offset": _offset,
}


def admin(job):
    say(**CALLS[job["call"]](AdminClient({"bootstrap.servers": job["brokers"]}), job))


if __name__ == "__main__":
    serve({"produce": produce, "consume": consume, "admin": admin}, code_of)
