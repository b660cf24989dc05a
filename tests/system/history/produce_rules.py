"""What must hold of produced messages and of what the partitions hold at the end."""

from history.verdict import look_at_message, look_at_place

# Who was told what about a message, over all its attempts.
OUTCOMES = """
SELECT item.id, item.client, item.topic, item.start,
       max(coalesce(result.ok, 0)) AS acknowledged,
       min(result.outcome = 'definite' AND NOT result.ok) AS refused,
       max(result.end) AS end
FROM item JOIN result ON result.id = item.id GROUP BY item.id
"""


def check(store, verdict):
    for rule in (
        acknowledged_is_stored,
        stored_once,
        refused_is_not_stored,
        nothing_unasked,
        answers_agree,
        offsets_are_dense,
        order_of_time,
        order_of_the_client,
        key_keeps_its_partition,
    ):
        rule(store, verdict)


def acknowledged_is_stored(store, verdict):
    """Each acknowledged message is at its offset, with its bytes."""
    found = store.rows("""
        SELECT result.id, result.try, result.start, result.end, result.topic, result.partition, result.offset,
               item.digest, stored.id, stored.digest
        FROM result JOIN item ON item.id = result.id
        LEFT JOIN stored ON stored.topic = result.topic AND stored.partition = result.partition
                        AND stored.offset = result.offset
        LEFT JOIN final ON final.topic = result.topic AND final.partition = result.partition
        WHERE result.ok AND result.offset >= coalesce(final.log_start, 0)
          AND (stored.id IS NOT result.id OR stored.digest IS NOT item.digest)""")
    for name, attempt, start, end, topic, partition, offset, _, stored_id, stored_digest in found:
        what = (f"{name} (attempt {attempt}, {verdict.during(start, end)}) was acknowledged at {topic}/{partition} "
                f"offset {offset}, where there is ")
        if stored_digest is None:
            verdict.report("acknowledged-lost", what + "nothing", look_at_place(topic, partition, offset))
        elif stored_id != name:
            verdict.report("acknowledged-lost", what + f"{stored_id}", look_at_place(topic, partition, offset))
        else:
            verdict.report("altered", what + "the same message with other bytes", look_at_message(name))


def stored_once(store, verdict):
    """A message is there once; a client that numbers nothing and sends again by itself may double it."""
    found = store.rows("""
        SELECT stored.id, stored.topic, count(*), group_concat(stored.partition || ':' || stored.offset),
               item.start, (SELECT max(end) FROM result WHERE result.id = stored.id)
        FROM stored JOIN item ON item.id = stored.id JOIN client ON client.client = item.client
        WHERE client.sequenced OR NOT client.resends
        GROUP BY stored.id HAVING count(*) > 1""")
    for name, topic, count, places, start, end in found:
        verdict.report("stored-twice", f"{name} ({verdict.during(start, end)}) is {count} times in {topic}, at "
                       f"partition:offset {places}", look_at_message(name))


def refused_is_not_stored(store, verdict):
    found = store.rows(f"""
        SELECT told.id, told.start, told.end, stored.topic, stored.partition, stored.offset
        FROM ({OUTCOMES}) AS told JOIN stored ON stored.id = told.id WHERE told.refused""")
    for name, start, end, topic, partition, offset in found:
        verdict.report("refused-but-stored", f"every attempt of {name} ({verdict.during(start, end)}) was answered "
                       f"that nothing happened, and it is at {topic}/{partition} offset {offset}",
                       look_at_message(name))


def nothing_unasked(store, verdict):
    found = store.rows("""
        SELECT stored.topic, stored.partition, stored.offset, stored.id, stored.digest, item.digest, item.topic
        FROM stored LEFT JOIN item ON item.id = stored.id
        WHERE item.id IS NULL OR item.topic != stored.topic OR item.digest != stored.digest""")
    for topic, partition, offset, name, digest, asked, asked_topic in found:
        where = f"{topic}/{partition} offset {offset}"
        if asked is None or asked_topic != topic:
            verdict.report("phantom", f"{where} holds {name or 'a record that is no message of ours'} "
                           f"({digest}), which nobody sent there", look_at_place(topic, partition, offset))
        else:
            verdict.report("altered", f"{where} holds {name} with other bytes than were sent",
                           look_at_message(name))


def answers_agree(store, verdict):
    """All successful answers to one sequenced message name one place."""
    found = store.rows("""
        SELECT result.id, result.topic, group_concat(DISTINCT partition || ':' || offset), min(result.start),
               max(result.end)
        FROM result JOIN item ON item.id = result.id JOIN client ON client.client = item.client
        WHERE result.ok AND client.sequenced
        GROUP BY result.id HAVING count(DISTINCT partition || ':' || offset) > 1""")
    for name, topic, places, start, end in found:
        verdict.report("answers-differ", f"attempts of {name} in {topic} ({verdict.during(start, end)}) were told "
                       f"different places, partition:offset {places}", look_at_message(name))


def offsets_are_dense(store, verdict):
    place, expected = None, None
    for topic, partition, offset, start in store.rows("""
            SELECT stored.topic, stored.partition, stored.offset, coalesce(final.log_start, 0)
            FROM stored LEFT JOIN final ON final.topic = stored.topic AND final.partition = stored.partition
            ORDER BY stored.topic, stored.partition, stored.offset"""):
        if place != (topic, partition):
            place, expected = (topic, partition), min(start, offset)
        if offset != expected:
            verdict.report("offsets-not-dense", f"{topic}/{partition}: offset {offset} follows where {expected} "
                           "was expected", look_at_place(topic, partition, offset))
        expected = offset + 1


def order_of_time(store, verdict):
    """What was acknowledged before another message was first sent comes before it in the partition."""
    place, earliest = None, None
    for topic, partition, offset, name, start, acknowledged in store.rows("""
            SELECT stored.topic, stored.partition, stored.offset, stored.id, item.start,
                   (SELECT min(result.end) FROM result WHERE result.ok AND result.topic = stored.topic
                    AND result.partition = stored.partition AND result.offset = stored.offset
                    AND result.id = stored.id)
            FROM stored JOIN item ON item.id = stored.id
            ORDER BY stored.topic, stored.partition, stored.offset DESC"""):
        if place != (topic, partition):
            place, earliest = (topic, partition), None
        if earliest and earliest[0] < start:
            verdict.report("out-of-order", f"{topic}/{partition}: {earliest[1]} at offset {earliest[2]} was "
                           f"acknowledged at {verdict.at(earliest[0])}, before {name} was sent at "
                           f"{verdict.at(start)}, which lies before it at offset {offset}",
                           look_at_place(topic, partition, offset))
        if acknowledged is not None and (earliest is None or acknowledged < earliest[0]):
            earliest = (acknowledged, name, offset)


def order_of_the_client(store, verdict):
    """A client that keeps order, and each request by itself: messages lie as they were given."""
    last = {}
    place = None
    for topic, partition, offset, name, client, op, item, ordered in store.rows("""
            SELECT stored.topic, stored.partition, stored.offset, stored.id, item.client, item.op, item.item,
                   client.ordered
            FROM stored JOIN item ON item.id = stored.id JOIN client ON client.client = item.client
            WHERE client.sequenced OR NOT client.resends
            ORDER BY stored.topic, stored.partition, stored.offset"""):
        if place != (topic, partition):
            place, last = (topic, partition), {}
        before = last.get(client)
        late = before is not None and ((op, item) <= before[0] if ordered else op == before[0][0] and item <= before[0][1])
        if late:
            verdict.report("out-of-order", f"{topic}/{partition}: {name} at offset {offset} comes after "
                           f"{before[1]} at offset {before[2]} of the same producer, which was given later",
                           look_at_place(topic, partition, offset))
        if not late:
            last[client] = ((op, item), name, offset)


def key_keeps_its_partition(store, verdict):
    found = store.rows("""
        SELECT stored.topic, item.key_digest, group_concat(DISTINCT stored.partition), min(stored.id), max(stored.id)
        FROM stored JOIN item ON item.id = stored.id WHERE item.key_digest IS NOT NULL
        GROUP BY stored.topic, item.key_digest HAVING count(DISTINCT stored.partition) > 1""")
    for topic, key, partitions, one, other in found:
        verdict.report("key-moved", f"messages of {topic} with the key {key} ({one}, {other}) are in partitions "
                       f"{partitions}", look_at_message(one))
