-- The specification's schema as data: `manage.py check_schema` makes it in a scratch schema and
-- compares. TIMESTAMP stands as it is written there; schema_contract.py lists how it is read.

-- Referred to by the specification, but left to us.
CREATE TABLE creators (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid()
);

CREATE TABLE students (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    username VARCHAR(50) UNIQUE NOT NULL,
    age_group VARCHAR(10) NOT NULL,
    learning_preferences JSONB,
    streak_count INTEGER DEFAULT 0,
    total_videos_watched INTEGER DEFAULT 0,
    created_at TIMESTAMP DEFAULT NOW(),
    last_active TIMESTAMP DEFAULT NOW()
);

CREATE TABLE learning_videos (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    title VARCHAR(255) NOT NULL,
    topic VARCHAR(255) NOT NULL,
    script_content TEXT NOT NULL,
    video_url VARCHAR(500) NOT NULL,
    thumbnail_url VARCHAR(500),
    duration_seconds INTEGER NOT NULL,
    difficulty_level INTEGER CHECK (difficulty_level BETWEEN 1 AND 10),
    age_groups INTEGER[] NOT NULL,
    quiz_questions JSONB NOT NULL,
    popularity_score FLOAT DEFAULT 0,
    view_count INTEGER DEFAULT 0,
    completion_rate FLOAT DEFAULT 0,
    created_at TIMESTAMP DEFAULT NOW(),
    published_at TIMESTAMP,
    status VARCHAR(20) DEFAULT 'draft'
);

-- Written there with the key (id) alone; PostgreSQL demands the partition column in it.
CREATE TABLE quiz_responses (
    id UUID DEFAULT gen_random_uuid(),
    student_id UUID REFERENCES students(id),
    video_id UUID REFERENCES learning_videos(id),
    question_index INTEGER NOT NULL,
    user_answer BOOLEAN NOT NULL,
    correct_answer BOOLEAN NOT NULL,
    response_time_ms INTEGER NOT NULL,
    is_correct BOOLEAN GENERATED ALWAYS AS (user_answer = correct_answer) STORED,
    created_at TIMESTAMP DEFAULT NOW(),
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);

CREATE TABLE content_projects (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id UUID REFERENCES creators(id),
    concept_prompt TEXT NOT NULL,
    age_group VARCHAR(20) NOT NULL,
    status VARCHAR(50) DEFAULT 'generating',
    ai_generated_script TEXT,
    visual_config JSONB,
    qa_results JSONB,
    approval_notes TEXT,
    created_at TIMESTAMP DEFAULT NOW(),
    approved_at TIMESTAMP,
    published_video_id UUID REFERENCES learning_videos(id)
);

CREATE INDEX idx_students_age_group ON students(age_group);
CREATE INDEX idx_videos_topic_age ON learning_videos(topic, age_groups);
CREATE INDEX idx_quiz_responses_student_time ON quiz_responses(student_id, created_at);
CREATE INDEX idx_videos_popularity ON learning_videos(popularity_score DESC);

CREATE TABLE quiz_responses_2025 PARTITION OF quiz_responses
FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
