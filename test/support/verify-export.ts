import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { thumbprint } from '../../src/ledger/checkpoint.ts';
import { jsonLines } from '../../src/ledger/export/json-lines.ts';
import { sqliteRecords } from '../../src/ledger/records.ts';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { random } from './consent-peers.ts';
import { handClock, openTestLedger, Story, testConnector, type HandClock } from './ledger-story.ts';

export interface ExportedStory {
  readonly file: string;
  /** Of the operator that certified the connector. */
  readonly operator: string;
  readonly leaves: number;
}

/**
 * An afternoon with two meetings: one with three callers, of whom one comes later and one only listens after a change of
 * scope, taken back and locked out; one that a crash ends.
 */
export async function exportStory(dir: string, name = 'export.jsonl'): Promise<ExportedStory> {
  const connector = await testConnector();
  const clock = handClock(Date.UTC(2026, 4, 12, 14, 0, 0));
  const store = sqliteStore(join(dir, `${name}.sqlite`));
  const ledger = await openTestLedger(store, connector, clock);
  await longMeeting(await Story.begin(ledger, connector), clock);
  clock.move(600_000);
  await deniedMeeting(await Story.begin(ledger, connector), clock);
  await ledger.close();
  const lines = [...jsonLines(sqliteRecords(join(dir, `${name}.sqlite`)), 'with')];
  const file = join(dir, name);
  await writeFile(file, `${lines.join('\n')}\n`);
  const leaves = lines.filter((line) => line.includes('"kind":"leaf"')).length;
  return { file, operator: thumbprint(connector.operator.publicKey), leaves };
}

async function longMeeting(story: Story, clock: HandClock): Promise<void> {
  const [anna, ben, third] = [random(16), random(16), random(16)];
  const request = await story.request([
    { leg: anna, label: 'Caller on +49 30 ···· 123' },
    { leg: ben, label: 'Caller on +44 20 ···· 007' },
  ]);
  clock.move(14_000);
  await story.grantTo(request, [anna, ben]);
  await story.openKey();
  clock.move(900);
  await story.listHolder([anna, ben]);
  await story.join(anna);
  await story.join(ben);
  clock.move(760_000);
  await story.leave(ben);
  await story.listHolder([anna]);
  clock.move(120_000);
  // The bridge asks anew for another caller; the host lets everybody listen only.
  const again = await story.request([{ leg: third, label: 'Caller on +1 212 ···· 555' }]);
  clock.move(11_000);
  const scope = { audio: 'listen', legs: 'each', next: 0, until: 0 } as const;
  await story.grantTo(again, [anna, third], { scope });
  await story.openKey();
  await story.listHolder([anna, third]);
  await story.join(third);
  clock.move(410_000);
  const roster = await story.revoke();
  clock.move(60);
  await story.leave(anna);
  await story.leave(third);
  await story.destroyKey();
  clock.move(350);
  for (const member of story.members) await story.switched(member, roster);
}

async function deniedMeeting(story: Story, clock: HandClock): Promise<void> {
  const leg = random(16);
  const request = await story.request([{ leg, label: 'Somebody else' }]);
  clock.move(9_000);
  const { bridge } = story;
  const jws = await story.host.denial(request);
  await story.write({ type: 'denial', bridge, jws, data: { request, term: 1 } });
  await story.write({ type: 'leg-refused', bridge, leg, data: { reason: 'denied' } });
}
