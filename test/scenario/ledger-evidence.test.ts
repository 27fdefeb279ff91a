import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBase64url } from '../../src/base/bytes.ts';
import { signMessage } from '../../src/consent/messages/jws.ts';
import { thumbprint } from '../../src/consent/messages/keys.ts';
import { signRotation } from '../../src/consent/messages/operator-statements.ts';
import { checkDecisions } from '../../src/ledger/verify/evidence-decisions.ts';
import { checkEvidence, type EvidenceReport } from '../../src/ledger/verify/evidence.ts';
import { nodePrimitives } from '../../src/ledger/verify/node.ts';
import { withSuccessors } from '../../src/ledger/verify/operators.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRoom } from '../support/consent-room.ts';
import { giveRealVault } from '../support/consent-real-vault.ts';
import { evidenceStory, type EvidenceStory } from '../support/evidence-story.ts';
import { latchkey } from '../support/cli.ts';
import { random } from '../support/consent-peers.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { makeDir, removeDir } from '../support/vault.ts';

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
    readonly basis: string;
    readonly witnesses: readonly unknown[];
    readonly counts: Readonly<Record<string, number>>;
  } | null;
}

async function verify(...args: readonly string[]): Promise<Answer & { readonly code: number }> {
  const { code, stdout, stderr } = await latchkey('ledger', 'verify', '--json', ...args);
  if (stdout === '') throw new Error(stderr);
  return { code, ...(JSON.parse(stdout) as Answer) };
}

beforeAll(async () => {
  dir = await makeDir();
  const story = await evidenceStory(dir, 'ledger');
  await copyFile(story.evidence, path('evidence.jsonl'));
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

const checked = async ({ evidence }: EvidenceStory, trust: readonly string[] = []) =>
  checkEvidence(nodePrimitives(), await readFile(evidence, 'utf8'), { from: 'evidence', trust })!;
const codesOf = ({ findings }: EvidenceReport): string[] => findings.map(({ code }) => code);

describe('what co-hosts decided', () => {
  let story: EvidenceStory;
  beforeAll(async () => {
    story = await evidenceStory(dir, 'deputy', { deputy: true });
  });

  it('goes home with the host, signed by them, and the answers carry out just that', async () => {
    const report = await checked(story);
    expect(codesOf(report)).toEqual([]);
    // Two yes and a no to the key host, and the revocation in the deputy's own name.
    expect(report.decisions).toBe(4);
    const answer = await verify('--evidence', story.evidence, '--file', story.ledger);
    expect(answer).toMatchObject({ code: 0, verified: true, findings: [] });
    const { stdout } = await latchkey('ledger', 'verify', '--evidence', story.evidence);
    expect(stdout).toContain('decisions    4 of co-hosts');
  });

  it.each([
    ['taken out', (all: string[]) => all.filter((line) => typeOf(line) !== 'decision'), 'evidence-decision'],
    [
      'changed',
      (all: string[]) => all.map((line) => (typeOf(line) === 'decision' ? flip(line) : line)),
      'evidence-signature',
    ],
    [
      'to take the key back changed',
      (all: string[]) => all.map((line) => (typeOf(line) === 'revocation' ? flip(line) : line)),
      'evidence-signature',
    ],
  ])('does not verify when it was %s', async (_, change, code) => {
    const file = path('deputy-changed.jsonl');
    const all = (await readFile(story.evidence, 'utf8')).trimEnd().split('\n');
    await writeFile(file, `${change(all).join('\n')}\n`);
    expect(codesOf(await checked({ ...story, evidence: file }))).toContain(code);
  });

  it('about one caller lets in no other', () => {
    const [request, leg] = [random(32), random(16)];
    const check = checkDecisions();
    check.decided('yes', { what: 'approve', request, legs: [leg] });
    check.decided('no', { what: 'deny', request, legs: [] });
    const carriedOut = (line: number, over: Readonly<Record<string, string | string[]>>): void =>
      check.carriedOut(line, { request, legs: [leg], decision: 'yes', ...over });
    carriedOut(1, {});
    carriedOut(2, { legs: [leg, random(16)] });
    carriedOut(3, { request: random(32) });
    carriedOut(4, { decision: 'no' });
    carriedOut(5, { decision: 'never' });
    carriedOut(6, { decision: '' });
    expect(check.unfounded()).toEqual([2, 3, 4, 5]);
  });
});

describe('an operator that goes on with another key', () => {
  const old = seededSigner('operator of before');
  const next = seededSigner('operator').publicKey;
  const other = seededSigner('somebody else');
  let trust: string;
  let story: EvidenceStory;
  const withRotation = async (name: string, rotation: string): Promise<EvidenceStory> => {
    const room = await createRoom();
    Object.assign(room.vault.info, { rotation });
    return evidenceStory(dir, name, { room });
  };
  beforeAll(async () => {
    trust = await thumbprint(old.publicKey);
    story = await withRotation('rotated', await signRotation(old, next, 1));
  });

  it('is known by its old key: evidence and ledger are trusted under it', async () => {
    const report = await checked(story, [trust]);
    expect(codesOf(report)).toEqual([]);
    expect(report.rotations).toEqual([{ from: trust, to: await thumbprint(next) }]);
    const answer = await verify('--evidence', story.evidence, '--file', story.exported, '--trust', trust);
    expect(answer).toMatchObject({ code: 0, verified: true, ledger: { basis: 'trusted' } });
    const alone = await verify('--file', story.exported, '--trust', trust);
    expect(alone).toMatchObject({ code: 1, verified: false });
  });

  it('is not known by another key, nor by a statement that the old key did not sign', async () => {
    expect(codesOf(await checked(story, [await thumbprint(other.publicKey)]))).toEqual([
      'evidence-untrusted',
    ]);
    const forged = await signMessage(other, 'operator-rotation', {
      v: 1,
      operator: toBase64url(old.publicKey),
      next: toBase64url(next),
      issued: 1,
    });
    const report = await checked(await withRotation('forged', forged), [trust]);
    expect(codesOf(report)).toEqual(['evidence-untrusted']);
    expect(report.rotations).toEqual([]);
  });

  it('speaks for the registration that names the old one, never for what was before', () => {
    const rotations = [
      { from: 'b', to: 'c' },
      { from: 'a', to: 'b' },
    ];
    expect([...withSuccessors(['a'], rotations)]).toEqual(['a', 'b', 'c']);
    expect([...withSuccessors(['c'], rotations)]).toEqual(['c']);
  });
});
