"""A studio that has been at work for years: made by the database itself, in a few seconds."""

from __future__ import annotations

from typing import Any

from django.db import connection

from pipeline.models import ContentProject
from studio.models import Creator

CHECKS = 20  # a project

PROJECTS = """
INSERT INTO content_projects (id, creator_id, concept_prompt, age_group, status, title, source_notes,
    qa_results, visual_config, ai_generated_script, request_fingerprint, created_at, updated_at)
SELECT gen_random_uuid(), (%(creators)s::uuid[])[1 + n %% 10],
    'How thing number ' || n || ' works', (ARRAY['5-7', '8-10', '11-13', '14-17'])[1 + n %% 4],
    (ARRAY['draft', 'generating', 'needs_attention', 'in_review', 'approved', 'scheduled', 'published',
           'unpublished', 'archived'])[1 + n %% 9],
    'Thing number ' || n, %(notes)s,
    CASE WHEN n %% 9 > 1 THEN jsonb_build_object('passed', n %% 3 = 0, 'verdict',
        (ARRAY['pass', 'review', 'block'])[1 + n %% 3], 'details', jsonb_build_object('factual_accuracy',
        jsonb_build_object('verdict', 'review', 'checks', (SELECT jsonb_agg(jsonb_build_object(
            'id', 'accuracy.number-' || c, 'verdict',
            CASE WHEN c < 3 THEN (ARRAY['pass', 'review', 'block'])[1 + n %% 3] ELSE
            'pass' END, 'message', 'Number ' || c || ' was compared with its source.'))
            FROM generate_series(1, %(checks)s) c)))) END,
    '{"style": "auto"}', repeat('A sentence that is spoken. ', 40), '', now() - n * interval '1 hour',
    now() - n * interval '37 minutes'
FROM generate_series(1, %(projects)s) n
"""
RUNS = """
INSERT INTO step_runs (id, project_id, step, part, fingerprint, queue, inputs, files, output, made, status,
    attempt, vendor_job_id, error_id, error_message, error_evidence, provider, model, provider_request_id,
    usage, cost, progress, created_at, started_at, finished_at)
SELECT gen_random_uuid(), p.id, k.step, k.part, md5(p.id::text || k.step || k.part), 'text', '{}', '{}',
    '{}', '{}', 'succeeded', 1, '', '', '', '{}', 'offline', '', '', '{}', 0.01, 1, p.created_at,
    p.created_at, p.created_at + interval '3 seconds'
FROM content_projects p, (VALUES ('script', ''), ('compose', 'film'), ('qa', 'value')) k(step, part)
WHERE p.status <> 'draft'
"""
SCENES = """
INSERT INTO scenes (id, project_id, script_run_id, position, role, lines, on_screen_text, visual_description,
    visual_kind, items, pause_seconds, visual_take, voice_take, version)
SELECT gen_random_uuid(), r.project_id, r.id, n, 'scene', '[{"text": "A sentence.", "sources": []}]', 'Text',
    '', 'plain', '[]', 0, 0, 0, 0
FROM step_runs r, generate_series(0, 13) n WHERE r.step = 'script'
"""
EVENTS = """
INSERT INTO project_events (project_id, from_status, to_status, reason, message, details, created_at)
SELECT p.id, 'draft', s.to_status, 'crowd', '', '{}', p.created_at
FROM content_projects p, (VALUES ('generating'), ('in_review'), ('published')) s(to_status)
"""
CHARGES = """
INSERT INTO charges (run_id, project_id, creator_id, token, attempt, provider, reserved, cost, usage,
    created_at)
SELECT r.id, r.project_id, p.creator_id, gen_random_uuid(), 1, 'offline', 0.02, 0.01, '{}', r.created_at
FROM step_runs r JOIN content_projects p ON p.id = r.project_id
"""


def fill_studio(creators: list[Creator], *, projects: int = 5000) -> None:
    """That many projects of ten creators, each with runs, 14 scenes, 20 checks, events and charges."""
    assert len(creators) == 10
    values: dict[str, Any] = {
        "creators": [str(creator.pk) for creator in creators],
        "projects": projects,
        "checks": CHECKS,
        "notes": ContentProject._meta.get_field("source_notes").get_prep_value("A fact. " * 150),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'")  # a busy machine is no failure
        cursor.execute(PROJECTS, values)
        for statement in (RUNS, SCENES, EVENTS, CHARGES):
            cursor.execute(statement)
        cursor.execute("ANALYZE content_projects, step_runs, scenes, project_events, charges")
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
