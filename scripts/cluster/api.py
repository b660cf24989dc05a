"""The few calls of the HTTP API that the scripts need, on the standard library alone."""

import base64
import json
import urllib.error
import urllib.request

from .failure import ClusterFailure


def call(base_url, method, path, body=None, timeout_s=60):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        base_url + path, data=data, method=method, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read(2000).decode(errors="replace")
        raise ClusterFailure(f"{method} {path} was answered {error.code}: {text}") from error
    except OSError as error:
        raise ClusterFailure(f"{method} {base_url}{path}: {error}") from error


def get(url, timeout_s=10):
    """The text of a page, such as /metrics."""
    with urllib.request.urlopen(url, timeout=timeout_s) as answer:
        return answer.read().decode()


def payload(message, field):
    """The bytes of `message` or `key`, which come as text or as base64; None for null."""
    if message.get(field + "_base64") is not None:
        return base64.b64decode(message[field + "_base64"])
    text = message.get(field)
    return None if text is None else text.encode()


def read_all(base_url, topic):
    """Every message of the topic that is there now, in the order of delivery."""
    consumer = call(base_url, "POST", "/consumer/register", {"topic": topic, "from": "earliest"})["consumer_id"]
    poll = 0
    while True:
        poll += 1
        answer = call(
            base_url,
            "POST",
            "/consumer/consume",
            {"topic": topic, "consumer_id": consumer, "max": 1000, "wait_ms": 300, "poll": poll},
        )
        if not answer["messages"]:
            break
        yield from answer["messages"]
    call(base_url, "DELETE", f"/consumer/{consumer}")
