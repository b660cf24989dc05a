"""kafka-python, Debian's 2.0.2 and PyPI's 3: the same program, as far as their interfaces agree."""

import time

import kafka
from driver_loop import records_of, say, say_record, serve
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import KafkaError

IS_OLD = kafka.__version__.startswith("2.0")


def code_of(failure):
    return getattr(failure, "errno", None) or -1


def produce(job):
    options = {
        "bootstrap_servers": job["brokers"].split(","),
        "acks": "all" if job.get("acks", -1) == -1 else job["acks"],
        "compression_type": None if job.get("compression", "none") == "none" else job["compression"],
        "linger_ms": job.get("linger_ms", 0),
        "retries": 1000,
        "max_block_ms": job.get("timeout_ms", 60_000),
        "request_timeout_ms": 10_000,
    }
    if not IS_OLD:
        options["enable_idempotence"] = job.get("idempotent", False)
        options["delivery_timeout_ms"] = job.get("timeout_ms", 60_000)
    elif job.get("idempotent"):
        raise ValueError("kafka-python 2.0.2 has no idempotent producer")
    if "batch_bytes" in job:
        options["batch_size"] = job["batch_bytes"]
    if "request_bytes" in job:
        options["max_request_size"] = job["request_bytes"]
    producer = KafkaProducer(**options)
    sent = []
    for number, record, key, value, headers in records_of(job):
        sent.append((number, _send(producer, job, record, key, value, headers)))
    producer.flush(job.get("timeout_ms", 60_000) / 1000)
    for number, future in sent:
        try:
            where = future.get(timeout=job.get("timeout_ms", 60_000) / 1000)
            say(n=number, partition=where.partition, offset=where.offset, timestamp=where.timestamp)
        except KafkaError as failure:
            say(n=number, error=repr(failure), code=code_of(failure))
    producer.close(10)


def _send(producer, job, record, key, value, headers):
    """Records of 2.0.2 cannot have both a null key and a null value, and it asserts that."""
    return producer.send(
        job["topic"],
        value=value,
        key=key,
        headers=headers,
        partition=record.get("partition"),
        timestamp_ms=record.get("timestamp"),
    )


def consume(job):
    options = {
        "bootstrap_servers": job["brokers"].split(","),
        "enable_auto_commit": False,
        "auto_offset_reset": job.get("reset", "none"),
        "group_id": None,
    }
    if not IS_OLD:
        options["isolation_level"] = job.get("isolation", "read_uncommitted")
    if "fetch_bytes" in job:
        options["fetch_max_bytes"] = job["fetch_bytes"]
    if "partition_bytes" in job:
        options["max_partition_fetch_bytes"] = job["partition_bytes"]
    consumer = KafkaConsumer(**options)
    partitions = [TopicPartition(job["topic"], one["partition"]) for one in job["partitions"]]
    consumer.assign(partitions)
    for partition, one in zip(partitions, job["partitions"]):
        if one["at"] == "earliest":
            consumer.seek_to_beginning(partition)
        elif one["at"] == "latest":
            consumer.seek_to_end(partition)
        else:
            consumer.seek(partition, one["at"])
    count = 0
    end = time.monotonic() + job.get("timeout_ms", 20_000) / 1000
    while count < job.get("count", 1 << 62) and time.monotonic() < end:
        for batch in consumer.poll(timeout_ms=100).values():
            for record in batch:
                count += 1
                epoch = getattr(record, "leader_epoch", None)
                where = (record.partition, record.offset, record.timestamp, record.timestamp_type)
                say_record(*where, record.key, record.value, record.headers, epoch)
    consumer.close()


def _refuse_errors(response):
    """The old client raises for some calls only; the new one raises by itself."""
    for entry in getattr(response, "topic_errors", None) or getattr(response, "topic_error_codes", None) or []:
        if entry[1] != 0:
            failure = KafkaError(f"error {entry[1]} for {entry[0]}")
            failure.errno = entry[1]
            raise failure


def admin(job):
    client = KafkaAdminClient(bootstrap_servers=job["brokers"].split(","), request_timeout_ms=15_000)
    try:
        _admin_call(client, job)
    finally:
        client.close()


def _admin_call(client, job):
    call, topic = job["call"], job.get("topic")
    if call == "create":
        wanted = NewTopic(topic, job["partitions"], job["replicas"], topic_configs=job.get("config", {}))
        _refuse_errors(client.create_topics([wanted], validate_only=job.get("validate_only", False)))
        say(created=topic)
    elif call == "delete":
        _refuse_errors(client.delete_topics([topic]))
        say(deleted=topic)
    elif call == "list":
        say(topics=list(client.list_topics()))
    elif call == "describe":
        told = client.describe_topics([topic])[0]
        partitions = [
            {
                "partition": one.get("partition", one.get("partition_index")),
                "leader": one.get("leader", one.get("leader_id")),
                "replicas": one.get("replicas", one.get("replica_nodes")),
                "isr": one.get("isr", one.get("isr_nodes")),
            }
            for one in told["partitions"]
        ]
        say(partitions=partitions)
    elif call == "configs":
        wanted = [ConfigResource(ConfigResourceType.TOPIC, topic)]
        every = {} if IS_OLD else {"config_filter": "all"}  # the new client leaves out defaults
        say(config=_configs(client.describe_configs(wanted, **every)))
    elif call == "cluster":
        told = client.describe_cluster()
        brokers = [
            {"id": one.get("node_id", one.get("broker_id")), "host": one["host"], "port": one["port"]}
            for one in told["brokers"]
        ]
        say(cluster_id=told.get("cluster_id"), controller=told.get("controller_id"), brokers=brokers)
    else:
        raise ValueError(f"unknown call {call}")


def _configs(told):
    if isinstance(told, dict):  # 3.x: resource type -> name -> key -> value
        entries = next(iter(next(iter(told.values())).values()))
        return {k: v["value"] if isinstance(v, dict) else v for k, v in entries.items()}
    return {entry[0]: entry[1] for response in told for resource in response.resources for entry in resource[4]}


if __name__ == "__main__":
    serve({"produce": produce, "consume": consume, "admin": admin}, code_of)
