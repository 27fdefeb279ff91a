import { beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { jcsBytes } from '../../src/base/jcs.ts';
import type { Payload } from '../../src/consent/messages/catalog.ts';
import { parsePayload, peekMessage, signMessage, verifyMessage } from '../../src/consent/messages/jws.ts';
import { bytesOfText } from '../../src/consent/messages/key-schedule.ts';
import { typOf } from '../../src/consent/messages/labels.ts';
import { packetBytes, parsePacket } from '../../src/consent/messages/packet.ts';
import { buildRegistration, parseRegistration } from '../../src/consent/messages/registration.ts';
import { createHpkeKeyPair, hpkeKeyHash, seal, suiteName } from '../../src/consent/messages/seal.ts';
import { callerOf, createRoom, type Room } from '../support/consent-room.ts';
import { seededBytes, seededRandom, seededSigner, text } from '../support/consent-samples.ts';
import { settled } from '../support/consent-settle.ts';

/** Issue line "no silent downgrade": there is one suite, and whoever offers less is refused by name. */
let room: Room;
let host: Awaited<ReturnType<Room['host']>>;
let bridge: Awaited<ReturnType<Room['bridge']>>;
let request: Payload<'bridge-request'>;

beforeEach(async () => {
  room = await createRoom();
  host = await room.host();
  bridge = await room.bridge();
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(1_000);
  const sent = room.server.log.find((f) => f.message?.type === 'bridge-request')!;
  request = sent.message!.payload as Payload<'bridge-request'>;
});

/** A request as no version of ours writes it, under the connector's true key. */
async function forged(over: object): Promise<Uint8Array> {
  const connector = seededSigner('connector identity');
  const payload = jcsBytes({ ...request, ...over });
  if (!payload.ok) throw new Error(payload.reason);
  const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const header = `{"alg":"EdDSA","typ":"${typOf('bridge-request')}"}`;
  const input = `${b64(utf8(header))}.${b64(payload.value)}`;
  const jws = `${input}.${b64(await connector.sign(utf8(input)))}`;
  const sent = room.server.log.find((f) => f.message?.type === 'bridge-request')!;
  const packet = parsePacket(sent.bytes);
  if (!packet.ok) throw new Error(packet.reason);
  return packetBytes(jws, ...packet.value.beside);
}

describe('a request that offers less than X-Wing', () => {
  it.each([
    ['the X25519 half alone', { hpke: text('x25519', 32) }],
    ['a key cut short', { hpke: text('cut', 1215) }],
    ['the ML-KEM half alone', { hpke: text('ml-kem', 1184) }],
    ['a suite of its own', { suite: 'DHKEM(X25519)' }],
  ])('is no request: %s', async (_, over) => {
    const prompt = host.session.view.prompt!.requestHash;
    const bytes = await forged(over);
    const jws = new TextDecoder().decode(bytes).split('~')[0]!;
    expect(peekMessage(jws)).toEqual({ ok: false, reason: 'jws-schema' });
    const payload = jcsBytes({ ...request, ...over });
    // The vault, which would have to sign it, says the same.
    expect(parsePayload('bridge-request', payload.ok ? payload.value : utf8(''))).toEqual({
      ok: false,
      reason: 'jws-schema',
    });
    room.server.deliver(bridge.identity, host.identity, bytes);
    await settled();
    expect(host.session.view.prompt!.requestHash).toBe(prompt);
    expect(host.session.view.prompt!.suite).toBe(suiteName);
  });

  it('and the same forging without the change is a request: it is the change that is refused', async () => {
    const jws = new TextDecoder().decode(await forged({ nonce: text('other nonce', 16) })).split('~')[0]!;
    const key = seededSigner('connector identity').publicKey;
    expect((await verifyMessage(jws, 'bridge-request', key)).ok).toBe(true);
  });
});

describe('a grant by the true host', () => {
  async function granted(over: Partial<Payload<'grant'>>): Promise<void> {
    const mk = seededBytes('mk', 32);
    const pair = await createHpkeKeyPair(seededRandom('another pair'));
    const start = room.server.log.find((f) => f.message?.type === 'instance-start')!.message!
      .payload as Payload<'instance-start'>;
    const sealed = await seal(
      pair.publicKey,
      mk,
      {
        type: 'grant',
        role: 'connector',
        meeting: room.meetingId,
        instance: start.instance,
        term: start.term,
        sender: text('host', 32),
        recipient: text('bridge', 32),
        epoch: 9,
        about: host.session.view.prompt!.requestHash,
      },
      seededRandom('seal'),
    );
    if (!sealed.ok) throw new Error(sealed.reason);
    const { instance, term } = start;
    const jws = await signMessage(seededSigner('host'), 'grant', {
      v: 1,
      meeting: room.meetingId,
      instance,
      term,
      seq: 1_000,
      prev: text('prev', 32),
      request: host.session.view.prompt!.requestHash,
      scope: { audio: 'both', legs: 'each', next: 0, until: 0 },
      legs: request.callers.map((c) => c.leg),
      epoch: 9,
      kem: sealed.value.kem,
      sealed: Buffer.from(sealed.value.sealed).toString('base64url'),
      kcv: text('kcv', 16),
      decision: '',
      ...over,
    });
    room.server.deliver(host.identity, bridge.identity, packetBytes(jws));
    await settled();
    await room.pass(200);
  }

  const refusals = (): unknown[] =>
    room.vault.entries.filter((e) => e.type === 'refused').map((e) => e.data?.['reason']);

  it('sealed to another HPKE key opens nothing, and is named', async () => {
    await granted({});
    expect(bridge.engine.open).toBe(false);
    expect(refusals()).toContain('seal-key-unknown');
    expect(room.facts).toContainEqual({ kind: 'alarm', what: 'key-mismatch', detail: 'seal-key-unknown' });
  });

  it('that names the right key over a seal to another opens nothing, and is named', async () => {
    const pair = bytesOfText(request.hpke);
    await granted({ kem: await hpkeKeyHash(pair) });
    expect(bridge.engine.open).toBe(false);
    expect(refusals()).toContain('seal-open');
  });

  it('with a shorter seal cannot even be signed', async () => {
    await expect(granted({ sealed: text('x25519 seal', 80) })).rejects.toThrow('not a payload of grant');
  });
});

describe('the suite', () => {
  it('stands in the ledger with the key that was opened, and in no list to choose from', async () => {
    await host.session.approve(host.session.view.prompt!.requestHash);
    await settled();
    const opened = room.vault.entries.find((e) => e.type === 'key-opened');
    expect(opened?.data?.['suite']).toBe(suiteName);
    const registration = buildRegistration({
      salt: seededBytes('salt', 16),
      hosts: [seededSigner('host').publicKey],
      operators: [],
    });
    const weaker = Buffer.from(registration).toString().replace('"x-wing"', '"x25519"');
    expect(parseRegistration(utf8(weaker))).toEqual({ ok: false, reason: 'registration-form' });
  });
});
