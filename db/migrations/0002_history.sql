-- Changes when an older state was restored: copies that were made before are not a base for later changes.
ALTER TABLE metadata_version ADD COLUMN history uuid NOT NULL DEFAULT gen_random_uuid();

-- To be called once after a backup was restored (managers that remember a higher version do it by themselves).
-- Afterwards no number that was given out before, and that the backup does not know of, is given out again.
-- `known`: the highest version that anybody remembers. Does nothing if the database has come so far.
CREATE FUNCTION marquee_restored(known bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  raised bigint;
BEGIN
  UPDATE metadata_version SET version = greatest(version, known) + 1000, history = gen_random_uuid()
    WHERE version < known RETURNING version INTO raised;
  IF raised IS NULL THEN
    SELECT version INTO raised FROM metadata_version;
    RETURN raised;
  END IF;
  UPDATE producer_ids SET next = next + 1000000000;
  PERFORM setval(pg_get_serial_sequence('consumers', 'number'),
                 nextval(pg_get_serial_sequence('consumers', 'number')) + 1000000000);
  PERFORM pg_notify('marquee_metadata', raised::text);
  RETURN raised;
END $$;
