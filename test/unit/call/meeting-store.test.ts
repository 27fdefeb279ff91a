import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe } from 'vitest';
import { meetingFileStore } from '../../../src/call/meeting-store.ts';
import { meetingStoreContract } from '../../support/meeting-store-contract.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The same contract holds for meetings in PostgreSQL: test/scenario/sharing-database.test.ts. */
describe('meetings in a file', () => {
  meetingStoreContract(() => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-meetings-'));
    folders.push(folder);
    return Promise.resolve(() => Promise.resolve(meetingFileStore(join(folder, 'meetings.json'))));
  });
});
