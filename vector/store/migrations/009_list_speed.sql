-- A month's patches are read into memory (vector/store/patch-index.ts), and leads filtered, sorted and counted, from an index
-- alone: a patch's own row is wide with its geometry. The embedded database needs the VACUUM of vector/store/tidy.ts for it.
DROP INDEX tuban.patch_page;
CREATE INDEX patch_list ON tuban.patch (month, against, number COLLATE "C")
  INCLUDE (class, state, subdistrict_code, area_m2, confidence, lon, lat) WHERE retired_at IS NULL;

-- A number stays within its subdistrict for good, so a lead carries its patch's.
ALTER TABLE tuban.lead ADD COLUMN subdistrict_code text;
UPDATE tuban.lead l SET subdistrict_code = p.subdistrict_code FROM tuban.patch p WHERE p.number = l.number;
CREATE FUNCTION tuban.place_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- a restored lead brings it along, and may come before its patch
  IF NEW.subdistrict_code IS NULL THEN
    SELECT p.subdistrict_code INTO NEW.subdistrict_code FROM tuban.patch p WHERE p.number = NEW.number;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lead_place BEFORE INSERT ON tuban.lead FOR EACH ROW EXECUTE FUNCTION tuban.place_lead();

DROP INDEX tuban.lead_month;
DROP INDEX tuban.lead_due;
CREATE INDEX lead_list ON tuban.lead (month, number COLLATE "C")
  INCLUDE (status, disposition, subdistrict_code, due, priority);
-- an officer's list: what to visit next in their subdistrict
CREATE INDEX lead_visit ON tuban.lead (subdistrict_code, status) INCLUDE (number, month, disposition, due);
