import { expect, test } from 'vitest';
import { toBase64url } from '../../src/base/bytes.ts';
import { thumbprint } from '../../src/consent/messages/keys.ts';
import { signRevocationList } from '../../src/consent/messages/operator-statements.ts';
import { ConnectorBook } from '../../src/web/host/connector-book.ts';
import { callerOf, createRoom, hears, legOf, memoryStore, type Room } from '../support/consent-room.ts';
import { seededBytes, seededSigner, text } from '../support/consent-samples.ts';
import { settled } from '../support/consent-settle.ts';

const operator = seededSigner('operator');
const operatorThumbprint = await thumbprint(operator.publicKey);

function spoken(room: Room): string[] {
  return room.facts.flatMap((fact) => (fact.kind === 'bridge-code' ? [fact.digits] : []));
}

async function asked(room: Room, bridge: Awaited<ReturnType<Room['bridge']>>, caller = '1'): Promise<void> {
  bridge.engine.callersWaiting([callerOf(caller)]);
  await settled();
  await room.pass(1_000);
}

test('at first use host and caller get the same eight digits before anybody says yes; a known bridge has none', async () => {
  const room = await createRoom();
  const ledgers = memoryStore();
  const host = await room.host({ ledgers });
  const bridge = await room.bridge();
  await asked(room, bridge);
  const prompt = host.session.view.prompt!;
  expect(prompt).toMatchObject({ identityState: 'first-use', reason: 'new', previousOperator: null });
  expect(prompt.code).toMatch(/^\d{8}$/);
  expect(spoken(room)).toEqual([prompt.code]);
  expect(room.facts).toContainEqual({ kind: 'bridge-code', legIds: [legOf('1')], digits: prompt.code });
  expect(host.session.view.bridges[0]!.code).toBe(prompt.code);
  // Neither the ledger nor anything that crossed the server in clear holds the digits.
  expect(JSON.stringify(room.vault.entries)).not.toContain(prompt.code);
  await host.session.approve(prompt.requestHash);
  await settled();
  expect(host.session.view.bridges[0]).toMatchObject({ identityState: 'known', state: 'holds-key' });
  await host.leave();
  bridge.leave();
  const again = await room.host({ join: 'host again', ledgers });
  const second = await room.bridge('bridge again');
  await asked(room, second, '2');
  expect(again.session.view.prompt).toMatchObject({ identityState: 'known', code: null });
  expect(spoken(room)).toHaveLength(1);
});

test('a server that plays the challenge twice, or another one, gets no second try', async () => {
  const room = await createRoom();
  room.server.tamper = (flight) =>
    flight.message?.type === 'code-challenge' ? [flight.bytes, flight.bytes] : [flight.bytes];
  const host = await room.host();
  const bridge = await room.bridge();
  await asked(room, bridge);
  expect(spoken(room)).toEqual([host.session.view.prompt!.code]);
  expect(room.server.log.filter((f) => f.message?.type === 'code-reveal')).toHaveLength(1);
});

test('a bridge whose nonce is not the one that it committed to is an alarm, and has no code', async () => {
  const room = await createRoom();
  const vault = room.vault;
  const sign = vault.sign.bind(vault);
  vault.sign = (type, payload) => {
    if (type !== 'code-reveal') return sign(type, payload);
    const changed = JSON.parse(new TextDecoder().decode(payload)) as { code: string };
    const other = { ...changed, code: text('another nonce', 16) };
    return sign(type, new TextEncoder().encode(JSON.stringify(other)));
  };
  const host = await room.host();
  const bridge = await room.bridge();
  await asked(room, bridge);
  expect(host.session.view.prompt!.code).toBeNull();
  expect(host.session.view.alarms.map((a) => a.what)).toContain('code-mismatch');
});

test('a connector of a known name with another key is an alarm and a red prompt', async () => {
  const room = await createRoom();
  const ledgers = memoryStore();
  const book = new ConnectorBook(ledgers, room.clock);
  await book.load([operatorThumbprint]);
  await book.pin({
    operatorKey: operator.publicKey,
    operatorThumbprint: text('somebody else', 32),
    operatorName: 'Example Operator',
    connectorName: 'bridge-1',
    key: seededSigner('an earlier connector').publicKey,
    ledgerKey: seededSigner('ledger').publicKey,
    serial: text('serial', 16),
    notAfter: 0,
    jws: '',
  });
  const host = await room.host({ ledgers });
  const bridge = await room.bridge();
  await asked(room, bridge);
  expect(host.session.view.prompt).toMatchObject({
    identityState: 'changed',
    reason: 'identity-changed',
    previousOperator: 'Example Operator',
    code: expect.stringMatching(/^\d{8}$/) as string,
  });
  expect(host.session.view.alarms[0]).toMatchObject({
    what: 'bridge-changed',
    detail: { connector: 'bridge-1', previousOperator: 'Example Operator' },
  });
});

test('a list that comes while the bridge holds the key locks it out, and no later bridge of that key is heard', async () => {
  const room = await createRoom();
  const host = await room.host();
  const ann = await room.member('Ann');
  const bridge = await room.bridge();
  await asked(room, bridge);
  await host.session.approve(host.session.view.prompt!.requestHash);
  await settled();
  expect(hears(bridge, host)).toBe(true);
  const serials = [toBase64url(seededBytes('serial', 16))];
  const list = await signRevocationList(operator, { number: 1, issued: 1, serials, keys: [] });
  Object.assign(room.vault.info, { revocations: list, revocationNumber: 1 });
  await room.bridge('another door');
  await room.pass(1_000);
  expect(bridge.engine.open).toBe(false);
  expect(hears(bridge, host)).toBe(false);
  expect(hears(ann, host)).toBe(true);
  expect(host.session.view.alarms.map((a) => a.what)).toContain('certificate-revoked');
  expect(host.session.view.bridges.map((b) => b.state)).toEqual(['locked-out']);
});

test('a list that comes while the bridge runs is told to everybody who is there, at once', async () => {
  const room = await createRoom();
  const host = await room.host();
  const bridge = await room.bridge();
  await room.pass(2_500);
  const serials = [toBase64url(seededBytes('serial', 16))];
  const list = await signRevocationList(operator, { number: 4, issued: 1, serials, keys: [] });
  Object.assign(room.vault.info, { revocations: list, revocationNumber: 4 });
  bridge.engine.operatorSpoke();
  await settled();
  const hellos = room.server.log.map(({ message }) => message?.payload).filter((p) => p !== undefined);
  expect(hellos).toContainEqual(expect.objectContaining({ revocations: list }));
  // It names this very bridge: nobody is asked for it any more.
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(1_000);
  expect(host.session.view.prompt).toBeNull();
});
