"""What holds for all tests."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.strangers import watching

# Examples are many and machines are shared: how long one example takes proves nothing.
settings.register_profile("foyer", deadline=None)
settings.load_profile("foyer")


def pytest_configure(config: pytest.Config) -> None:
    # Graph's SDK leans on old names of its own: tests/strangers/test_sdk.py.
    for module in ("kiota_abstractions", "msgraph"):
        config.addinivalue_line("filterwarnings", f"ignore::DeprecationWarning:{module}.*")


def pytest_collection_finish() -> None:
    watching.install()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test fails where it made the tenant, or our client, stray from Graph's description."""
    try:
        yield
    except BaseException:
        if found := watching.take():
            item.add_report_section("call", "Graph's description", found)
        raise
    watching.raise_found()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    yield
    watching.raise_found()
