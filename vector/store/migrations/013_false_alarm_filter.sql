-- What officers' verdicts have taught: filters of false alarms, each with the verdicts it was fitted on and its figures.
CREATE TABLE tuban.false_alarm_filter (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fitted_at timestamptz NOT NULL,
  -- the month it was fitted for: it knows verdicts on patches first seen in months before it, and judges from it on
  month tuban.month_text NOT NULL,
  -- of verdicts and settings: the same again is the same filter
  fingerprint text NOT NULL,
  -- [{number, right}], oldest first
  verdicts jsonb NOT NULL,
  -- a class each: coefficients, threshold, figures of the cross-validation (vector/filter/fit.ts)
  classes jsonb NOT NULL,
  -- share of a month's patches of a class that may be held back, and the confidence from which none is
  most_share double precision NOT NULL,
  sure_confidence double precision NOT NULL,
  UNIQUE (month, fingerprint)
);

-- One row at most: whether filters judge; auto where there is none. auto: the newest one of the month; one: always `filter_id`; off: none.
CREATE TABLE tuban.filter_use (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  mode text NOT NULL CHECK (mode IN ('auto', 'one', 'off')),
  filter_id integer REFERENCES tuban.false_alarm_filter (id),
  -- the command or the configuration
  said_by text NOT NULL CHECK (said_by IN ('command', 'configuration')),
  CHECK ((mode = 'one') = (filter_id IS NOT NULL))
);

-- {filter, chance, held, zh, en}: which filter has judged the patch, and why it is held back; null where none has.
ALTER TABLE tuban.patch ADD COLUMN filtering jsonb;
-- What the run measured of it besides: names and numbers (vector/filter/traits.ts).
ALTER TABLE tuban.patch ADD COLUMN evidence jsonb NOT NULL DEFAULT '{}';
CREATE INDEX patch_held ON tuban.patch (month) WHERE (filtering ->> 'held')::boolean;
