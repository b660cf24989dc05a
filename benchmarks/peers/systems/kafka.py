"""Apache Kafka: KRaft, three combined brokers and controllers, RF 3, min.insync.replicas 2.

A topic is durable (`flush.messages=1`: every append is synced before it is acknowledged) or as Kafka makes it (the
operating system writes when it likes).
"""

import base64
import json
import pathlib
import subprocess
import uuid

from .node import Node, NodeFailure
from .system import NODES, Missing, System, addresses, free_ports, install_once, run

VERSION = "4.3.1"
COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
WANTED = [("org.apache.kafka", "kafka_2.13", VERSION), ("org.apache.kafka", "kafka-tools", VERSION)]
WANTED += [("org.slf4j", "slf4j-simple", "1.7.36")]
HEAP = ("-Xms768m", "-Xmx768m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-Djava.awt.headless=true")
QUIET = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)


class Kafka(System):
    name = "kafka"

    def __init__(self, home, work):
        super().__init__(home, work)
        self.libraries = self.home / VERSION

    def install(self):
        run(["java", "-version"])
        install_once(self.libraries, self._copy_dependencies)

    def is_installed(self):
        return self.libraries.exists()

    def _copy_dependencies(self, folder):
        project = folder / "pom.xml"
        project.write_text(_pom())
        run(["mvn", "-B", "-q", "-f", project, COPY_DEPENDENCIES, f"-DoutputDirectory={folder}"])
        if not list(folder.glob("kafka-server*.jar")) and not list(folder.glob("kafka_2.13*.jar")):
            raise Missing("mvn copied no Kafka")

    def java(self, *arguments, options=QUIET):
        return ["java", *options, "-cp", f"{self.libraries}/*", *arguments]

    def make_nodes(self):
        ports, places = free_ports(2 * NODES), self.places()
        self.brokers, controllers = addresses(places, ports[:NODES]), addresses(places, ports[NODES:])
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        nodes = []
        for n in range(NODES):
            folder = self.work / f"node-{n + 1}"
            folder.mkdir(parents=True)
            file = folder / "server.properties"
            file.write_text(_properties(n, folder, self.brokers, controllers))
            # With =, since an id may begin with a hyphen.
            format_log = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", f"--config={file}"]
            run(self.java(*format_log), folder)
            command = self.java("kafka.Kafka", str(file), options=HEAP + QUIET)
            nodes.append(Node(f"kafka-{n + 1}", command, folder, namespace=places[n].namespace))
        return nodes

    def is_ready(self):
        described = self._metadata()
        return described is not None and len(described["brokers"]) == NODES

    def is_whole(self, topic):
        """As every broker sees it: one that was cut off goes on showing how it was before."""
        seen = [self._metadata(topic, broker) for broker in self.brokers]
        return all(one is not None and len(one["brokers"]) == NODES for one in seen) and is_whole(seen)

    def create(self, name, partitions=1, durable=True):
        command = ["--create", "--topic", name, "--partitions", partitions, "--replication-factor", NODES]
        command += ["--config", "min.insync.replicas=2"] + (["--config", "flush.messages=1"] if durable else [])
        self._topics(*command)
        self.wait_until(lambda: self._replicated(name) == partitions, self.nodes)

    def _replicated(self, name):
        """How many partitions have a leader that every replica follows."""
        described = self._metadata(name)
        partitions = described["topics"][0]["partitions"] if described and described["topics"] else []
        return sum(one["leader"] >= 0 and len(one["isrs"]) == NODES for one in partitions)

    def remove(self, name):
        self._topics("--delete", "--topic", name)

    def _topics(self, *arguments):
        tool = self.java("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.addresses())
        run([*tool, *arguments], patience_s=120)

    def leader(self, name):
        described = self._metadata(name)
        partitions = described["topics"][0]["partitions"] if described and described["topics"] else []
        leaders = [one["leader"] for one in partitions if one["partition"] == 0]
        return self.nodes[leaders[0]] if leaders and 0 <= leaders[0] < NODES else None

    def endpoints(self):
        return list(self.brokers)

    def _metadata(self, topic=None, asked=None):
        """What a broker says of all, or None while none answers."""
        command = ["kcat", "-L", "-J", "-m", "2", "-b", asked or self.addresses()] + (["-t", topic] if topic else [])
        try:
            made = subprocess.run(command, capture_output=True, timeout=10, check=False)
        except FileNotFoundError as absent:
            raise NodeFailure("kcat is not installed (Debian package kcat)") from absent
        except subprocess.TimeoutExpired:
            return None
        return json.loads(made.stdout) if made.returncode == 0 else None


def is_whole(seen):
    """Whether the answers of all brokers name one leader of the topic's partition, and all replicas as in sync."""
    partitions = [one["partitions"][0] if one["partitions"] else None for answer in seen for one in answer["topics"]]
    if len(partitions) < len(seen) or None in partitions:
        return False
    one_leader = len({one["leader"] for one in partitions}) == 1 and partitions[0]["leader"] >= 0
    return one_leader and all(len(one["isrs"]) == len(one["replicas"]) for one in partitions)


def _pom():
    wanted = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version></dependency>"
        for group, artifact, version in WANTED
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>marquee.benchmarks</groupId><artifactId>peer</artifactId><version>1</version>"
        f"<packaging>pom</packaging><dependencies>{wanted}</dependencies></project>"
    )


def _properties(n, folder, brokers, controllers):
    data = pathlib.Path(folder) / "data"
    voters = ",".join(f"{i}@{address}" for i, address in enumerate(controllers))
    lines = {
        "process.roles": "broker,controller",
        "node.id": n,
        "controller.quorum.voters": voters,
        "listeners": f"PLAINTEXT://{brokers[n]},CONTROLLER://{controllers[n]}",
        "advertised.listeners": f"PLAINTEXT://{brokers[n]}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": data,
        "default.replication.factor": NODES,
        "min.insync.replicas": 2,
        "offsets.topic.replication.factor": NODES,
        "offsets.topic.num.partitions": 3,
        "transaction.state.log.replication.factor": NODES,
        "transaction.state.log.num.partitions": 3,
        "transaction.state.log.min.isr": 2,
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": 0,
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())
