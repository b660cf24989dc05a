-- Since when a broker counts as gone for good; set and cleared by the controller.
ALTER TABLE brokers ADD COLUMN evicted_ms bigint;

-- When clients and brokers were last heard of. Written in groups every few seconds: no version, no notification.
-- written_ms is PostgreSQL's clock and lets managers read what is new.
CREATE TABLE activity (
  kind text NOT NULL CHECK (kind IN ('producer', 'consumer', 'group_member', 'broker')),
  number bigint NOT NULL,
  topic_id uuid,
  last_seen_ms bigint NOT NULL,
  written_ms bigint NOT NULL,
  PRIMARY KEY (kind, number)
);
CREATE INDEX activity_written ON activity (written_ms);
