from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.clips.studio import Studio


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests of the run: most of them share templates and beeps."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
async def studio(shelf: Path) -> AsyncIterator[Studio]:
    studio = Studio(cache_dir=shelf)
    yield studio
    await studio.close()
