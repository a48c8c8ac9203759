-- Who is to be told of which event of a lead, and how far that has come. Rows are made from the events by query, so that an event
-- that is stored cannot be forgotten.
CREATE TABLE tuban.webhook_delivery (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- name of the receiver in the configuration
  endpoint text NOT NULL,
  event_id uuid NOT NULL REFERENCES tuban.lead_event (id),
  number text NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'dead', 'skipped')),
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL,
  -- until then one dispatcher has it
  leased_until timestamptz,
  last_error text,
  delivered_at timestamptz,
  UNIQUE (endpoint, event_id)
);
CREATE INDEX webhook_delivery_due ON tuban.webhook_delivery (endpoint, next_at) WHERE status = 'pending';
-- what holds back the later events of a lead
CREATE INDEX webhook_delivery_order ON tuban.webhook_delivery (endpoint, number, seq) WHERE status IN ('pending', 'dead');
