"""Every operation of the API, asked what its description allows and what it forbids: never a 500, never an answer
that is not described. Ids that one operation gives are asked of the others."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.routes import SERVICES
from tests.conftest import NO_LIMITS_FOR_THIS_MACHINE
from tests.support.embedded import Embedded, running_embedded

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
REQUESTS = ("--phases", "coverage,fuzzing,stateful", "--max-examples", "3", "--seed", "1")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    """An installation that nobody else looks at: what is asked is also done."""
    async with running_embedded(tmp_path_factory.mktemp("asked"), **NO_LIMITS_FOR_THIS_MACHINE) as installation:
        yield installation


@pytest.mark.parametrize("service", SERVICES)
async def test_every_operation_answers_as_it_is_described(asked: Embedded, service: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS, "run", f"{asked.url}/api/v1/openapi/{service}.json", "--checks", ",".join(CHECKS), *REQUESTS,
        "--header", f"Authorization: Bearer {asked.staff_token}", "--no-color",
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-6000:]
    assert " passed" in said.decode(), "something was asked"
