import { toBase64url } from '../../../src/base/bytes.ts';
import { signCertificate } from '../../../src/consent/messages/certificate.ts';
import type { Payload } from '../../../src/consent/messages/catalog.ts';
import { peekMessage, signMessage } from '../../../src/consent/messages/jws.ts';
import type { MessageType } from '../../../src/consent/messages/labels.ts';
import { packetBytes, parsePacket } from '../../../src/consent/messages/packet.ts';
import type { Tamper } from '../../support/consent-room.ts';
import { seededBytes, seededSigner, text } from '../../support/consent-samples.ts';
import { settled } from '../../support/consent-settle.ts';
import type { Case } from '../case.ts';
import { untilSilentMs, type Stage } from '../stage.ts';
/** The server's own device and HPKE key. */
const eve = seededSigner('server');
const eveHpke = text('server hpke', 1216);

export interface Change {
  readonly type: MessageType;
  /** Whose key signs; unset: the payload is changed under the old signature. */
  readonly signer?: string;
  readonly change: (payload: never) => object;
}

/** A packet with another payload, signed anew or not. */
export async function changed(bytes: Uint8Array, { signer, change }: Change): Promise<Uint8Array> {
  const packet = parsePacket(bytes);
  const peeked = packet.ok ? peekMessage(packet.value.jws) : packet;
  if (!packet.ok || !peeked.ok) throw new Error('not a message');
  const { type, payload } = peeked.value;
  const next = change(payload as never);
  if (signer !== undefined) {
    const jws = await signMessage(seededSigner(signer), type, next as Payload<typeof type>);
    return packetBytes(jws, ...packet.value.beside);
  }
  const [header, , signature] = packet.value.jws.split('.');
  const body = toBase64url(new TextEncoder().encode(JSON.stringify(next)));
  return packetBytes(`${header}.${body}.${signature}`, ...packet.value.beside);
}

/** Every message of a type is changed on its way. Signing takes a moment: the changed packet comes after it. */
const swapping =
  (what: Change) =>
  (room: Stage['room']): Tamper =>
  (flight) => {
    if (flight.message?.type !== what.type) return [flight.bytes];
    void changed(flight.bytes, what).then((bytes) => room.server.deliver(flight.from, flight.to, bytes));
    return [];
  };

async function asked(stage: Stage): Promise<void> {
  await stage.ask();
  await stage.approve();
  await stage.pass(5_000);
}

const early = (name: string, what: Change): Case => ({
  name,
  early: swapping(what),
  play: asked,
  recovers: true,
});

export const ownKey = <P extends object>(payload: P): object => ({ ...payload, hpke: eveHpke });

/** A request in the bridge's place, signed by the server and certified by an operator of the server's own. */
export async function askingInItsPlace(): Promise<Change> {
  const certificate = await signCertificate(seededSigner('server operator'), {
    operatorName: 'Example Operator',
    key: eve.publicKey,
    ledgerKey: eve.publicKey,
    connectorName: 'bridge-1',
    serial: seededBytes('server serial', 16),
    notBefore: 0,
    notAfter: 0,
  });
  const key = toBase64url(eve.publicKey);
  return {
    type: 'bridge-request',
    signer: 'server',
    change: (payload: Payload<'bridge-request'>) => ({ ...ownKey(payload), key, certificate }),
  };
}

/** The server puts keys of its own where others are. */
export const swappingKeys: readonly Case[] = [
  early('puts its own HPKE key into every hello', { type: 'hello', change: ownKey }),
  early('says hello in the members’ place, with its own keys and their invite MAC', {
    type: 'hello',
    signer: 'server',
    change: (payload: Payload<'hello'>) => ({ ...ownKey(payload), key: toBase64url(eve.publicKey) }),
  }),
  early('puts its own HPKE key into every next-key', { type: 'next-key', change: ownKey }),
  early('signs every next-key anew, with its own keys', {
    type: 'next-key',
    signer: 'server',
    change: ownKey,
  }),
  early('puts its own HPKE key into the bridge’s request', { type: 'bridge-request', change: ownKey }),
  early('puts its own HPKE key into the start of the instance', { type: 'instance-start', change: ownKey }),
  early('starts the instance in the host’s place, with its own keys', {
    type: 'instance-start',
    signer: 'server',
    change: ownKey,
  }),
  {
    name: 'asks in the bridge’s place, certified by an operator of its own',
    async play(stage) {
      stage.server(swapping(await askingInItsPlace())(stage.room));
      await asked(stage);
    },
    recovers: true,
  },
  {
    name: 'gives the bridge’s identity key a hello, to be let in as a member',
    async play(stage) {
      const hello = stage.last('hello');
      const request = stage.last('bridge-hello').message!.payload as Payload<'bridge-hello'>;
      const bytes = await changed(hello.bytes, {
        type: 'hello',
        signer: 'connector identity',
        change: (payload: Payload<'hello'>) => ({ ...payload, key: request.key, join: request.join }),
      });
      stage.room.server.deliver(stage.bridge.identity, stage.host.identity, bytes);
      await settled();
      await stage.pass(3_000);
    },
    recovers: true,
  },
  {
    name: 'gives each member the other’s welcome',
    async play(stage) {
      const swap = new Map([
        [stage.ann.identity, stage.bob.identity],
        [stage.bob.identity, stage.ann.identity],
      ]);
      stage.server((flight) => {
        if (flight.message?.type !== 'welcome') return [flight.bytes];
        const other = swap.get(flight.to);
        if (other !== undefined) stage.room.server.deliver(flight.from, other, flight.bytes);
        return [];
      });
      await stage.ask();
      await stage.approve();
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'puts a seal of its own into the grant',
    async play(stage) {
      await stage.ask();
      stage.server(
        swapping({
          type: 'grant',
          change: (payload: Payload<'grant'>) => ({ ...payload, sealed: text('server seal', 1168) }),
        })(stage.room),
      );
      await stage.approve();
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'widens a grant under its signature',
    async play(stage) {
      await stage.ask();
      stage.server(
        swapping({
          type: 'grant',
          change: (payload: Payload<'grant'>) => ({
            ...payload,
            scope: { ...payload.scope, legs: 'any' },
          }),
        })(stage.room),
      );
      await stage.approve();
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
];
