import { expect, test } from 'vitest';
import { checkpointSigner, openCheckpoint, originOf, parseNote } from '../../../src/ledger/checkpoint.ts';
import { isSignedByLog, cosignedAt, readNote } from '../../../src/ledger/verify/note.ts';
import { isSoundKey } from '../../../src/ledger/verify/primitives.ts';
import { nodePrimitives } from '../../../src/ledger/verify/node.ts';
import { isSoundSigningKey } from '../../../src/consent/messages/keys.ts';
import { testKey } from '../../support/consent-peers.ts';

const primitives = nodePrimitives();
const key = testKey();
const root = new Uint8Array(32).fill(7);
const note = checkpointSigner({ publicKey: key.publicKey, sign: key.signNow })(42, root);

/** The example of C2SP tlog-cosignature.md, with the log's and a witness's line. */
const published = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

test('a checkpoint is three lines, signed, and opens with the ledger’s key alone', () => {
  expect(note.split('\n').slice(0, 3)).toEqual([
    originOf(key.publicKey),
    '42',
    Buffer.from(root).toString('base64'),
  ]);
  const opened = openCheckpoint(note, key.publicKey);
  expect(opened).toMatchObject({ ok: true, value: { size: 42 } });
  expect(openCheckpoint(note, testKey().publicKey)).toEqual({ ok: false, reason: 'wrong-origin' });
  const read = readNote(note)!;
  expect(isSignedByLog(primitives, read, key.publicKey)).toBe(true);
  expect(isSignedByLog(primitives, read, testKey().publicKey)).toBe(false);
});

test('both readers take the published example apart alike', () => {
  const parsed = parseNote(published);
  const read = readNote(published);
  expect(parsed.ok && parsed.value.signatures.map((s) => s.name)).toEqual([
    'example.com/behind-the-sofa',
    'witness.example.com/w1',
  ]);
  expect(read).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20852163 });
  expect(read?.lines.map((line) => line.signature.length)).toEqual([64, 72]);
});

test.each([
  ['another size', note.replace('\n42\n', '\n43\n')],
  ['another root', note.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${Buffer.alloc(32).toString('base64')}\n`)],
  ['a line more', note.replace('\n\n', '\nextension\n\n')],
  ['a leading zero', note.replace('\n42\n', '\n042\n')],
  ['no signature', note.slice(0, note.indexOf('—'))],
  ['no last line feed', note.trimEnd()],
  ['a carriage return', note.replaceAll('\n', '\r\n')],
  ['nothing', ''],
])('a checkpoint with %s does not open', (_, text) => {
  expect(openCheckpoint(text, key.publicKey).ok).toBe(false);
  const read = readNote(text);
  expect(read !== null && isSignedByLog(primitives, read, key.publicKey)).toBe(false);
});

test('a key of small order is sound neither for the verifier nor for the consent code', () => {
  const small = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  for (const point of small) {
    expect(isSoundKey(point)).toBe(false);
    expect(isSoundSigningKey(point)).toBe(false);
  }
  expect(isSoundKey(key.publicKey)).toBe(true);
});

test('no cosignature is read where there is none', () => {
  expect(cosignedAt(primitives, readNote(note)!, { name: 'w', key: testKey().publicKey })).toBe(null);
});
