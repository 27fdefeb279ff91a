import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { foreignVersion, VersionWatch, versionNotice } from '../../../src/consent/messages/version.ts';
import { makeVectors } from '../../support/consent-vectors.ts';

const jws = (typ: string): Uint8Array => {
  const header = Buffer.from(`{"alg":"EdDSA","typ":"${typ}"}`).toString('base64url');
  return utf8(`${header}.e30.AAAA`);
};

describe('a packet of another version', () => {
  it('is known by its typ, whatever else is in it', () => {
    expect(foreignVersion(jws('latchkey/2/msg/hello'))).toEqual({ theirs: [2], notice: false });
    expect(foreignVersion(jws('latchkey/17/msg/nothing-we-know'))).toEqual({ theirs: [17], notice: false });
  });

  it('is none of ours, and nothing that only looks like one', async () => {
    const { messages } = (await makeVectors()) as { readonly messages: readonly { readonly jws: string }[] };
    for (const message of messages) expect(foreignVersion(utf8(message.jws))).toBeNull();
    for (const text of [
      '',
      '.',
      '~',
      'latchkey-speaks',
      'latchkey-speaks x',
      'latchkey-speaks  2',
      'eyJhbGciOi.',
    ])
      expect(foreignVersion(utf8(text))).toBeNull();
    expect(foreignVersion(jws('latchkey/1/msg/unknown'))).toBeNull();
    expect(foreignVersion(new Uint8Array([0xff, 0xfe, 0x2e]))).toBeNull();
  });

  it('may be a notice, which is no mismatch where one version is shared', () => {
    expect(foreignVersion(versionNotice)).toBeNull();
    expect(foreignVersion(utf8('latchkey-speaks 3 2 1'))).toBeNull();
    expect(foreignVersion(utf8('latchkey-speaks 3 2'))).toEqual({ theirs: [3, 2], notice: true });
  });
});

describe('who meets another version', () => {
  function setUp() {
    const sent: string[] = [];
    const said: string[] = [];
    const watch = new VersionWatch({
      send: (payload, to) => void sent.push(`${to.join()}: ${Buffer.from(payload).toString()}`),
      onMismatch: ({ from, theirs, ours }) => void said.push(`${from} ${theirs}/${ours}`),
    });
    return { sent, said, watch };
  }

  it('says so once and answers once, however much comes', () => {
    const { sent, said, watch } = setUp();
    for (let i = 0; i < 5; i++) expect(watch.foreign('p-a', jws('latchkey/2/msg/hello'))).toBe(true);
    expect(said).toEqual(['p-a 2/1']);
    expect(sent).toEqual(['p-a: latchkey-speaks 1']);
  });

  it('does not answer an answer', () => {
    const { sent, said, watch } = setUp();
    expect(watch.foreign('p-a', utf8('latchkey-speaks 2'))).toBe(true);
    expect([said, sent]).toEqual([['p-a 2/1'], []]);
  });

  it('keeps a bounded number of names', () => {
    const { said, watch } = setUp();
    for (let i = 0; i < 1_000; i++) watch.foreign(`p-${i}`, jws('latchkey/2/msg/hello'));
    expect(said).toHaveLength(64);
  });
});
