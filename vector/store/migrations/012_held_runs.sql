-- Runs that are kept back: computed, looked at beside what is published, then published or discarded. And what every run did, when.
ALTER TABLE tuban.run DROP CONSTRAINT run_status_check;
ALTER TABLE tuban.run ADD CONSTRAINT run_status_check
  CHECK (status IN ('running', 'draft', 'published', 'replaced', 'failed', 'discarded'));
-- Whether it was asked to be kept back: going on with it keeps it back again.
ALTER TABLE tuban.run ADD COLUMN held boolean NOT NULL DEFAULT false;

-- What publishing needs of a draft. Its rasters lie where those of every run do. Gone when it is published or discarded.
CREATE TABLE tuban.run_draft (
  run_id integer PRIMARY KEY REFERENCES tuban.run (id) ON DELETE CASCADE,
  areas jsonb NOT NULL,
  looks jsonb NOT NULL
);
-- In parts, so that no value grows with the district.
CREATE TABLE tuban.run_draft_part (
  run_id integer NOT NULL REFERENCES tuban.run_draft (run_id) ON DELETE CASCADE,
  part integer NOT NULL,
  patches jsonb NOT NULL,
  PRIMARY KEY (run_id, part)
);

CREATE TABLE tuban.run_log (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id integer NOT NULL REFERENCES tuban.run (id) ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT now(),
  level text NOT NULL CHECK (level IN ('info', 'warn', 'error')),
  -- Noun:Verb
  event text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX run_log_run ON tuban.run_log (run_id, seq);
