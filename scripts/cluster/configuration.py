"""The configuration file of each process, as TOML. `marquee config-reference` explains the keys."""

import json

from . import postgres
from .layout import Layout, Member


def settings_of(layout: Layout, member: Member) -> dict:
    """Dotted key -> value."""
    write_managers = [manager.address("http") for manager in layout.of_role("write_manager")]
    read_managers = [manager.address("http") for manager in layout.of_role("read_manager")]
    brokers = [broker.address("http") for broker in layout.of_role("broker")]
    shared = {"name": member.name, "cluster.secret_file": str(layout.secret_file)}
    if member.role == "broker":
        return shared | {
            "data_dir": str(layout.data_dir(member)),
            "kafka.listen": member.address("kafka"),
            "raft.listen": member.address("raft"),
            "http.listen": member.address("http"),
            "threads": 1,
            "write_managers": write_managers,
        }
    if member.role == "write_manager":
        return shared | {
            "http.listen": member.address("http"),
            "postgres.url": postgres.url(layout),
            "brokers": brokers,
        }
    if member.role == "read_manager":
        return shared | {
            "http.listen": member.address("http"),
            "postgres.url": postgres.url(layout),
            "brokers": brokers,
        }
    return shared | {
        "http.listen": member.address("http"),
        "write_managers": write_managers,
        "read_managers": read_managers,
    }


def to_toml(settings: dict) -> str:
    """JSON's strings, numbers, booleans and lists of strings are TOML's, too."""
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())


def write(layout: Layout, member: Member) -> None:
    path = layout.config_file(member)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"# Written by scripts/up at every start.\n{to_toml(settings_of(layout, member))}")
