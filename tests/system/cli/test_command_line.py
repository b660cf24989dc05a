"""The command line tool as a program among others: exit codes, JSON, pipes, completions, interruption."""

import base64
import json
import os
import signal
import subprocess
import time

NOWHERE = "http://127.0.0.1:1"


def run(binary, *arguments, stdin=b"", timeout_s=60, **options):
    return subprocess.run([str(binary), *arguments], input=stdin, capture_output=True, timeout=timeout_s, **options)


def test_exit_codes_say_what_happened(cluster):
    cluster.api("POST", "/topics", {"name": "cli-codes"})
    for code, arguments in [
        (0, ["topic", "describe", "cli-codes"]),
        (1, ["topic", "create", "cli-codes"]),
        (2, ["topic", "frobnicate"]),
        (2, ["consumer", "commit", "x", "not-a-position"]),
        (5, ["topic", "describe", "cli-nowhere"]),
        (5, ["consume", "cli-nowhere"]),
    ]:
        made = cluster.marquee(*arguments, check=False)
        assert made.returncode == code, (arguments, made)
        assert (made.stderr == b"") == (code == 0)


def test_an_unreachable_cluster_is_a_code_of_its_own_and_says_what_to_do(binary):
    made = run(binary, "topic", "list", "--load-balancer", NOWHERE, "--deadline-ms", "200")
    assert made.returncode == 3
    assert NOWHERE.encode() in made.stderr and b"scripts/up" in made.stderr


def test_the_environment_names_several_load_balancers(cluster, binary):
    environment = dict(os.environ, MARQUEE_LOAD_BALANCER=f"{NOWHERE},{cluster.url}")
    assert run(binary, "topic", "list", env=environment).returncode == 0


def test_a_partial_produce_says_how_to_go_on_and_the_second_run_completes_it(cluster):
    cluster.api("POST", "/topics", {"name": "cli-partial"})
    lines = [b"one", b"two", b"x" * 1_100_000, b"four"]
    made = cluster.marquee(
        "produce", "cli-partial", "--connections", "1", "--json", stdin=b"\n".join(lines), check=False
    )
    assert made.returncode == 4
    summary = json.loads(made.stdout)
    failure, rest = [json.loads(line) for line in made.stderr.splitlines()[-2:]]
    assert failure["code"] == "MESSAGE_TOO_LARGE"
    assert rest["resume_at"] == summary["stored_below"] == 2
    lines[2] = b"three"
    resumed = ["--producer-id", rest["producer_id"], "--resume-at", str(rest["resume_at"])]
    cluster.marquee("produce", "cli-partial", "--connections", "1", *resumed, stdin=b"\n".join(lines))
    assert cluster.marquee("consume", "cli-partial").stdout == b"one\ntwo\nthree\nfour\n"


def test_every_answer_is_json_when_asked_for(cluster):
    cluster.marquee("topic", "create", "cli-json", "--json")
    for arguments in [
        ["topic", "list"],
        ["topic", "describe", "cli-json"],
        ["topic", "alter", "cli-json", "--config", "retention.ms=1000000"],
        ["cluster"],
        ["producer", "register", "cli-json"],
        ["produce", "cli-json"],
        ["config-reference"],
        ["completion", "bash"],
        ["topic", "delete", "cli-json"],
    ]:
        json.loads(cluster.marquee(*arguments, "--json").stdout)
    for arguments in [["topic", "describe", "cli-none"], ["topic", "frobnicate"], ["produce", "x", "--file", "/none"]]:
        made = cluster.marquee(*arguments, "--json", check=False)
        assert json.loads(made.stderr)["status"] == "failure", made


def test_binary_records_keys_headers_and_columns_come_out_exactly(cluster, tmp_path):
    content = os.urandom(1 << 20)[: (1 << 20) - 12]
    (tmp_path / "large").write_bytes(content)
    cluster.marquee("produce", "cli-binary", "--file", str(tmp_path / "large"), "--key", "k", "--header", "a=1",
                    "--header", "a")  # fmt: skip
    assert cluster.marquee("consume", "cli-binary", "--raw").stdout == content
    shown = json.loads(cluster.marquee("consume", "cli-binary", "--json").stdout)
    assert base64.b64decode(shown["message_base64"]) == content
    assert shown["key"] == "k" and shown["headers"] == [["a", "1"], ["a", None]]
    columns = cluster.marquee("consume", "cli-binary", "--offsets", "--key", "--headers", "--null").stdout
    assert columns == b"0:0\tk\ta=1,a\t" + content + b"\0"


def test_null_separated_records_hold_newlines(cluster):
    cluster.marquee("produce", "cli-null", "--null", "--connections", "1", stdin=b"a\nb\0c\n\0last")
    assert cluster.marquee("consume", "cli-null", "--null").stdout == b"a\nb\0c\n\0last\0"


def test_consumer_commands_register_show_move_and_delete(cluster):
    cluster.marquee("produce", "cli-consumer", "--connections", "1", stdin=b"0\n1\n2\n3\n4\n")
    consumer = cluster.marquee("consumer", "register", "cli-consumer").stdout.decode().strip()
    size = lambda: cluster.marquee("consumer", "size", consumer).stdout
    consume = lambda *more: cluster.marquee("consume", "cli-consumer", "--consumer-id", consumer, *more).stdout
    assert size() == b"5\n"
    assert consume("--max", "2") == b"0\n1\n"
    shown = json.loads(cluster.marquee("consumer", "show", consumer, "--json").stdout)["consumer"]
    assert [(p["partition"], p["offset"], p["lag"]) for p in shown["positions"]] == [(0, 2, 3)]
    cluster.marquee("consumer", "seek", consumer, "0:4")
    assert consume() == b"4\n"
    cluster.marquee("consumer", "seek", consumer, "--to", "earliest")
    assert consume("--max", "1") == b"0\n"
    cluster.marquee("consumer", "commit", consumer, "0:3")
    assert b"0          3" in cluster.marquee("consumer", "show", consumer).stdout
    cluster.marquee("consumer", "delete", consumer)
    assert cluster.marquee("consumer", "show", consumer, check=False).returncode == 5


def test_a_reader_that_closes_the_pipe_ends_consume_quietly(cluster):
    cluster.marquee("produce", "cli-pipe", stdin=b"".join(b"%d %s\n" % (n, b"x" * 500) for n in range(2000)))
    for more in ([], ["--follow"]):
        command = [str(cluster.layout.binary), "consume", "cli-pipe", *more, "--load-balancer", cluster.url]
        reading = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        reading.stdout.readline()
        reading.stdout.close()
        assert reading.wait(timeout=20) == 0
        assert reading.stderr.read() == b""
    with open("/dev/full", "wb") as full:
        command = [str(cluster.layout.binary), "consume", "cli-pipe", "--load-balancer", cluster.url]
        made = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert made.returncode == 1 and b"No space left" in made.stderr


def test_ctrl_c_ends_follow_and_produce_and_says_how_far_they_got(cluster):
    cluster.marquee("produce", "cli-stop", "--connections", "1", stdin=b"a\nb\n")
    command = [str(cluster.layout.binary), "consume", "cli-stop", "--follow", "--load-balancer", cluster.url]
    reading = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert reading.stdout.readline() + reading.stdout.readline() == b"a\nb\n"
    reading.send_signal(signal.SIGINT)
    _, said = reading.communicate(timeout=20)
    assert reading.returncode == 130 and b"2 records were printed, up to 0:1" in said
    writing = subprocess.Popen(
        [str(cluster.layout.binary), "produce", "cli-stop", "--load-balancer", cluster.url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    writing.stdin.write(b"c\nd\n")
    writing.stdin.flush()
    end = time.monotonic() + 20
    while cluster.marquee("consume", "cli-stop").stdout.count(b"\n") < 3 and time.monotonic() < end:
        time.sleep(0.1)
        writing.stdin.write(b"e\n")
        writing.stdin.flush()
    writing.send_signal(signal.SIGINT)
    assert writing.wait(timeout=20) == 130
    assert b"--resume-at" in writing.stderr.read()


def bash_completes(binary, *words):
    script = 'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _marquee; echo "${COMPREPLY[@]}"'
    made = subprocess.run(["bash", "-c", script, str(binary), *words], capture_output=True, timeout=20, check=True)
    assert made.stderr == b""
    return made.stdout.decode().split()


def test_bash_completes_subcommands_and_options_as_the_help_names_them(binary):
    assert bash_completes(binary, "marquee", "topic", "")[:3] == ["create", "list", "describe"]
    assert bash_completes(binary, "marquee", "--deadline-ms", "5", "consumer", "se") == ["seek"]
    assert bash_completes(binary, "marquee", "consume", "orders", "--fol") == ["--follow"]
    assert bash_completes(binary, "marquee", "consume", "orders", "--js") == ["--json"]
    assert bash_completes(binary, "marquee", "--drop") == []
    # Every subcommand of the help can be completed.
    for line in run(binary, "topic", "--help").stdout.decode().split("Subcommands:")[1].splitlines()[1:]:
        if line.startswith("  ") and line[2] != " ":
            name = line.split()[0]
            assert bash_completes(binary, "marquee", "topic", name) == [name]


def test_zsh_completes_the_same(binary):
    script = (
        "compdef() { :; }; _describe() { print -rl -- ${(P)2}; }; _files() { print files; }; "
        'source <("$0" completion zsh); words=(marquee topic ""); CURRENT=3; _marquee; '
        "words=(marquee produce --file x); CURRENT=4; _marquee"
    )
    made = subprocess.run(["zsh", "-fc", script, str(binary)], capture_output=True, timeout=20, check=True)
    assert made.stderr == b""
    shown = made.stdout.decode().splitlines()
    assert shown[0] == "create:make a topic" and shown[-1] == "files"


def test_bench_measures_both_directions(cluster):
    produced = ["bench", "produce", "--topic", "cli-bench", "--connections", "2", "--seconds", "1", "--json"]
    for more in ([], ["--batch", "10"], ["--no-sequences"]):
        assert json.loads(cluster.marquee(*produced, *more).stdout)["records"] > 0
    consumed = ["bench", "consume", "--topic", "cli-bench", "--consumers", "2", "--seconds", "1", "--json"]
    assert json.loads(cluster.marquee(*consumed).stdout)["records_per_s"] > 0
