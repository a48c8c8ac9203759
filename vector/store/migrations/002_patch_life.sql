-- What other months say about a patch. A patch's state follows from its looks (vector/life.ts); it is stored beside them
-- so that readers need not know the rule.
CREATE TABLE tuban.patch_look (
  number text NOT NULL REFERENCES tuban.patch (number),
  -- earlier: an earlier month against the patch's own; later: the patch's before month against a later one; year: last
  -- year's month against the patch's own or a later one
  kind text NOT NULL CHECK (kind IN ('earlier', 'later', 'year')),
  before tuban.month_text NOT NULL,
  after tuban.month_text NOT NULL,
  -- shares, 0-1: of the patch's pixels those usable in the pair, and of these those that show the patch's change
  usable double precision NOT NULL,
  holding double precision NOT NULL,
  -- the run that looked; a re-run of its month replaces its looks
  run_id integer NOT NULL REFERENCES tuban.run (id),
  PRIMARY KEY (number, kind, before, after)
);
CREATE INDEX patch_look_run ON tuban.patch_look (run_id);

-- The month whose look decided the state; null while suspected.
ALTER TABLE tuban.patch ADD COLUMN decided tuban.month_text;
