"""Everything that the replicas of a stopped cluster hold, as events of the history."""

from history import disk_log
from history import events
from history import record_batches


def read_back(brokers, topics):
    """`brokers`: {name: data directory}; `topics`: {topic id: (name, {partition: high watermark})}.

    Entries of every replica, up to the last that holds an offset below the high watermark. Each entry's records are
    decoded once: where a replica has other bytes than the one before, the difference is a violation by itself.
    """
    decoded = set()
    for broker, data_dir in brokers.items():
        for replica in disk_log.replicas(data_dir):
            name, ends = topics.get(replica.topic_id, (None, {}))
            if replica.partition in ends:
                yield from _replica(broker, name, replica, ends[replica.partition], decoded)


def _replica(broker, topic, replica, high, decoded):
    where = {"topic": topic, "partition": replica.partition}
    committed = 0
    for entry in replica.entries():
        facts = {"index": entry.index, "term": entry.term, "base_offset": entry.base_offset, "count": entry.count}
        yield {"e": "entry", "replica": broker, **where, **facts, "digest": entry.digest}
        if entry.count and entry.base_offset < high:
            committed = entry.index
        seen = (topic, replica.partition, entry.index)
        if entry.type == disk_log.DATA and entry.base_offset < high and seen not in decoded:
            decoded.add(seen)
            yield from _records(where, entry)
    yield {"e": "log_end", "replica": broker, **where, "committed_index": committed}


def _records(where, entry):
    for record in record_batches.records_of(entry.payload):
        digest = events.digest_of(record.key, record.value, record.headers)
        place = {"offset": record.offset, "index": entry.index, "term": entry.term}
        name = events.id_of(record.key, record.value)
        yield {"e": "stored", **where, **place, "id": name, "digest": digest, "producer_id": record.producer_id}
