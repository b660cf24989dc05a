"""What must hold of the replicas' logs, and of the time that the cluster took to come back."""

from history.verdict import look_at_client, look_at_place

# A fault is over: something must have been produced and consumed within this time.
PROGRESS_MS = 30_000


def check(store, verdict):
    entries_follow_each_other(store, verdict)
    replicas_are_equal(store, verdict)
    replicas_are_whole(store, verdict)
    progress_comes_back(store, verdict)
    nobody_is_surprised(store, verdict)


def entries_follow_each_other(store, verdict):
    """Per replica: indexes and offsets without holes, terms that never fall."""
    before = None
    for replica, topic, partition, index, term, base, count in store.rows("""
            SELECT replica, topic, partition, idx, term, base_offset, count FROM entry
            ORDER BY replica, topic, partition, idx"""):
        if before and before[0] == (replica, topic, partition):
            _, last_index, last_term, next_offset = before
            where = f"{topic}/{partition} at {replica}: entry {index}"
            if index != last_index + 1:
                verdict.report("entries-not-dense", f"{where} follows entry {last_index}")
            if term < last_term:
                verdict.report("term-fell", f"{where} has term {term} after {last_term}")
            if base != next_offset:
                verdict.report("entries-not-dense", f"{where} begins at offset {base}, expected was {next_offset}",
                               look_at_place(topic, partition, base))
        before = ((replica, topic, partition), index, term, base + count)


def replicas_are_equal(store, verdict):
    """Committed entries are the same bytes everywhere."""
    found = store.rows("""
        SELECT entry.topic, entry.partition, entry.idx, entry.base_offset, group_concat(replica || ' ' || digest, ', ')
        FROM entry JOIN (SELECT topic, partition, max(committed_index) AS committed FROM log_end
                         GROUP BY topic, partition) AS ends
             ON ends.topic = entry.topic AND ends.partition = entry.partition
        WHERE entry.idx <= ends.committed
        GROUP BY entry.topic, entry.partition, entry.idx HAVING count(DISTINCT digest) > 1""")
    for topic, partition, index, base, digests in found:
        verdict.report("replicas-differ", f"{topic}/{partition}: entry {index} (from offset {base}) is not the same "
                       f"everywhere: {digests}", look_at_place(topic, partition, base))


def replicas_are_whole(store, verdict):
    """After healing every replica has everything that is committed, up to the watermark that was told."""
    found = store.rows("""
        SELECT log_end.topic, log_end.partition, log_end.replica, final.high,
               (SELECT max(base_offset + count) FROM entry WHERE entry.topic = log_end.topic
                AND entry.partition = log_end.partition AND entry.replica = log_end.replica) AS reaches
        FROM log_end JOIN final ON final.topic = log_end.topic AND final.partition = log_end.partition
        WHERE coalesce(reaches, 0) < final.high""")
    for topic, partition, replica, high, reaches in found:
        verdict.report("replica-lacks", f"{topic}/{partition} at {replica} ends at offset {reaches}; {high} is "
                       "committed", look_at_place(topic, partition, reaches or 0))


def progress_comes_back(store, verdict):
    found = store.rows("SELECT number, kind, target, healed, progress_ms FROM fault "
                       "WHERE progress_ms IS NULL OR progress_ms > ?", PROGRESS_MS)
    for number, kind, target, healed, progress_ms in found:
        took = "no produce or no consume succeeded" if progress_ms is None else f"it took {progress_ms} ms"
        verdict.report("no-progress", f"fault {number} ({kind} {target}) was healed at {verdict.at(healed)}; within "
                       f"{PROGRESS_MS} ms of that: {took}")


def nobody_is_surprised(store, verdict):
    """An answer that no fault explains: a client noted it."""
    for client, op, start, end, text in store.rows("SELECT client, op, start, end, text FROM surprise ORDER BY start"):
        verdict.report("unexpected-answer", f"{client}, operation {op} ({verdict.during(start, end)}): {text}",
                       look_at_client(client, op))
