"""A cluster whose managers reach PostgreSQL through relays of the test, each through one of its own."""

import collections
import http.client
import json
import pathlib
import socket
import time
import urllib.parse

import running_cluster
from cluster import postgres
from cluster.layout import Layout
from database import Database, until
from database_relay import Relay
from traffic import Traffic

MANAGERS = ("wm-1", "wm-2", "rm-1", "rm-2")


class Answer:
    def __init__(self, status, headers, text, elapsed_s):
        self.status, self.headers, self.elapsed_s = status, headers, elapsed_s
        self.body = json.loads(text) if text.startswith(b"{") else {}
        self.text = text.decode()

    def __repr__(self):
        return f"{self.status} after {self.elapsed_s:.2f} s: {self.text[:400]}"


class OutageCluster(running_cluster.RunningCluster):
    def __init__(self, layout, relays):
        super().__init__(layout)
        self.relays = relays
        self.database = Database(self)

    def is_sanitized(self):
        return b"__asan_init" in self.layout.binary.read_bytes()

    def ask(self, method, path, body=None, url=None, timeout_s=20):
        """The answer, whatever its status, and how long it took."""
        parts = urllib.parse.urlsplit(url or self.url)
        began = time.monotonic()
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_s)
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return Answer(answer.status, answer.headers, text, time.monotonic() - began)

    def manager(self, name):
        return next(entry for entry in self.processes() if entry["name"] == name)

    def http_of(self, name):
        return self.manager(name)["http"]

    def set_relays(self, mode):
        for relay in self.relays.values():
            relay.set(mode)

    def metric(self, name, metric):
        text = self.ask("GET", "/metrics", url=self.http_of(name)).text
        for line in text.splitlines():
            if line.startswith(metric + " "):
                return float(line.split()[-1])
        return None

    def controllers(self):
        """The write managers that say they act as controller."""
        return [n for n in ("wm-1", "wm-2")
                if self.metric(n, "marquee_write_manager_is_controller") == 1]

    def all_brokers_alive(self, manager):
        """As that manager sees it: it places no replica on others."""
        brokers = self.ask("GET", "/brokers", url=self.http_of(manager)).body["brokers"]
        return [broker["state"] for broker in brokers] == ["alive"] * 3

    def wait_until_creating_works(self, name, patience_s=15.0):
        """POST /topics, again and again, until it is there; gives the seconds that took."""
        began = time.monotonic()

        def created():
            answer = self.ask("POST", "/topics", {"name": name, "partitions": 1})
            return answer.status in (201, 409)

        until(created, patience_s)
        return time.monotonic() - began

    def wait_until_every_manager_creates(self, name, patience_s=15.0):
        end = time.monotonic() + patience_s
        for manager in ("wm-1", "wm-2"):
            body = {"name": name}
            url = self.http_of(manager)
            left_s = end - time.monotonic()
            until(lambda url=url: self.ask("POST", "/topics", body, url=url).status in (201, 409), left_s)
        self.api("POST", "/producer/register", {"topic": name})
        until(lambda: self.ask("POST", "/consumer/register", {"topic": name}).status == 201, end - time.monotonic())

    def size_of(self, name):
        """Threads, open files and resident memory of a process."""
        folder = pathlib.Path(f"/proc/{self.manager(name)['pid']}")
        status = (folder / "status").read_text()
        number = {words[0]: words[1] for words in map(str.split, status.splitlines()) if len(words) > 1}
        return {
            "threads": int(number["Threads:"]),
            "files": len(list((folder / "fd").iterdir())),
            "rss_mib": int(number["VmRSS:"]) // 1024,
        }

    def storm(self, name, manager, requests):
        """That many POST /topics at once; the codes of the answers and the time of the slowest."""
        parts = urllib.parse.urlsplit(self.http_of(manager))
        began = time.monotonic()
        sent = []
        for number in range(requests):
            connection = socket.create_connection((parts.hostname, parts.port))
            body = json.dumps({"name": f"{name}-{number}"}).encode()
            head = f"POST /topics HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
            connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
            sent.append(connection)
        codes = collections.Counter()
        for connection in sent:
            connection.settimeout(20)
            answer = connection.makefile("rb").read()
            codes[json.loads(answer.partition(b"\r\n\r\n")[2])["code"]] += 1
            connection.close()
        return codes, time.monotonic() - began

    def traffic(self, topic):
        self.api("POST", "/topics", {"name": topic, "partitions": 2})
        self.leader_of(topic)
        producer = self.api("POST", "/producer/register", {"topic": topic})["producer_id"]
        consumer = self.api("POST", "/consumer/register", {"topic": topic})["consumer_id"]
        return Traffic(self.url, topic, producer, consumer)


def serve(binary, state_dir):
    layout = Layout(running_cluster.ROOT, pathlib.Path(state_dir), running_cluster.free_offset(),
                    pathlib.Path(binary).resolve())
    relays = {name: Relay(layout.postgres_port) for name in MANAGERS}
    url = postgres.url(layout)
    for name, relay in relays.items():
        through = url.replace(f":{layout.postgres_port}/", f":{relay.port}/")
        layout.settings_of[name] = {"postgres": {"url": through}}
    running = OutageCluster(layout, relays)
    try:
        running.control.start()
        yield running
    finally:
        for relay in relays.values():
            relay.set("pass")
        running.control.stop()
        for relay in relays.values():
            relay.close()
        running_cluster.remove_database(running.processes(), layout.state_dir)
        running_cluster._show_crashes(running)

