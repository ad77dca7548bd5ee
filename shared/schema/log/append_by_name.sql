CREATE FUNCTION log.append(
  -- the log's present name, as the caller knows it; null for a log that was never opened
  p_log uuid,
  -- one row a command
  p_command uuid[], p_fingerprint bytea[], p_answer jsonb[], p_person uuid[],
  -- commands with the same number are one run: appended in their order up to the first that is not ok; those after it
  -- are in conflict. So each may rest on those before it in its run. The versions that it names are those from before
  -- the run; no two in a run have a command id, a claim, or a claim's kind and holder in common.
  p_run int[],
  -- one row for each stream that a command read: the version it saw
  s_command int[], s_stream uuid[], s_version int[],
  -- one row an event
  e_command int[], e_stream uuid[], e_event uuid[], e_type text[], e_schema smallint[],
  e_on date[], e_precision text[], e_person uuid[], e_key uuid[], e_meta jsonb[], e_data jsonb[], e_public text[],
  -- one row a claim or, with a null key, the release of what the holder has of that kind
  c_command int[], c_kind text[], c_key bytea[], c_holder uuid[], c_person uuid[])
RETURNS TABLE (idx int, verdict text, "position" bigint, published bigint, answer jsonb) LANGUAGE plpgsql AS $$
DECLARE
  log_name uuid; log_place text; base bigint; public_base bigint; instant timestamptz;
BEGIN
  -- Each statement below must see what was committed before the lock was got, not before the call was made.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'log.append needs read committed, not %', current_setting('transaction_isolation');
  END IF;
  -- Positions must be given out in commit order, or a reader that follows them skips what commits late. The lock is
  -- the only one that waits for others, and is held until the commit is durable; the batcher repays it by group commit.
  PERFORM pg_advisory_xact_lock(7001);
  SELECT i.log_id, split_part(i.place, '/', 4) INTO log_name, log_place
  FROM log.identity i ORDER BY i.ordinal DESC LIMIT 1;
  -- A log put back under a connection that stayed open: what was written now would pass for what was kept of it.
  IF log_place <> 'log.events'::regclass::oid::text THEN
    RAISE 'this log was put back and has not got its new name yet';
  END IF;
  -- It got its new name and the caller has not learnt it: what was decided may rest on facts that are lost, and would
  -- be answered under a name that does not hold it.
  IF log_name IS DISTINCT FROM p_log THEN
    RAISE 'this log was put back and has a new name';
  END IF;
  SELECT e.position, e.recorded_at INTO base, instant FROM log.events e ORDER BY e.position DESC LIMIT 1;
  base := coalesce(base, 0);
  instant := greatest(clock_timestamp(), instant);
  SELECT e.published INTO public_base FROM log.events e WHERE e.published IS NOT NULL ORDER BY e.published DESC LIMIT 1;
  public_base := coalesce(public_base, 0);
  RETURN QUERY
  WITH command AS MATERIALIZED (
    SELECT o::int AS i, id, print, ans, person, run
    FROM unnest(p_command, p_fingerprint, p_answer, p_person, p_run) WITH ORDINALITY x(id, print, ans, person, run, o)),
  known AS MATERIALIZED (
    SELECT c.*, m.command_id IS NOT NULL AS seen, m.fingerprint AS seen_print,
           m.position AS seen_position, m.published AS seen_published, m.answer AS seen_answer
    FROM command c LEFT JOIN log.commands m ON m.command_id = c.id),
  stale AS MATERIALIZED (
    SELECT w.i FROM unnest(s_command, s_stream, s_version) w(i, stream, version)
    WHERE version <> coalesce(
      (SELECT e.version FROM log.events e WHERE e.stream_id = w.stream ORDER BY e.version DESC LIMIT 1), 0)),
  freed AS MATERIALIZED (
    SELECT q.i, q.kind, q.holder FROM unnest(c_command, c_kind, c_key, c_holder) q(i, kind, key, holder)
    WHERE q.key IS NULL),
  taken AS MATERIALIZED (
    SELECT q.i FROM unnest(c_command, c_key, c_holder) q(i, key, holder) JOIN log.claims g ON g.key = q.key
    WHERE g.holder <> q.holder),
  alone AS MATERIALIZED (
    SELECT k.*, CASE
      WHEN seen AND seen_print <> print THEN 'reused'
      WHEN seen THEN 'duplicate'
      WHEN EXISTS (SELECT 1 FROM stale WHERE stale.i = k.i) THEN 'conflict'
      WHEN EXISTS (SELECT 1 FROM taken WHERE taken.i = k.i) THEN 'taken'
      ELSE 'ok' END AS by_itself
    FROM known k),
  judged AS MATERIALIZED (
    SELECT a.*, CASE
      WHEN bool_or(a.by_itself <> 'ok') OVER (PARTITION BY run ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        THEN 'conflict'
      ELSE a.by_itself END AS said
    FROM alone a),
  fresh AS MATERIALIZED (
    SELECT u.*, base + row_number() OVER (ORDER BY n) AS pos,
      CASE WHEN public IS NOT NULL THEN public_base + sum((public IS NOT NULL)::int) OVER (ORDER BY n) END AS num,
      coalesce((SELECT e.version FROM log.events e WHERE e.stream_id = u.stream ORDER BY e.version DESC LIMIT 1), 0)
        + row_number() OVER (PARTITION BY stream ORDER BY n) AS ver
    FROM unnest(e_command, e_stream, e_event, e_type, e_schema, e_on, e_precision, e_person, e_key, e_meta, e_data, e_public)
      WITH ORDINALITY u(i, stream, event, type, schema, day, prec, person, key, meta, data, public, n)
    JOIN judged j ON j.i = u.i AND j.said = 'ok'),
  events AS (
    INSERT INTO log.events
    SELECT f.pos, f.stream, f.ver, f.event, f.type, f.schema, f.day, f.prec, instant, f.person, f.key, f.meta, f.data,
           f.num, f.public
    FROM fresh f ORDER BY f.pos),
  released AS (
    DELETE FROM log.claims g USING freed f JOIN judged j ON j.i = f.i AND j.said = 'ok'
    WHERE g.holder = f.holder AND g.kind = f.kind
      -- one that the same command takes again stays
      AND NOT EXISTS (SELECT 1 FROM unnest(c_command, c_key) q(i, key) WHERE q.i = f.i AND q.key = g.key)),
  claimed AS (
    INSERT INTO log.claims
    SELECT q.key, q.kind, q.holder, q.person
    FROM unnest(c_command, c_kind, c_key, c_holder, c_person) q(i, kind, key, holder, person)
    JOIN judged j ON j.i = q.i AND j.said = 'ok' WHERE q.key IS NOT NULL
    ON CONFLICT DO NOTHING),
  heads AS MATERIALIZED (SELECT f.i, max(f.pos) AS pos, max(f.num) AS num FROM fresh f GROUP BY f.i),
  -- where the log stands after a command: one that decided nothing rests on those before it in its run
  stands AS MATERIALIZED (
    SELECT j.*, coalesce(max(h.pos) OVER so_far, base) AS pos, coalesce(max(h.num) OVER so_far, public_base) AS num
    FROM judged j LEFT JOIN heads h ON h.i = j.i WINDOW so_far AS (PARTITION BY j.run ORDER BY j.i)),
  remembered AS (
    INSERT INTO log.commands
    SELECT s.id, s.print, s.pos, s.num, s.ans, s.person, instant FROM stands s WHERE s.said = 'ok')
  SELECT s.i, s.said, coalesce(s.seen_position, s.pos)::bigint, coalesce(s.seen_published, s.num)::bigint,
         coalesce(s.seen_answer, s.ans)
  FROM stands s ORDER BY s.i;
END $$
