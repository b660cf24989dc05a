"""`/openapi.json` and the running processes say the same."""

import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
METHODS = ("get", "post", "put", "patch", "delete")


BOOKING = "/booking/"


@pytest.fixture(scope="module")
def whole_document(shared_cluster):
    with urllib.request.urlopen(shared_cluster.url + "/openapi.json", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("application/json")
        return json.load(answer)


@pytest.fixture(scope="module")
def document(whole_document):
    """Without the booking application, which this cluster does not have (tests/system/booking tries its routes)."""
    paths = {path: item for path, item in whole_document["paths"].items() if not path.startswith(BOOKING)}
    return {**whole_document, "paths": paths}


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def ask(url, method, path, body=None):
    """Status, header fields and parsed body of an answer, whatever its status."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    try:
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def filled(path):
    return re.sub(r"\{[a-z_]+\}", "1", path)


def test_every_documented_path_allows_the_documented_methods(shared_cluster, document):
    for path, item in document["paths"].items():
        documented = {method.upper() for method in METHODS if method in item}
        documented |= {"HEAD"} if "GET" in documented else set()
        status, headers, _ = ask(shared_cluster.url, "PROPFIND", filled(path))
        assert (path, status, set(headers["Allow"].split(", "))) == (path, 405, documented)


def test_no_route_of_the_sources_is_undocumented(document):
    documented = {(method, path) for method, path, _ in operations(document)}
    route = re.compile(r'"(GET|POST|PUT|PATCH|DELETE)",\s*"(/[^"]*)"')
    folders = ("load_balancer", "write_manager", "read_manager", "net")
    found = {
        (method, path)
        for folder in folders
        for source in sorted((ROOT / folder).glob("*.cpp"))
        for method, path in route.findall(source.read_text())
        if not path.startswith("/internal/")
    }
    assert found == documented


def test_no_path_of_the_booking_front_end_is_undocumented(whole_document):
    """Paths; their methods are tried on a cluster with the booking application (tests/system/booking/test_routes.py)."""

    def nameless(path):
        return re.sub(r"\{[a-z_]+\}", "{}", path)

    documented = {nameless(path) for path in whole_document["paths"] if path.startswith(BOOKING)}
    sources = sorted((ROOT / "booking_app" / "front_end").glob("*.cpp"))
    found = {"/booking" + nameless(path) for one in sources for path in re.findall(r'"(/v1/[^"]*)"', one.read_text())}
    # What ends with a slash is the beginning of several.
    begun = {path for path in documented for beginning in found if beginning.endswith("/") and path.startswith(beginning)}
    assert {path for path in found if not path.endswith("/")} | begun == documented
    for _, path, operation in operations(whole_document):
        assert path.startswith(BOOKING) == (operation["tags"] == ["booking"])


def request_examples(document):
    for method, path, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for example in content["examples"].values():
                yield method, path, example["value"]


def test_fields_that_are_not_documented_are_refused_by_name(shared_cluster, document):
    examined = 0
    for method, path, example in request_examples(document):
        status, _, told = ask(shared_cluster.url, method, filled(path), {**example, "undocumented": 1})
        assert (path, status, told.get("pointer")) == (path, 400, "/undocumented")
        examined += 1
    assert examined >= 10


def test_a_field_in_the_query_of_a_request_that_has_none_there_is_refused_by_name(shared_cluster, document):
    for method, path, operation in operations(document):
        in_query = [parameter for parameter in operation.get("parameters", []) if parameter.get("in") == "query"]
        if in_query or "Process" in operation["tags"]:
            continue
        status, _, told = ask(shared_cluster.url, method, filled(path) + "?dry_run=true")
        assert (method, path, status, told.get("pointer")) == (method, path, 400, "/dry_run")


def test_every_documented_field_is_read_and_has_a_type(shared_cluster, document):
    for method, path, example in request_examples(document):
        schemas = [schema for schema in variants(document, path, method) if set(example) <= set(schema["properties"])]
        fields = set().union(*(schema["properties"] for schema in schemas))
        assert fields, f"the example of {method} {path} fits no schema"
        for field in fields:
            others = {name: value for name, value in example.items() if field not in EXCLUSIVE.get(name, ())}
            status, _, told = ask(shared_cluster.url, method, filled(path), {**others, field: [[{}]]})
            where = (path, field, status, str(told.get("pointer")))
            assert status == 400 and told["pointer"].startswith("/" + field), where


# Fields that exclude one another: an example's own must go before the other is tried.
EXCLUSIVE = {
    "message": {"message_base64", "tombstone"},
    "key": {"key_base64"},
    "to": {"timestamp", "positions"},
    "timestamp": {"to", "positions"},
}


def variants(document, path, method):
    """The object schemas that a request's body may have."""
    schema = document["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    found = [schema]
    while found:
        item = found.pop()
        if "$ref" in item:
            found.append(document["components"]["schemas"][item["$ref"].rsplit("/", 1)[1]])
        elif "properties" in item:
            yield item
        else:
            found.extend(item["oneOf"])


@pytest.fixture(scope="session")
def schemathesis(pytestconfig):
    """The tool's executable, installed once beside the builds."""
    environment = ROOT / "build" / "test_tools" / "schemathesis"
    tool = environment / "bin" / "st"
    wanted = HERE / "requirements.txt"
    done = environment / "installed.txt"
    if not done.exists() or done.read_text() != wanted.read_text():
        for command in (
            ["/usr/bin/python3", "-m", "venv", "--clear", str(environment)],
            [str(environment / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "-r", str(wanted)],
        ):
            made = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            if made.returncode != 0:
                pytest.skip(f"schemathesis cannot be installed here: {made.stderr.strip()[-300:]}")
        done.write_text(wanted.read_text())
    return tool


def bounded(document):
    """The document with limits that keep the requests small: of partitions, of time, and of the tool's own work."""
    schemas = document["components"]["schemas"]
    schemas["CreateTopic"]["properties"]["partitions"]["maximum"] = 3
    schemas["CreateTopic"]["properties"]["replication_factor"]["maximum"] = 3
    schemas["Consume"]["properties"]["wait_ms"]["maximum"] = 50
    del schemas["ProduceMany"]["properties"]["messages"]["maxItems"]
    for positions in (schemas["Commit"], schemas["Seek"]["oneOf"][2]):
        del positions["properties"]["positions"]["maxItems"]
    # The largest sequence leaves no room for a second message, which a schema cannot say; ProduceOne has it, too.
    del schemas["ProduceMany"]["properties"]["sequence"]
    for parameter in document["paths"]["/consumer/consume"]["get"]["parameters"]:
        if parameter.get("name") == "wait_ms":
            parameter["schema"]["maximum"] = 50
    return document


@pytest.fixture
def announced_brokers_are_removed(shared_cluster):
    """Who lists or asks all brokers would else meet addresses that nobody has, or that nobody can resolve."""
    ours = {entry["broker_id"] for entry in shared_cluster.processes("broker")}
    yield
    for broker in shared_cluster.api("GET", "/brokers")["brokers"]:
        if broker["broker_id"] not in ours:
            shared_cluster.api("DELETE", f"/broker/{broker['broker_id']}")


@pytest.mark.usefixtures("announced_brokers_are_removed")
def test_schemathesis_finds_nothing(shared_cluster, document, schemathesis, tmp_path):
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(bounded(json.loads(json.dumps(document)))))
    command = [str(schemathesis), "--config-file", str(HERE / "schemathesis.toml"), "run", str(description)]
    options = ["--url", shared_cluster.url, "--no-color", "--continue-on-failure", "--generation-database", "none"]
    options += ["--max-examples", os.environ.get("MARQUEE_SCHEMATHESIS_EXAMPLES", "10")]
    options += ["--seed", os.environ.get("MARQUEE_SCHEMATHESIS_SEED", "1")]
    environment = dict(os.environ, SCHEMATHESIS_HOOKS="schemathesis_hooks", PYTHONPATH=str(HERE))
    made = subprocess.run(
        command + options, capture_output=True, text=True, timeout=900, check=False, cwd=tmp_path, env=environment
    )
    print(made.stdout, file=sys.stderr)
    assert made.returncode == 0, made.stdout[-20000:]
