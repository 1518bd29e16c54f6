"""An answer is kept before the database knows of it, so that a death in between costs nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from pipeline import spool, storage
from pipeline.models import StepRun
from pipeline.providers.base import Usage
from pipeline.steps.base import MadeFile, Output
from tests.pipeline.quick_steps import checksum_of

pytestmark = pytest.mark.usefixtures("files")


@pytest.fixture
def run() -> StepRun:
    return StepRun(project_id=uuid4(), step="voice", fingerprint="f" * 64, token=uuid4())


def output_of(folder: Path, text: str, cost: Decimal | None = Decimal("0.1234")) -> Output:
    path = folder / "made.wav"
    path.write_text(text)
    return Output(
        facts={"seconds": 1.5, "text": text},
        files=(MadeFile("speech.wav", path, "speech", seconds=1.5),),
        usage=Usage(requests=1, characters=7, cost=cost, estimated=True),
        provider="quick",
        model="m",
        request_id="r",
    )


def put(run: StepRun, output: Output) -> None:
    spool.put(run, output, storage.keep(output.files))


def test_what_was_put_is_taken_whole(run: StepRun, tmp_path: Path) -> None:
    assert spool.take(run) is None
    assert not spool.is_kept(run)
    output = output_of(tmp_path, "hello")
    put(run, output)
    assert spool.is_kept(run)
    found = spool.take(run)
    assert found is not None
    assert found.token == run.token
    assert found.output.facts == output.facts
    assert found.output.usage == output.usage
    assert (found.output.provider, found.output.model, found.output.request_id) == ("quick", "m", "r")
    assert [(k.made.name, k.made.kind, k.made.seconds, k.checksum, k.size) for k in found.kept] == [
        ("speech.wav", "speech", 1.5, checksum_of("hello"), 5)
    ]


def test_an_unknown_price_stays_unknown(run: StepRun, tmp_path: Path) -> None:
    put(run, output_of(tmp_path, "hello", cost=None))
    found = spool.take(run)
    assert found is not None
    assert found.output.usage.cost is None


def test_the_first_answer_stays(run: StepRun, tmp_path: Path) -> None:
    put(run, output_of(tmp_path, "first"))
    put(run, output_of(tmp_path, "second"))
    found = spool.take(run)
    assert found is not None
    assert found.output.facts["text"] == "first"


def test_a_write_that_broke_off_is_no_answer_and_makes_room_for_one(run: StepRun, tmp_path: Path) -> None:
    put(run, output_of(tmp_path, "first"))
    path = Path(default_storage.path(f"results/{run.project_id}/{run.fingerprint}.json"))
    path.write_bytes(path.read_bytes()[:-20])
    assert spool.take(run) is None
    put(run, output_of(tmp_path, "second"))
    found = spool.take(run)
    assert found is not None
    assert found.output.facts["text"] == "second"


def test_an_answer_whose_file_is_lost_is_no_answer(run: StepRun, tmp_path: Path) -> None:
    put(run, output_of(tmp_path, "first"))
    default_storage.delete(storage.path_of(checksum_of("first")))
    assert spool.take(run) is None
    assert not spool.is_kept(run)


def test_a_dropped_answer_is_gone_and_dropping_it_again_is_harmless(run: StepRun, tmp_path: Path) -> None:
    put(run, output_of(tmp_path, "first"))
    spool.drop(run)
    spool.drop(run)
    assert spool.take(run) is None
