-- Who may use the web application, and what they did there. No secret is stored: of passwords the scrypt hash, of sessions and
-- API tokens the SHA-256 of 32 random bytes.

CREATE TABLE tuban.web_user (
  name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
  role text NOT NULL CHECK (role IN ('administrator', 'analyst', 'planner', 'officer')),
  -- of an officer; the other roles see the whole district
  subdistricts text[] NOT NULL DEFAULT '{}',
  -- scrypt$N$r$p$salt$key, base64
  password text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  password_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tuban.web_session (
  hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  user_name text NOT NULL REFERENCES tuban.web_user (name),
  created_at timestamptz NOT NULL,
  used_at timestamptz NOT NULL
);
CREATE INDEX web_session_user ON tuban.web_session (user_name);

CREATE TABLE tuban.api_token (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  hash text NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
  user_name text NOT NULL REFERENCES tuban.web_user (name),
  label text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX api_token_user ON tuban.api_token (user_name);

-- Failed sign-ins in a row by the name that was tried, known or not: an unknown name is locked like a known one.
CREATE TABLE tuban.sign_in_failure (
  name text PRIMARY KEY,
  failures integer NOT NULL,
  last_at timestamptz NOT NULL
);

CREATE TABLE tuban.audit_log (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  -- the user; of a failed sign-in the name that was tried
  who text NOT NULL,
  action text NOT NULL,
  target text,
  data jsonb NOT NULL DEFAULT '{}',
  address text
);
CREATE INDEX audit_log_who ON tuban.audit_log (who, seq);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON tuban.audit_log
  FOR EACH ROW EXECUTE FUNCTION tuban.refuse_change();

-- Requests that a client may send again (a phone with a bad connection): each is carried out once.
CREATE TABLE tuban.web_request (
  id uuid PRIMARY KEY,
  user_name text NOT NULL,
  target text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- Lists in pages, by number, area or confidence of a month.
CREATE INDEX patch_page ON tuban.patch (month, against, number COLLATE "C") WHERE retired_at IS NULL;
CREATE INDEX lead_due ON tuban.lead (due, number COLLATE "C");
