from __future__ import annotations

import pytest

from pipeline.planning import plan
from tests.studio import factories


@pytest.mark.django_db
def test_the_factory_makes_a_film_that_planning_accepts_and_that_no_check_blocks() -> None:
    project = factories.make_film()
    present = plan(project)
    assert present.is_complete
    assert present.film == f"{present.film_run.fingerprint}.{present.quiz_run.fingerprint}"  # type: ignore[union-attr]
    assert project.qa_results is not None
    blocking = [
        check["message"]
        for record in project.qa_results["details"].values()
        for check in record["checks"]
        if check["verdict"] == "block"
    ]
    assert blocking == []
