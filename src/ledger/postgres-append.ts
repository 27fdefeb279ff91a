import type { StoredBatch } from './store.ts';

/**
 * A whole batch as one statement. Everything hangs on the update of the log's row: where the log does not have the size
 * that the batch begins at, nothing is written.
 */
export const appendSql = `
WITH head AS (
  UPDATE latchkey.logs SET size = $3, note = $4 WHERE log = $1 AND size = $2 RETURNING log
), new_leaves AS (
  INSERT INTO latchkey.leaves (log, seq, body, hash)
  SELECT head.log, $2::bigint + l.n - 1, l.body, l.hash
  FROM head, unnest($5::bytea[], $6::bytea[]) WITH ORDINALITY AS l(body, hash, n)
), new_tiles AS (
  INSERT INTO latchkey.tiles (log, idx, hash)
  SELECT head.log, t.idx, t.hash FROM head, unnest($7::bigint[], $8::bytea[]) AS t(idx, hash)
), new_checkpoint AS (
  INSERT INTO latchkey.checkpoints (log, size, note) SELECT head.log, $3, $4 FROM head WHERE $9::boolean
), new_personal AS (
  INSERT INTO latchkey.personal (log, seq, name, leg, salt, value)
  SELECT head.log, p.seq, p.name, p.leg, p.salt, p.value
  FROM head, unnest($10::bigint[], $11::text[], $12::text[], $13::text[], $14::bytea[])
    AS p(seq, name, leg, salt, value)
), set_marks AS (
  INSERT INTO latchkey.marks (log, name, value)
  SELECT head.log, m.name, m.value FROM head, unnest($15::text[], $16::text[]) AS m(name, value)
  ON CONFLICT (log, name) DO UPDATE SET value = excluded.value
), gone_marks AS (
  DELETE FROM latchkey.marks USING head WHERE marks.log = head.log AND marks.name = ANY($17::text[])
)
SELECT count(*)::integer AS written FROM head`;

export function appendValues(log: string, batch: StoredBatch): unknown[] {
  const { firstSeq, leaves, tiles, personal, checkpoint } = batch;
  if (checkpoint === null) throw new Error('this store takes no seals');
  // One statement may touch a row once only: of several changes of a mark, the last one counts.
  const marks = [...new Map(batch.marks.map(({ name, value }) => [name, value]))];
  const set = marks.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
  return [
    log,
    firstSeq,
    checkpoint.size,
    checkpoint.note,
    leaves.map((leaf) => leaf.bytes),
    leaves.map((leaf) => leaf.hash),
    tiles.map((tile) => tile.index),
    tiles.map((tile) => tile.hash),
    checkpoint.kept,
    personal.map((p) => p.seq),
    personal.map((p) => p.name),
    personal.map((p) => p.leg),
    personal.map((p) => p.salt),
    personal.map((p) => Buffer.from(p.value)),
    set.map((mark) => mark.name),
    set.map((mark) => mark.value),
    marks.flatMap(([name, value]) => (value === null ? [name] : [])),
  ];
}
