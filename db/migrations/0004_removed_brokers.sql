-- Since when a broker is none of the cluster's any more. Its id is not given to another one; it is taken back when it
-- registers again.
ALTER TABLE brokers ADD COLUMN removed_ms bigint;
