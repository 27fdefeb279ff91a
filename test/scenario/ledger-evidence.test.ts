import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerOf, createRoom, type Room } from '../support/consent-room.ts';
import { giveRealVault } from '../support/consent-real-vault.ts';
import { settled } from '../support/consent-settle.ts';
import { latchkey } from '../support/cli.ts';
import { makeDir, removeDir } from '../support/vault.ts';
import type { HostSession } from '../../src/web/host/session.ts';

let dir: string;
let lines: string[];
const path = (name: string): string => join(dir, name);

interface Answer {
  readonly verified: boolean;
  readonly proven: number;
  readonly leftOut: number;
  readonly witnesses: number;
  readonly findings: readonly { readonly code: string }[];
  readonly ledger: {
    readonly verified: boolean;
    readonly witnesses: readonly unknown[];
    readonly counts: Readonly<Record<string, number>>;
  } | null;
}

/** Everybody there, a caller let in, talked, the key taken back, the meeting ended. */
async function play(room: Room): Promise<HostSession> {
  const host = await room.host();
  await room.member('Ann');
  await room.member('Bob');
  const bridge = await room.bridge();
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(1_000);
  await host.session.approve(host.session.view.prompt!.requestHash);
  await room.pass(5_000);
  await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
  await room.pass(6_000);
  await host.session.end();
  await room.pass(3_000);
  const closed = bridge.engine.close('meeting-ended');
  await room.pass(12_000);
  await closed;
  return host.session;
}

async function verify(...args: readonly string[]): Promise<Answer & { readonly code: number }> {
  const { code, stdout, stderr } = await latchkey('ledger', 'verify', '--json', ...args);
  if (stdout === '') throw new Error(stderr);
  return { code, ...(JSON.parse(stdout) as Answer) };
}

beforeAll(async () => {
  dir = await makeDir();
  const room = await createRoom();
  const ledger = await giveRealVault(room, path('ledger.sqlite'));
  const session = await play(room);
  await ledger.close();
  const evidence = await session.evidence();
  await writeFile(path('evidence.jsonl'), evidence!);
  lines = (await readFile(path('evidence.jsonl'), 'utf8')).trimEnd().split('\n');
  const other = await createRoom();
  const otherLedger = await giveRealVault(other, path('other.sqlite'));
  await other.host();
  await otherLedger.close();
});
afterAll(() => removeDir(dir));

describe('what a host takes home', () => {
  it('verifies by itself: its chain, the proven receipt, three witnesses', async () => {
    const answer = await verify('--evidence', path('evidence.jsonl'));
    expect(answer).toMatchObject({ code: 0, verified: true, findings: [], witnesses: 3, ledger: null });
    expect(answer.proven).toBeGreaterThan(0);
    expect(answer.leftOut).toBeGreaterThan(0);
    const { stdout } = await latchkey('ledger', 'verify', '--evidence', path('evidence.jsonl'));
    expect(stdout).toContain('cosigned     by 3 keys');
  });

  it('and the ledger holds all that was proven, cosigned by the same three', async () => {
    const answer = await verify('--evidence', path('evidence.jsonl'), '--file', path('ledger.sqlite'));
    expect(answer).toMatchObject({ code: 0, verified: true, findings: [], ledger: { verified: true } });
    expect(answer.ledger?.witnesses).toHaveLength(3);
    const intervals = await latchkey('ledger', 'intervals', '--json', '--file', path('ledger.sqlite'));
    expect(JSON.parse(intervals.stdout)).toMatchObject({ intervals: [{ witnesses: { begin: 3, end: 3 } }] });
  });

  it('does not fit a ledger that was written anew under the same keys', async () => {
    const answer = await verify('--evidence', path('evidence.jsonl'), '--file', path('other.sqlite'));
    expect(answer).toMatchObject({ code: 1, verified: false });
    expect(answer.findings.map(({ code }) => code)).toContain('evidence-missing');
    expect(Object.keys(answer.ledger!.counts)).toContain('log-forked');
  });

  it('is null while nobody has asked', async () => {
    const room = await createRoom();
    const host = await room.host();
    expect(await host.session.evidence()).toBe(null);
  });
});

const typeOf = (line: string): string => {
  const jws = (JSON.parse(line) as { jws?: string }).jws ?? '';
  const header = Buffer.from(jws.split('.')[0]!, 'base64url').toString();
  return /msg\/([a-z-]+)/.exec(header)?.[1] ?? '';
};
const indexOf = (type: string): number => lines.findIndex((line) => typeOf(line) === type);
const changed = (type: string, change: (line: string) => string): string[] =>
  lines.map((line, i) => (i === indexOf(type) ? change(line) : line));
const flip = (line: string): string =>
  line.replace(
    /\.([A-Za-z0-9_-])([^."]+)"/,
    (_, first: string, rest: string) => `.${first === 'A' ? 'B' : 'A'}${rest}"`,
  );

describe('evidence', () => {
  it.each([
    ['a signature of the host changed', () => changed('grant', flip), 'evidence-signature'],
    ['a signature of the connector changed', () => changed('receipt', flip), 'evidence-signature'],
    ['a cosignature of a member changed', () => changed('witness', flip), 'evidence-signature'],
    [
      'another leaf beside the receipt',
      () => changed('receipt', (line) => line.replace(/"leaf":"\{/, '"leaf":"{ ')),
      'evidence-receipt',
    ],
    ['the grant taken out', () => lines.filter((_, i) => i !== indexOf('grant')), 'evidence-receipt'],
    [
      'the host’s lists taken out',
      () => lines.filter((line) => typeOf(line) !== 'roster'),
      'evidence-signature',
    ],
    ['a line of something else', () => [...lines, '{"kind":"message"}'], 'evidence-malformed'],
  ])('with %s does not verify', async (_, change, code) => {
    const file = path('changed.jsonl');
    expect(change().join('\n')).not.toBe(lines.join('\n'));
    await writeFile(file, `${change().join('\n')}\n`);
    const answer = await verify('--evidence', file);
    expect(answer.verified).toBe(false);
    expect(answer.findings.map((f) => f.code)).toContain(code);
  });

  it('of another meeting’s registration verifies nothing', async () => {
    const header = JSON.parse(lines[0]!) as Record<string, string>;
    const registration = Buffer.from(header['registration']!, 'base64url').toString();
    const salted = registration.replace(
      /"salt":"./,
      (salt) => `${salt.slice(0, -1)}${salt.endsWith('A') ? 'B' : 'A'}`,
    );
    const other = { ...header, registration: Buffer.from(salted).toString('base64url') };
    await writeFile(path('changed.jsonl'), [JSON.stringify(other), ...lines.slice(1)].join('\n'));
    expect((await verify('--evidence', path('changed.jsonl'))).verified).toBe(false);
  });

  it('that is none is refused', async () => {
    await writeFile(path('changed.jsonl'), 'nothing\n');
    const result = await latchkey('ledger', 'verify', '--evidence', path('changed.jsonl'));
    expect(result).toMatchObject({ code: 2 });
    expect(result.stderr).toContain('is no evidence file');
  });
});
