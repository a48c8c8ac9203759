-- The store of a district: subdistricts, scenes, runs, patches and state areas.
-- Months are text 'YYYY-MM': a month is no instant, and a date column would move with the time zone of its reader.

CREATE DOMAIN tuban.month_text AS text CHECK (VALUE ~ '^[0-9]{4}-(0[1-9]|1[0-2])$');
CREATE DOMAIN tuban.against_text AS text CHECK (VALUE IN ('mom', 'yoy', 'first'));

-- What is fixed for the district once its first run has been: its CRS, its resolution.
CREATE TABLE tuban.district_setting (
  key text PRIMARY KEY,
  value jsonb NOT NULL
);

CREATE TABLE tuban.subdistrict (
  code text PRIMARY KEY,
  name text NOT NULL,
  ord integer NOT NULL,
  geom geometry(MultiPolygon, 4326) NOT NULL
);
CREATE INDEX subdistrict_geom ON tuban.subdistrict USING gist (geom);

CREATE TABLE tuban.scene (
  id text PRIMARY KEY,
  month tuban.month_text NOT NULL,
  sensor text,
  files jsonb NOT NULL,
  crs text NOT NULL,
  footprint geometry(Polygon, 4326) NOT NULL,
  acquired date,
  resolution_m double precision NOT NULL CHECK (resolution_m > 0),
  bands jsonb NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX scene_month ON tuban.scene (month);
CREATE INDEX scene_footprint ON tuban.scene USING gist (footprint);

CREATE TABLE tuban.run (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  month tuban.month_text NOT NULL,
  against tuban.against_text NOT NULL,
  before_month tuban.month_text,
  status text NOT NULL CHECK (status IN ('running', 'published', 'replaced', 'failed')),
  grid jsonb NOT NULL,
  parameters jsonb NOT NULL,
  backend text,
  summary jsonb,
  failure text,
  started_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  CHECK ((against = 'first') = (before_month IS NULL))
);
CREATE UNIQUE INDEX run_published ON tuban.run (month, against) WHERE status = 'published';
CREATE INDEX run_month ON tuban.run (month, against, id);

-- A patch that a re-run no longer finds keeps its row and gets retired_at: what refers to it (a lead, a verdict) stays whole,
-- and it comes back under its number if a later re-run finds it again.
CREATE TABLE tuban.patch (
  number text PRIMARY KEY,
  run_id integer NOT NULL REFERENCES tuban.run (id),
  ord integer NOT NULL,
  month tuban.month_text NOT NULL,
  against tuban.against_text NOT NULL,
  class text NOT NULL,
  state text NOT NULL CHECK (state IN ('suspected', 'confirmed', 'dismissed')),
  subdistrict_code text,
  subdistrict text,
  before text,
  after text,
  area_m2 double precision NOT NULL,
  perimeter_m double precision NOT NULL,
  compactness double precision NOT NULL,
  confidence double precision NOT NULL,
  to_bare boolean NOT NULL,
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  -- in the CRS of the run's grid
  geom geometry(Polygon) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz
);
CREATE INDEX patch_geom ON tuban.patch USING gist (geom);
CREATE INDEX patch_month ON tuban.patch (month, against, class, subdistrict_code);

-- The last sequence given within a number prefix: a number once given never goes to another patch.
CREATE TABLE tuban.patch_sequence (
  prefix text PRIMARY KEY,
  last integer NOT NULL
);

-- How much of a subdistrict was usable in both dates. subdistrict_code '' is ground outside every subdistrict.
CREATE TABLE tuban.monthly_coverage (
  run_id integer NOT NULL REFERENCES tuban.run (id) ON DELETE CASCADE,
  subdistrict_code text NOT NULL,
  subdistrict text,
  ord integer NOT NULL,
  total_m2 double precision NOT NULL,
  usable_m2 double precision NOT NULL,
  PRIMARY KEY (run_id, subdistrict_code)
);

-- Area of a land state, after and before, both on pixels usable in both dates. before_area_m2 is null in a first month.
CREATE TABLE tuban.monthly_area (
  run_id integer NOT NULL,
  subdistrict_code text NOT NULL,
  state text NOT NULL CHECK (state IN ('built', 'water', 'forest', 'green', 'other')),
  area_m2 double precision NOT NULL,
  before_area_m2 double precision,
  PRIMARY KEY (run_id, subdistrict_code, state),
  FOREIGN KEY (run_id, subdistrict_code) REFERENCES tuban.monthly_coverage ON DELETE CASCADE
);
