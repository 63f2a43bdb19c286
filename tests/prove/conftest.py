"""Shops to be hurt, and the report of what was seen."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.prove import report
from tests.prove.report import Claim, Proof
from tests.prove.sites import Site, Template, sqlite_site
from tests.prove.stores import MariaDB, private_mariadb

REPORT = os.environ.get("DOMTOK_PROVE_REPORT")
"""Folder of the report, when one is wanted."""
PROOFS: list[Proof] = []


@pytest.fixture
def sqlite(tmp_path: Path) -> Site:
    return sqlite_site(tmp_path)


@pytest.fixture(scope="session")
def private_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A MariaDB of this test process's own."""
    with private_mariadb(tmp_path_factory.mktemp("mariadb")) as store:
        yield store


@pytest.fixture(scope="session")
def template(private_database: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(private_database, tmp_path_factory.mktemp("template"))


@pytest.fixture
def mariadb(template: Template, tmp_path: Path) -> Site:
    return template.site(tmp_path)


@pytest.fixture
def claim(request: pytest.FixtureRequest) -> Claim:
    """Says what was done and seen; without it, a test's name is all that the report has."""

    def tell(*, did: str, seen: str, times: int = 1, seed: int | None = None) -> None:
        request.node.user_properties.append(("proof", {"did": did, "seen": seen, "times": times, "seed": seed}))

    return tell


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hands on what only this process knows; the report may be written by another one."""
    if not any(name == "part" for name, _ in item.user_properties):
        words = item.module.__doc__.split("\n")[0]  # type: ignore[attr-defined]  # a test of a module
        item.user_properties.append(("part", words))
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "tests/prove/" not in report.nodeid or (report.when != "call" and report.outcome == "passed"):
        return
    told = dict(report.user_properties)
    proof: Any = told.get("proof", {"did": report.nodeid.partition("::")[2], "times": 1, "seed": None})
    seen = {"seen": "as claimed" if report.outcome == "passed" else str(report.longrepr)[-600:]}
    name = report.nodeid.partition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
    facts = seen | proof if report.outcome == "passed" else proof | seen
    PROOFS.append(
        Proof(
            part=str(told.get("part", "A test process that died")),
            claim=name,
            **facts,
            seconds=report.duration,
            outcome=report.outcome,
            test=report.nodeid,
        )
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    if REPORT and not hasattr(session.config, "workerinput"):
        report.write(PROOFS, Path(REPORT))
