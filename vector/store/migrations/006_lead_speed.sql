-- Zones in small pieces: an overlap with a border of ten thousand vertices is not to be cut out of all of them for every patch.
-- Written with the zone and only with it.
CREATE TABLE tuban.protected_zone_piece (
  kind text NOT NULL,
  name text NOT NULL,
  geom geometry(Geometry, 4326) NOT NULL,
  FOREIGN KEY (kind, name) REFERENCES tuban.protected_zone ON DELETE CASCADE
);
INSERT INTO tuban.protected_zone_piece (kind, name, geom)
  SELECT kind, name, ST_Subdivide(part.geom, 128) FROM tuban.protected_zone, ST_Dump(protected_zone.geom) AS part;
CREATE INDEX protected_zone_piece_geom ON tuban.protected_zone_piece USING gist (geom);
CREATE INDEX protected_zone_piece_zone ON tuban.protected_zone_piece (kind, name);
DROP INDEX tuban.protected_zone_geom;

-- In degrees: the index is filled and asked in half the time, and lead-facts turns degrees into metres without losing the nearest.
DROP INDEX tuban.address_geom;
CREATE INDEX address_geom ON tuban.address USING gist (geom);
