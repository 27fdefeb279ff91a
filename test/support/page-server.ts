import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../src/base/log.ts';
import type { MeetingId } from '../../src/base/ids.ts';
import { ok, refuse } from '../../src/base/result.ts';
import { fromBase64url } from '../../src/base/bytes.ts';
import { isPinAsk, isPinDraw } from '../../src/consent/messages/pin-ask.ts';
import { meetingIdOf, parseRegistration } from '../../src/consent/messages/registration.ts';
import { buildBundle, writeBundle, type Asset } from '../../src/http/bundle.ts';
import type { HostPin, HttpPorts } from '../../src/http/ports.ts';
import { createHttpServer } from '../../src/http/server.ts';
import type { RunningSfu } from './sfu.ts';

/** The real pages' server before one meeting, with a stub of a session in the pages instead of the consent protocol. */
export interface StubPages {
  readonly url: string;
  readonly hostLink: string;
  readonly pin: string;
  /** Another PIN is in force; null: and the connector does not know it any more. */
  replacePin(pin: string | null): void;
  /** As where the ledger takes nothing. */
  refuseNewPin(yes: boolean): void;
  stop(): Promise<void>;
}

/** The scripts of stub-host.ts and stub-member.ts under the names of the real ones. */
async function stubAssets(folder: string): Promise<void> {
  const probe = '../../test/support/page-probe';
  const built = await buildBundle({
    stubhost: `${probe}/stub-host.ts`,
    stubmember: `${probe}/stub-member.ts`,
  });
  const assets = new Map<string, Asset>();
  const entries = new Map(built.entries);
  for (const [name, file] of built.entries) {
    if (name === 'host' || name === 'member') continue;
    const asset = built.assets.get(file)!;
    const as = name.replace('stub', '');
    assets.set(file.replace(name, as), { ...asset, file: file.replace(name, as) });
    entries.set(as, file.replace(name, as));
  }
  entries.delete('stubhost');
  entries.delete('stubmember');
  await writeBundle({ assets, entries }, folder);
}

export async function serveStubPages(sfu: () => RunningSfu): Promise<StubPages> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-pages-'));
  await stubAssets(folder);
  const claim = 'claim-of-the-page-tests';
  const pin = '482913';
  let roomPin: HostPin = { pinId: 'first', pin: null };
  let drawFault = false;
  const operators = [
    {
      name: 'Northgate Telecom',
      thumbprint: 'T3BlcmF0b3JLZXlUaHVtYnByaW50MDEyMzQ1Njc4OWE',
      kept: 'apart' as const,
    },
  ];
  const dialIn = { number: '+49 30 5550 100', sip: 'sip:meet@127.0.0.1', code: null };
  let claimed: { id: MeetingId; registration: Uint8Array<ArrayBuffer> } | null = null;
  const ports: HttpPorts = {
    setup: () => Promise.resolve({ operators, kem: 'X-Wing', sfuUrl: sfu().url }),
    async claimMeeting(request) {
      if (claimed !== null) return refuse('already-claimed');
      if (request.claim !== claim) return refuse('claim-unknown');
      claimed = { id: await meetingIdOf(request.registration), registration: request.registration };
      return ok({ meetingId: claimed.id, pin, pinId: 'first', dialIn, operators, sfuUrl: sfu().url });
    },
    meetingInfo: (id) =>
      Promise.resolve(
        claimed?.id === id
          ? { registration: claimed.registration, dialIn, sfuUrl: sfu().url, operators }
          : null,
      ),
    pinChallenge: (id) => Promise.resolve(claimed?.id === id ? new Uint8Array(40) : null),
    async hostPin({ meetingId, challenge, signature }) {
      const parsed = claimed === null ? null : parseRegistration(claimed.registration);
      const key = parsed?.ok === true ? fromBase64url(parsed.value.hosts[0] ?? '') : null;
      const host = key !== null && (await isPinAsk(key, { meetingId, challenge, signature }));
      return host ? ok(roomPin) : refuse('not-host');
    },
    async newPin({ meetingId, challenge, signature, replaces }) {
      const parsed = claimed === null ? null : parseRegistration(claimed.registration);
      const key = parsed?.ok === true ? fromBase64url(parsed.value.hosts[0] ?? '') : null;
      const host = key !== null && (await isPinDraw(key, { meetingId, challenge, replaces, signature }));
      if (!host) return refuse('not-host');
      if (drawFault) return refuse('not-ready');
      if (replaces !== roomPin.pinId) return refuse('pin-changed');
      roomPin = { pinId: 'drawn', pin: '305816' };
      return ok(roomPin);
    },
    async mintToken({ meetingId, joinId, name }) {
      if (claimed?.id !== meetingId) return refuse('meeting-unknown');
      return ok({ token: await sfu().token(`p-${joinId}`, meetingId, { name }), url: sfu().url });
    },
    readiness: () => Promise.resolve({ ready: true, reasons: [] }),
  };
  const log = createLog('pages', 'warn');
  const server = createHttpServer({ host: '127.0.0.1', port: 0, ports, log, assetsDir: folder });
  const { url } = await server.start();
  return {
    url,
    hostLink: `${url}/host#${claim}`,
    pin,
    refuseNewPin: (yes) => void (drawFault = yes),
    replacePin: (next) => void (roomPin = { pinId: `after-${roomPin.pinId}`.slice(0, 64), pin: next }),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}
