import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mainModule, startConnector, type Connector } from '../demo/connector.ts';
import { startParty, type Event, type Party } from '../demo/party.ts';
import { startBaresip, type Baresip } from '../support/baresip.ts';
import { waitUntil } from '../support/sip-until.ts';

/** A host invites phones: the connector's own processes, a host over WebRTC, baresip as the phone that is called. */
const number = '+4930123456';

let folder = '';
let phone: Baresip;
let connector: Connector;
let host: Party;
let invited = 0;

interface Seen {
  readonly prompt: string | null;
  readonly bridges: readonly {
    readonly canDial: boolean;
    readonly state: string;
    readonly legs: readonly { readonly display: string; readonly state: string }[];
  }[];
  readonly dials: readonly { readonly number: string; readonly state: string; readonly reason: string }[];
}
const seen = ({ view }: Event): Seen => view as Seen;
const shows = (what: (view: Seen) => boolean): Promise<Event> =>
  host.until('view', (event) => what(seen(event)), 20_000);
const last = ({ dials }: Seen) => dials.at(-1);

/** Invites, and says how the last call then stands. */
async function invite(to: string, state: string): Promise<ReturnType<typeof last>> {
  invited += 1;
  const fits = ({ dials }: Seen): boolean => dials.length === invited && dials.at(-1)?.state === state;
  const shown = host.next('view', (event) => fits(seen(event)), 20_000);
  host.send({ kind: 'invite-phone', number: to });
  return last(seen(await shown));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-outbound-'));
  phone = await startBaresip({ user: number, autoAnswer: true });
  connector = await startConnector({
    folder,
    settings: {
      trunks: [{ name: 'phones', sources: ['127.0.0.1'], numbers: { countryCode: '49' } }],
      outbound: {
        trunk: 'phones',
        target: phone.address.replace(/sip:.*@/, 'sip:'),
        account: null,
        callerNumber: '+4930555000',
        callerName: 'Meeting bridge',
        assertIdentity: true,
        ownRecording: false,
        plus: true,
        allowed: ['+4930'],
        refused: ['+49309'],
        emergency: [],
        ringSeconds: 20,
        maxPerMeeting: 1,
        maxCalls: 5,
        maxPerHour: 20,
      },
    },
  });
  const { httpUrl, claim } = connector.banner;
  host = startParty(
    'headless.ts',
    { kind: 'start', role: 'host', httpUrl, claim, name: 'Hanna', listenFor: ['caller'], keep: null },
    { name: 'host', logFolder: folder },
  );
  await host.until('in-meeting');
});

afterAll(async () => {
  await host.stop(2_000);
  await connector.stop();
  await phone.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a phone that a host invites', () => {
  it('rings, hears the notice, says yes, and is in by the host’s click alone', async () => {
    // Nobody has called, and the bridge is there to be asked.
    await shows(({ bridges }) => bridges.some(({ canDial }) => canDial));
    // It offers itself before it has heard a sign of life of the host, and for an absent host it calls nobody.
    const log = (): string => readFileSync(join(folder, 'connector.log'), 'utf8');
    await waitUntil(() => log().includes('"fact":"host-present"'), 'the bridge knows of the host', 20_000);
    expect(await invite('030 123456', 'answered')).toMatchObject({ number: '···· 456' });
    expect(await invite(number, 'refused')).toMatchObject({ reason: 'meeting-full' });
    // The host knows of the answer before the phone has its acknowledgement, and before that baresip sends no keys.
    await phone.event('CALL_ESTABLISHED', 20_000);
    await phone.press('1');
    await shows(({ dials, prompt }) => dials[0]?.state === 'accepted' && prompt !== null);
    host.send({ kind: 'approve' });
    const inside = seen(
      await shows(
        ({ bridges: [bridge] }) => bridge?.state === 'holds-key' && bridge.legs[0]?.state === 'admitted',
      ),
    );
    expect(inside.bridges[0]).toMatchObject({ state: 'holds-key', legs: [{ display: '+···· 456' }] });
    // The bridge leaves with the key that it has had, and another one comes without.
    const another = host.next(
      'view',
      (event) => seen(event).bridges.some(({ canDial, state }) => canDial && state === 'waiting'),
      20_000,
    );
    await phone.hangUp();
    await another;
  });

  it('is not called where the rules say no, and the host reads why', async () => {
    expect(await invite('112', 'refused')).toMatchObject({ reason: 'emergency' });
    expect(await invite('+49 900 123456', 'refused')).toMatchObject({ reason: 'premium' });
    expect(await invite('+44 20 7946 0000', 'refused')).toMatchObject({ reason: 'not-allowed' });
    expect(phone.events.filter(({ type }) => type === 'CALL_ESTABLISHED')).toHaveLength(1);
  });

  it('hears that the invitation was taken back, where he has not said yes yet', async () => {
    await invite(number, 'answered');
    const over = host.next('view', (event) => last(seen(event))?.state === 'over', 20_000);
    host.send({ kind: 'cancel-invite' });
    expect(last(seen(await over))).toMatchObject({ reason: 'cancelled' });
    await phone.event('CALL_CLOSED', 20_000);
  });

  it('is in a ledger that verifies: who asked stands before the call, and how it ended after it', async () => {
    await connector.stop();
    const { dataDir } = connector.banner;
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [mainModule, 'ledger', ...args], { encoding: 'utf8' });
    const verified = run('verify', '--file', join(dataDir, 'ledger.sqlite'));
    expect(verified.status, verified.stdout + verified.stderr).toBe(0);
  });
});
