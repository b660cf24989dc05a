"""docs/operations/ and docs/guarantees.md agree with the executable and with the tree."""

import re

import configuration_page
import running_cluster
from markdown_page import anchors_of

DOCS = running_cluster.ROOT / "docs"
PAGES = [*DOCS.glob("operations/*.md"), DOCS / "guarantees.md"]


def test_the_configuration_reference_is_in_step_with_the_executable(binary):
    wanted = configuration_page.page(binary)
    assert configuration_page.PAGE.read_text() == wanted, f"run: python3 {configuration_page.__file__} {binary}"


def test_links_lead_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            assert target.exists(), f"{page.name}: {link}"
            assert not anchor or anchor in anchors_of(target), f"{page.name}: {link}"


def test_files_that_are_named_exist():
    for page in PAGES:
        for name in re.findall(r"`((?:examples/|tests/|\.\./|[a-z-]+\.md|alerts|dashboard)[^`\s*]*)`", page.read_text()):
            assert any((folder / name).exists() for folder in (page.parent, running_cluster.ROOT)), f"{page.name}: {name}"


def test_tests_that_prove_a_guarantee_exist():
    text = (DOCS / "guarantees.md").read_text()
    named = {name.strip() for list_ in re.findall(r"\[([\w/.,\s]+)\]", text) for name in list_.split(",")}
    assert len(named) > 10
    tests = running_cluster.ROOT / "tests"
    for name in named:
        assert any((folder / name).exists() for folder in (tests / "system", tests, tests.parent)), name
