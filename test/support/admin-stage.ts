import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MeetingDesk } from '../../src/admin/api/meeting-operations.ts';
import { newKey, openKeyBook, writeKeys, type StoredKey } from '../../src/admin/api-keys.ts';
import { LiveState } from '../../src/admin/live.ts';
import type { TokenCheck } from '../../src/admin/oidc.ts';
import type { AdminPorts } from '../../src/admin/ports.ts';
import type { Role } from '../../src/admin/role.ts';
import { createAdminServer } from '../../src/admin/server.ts';
import { createSignIn } from '../../src/admin/sign-in.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { ok, refuse } from '../../src/base/result.ts';
import { MeetingBook } from '../../src/call/meeting-book.ts';
import type { NewEntry } from '../../src/ledger/event.ts';

/** The admin listener on a free port, with a real book of meetings and a ledger that is a list. */
export interface AdminStage {
  readonly url: string;
  readonly live: LiveState;
  /** What was recorded, in order. */
  readonly recorded: NewEntry[];
  /** Drains that were asked for, in ms. */
  readonly drains: number[];
  /** Legs that were to be ended. */
  readonly ended: string[];
  /** Null: the ledger takes nothing. */
  ledgerFault: string | null;
  readonly keysFile: string;
  /** What a reload comes to. */
  reloaded: ReturnType<AdminPorts['reload']>;
  key(role: Role, until?: number): string;
  forget(text: string): void;
  ask(path: string, init?: RequestInit & { readonly key?: string }): Promise<Response>;
  stop(): Promise<void>;
}

export interface StageOptions {
  readonly openMetrics?: boolean;
  readonly hostNames?: readonly string[];
  readonly tokens?: TokenCheck;
  readonly tail?: AdminPorts['tail'];
  readonly ledgerKey?: string;
  readonly trunks?: readonly string[];
  /** Left out: nothing is shared. */
  readonly holders?: MeetingDesk['holders'];
}

export async function adminStage(options: StageOptions = {}): Promise<AdminStage> {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-admin-'));
  const keysFile = join(dir, 'admin-keys.json');
  const keys: StoredKey[] = [];
  const book = new MeetingBook({ clock: systemClock, store: null, onFault: () => undefined });
  const live = new LiveState(systemClock);
  const recorded: NewEntry[] = [];
  const drains: number[] = [];
  const ended: string[] = [];
  const meetings: MeetingDesk = {
    list: () => book.list(),
    get: (name) => book.get(name),
    create: (meeting) => book.create(meeting),
    close: (name) => book.close(name),
    issuePin: (name, holder) => book.issuePin(name, holder),
    revokePin: (name, pinId) => book.revokePin(name, pinId),
    rotatePins: (name) => book.rotatePins(name),
    takeNewPin: (name) => book.takeNewPin(name),
    holders: options.holders ?? null,
  };
  const log = createLog('test', 'silent');
  const server = createAdminServer({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, log },
    hostNames: options.hostNames ?? [],
    openMetrics: options.openMetrics ?? true,
    signIn: createSignIn({
      keys: openKeyBook(keysFile, systemClock, () => undefined),
      tokens: options.tokens ?? null,
      clock: systemClock,
    }),
    ports: {
      live,
      meetings,
      families: () => Promise.resolve([]),
      readiness: () => Promise.resolve({ ready: drains.length === 0, reasons: [] }),
      state: () => ({ startedAt: 1, draining: drains.length > 0 }),
      trunks: () =>
        (options.trunks ?? ['carrier']).map((name) => ({
          ...{ name, calls: 1, accepted: 2, refused: { transport: 3 } },
          ...{ health: 'up', registrations: [] },
        })),
      tail: options.tail ?? (() => Promise.resolve(refuse('vault-lost'))),
      ledgerKey: options.ledgerKey ?? '',
      append(entry) {
        if (stage.ledgerFault !== null) return Promise.reject(new Error(stage.ledgerFault));
        recorded.push(entry);
        return Promise.resolve();
      },
      config: () => ({ sip: { maxCalls: 200 } }),
      reload: () => stage.reloaded,
      endLeg(leg) {
        const known = live.legs.some(({ id }) => id === leg);
        if (known) ended.push(leg);
        return known;
      },
      drain: (ms) => void drains.push(ms),
    },
  });
  const { url } = await server.start();
  const stage: AdminStage = {
    ...{ url, live, recorded, drains, ended, keysFile },
    ledgerFault: null,
    reloaded: ok({ changed: [], needRestart: [] }),
    key(role, until = 0) {
      const { text, stored } = newKey({ role, name: '', nowMs: 0, until });
      keys.push(stored);
      writeKeys(keysFile, keys);
      return text;
    },
    forget(text) {
      const id = text.split('.')[1];
      writeKeys(
        keysFile,
        keys.filter((key) => key.id !== id),
      );
    },
    ask(path, { key, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
      if (init.body !== undefined) headers.set('content-type', 'application/json');
      return fetch(`${url}${path}`, { ...init, headers });
    },
    async stop() {
      await server.stop();
      rmSync(dir, { recursive: true });
    },
  };
  return stage;
}
