-- Users of the city's unified identity (OIDC): known by issuer and subject, never by a name, which may be given to another person.

ALTER TABLE tuban.web_user
  ADD COLUMN issuer text,
  ADD COLUMN subject text,
  ADD CONSTRAINT web_user_identity CHECK ((issuer IS NULL) = (subject IS NULL)),
  -- no password of ours signs them in
  ADD CONSTRAINT web_user_password CHECK (issuer IS NULL OR password = '-'),
  ADD CONSTRAINT web_user_subject UNIQUE (issuer, subject);

-- Sign-ins on their way to the provider and back: kept some minutes, each taken once.
CREATE TABLE tuban.oidc_sign_in (
  -- SHA-256 of the secret in the browser's cookie
  hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  state text NOT NULL,
  nonce text NOT NULL,
  verifier text NOT NULL,
  -- path of the page that was left
  back text NOT NULL,
  at timestamptz NOT NULL
);
