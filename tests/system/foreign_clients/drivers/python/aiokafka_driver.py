"""aiokafka: the asynchronous client in Python, with an idempotent producer of its own."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from driver_loop import records_of, say, say_record, serve


def code_of(failure):
    return getattr(failure, "errno", None) or -1


async def _produce(job):
    options = {
        "bootstrap_servers": job["brokers"],
        "acks": "all" if job.get("acks", -1) == -1 else job["acks"],
        "enable_idempotence": job.get("idempotent", False),
        "compression_type": None if job.get("compression", "none") == "none" else job["compression"],
        "linger_ms": job.get("linger_ms", 0),
        "request_timeout_ms": min(10_000, job.get("timeout_ms", 60_000)),
    }
    if "batch_bytes" in job:
        options["max_batch_size"] = job["batch_bytes"]
    if "request_bytes" in job:
        options["max_request_size"] = job["request_bytes"]
    producer = AIOKafkaProducer(**options)
    await producer.start()
    try:
        sent = []
        for number, record, key, value, headers in records_of({**job, "pace_per_s": 0}):
            where = {"partition": record.get("partition"), "timestamp_ms": record.get("timestamp")}
            sent.append((number, await producer.send(job["topic"], value, key, headers=headers, **where)))
            if job.get("pace_per_s") and number % 10 == 9:
                await asyncio.sleep(10 / job["pace_per_s"])
        for number, future in sent:
            try:
                told = await asyncio.wait_for(future, job.get("timeout_ms", 60_000) / 1000)
                if told is None:  # acks 0
                    say(n=number)
                    continue
                say(n=number, partition=told.partition, offset=told.offset, timestamp=told.timestamp)
            except (KafkaError, asyncio.TimeoutError) as failure:
                say(n=number, error=repr(failure), code=code_of(failure))
    finally:
        await producer.stop()


async def _consume(job):
    options = {"auto_offset_reset": job.get("reset", "none"), "enable_auto_commit": False}
    if "fetch_bytes" in job:
        options["fetch_max_bytes"] = job["fetch_bytes"]
    if "partition_bytes" in job:
        options["max_partition_fetch_bytes"] = job["partition_bytes"]
    isolation = job.get("isolation", "read_uncommitted")
    consumer = AIOKafkaConsumer(bootstrap_servers=job["brokers"], isolation_level=isolation, **options)
    await consumer.start()
    partitions = [TopicPartition(job["topic"], one["partition"]) for one in job["partitions"]]
    consumer.assign(partitions)
    for partition, one in zip(partitions, job["partitions"]):
        if one["at"] == "earliest":
            await consumer.seek_to_beginning(partition)
        elif one["at"] == "latest":
            await consumer.seek_to_end(partition)
        else:
            consumer.seek(partition, one["at"])
    count = 0
    end = time.monotonic() + job.get("timeout_ms", 20_000) / 1000
    while count < job.get("count", 1 << 62) and time.monotonic() < end:
        for batch in (await consumer.getmany(timeout_ms=100)).values():
            for record in batch:
                count += 1
                where = (record.partition, record.offset, record.timestamp, record.timestamp_type)
                say_record(*where, record.key, record.value, record.headers)
    await consumer.stop()


if __name__ == "__main__":
    serve({"produce": lambda job: asyncio.run(_produce(job)), "consume": lambda job: asyncio.run(_consume(job))}, code_of)
