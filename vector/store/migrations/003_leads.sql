-- Leads: what enforcement gets, what is known of their ground, and every step of their life.

CREATE TABLE tuban.permit (
  number text PRIMARY KEY,
  authority text,
  level text,
  date date,
  valid_from date,
  valid_to date,
  approved_m2 double precision CHECK (approved_m2 >= 0),
  geom geometry(MultiPolygon, 4326) NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX permit_geom ON tuban.permit USING gist (geom);

CREATE TABLE tuban.protected_zone (
  kind text NOT NULL CHECK (kind IN ('farmland', 'water_source', 'ecological', 'other')),
  name text NOT NULL,
  geom geometry(MultiPolygon, 4326) NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, name)
);
CREATE INDEX protected_zone_geom ON tuban.protected_zone USING gist (geom);

CREATE TABLE tuban.address (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  text text NOT NULL,
  geom geometry(Point, 4326) NOT NULL
);
-- as geography: the nearest in metres is not the nearest in degrees
CREATE INDEX address_geom ON tuban.address USING gist ((geom::geography));

CREATE TABLE tuban.camera (
  id text PRIMARY KEY,
  name text NOT NULL,
  -- degrees clockwise from true north, of the middle of the view; a view of 360 sees all around
  bearing double precision NOT NULL CHECK (bearing >= 0 AND bearing < 360),
  view double precision NOT NULL CHECK (view > 0 AND view <= 360),
  range_m double precision NOT NULL CHECK (range_m > 0),
  geom geometry(Point, 4326) NOT NULL
);
CREATE INDEX camera_geom ON tuban.camera USING gist ((geom::geography));

-- What the rules found stands here and follows from patch and registers; the life stands in the events, and `status` to `visited_at` follow from them.
CREATE TABLE tuban.lead (
  number text PRIMARY KEY REFERENCES tuban.patch (number),
  month tuban.month_text NOT NULL,
  disposition text NOT NULL CHECK (disposition IN ('sent', 'watch', 'permitted', 'suppressed', 'withdrawn')),
  priority text NOT NULL CHECK (priority IN ('high', 'middle', 'low')),
  reasons jsonb NOT NULL,
  suspected_m2 double precision NOT NULL CHECK (suspected_m2 >= 0),
  permits jsonb NOT NULL,
  zones jsonb NOT NULL,
  address jsonb,
  cameras jsonb NOT NULL,
  repeat_of text REFERENCES tuban.lead (number),
  status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'assigned', 'visited', 'confirmed', 'rejected', 'not_found', 'closed')),
  verdict text CHECK (verdict IN ('confirmed', 'rejected', 'not_found')),
  reject_reason text,
  team text,
  due date,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz,
  visited_at timestamptz
);
CREATE INDEX lead_month ON tuban.lead (month, disposition, status);

-- Only ever added to: no UPDATE, no DELETE.
CREATE TABLE tuban.lead_event (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  number text NOT NULL REFERENCES tuban.lead (number),
  kind text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  who text NOT NULL,
  note text,
  status text NOT NULL,
  disposition text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX lead_event_number ON tuban.lead_event (number, seq);

CREATE FUNCTION tuban.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END $$;
CREATE TRIGGER lead_event_append_only BEFORE UPDATE OR DELETE ON tuban.lead_event
  FOR EACH ROW EXECUTE FUNCTION tuban.refuse_change();

CREATE TABLE tuban.lead_photo (
  event_id uuid PRIMARY KEY REFERENCES tuban.lead_event (id),
  number text NOT NULL REFERENCES tuban.lead (number),
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  media_type text NOT NULL,
  position geometry(Point, 4326),
  distance_m double precision,
  taken_at timestamptz,
  UNIQUE (number, hash)
);
