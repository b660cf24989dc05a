"""`marquee doctor` and `marquee cluster --watch` on a cluster that loses one thing after the other."""

import json
import signal
import subprocess
import time


def doctor(cluster, *arguments):
    """Exit code, severity, and the findings by check."""
    made = subprocess.run(
        [str(cluster.layout.binary), "doctor", "--json", "--state-dir", str(cluster.layout.state_dir), *arguments],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert made.stdout, made
    told = json.loads(made.stdout)
    findings = {}
    for each in told["findings"]:
        findings.setdefault(each["check"], []).append(each)
        assert (each["severity"] == "ok") == (each["advice"] == ""), each
    return made.returncode, told["severity"], findings


def wait_for(look, what, seconds=20):
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.2)
    return seen


def named(cluster, name):
    return next(entry for entry in cluster.processes() if entry["name"] == name)


def about(findings, check, subject):
    return [each for each in findings[check] if subject in each["subject"]]


def watch(cluster, seconds):
    """What --watch prints within that time, to a pipe."""
    running = subprocess.Popen(
        [str(cluster.layout.binary), "cluster", "--watch", "--interval-s", "0.3", "--deadline-ms", "300",
         "--load-balancer", cluster.url],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=20)
    assert running.returncode == 130
    return out.decode()


def check_healthy(cluster):
    code, _, findings = wait_for(lambda: (d := doctor(cluster))[1] == "ok" and d, "a healthy cluster")
    assert code == 0
    assert set(findings) == {
        "processes", "partitions", "replicas", "links", "disk", "postgresql", "clocks", "versions", "access", "limits",
    }  # fmt: skip
    assert all(len(each) == 1 for each in findings.values())
    assert "PROCESS" in watch(cluster, 1.0) and "\x1b" not in watch(cluster, 0.5)


def check_lost_services(cluster):
    secret = cluster.layout.state_dir / "secrets" / "cluster_secret"
    secret.chmod(0o644)
    for name in ("lb-1", "postgres", "rm-1"):
        cluster.kill(named(cluster, name))
    managers = [entry["name"] for entry in cluster.processes() if entry["role"] == "write_manager"]
    wait_for(
        lambda: about(doctor(cluster)[2], "postgresql", managers[0]), "the finding that PostgreSQL does not answer"
    )
    code, severity, findings = doctor(cluster)
    assert (code, severity) == (2, "critical")
    assert "does not run" in about(findings, "processes", "lb-1")[0]["what"]
    assert "--restart lb-1" in about(findings, "processes", "lb-1")[0]["advice"]
    assert about(findings, "processes", "postgres")[0]["severity"] == "critical"
    assert about(findings, "processes", "rm-1")[0]["severity"] == "warning", "another read manager is left"
    assert about(findings, "access", "cluster_secret")[0]["severity"] == "critical"
    assert findings["partitions"][0]["severity"] == "ok", "brokers do not need any of those"
    assert "no answer now" in watch(cluster, 1.0)
    secret.chmod(0o600)


def check_lost_brokers(cluster):
    brokers = cluster.processes("broker")
    cluster.kill(brokers[0])
    found = wait_for(
        lambda: (f := doctor(cluster)[2])["partitions"][0]["severity"] == "warning" and f, "under-replicated partitions"
    )
    assert "does not run" in about(found, "processes", brokers[0]["name"])[0]["what"]
    cluster.kill(brokers[1])
    found = wait_for(
        lambda: (f := doctor(cluster)[2])["partitions"][0]["severity"] == "critical" and f, "partitions without leader"
    )
    assert "no leader" in found["partitions"][0]["what"]


def test_findings_say_what_was_lost(own_cluster):
    cluster = own_cluster
    cluster.api("POST", "/topics", {"name": "doctored", "partitions": 2})
    cluster.leader_of("doctored")
    check_healthy(cluster)
    frozen = named(cluster, "rm-2")
    with cluster.frozen(frozen):
        found = about(doctor(cluster)[2], "processes", "rm-2")
        assert "runs but does not answer" in found[0]["what"]
    check_lost_services(cluster)
    check_lost_brokers(cluster)


def test_nothing_known_is_a_wrong_command_line(binary, tmp_path):
    made = subprocess.run(
        [str(binary), "doctor", "--state-dir", str(tmp_path), "--load-balancer", "http://127.0.0.1:1"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 2


def test_brokers_can_be_named_alone(cluster, tmp_path):
    addresses = [entry["http"].removeprefix("http://") for entry in cluster.processes("broker")]
    secret = cluster.layout.state_dir / "secrets" / "cluster_secret"
    arguments = [word for address in addresses for word in ("--broker", address)]
    made = subprocess.run(
        [str(cluster.layout.binary), "doctor", "--json", "--state-dir", str(tmp_path), "--secret-file", str(secret),
         "--load-balancer", "http://127.0.0.1:1", *arguments],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    findings = {each["check"]: each for each in json.loads(made.stdout)["findings"]}
    assert findings["partitions"]["severity"] == "ok" and findings["links"]["severity"] == "ok"
