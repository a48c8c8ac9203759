-- What the monthly clock did last for a month, so that a restart, another scheduler or a late scene finds it.
CREATE TABLE tuban.clock_month (
  month tuban.month_text PRIMARY KEY,
  outcome text NOT NULL CHECK (outcome IN ('none', 'running', 'published', 'failed', 'waiting', 'interrupted')),
  -- tries in a row that came to nothing with the same scenes
  attempts integer NOT NULL DEFAULT 0,
  tried_at timestamptz,
  -- when the newest scene of the month that the try saw was added
  scenes_at timestamptz,
  note text,
  -- what the alert's receiver was told last of this month
  told text
);
