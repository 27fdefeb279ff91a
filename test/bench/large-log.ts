import { setImmediate as nextTurn } from 'node:timers/promises';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { random } from '../support/consent-peers.ts';
import { handClock, openTestLedger, Story, testConnector } from '../support/ledger-story.ts';

const perMeeting = 1_000;
/** Of each ten events one is a host's signed list; the others are callers coming and going. */
const every = 10;

/** A log of about this many events in meetings of a thousand events each, written as the vault would write it. */
export async function writeLargeLog(file: string, events: number): Promise<void> {
  const connector = await testConnector();
  const clock = handClock();
  const ledger = await openTestLedger(sqliteStore(file), connector, clock);
  for (let meetings = Math.ceil(events / perMeeting); meetings > 0; meetings--) {
    const story = await Story.begin(ledger, connector);
    const legs = Array.from({ length: 4 }, () => random(16));
    const request = await story.request(legs.map((leg) => ({ leg, label: 'Caller' })));
    await story.grantTo(request, legs);
    await story.openKey();
    const waiting: Promise<unknown>[] = [];
    for (let i = 0; i < perMeeting - 8; i++) {
      clock.move(1_000);
      if (i % every === 0) await story.listHolder(legs);
      else waiting.push(i % 2 === 0 ? story.join(legs[i % 4]!) : story.leave(legs[i % 4]!));
    }
    await Promise.all(waiting);
    const roster = await story.revoke();
    for (const member of story.members) await story.switched(member, roster);
    await story.destroyKey();
    await nextTurn();
  }
  await ledger.close();
}
