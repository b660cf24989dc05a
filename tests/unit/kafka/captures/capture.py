"""A throwaway broker that answers just enough for foreign clients to go on, and writes down every request.

Usage: capture.py DIR CLIENT, where CLIENT is one of the functions whose names begin with `run_`. Each request
becomes DIR/<client>-<api>-v<version>.request.hex, each answer DIR/<client>-<api>-v<version>.response.hex, without
the length prefix. The answers are made by the few lines below, not by Marquee, and are kept because the client
accepted them. README.md says which clients were run.
"""
import os
import socketserver
import struct
import subprocess
import sys
import threading

NAMES = {0: "produce", 1: "fetch", 2: "list_offsets", 3: "metadata", 8: "offset_commit", 9: "offset_fetch",
         10: "find_coordinator", 18: "api_versions", 19: "create_topics", 20: "delete_topics", 22: "init_producer_id"}
FLEXIBLE = {0: 9, 1: 12, 2: 6, 3: 9, 8: 8, 9: 6, 10: 3, 18: 3, 19: 5, 20: 4, 22: 2}
RANGES = {0: (0, 11), 1: (4, 12), 2: (1, 7), 3: (0, 12), 10: (0, 4), 18: (0, 4), 19: (2, 7), 20: (1, 6), 22: (0, 5)}
if os.environ.get("CAPTURE_OFFSETS"):
    # A consumer of librdkafka commits only to a broker that seems to have groups.
    RANGES.update({8: (2, 9), 9: (1, 9), 11: (0, 5), 12: (0, 3), 13: (0, 1), 14: (0, 3)})
TOPIC, TOPIC_ID = "orders", bytes(range(1, 17))


class Out:
    """Writes fields in the classic or the flexible form."""

    def __init__(self, flexible):
        self.data, self.flexible = b"", flexible

    def put(self, form, *values):
        self.data += struct.pack(">" + form, *values)
        return self

    def raw(self, data):
        self.data += data
        return self

    def uvarint(self, value):
        while value >= 0x80:
            self.data += bytes([value & 0x7F | 0x80])
            value >>= 7
        self.data += bytes([value])
        return self

    def text(self, value):
        raw = None if value is None else value.encode()
        if self.flexible:
            self.uvarint(0 if raw is None else len(raw) + 1)
        else:
            self.put("h", -1 if raw is None else len(raw))
        self.data += raw or b""
        return self

    def count(self, value):
        return self.uvarint(value + 1) if self.flexible else self.put("i", value)

    def end(self):
        if self.flexible:
            self.data += b"\0"
        return self


class State:
    records = b""
    last_offset = 0


def api_versions(out, v, _):
    out.put("h", 0).count(len(RANGES))
    for key, (low, high) in sorted(RANGES.items()):
        out.put("hhh", key, low, high).end()
    if v >= 1:
        out.put("i", 0)
    out.end()


def metadata(out, v, port):
    if v >= 3:
        out.put("i", 0)
    out.count(1).put("i", 1).text("127.0.0.1").put("i", port)
    if v >= 1:
        out.text(None)
    out.end()
    if v >= 2:
        out.text("capture-cluster")
    if v >= 1:
        out.put("i", 1)
    out.count(1).put("h", 0).text(TOPIC)
    if v >= 10:
        out.raw(TOPIC_ID)
    if v >= 1:
        out.put("b", 0)
    out.count(1).put("hii", 0, 0, 1)
    if v >= 7:
        out.put("i", 3)
    out.count(1).put("i", 1).count(1).put("i", 1)
    if v >= 5:
        out.count(0)
    out.end()
    if v >= 8:
        out.put("i", -2147483648)
    out.end()
    if 8 <= v <= 10:
        out.put("i", -2147483648)
    out.end()


def produce(out, v, _):
    out.count(1).text(TOPIC).count(1).put("ihqq", 0, 0, 0, -1)
    if v >= 5:
        out.put("q", 0)
    if v >= 8:
        out.count(0).text(None)
    out.end().end().put("i", 0).end()


def fetch(out, v, _):
    out.put("i", 0)
    if v >= 7:
        out.put("hi", 0, 0)
    out.count(1).text(TOPIC).count(1).put("ihqq", 0, 0, State.last_offset, State.last_offset)
    if v >= 5:
        out.put("q", 0)
    out.count(0)
    if v >= 11:
        out.put("i", -1)
    out.count(len(State.records)).raw(State.records).end().end().end()


def list_offsets(out, v, _):
    if v >= 2:
        out.put("i", 0)
    out.count(1).text(TOPIC).count(1).put("ihqq", 0, 0, -1, 0)
    if v >= 4:
        out.put("i", 3)
    out.end().end().end()


def find_coordinator(out, v, port):
    if v >= 1:
        out.put("i", 0)
    if v < 4:
        out.put("h", 0)
        if v >= 1:
            out.text(None)
        out.put("i", 1).text("127.0.0.1").put("i", port)
    else:
        out.count(1).text("readers").put("i", 1).text("127.0.0.1").put("ih", port, 0).text(None).end()
    out.end()


def init_producer_id(out, v, _):
    out.put("ihqh", 0, 0, 4000, 0).end()


def create_topics(out, v, _):
    out.put("i", 0).count(1).text("made")
    if v >= 7:
        out.raw(TOPIC_ID)
    out.put("h", 0).text(None)
    if v >= 5:
        out.put("ih", 3, 1).count(1).text("retention.ms").text("604800000").put("bbb", 0, 5, 0).end()
    out.end().end()


def delete_topics(out, v, _):
    out.put("i", 0).count(1).text("made")
    if v >= 6:
        out.raw(TOPIC_ID)
    out.put("h", 0)
    if v >= 5:
        out.text(None)
    out.end().end()


def offset_commit(out, v, _):
    out.put("i", 0).count(1).text(TOPIC).count(1).put("ih", 0, 0).end().end().end()


def offset_fetch(out, v, _):
    out.put("i", 0).count(1).text("readers").count(1).text(TOPIC).count(1).put("iqi", 0, 7, 3).text("").put("h", 0)
    out.end().end().put("h", 0).end().end()


def find_batch(body):
    """The record batch in a Produce request: magic 2 stands 16 bytes into it, base offset is 0."""
    for start in range(len(body) - 61):
        length = struct.unpack(">i", body[start + 8:start + 12])[0]
        if body[start:start + 8] == bytes(8) and body[start + 16] == 2 and start + 12 + length <= len(body) and length > 49:
            return body[start:start + 12 + length]
    return b""


class Handler(socketserver.BaseRequestHandler):
    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.request.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def handle(self):
        try:
            while True:
                self.one(self.read(struct.unpack(">i", self.read(4))[0]))
        except (EOFError, OSError):
            pass

    def one(self, frame):
        key, version, correlation = struct.unpack(">hhi", frame[:8])
        name = NAMES.get(key)
        if name is None or (key != 18 and not RANGES[key][0] <= version <= RANGES[key][1]):
            print("no answer for", key, version, file=sys.stderr)
            raise EOFError
        if key == 18 and version > 4:
            out = Out(False).put("ih", correlation, 35).count(1).put("hhh", 18, 0, 4)
        else:
            flexible = version >= FLEXIBLE[key]
            out = Out(flexible).put("i", correlation)
            if key != 18:
                out.end()
            if key == 0:
                State.records = find_batch(frame)
                State.last_offset = struct.unpack(">i", State.records[57:61])[0] if State.records else 0
            globals()[name](out, version, self.server.server_address[1])
        for kind, data in (("request", frame), ("response", out.data)):
            path = f"{FOLDER}/{CLIENT}-{name}-v{version}.{kind}.hex"
            if not os.path.exists(path):
                with open(path, "w") as file:
                    text = data.hex()
                    file.write("\n".join(text[i:i + 96] for i in range(0, len(text), 96)) + "\n")
        self.request.sendall(struct.pack(">i", len(out.data)) + out.data)


def run_kcat(port):
    broker = f"127.0.0.1:{port}"
    produce_args = ["kcat", "-b", broker, "-t", TOPIC, "-P", "-p", "0", "-K", ":", "-H", "colour=red", "-X", "enable.idempotence=true"]
    subprocess.run(produce_args, input=b"k1:first\nk2:second\n:\n", timeout=20, check=False)
    subprocess.run(["kcat", "-b", broker, "-L"], timeout=20, check=False)
    subprocess.run(["kcat", "-b", broker, "-t", TOPIC, "-C", "-p", "0", "-o", "beginning", "-c", "2"], timeout=20, check=False)


def run_kafka_python(port):
    import kafka
    broker = f"127.0.0.1:{port}"
    producer = kafka.KafkaProducer(bootstrap_servers=broker)
    producer.send(TOPIC, key=b"k", value=b"from python", headers=[("h", b"1"), ("empty", b"")])
    producer.send(TOPIC, key=b"k", value=None)
    producer.flush(10)
    producer.close()
    consumer = kafka.KafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest", consumer_timeout_ms=2000)
    partition = kafka.TopicPartition(TOPIC, 0)
    consumer.assign([partition])
    consumer.offsets_for_times({partition: 1700000000000})
    for _ in zip(range(1), consumer):
        pass
    consumer.close()
    try:
        from kafka.admin import KafkaAdminClient, NewTopic
        admin = KafkaAdminClient(bootstrap_servers=broker)
        admin.create_topics([NewTopic("made", 3, 1, topic_configs={"retention.ms": "1000"})])
        admin.delete_topics(["made"])
    except Exception as cause:  # old releases ask for APIs that this broker does not have
        print("admin:", cause, file=sys.stderr)


def run_librdkafka(port):
    import confluent_kafka
    from confluent_kafka.admin import AdminClient, NewTopic
    broker = {"bootstrap.servers": f"127.0.0.1:{port}"}
    producer = confluent_kafka.Producer({**broker, "enable.idempotence": True})
    producer.produce(TOPIC, key=b"k", value=b"from librdkafka", headers={"h": b"1", "none": None}, partition=0)
    producer.produce(TOPIC, value=None, partition=0)
    producer.flush(10)
    consumer = confluent_kafka.Consumer({**broker, "group.id": "readers", "enable.auto.commit": False})
    partition = confluent_kafka.TopicPartition(TOPIC, 0, 0)
    consumer.assign([partition])
    consumer.poll(5)
    consumer.list_topics(timeout=5)
    consumer.offsets_for_times([confluent_kafka.TopicPartition(TOPIC, 0, 1700000000000)], timeout=5)
    if os.environ.get("CAPTURE_OFFSETS"):
        consumer.commit(offsets=[confluent_kafka.TopicPartition(TOPIC, 0, 7)], asynchronous=False)
        consumer.committed([partition], timeout=5)
    admin = AdminClient(broker)
    for done in admin.create_topics([NewTopic("made", 3, 1, config={"retention.ms": "1000"})]).values():
        done.exception(10)
    for done in admin.delete_topics(["made"]).values():
        done.exception(10)
    consumer.close()


FOLDER, CLIENT = sys.argv[1], sys.argv[2].replace("_", "-") + (sys.argv[3] if len(sys.argv) > 3 else "")
socketserver.ThreadingTCPServer.allow_reuse_address = True
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    globals()["run_" + sys.argv[2]](server.server_address[1])
    server.shutdown()
