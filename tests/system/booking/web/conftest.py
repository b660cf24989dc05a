"""Fixtures of the browser tests: one Chromium for all, people with browsers of their own, and sites to look at."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import browser_tools  # noqa: E402
from person import Person  # noqa: E402
from sites import FrontEndSite, StandInSite  # noqa: E402


@pytest.fixture(scope="session")
def browser():
    try:
        executable = browser_tools.chromium()
        sys.path.insert(0, str(browser_tools.playwright_folder()))
    except browser_tools.Missing as missing:
        pytest.skip(f"no browser tests here: {missing}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=browser_tools.ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory):
    """The front end with faults that are hard to make with real processes."""
    site = StandInSite(tmp_path_factory.mktemp("stand_in"))
    yield site
    site.stop()


BOTH = ["stand_in", "front_end"]
IS_DEEP = os.environ.get("MARQUEE_DEEP") == "1"


def site_of(request):
    if request.param == "stand_in":
        return request.getfixturevalue("stand_in")
    return FrontEndSite(request.getfixturevalue("booking"))


@pytest.fixture(params=BOTH)
def site(request):
    """Tests that ask for it run on the stand-in and on a real front end."""
    return site_of(request)


@pytest.fixture(params=BOTH if IS_DEEP else BOTH[:1])
def some_site(request):
    """The stand-in, and a real front end in deep runs."""
    return site_of(request)


@pytest.fixture
def people(browser):
    """Makes people; what their pages logged as errors, and what the Content-Security-Policy stopped, fails the test."""
    made = []

    def person(site, name=None, **options):
        made.append(Person(browser, site, name, **options))
        return made[-1]

    yield person
    faults = [fault for one in made for fault in one.leave()]
    assert faults == []
