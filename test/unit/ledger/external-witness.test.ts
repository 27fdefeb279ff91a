import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64url } from '../../../src/base/bytes.ts';
import type { Log } from '../../../src/base/log.ts';
import { checkConfig, loadConfig } from '../../../src/config/load.ts';
import { parseWitnessKey } from '../../../src/config/witness-key.ts';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import { nodePrimitives, openSource } from '../../../src/ledger/verify/node.ts';
import { verifyLog, type Report } from '../../../src/ledger/verify/verify.ts';
import type { LedgerWriter } from '../../../src/ledger/writer.ts';
import { externalWitnesses } from '../../../src/vault/external-witness.ts';
import type { VaultInfo } from '../../../src/vault/protocol.ts';
import { readAnswer, submissionBody } from '../../../src/witness/add-checkpoint.ts';
import { createFeeder, type Feeder } from '../../../src/witness/feeder.ts';
import { post } from '../../../src/witness/post.ts';
import { manualClock, type ManualClock } from '../../support/clock.ts';
import {
  handClock,
  openTestLedger,
  playCall,
  testConnector,
  type TestConnector,
} from '../../support/ledger-story.ts';
import { makeDir, removeDir } from '../../support/vault.ts';
import { witnessServer, type WitnessServer } from '../../support/witness-server.ts';

let dir: string;
let connector: TestConnector;
let ledger: LedgerWriter;
let witness: WitnessServer;
let clock: ManualClock;
let feeder: Feeder;
let said: string[];
const hand = handClock();

const file = (): string => join(dir, 'ledger.sqlite');
const open = (): Promise<LedgerWriter> => openTestLedger(sqliteStore(file()), connector, hand);

function feed(): void {
  const parsed = parseWitnessKey(witness.vkey);
  if (!parsed.ok) throw new Error(parsed.reason);
  const info = { ledgerKey: toBase64url(connector.ledger.publicKey) } as VaultInfo;
  const known = { name: 'w1', keyName: parsed.value.name, key: parsed.value.key };
  const external = externalWitnesses({ info, ledger, witnesses: [known] });
  const note =
    (level: string) =>
    (facts: { reason?: string }, text: string): void =>
      void said.push(`${level}: ${facts.reason ?? text}`);
  feeder = createFeeder({
    witnesses: [{ name: 'w1', url: witness.url }],
    desk: {
      work: (name, old) => external.work(name, old),
      cosigned: (name, checkpoint, lines) => external.record(name, checkpoint, lines),
    },
    clock,
    log: { warn: note('warn'), info: note('info') } as unknown as Log,
    post: (url, body) => post(url, body, clock),
  });
}

function verify(): Report {
  const source = openSource(file());
  try {
    return verifyLog({ primitives: nodePrimitives(), source });
  } finally {
    source.close();
  }
}

const cosigned = (): number => verify().witnesses.find(({ kind }) => kind === 'external')?.size ?? 0;

beforeEach(async () => {
  dir = await makeDir();
  connector = await testConnector();
  ledger = await open();
  witness = await witnessServer(toBase64url(connector.ledger.publicKey));
  clock = manualClock();
  said = [];
  feed();
});

afterEach(async () => {
  await witness.stop();
  await ledger.close();
  await removeDir(dir);
});

describe('an external witness', () => {
  it('cosigns what it has seen grow, counts in every interval, and its own leaf is no news to it', async () => {
    await playCall(ledger, connector, hand);
    const { size } = ledger;
    await feeder.look();
    expect(cosigned()).toBe(size);
    expect(verify()).toMatchObject({ verified: true, intervals: [{ witnesses: { begin: 3, end: 3 } }] });
    await feeder.look();
    expect(witness.statuses).toEqual([200]);
    await ledger.append([{ type: 'drain' }]);
    const grown = ledger.size;
    await feeder.look();
    expect(cosigned()).toBe(grown);
    expect(said).toEqual([]);
  });

  it('that knows another size than we remember says so, and gets the proof from there', async () => {
    await feeder.look();
    const old = witness.state!;
    await ledger.append([{ type: 'drain' }]);
    await feeder.look();
    await ledger.append([{ type: 'drain' }]);
    const { size } = ledger;
    witness.state = old;
    await feeder.look();
    expect(cosigned()).toBe(size);
    expect(witness.statuses).toEqual([200, 200, 409, 200]);
  });

  it('that has cosigned more than there is shows that the ledger was set back', async () => {
    witness.state = { size: 1_000, root: new Uint8Array(32) };
    await feeder.look();
    expect(said).toEqual(['warn: witness-ahead']);
    expect(cosigned()).toBe(0);
  });

  it('of another history does not cosign, and nothing is written', async () => {
    witness.state = { size: 1, root: new Uint8Array(32).fill(9) };
    await feeder.look();
    expect(said).toEqual(['warn: witness-status-422']);
    expect(cosigned()).toBe(0);
  });

  it.each([
    ['wrong-key', 'cosignature-invalid'],
    ['wrong-size', 'cosignature-invalid'],
    ['huge', 'witness-too-long'],
    ['redirect', 'witness-status-307'],
    ['broken', 'witness-status-500'],
    ['nonsense', 'witness-answer'],
  ] as const)(
    'that answers %s is named once, asked less and less often, and nothing is written',
    async (manner, reason) => {
      const { size } = ledger;
      witness.manner = manner;
      await feeder.look();
      expect(said).toEqual([`warn: ${reason}`]);
      for (let seconds = 0; seconds < 120; seconds += 5) {
        clock.advance(5_000);
        await feeder.look();
      }
      // After 10, 20 and 40 s.
      expect(witness.statuses.length).toBe(4);
      expect([said.length, ledger.size, cosigned()]).toEqual([1, size, 0]);
      witness.manner = 'honest';
      clock.advance(600_000);
      await feeder.look();
      expect(cosigned()).toBe(size);
      expect(said.at(-1)).toBe('info: witness is back');
    },
  );

  it('that never answers is given up, and one that is not there is named as that', async () => {
    witness.manner = 'silent';
    const asked = feeder.look();
    await witness.called;
    // Whoever appends meanwhile does not wait for it.
    expect((await ledger.append([{ type: 'drain' }])).ok).toBe(true);
    clock.advance(10_000);
    await asked;
    expect(said).toEqual(['warn: witness-slow']);
    await witness.stop();
    clock.advance(600_000);
    await feeder.look();
    expect(said.at(-1)).toBe('warn: witness-unreachable');
  });

  it('is remembered over a restart', async () => {
    await feeder.look();
    await ledger.close();
    ledger = await open();
    feed();
    const { size } = ledger;
    await feeder.look();
    expect(cosigned()).toBe(size);
    expect(witness.statuses).toEqual([200, 200]);
  });
});

describe('the bytes of add-checkpoint', () => {
  it('are those of C2SP tlog-witness', () => {
    const checkpoint = 'example.com/log\n8\nroot\n\n— example.com/log sig\n';
    const path = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const [one, two] = path.map((node) => Buffer.from(node).toString('base64'));
    expect(submissionBody({ old: 5, path, checkpoint })).toBe(`old 5\n${one}\n${two}\n\n${checkpoint}`);
    expect(submissionBody({ old: 0, path: [], checkpoint })).toBe(`old 0\n\n${checkpoint}`);
  });

  it.each([
    [409, 'text/x.tlog.size', '42\n', { kind: 'other-size', size: 42 }],
    [409, 'text/plain', '42\n', { kind: 'refused', reason: 'witness-status-409' }],
    [409, 'text/x.tlog.size', '042\n', { kind: 'refused', reason: 'witness-status-409' }],
    [200, 'text/plain', '— w AAAA\n', { kind: 'cosigned', lines: '— w AAAA\n' }],
    [200, 'text/plain', '— w AAAA', { kind: 'refused', reason: 'witness-answer' }],
    [200, 'text/plain', '', { kind: 'refused', reason: 'witness-answer' }],
  ])('an answer %i %s %j is read as what it is', (status, contentType, body, expected) => {
    expect(readAnswer({ status, contentType, body })).toEqual(expected);
  });
});

describe('the configuration of a witness', () => {
  const refusal = (change: Record<string, string>): string => {
    const good = { name: 'w1', key: witness.vkey, url: 'https://witness.example/w' };
    const config = structuredClone(loadConfig(null)) as unknown as { ledger: { witnesses: unknown[] } };
    config.ledger.witnesses = [{ ...good, ...change }];
    try {
      checkConfig(config);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('takes a published verifier key, and refuses one with a typing error in it', () => {
    expect(refusal({})).toBe('');
    const last = witness.vkey.at(-2) === 'A' ? 'B' : 'A';
    expect(refusal({ key: witness.vkey.slice(0, -2) + last + witness.vkey.slice(-1) })).toContain('vkey-');
    expect(refusal({ key: witness.vkey.replace('w1+', 'w2+') })).toContain('vkey-id');
    expect(refusal({ key: 'w1' })).toContain('vkey-form');
  });

  it('takes http and https without anything hidden in them', () => {
    for (const url of [
      'ftp://w.example',
      'https://a:b@w.example',
      'https://w.example/?x=1',
      'https://w.example/',
    ])
      expect(refusal({ url })).toContain('url must');
    expect(refusal({ url: 'http://127.0.0.1:8080' })).toBe('');
  });
});
