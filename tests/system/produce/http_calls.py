"""HTTP as a client sees it: status, header fields and body of every answer, failures too."""

import http.client
import json
import urllib.parse


class Answer:
    def __init__(self, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text
        self.body = json.loads(text) if text else None

    def __getitem__(self, name):
        return self.body[name]

    def __contains__(self, name):
        return name in self.body

    def __repr__(self):
        return f"{self.status} {self.text[:2000]}"


def call(url, method, path, body=None, headers=None, timeout_s=30):
    """`body` is sent as JSON unless it is text already."""
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=timeout_s)
    try:
        data = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request(method, path, body=data, headers={"Content-Type": "application/json", **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())
    finally:
        connection.close()


class Producer:
    """A registered producer; every send may go through another process of the cluster."""

    def __init__(self, url, topic):
        self.url = url
        self.topic = topic
        answer = call(url, "POST", "/producer/register", {"topic": topic})
        assert answer.status == 201, answer
        self.id = answer["producer_id"]

    def body(self, fields):
        return {"topic": self.topic, "producer_id": self.id, **fields}

    def send(self, via=None, **fields):
        return call(via or self.url, "POST", "/producer/produce", self.body(fields))

    def send_many(self, messages, via=None, **fields):
        return self.send(via=via, messages=messages, **fields)


def create_topic(url, name, **fields):
    answer = call(url, "POST", "/topics", {"name": name, **fields})
    assert answer.status == 201, answer
    return answer


def assert_failure(answer, status, code, **members):
    """The failure as http-api.md describes it, whatever its cause."""
    assert (answer.status, answer["status"], answer["code"]) == (status, "failure", code), answer
    assert answer["message"] and answer["component"] and isinstance(answer["retriable"], bool), answer
    assert answer["outcome"] in ("definite", "unknown"), answer
    if status in (429, 503):
        assert answer["retriable"] is True, answer
        assert answer["retry_after_ms"] > 0, answer
        assert int(answer.headers["Retry-After"]) >= max(1, answer["retry_after_ms"] // 1000), answer
    for name, value in members.items():
        assert answer[name] == value, (name, answer)
