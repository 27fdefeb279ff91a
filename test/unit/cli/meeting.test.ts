import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { meetingCommand } from '../../../src/cli/meeting.ts';
import { adminStage, type AdminStage } from '../../support/admin-stage.ts';

let stage: AdminStage;
let folder = '';
let output = '';
const keys = { operator: '', reader: '' };

beforeAll(async () => {
  stage = await adminStage();
  for (const role of ['operator', 'reader'] as const) keys[role] = stage.key(role);
  folder = mkdtempSync(join(tmpdir(), 'latchkey-meeting-command-'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await stage.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => vi.stubEnv('LATCHKEY_ADMIN_KEY', keys.operator));

/** What `latchkey meeting` prints, asked of the stage's listener. */
async function run(...args: readonly string[]): Promise<string> {
  output = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    output += String(chunk);
    return true;
  });
  try {
    expect(await meetingCommand(['--url', stage.url, ...args])).toBe(0);
  } finally {
    write.mockRestore();
  }
  return output;
}
const json = async <T>(...args: readonly string[]): Promise<T> =>
  JSON.parse(await run(...args, '--json')) as T;
interface Listed {
  readonly meetings: readonly {
    readonly id: string;
    readonly code: string;
    readonly kept: boolean;
    readonly rotation: object;
    readonly pins: readonly { readonly pinId: string; readonly holder: string | null }[];
  }[];
}

describe('latchkey meeting', () => {
  it('makes a meeting, tells its link, code and PIN once, and lists it without them', async () => {
    const made = await run('new', '--meeting', 'board', '--rotate-hours', '24');
    const pin = /^PIN +([0-9]{6})$/m.exec(made)?.[1] ?? 'none';
    const code = /^code +([0-9]{6})$/m.exec(made)?.[1] ?? 'none';
    expect(made).toMatch(/^host link +http:\/\/127\.0\.0\.1:8080\/host#[A-Za-z0-9_-]{16,}$/m);
    const { meetings } = await json<Listed>('list');
    expect(meetings).toMatchObject([
      { id: 'board', code, kept: true, rotation: { hours: 24, eachMeeting: false } },
    ]);
    expect(output).not.toContain(pin);
    expect(await run('list')).toContain(`code ${code}`);
  });

  it('gives out personal PINs and takes them back, by their holder’s name', async () => {
    const given = await json<{ pin: string; pinId: string }>('pin', '--meeting', 'board', '--holder', 'Anna');
    expect(given.pin).toMatch(/^[0-9]{6}$/);
    expect(await run('list')).toContain(`PIN of Anna  ${given.pinId}`);
    expect(await run('pin', '--meeting', 'board', '--revoke', given.pinId)).toBe('Revoked.\n');
    expect(await run('list')).not.toContain('Anna');
  });

  it('replaces the room’s PIN, and says where there is none to tell', async () => {
    const { pin } = await json<{ pin: string }>('rotate', '--meeting', 'board');
    expect(pin).toMatch(/^[0-9]{6}$/);
    expect(await json('new-pin', '--meeting', 'board')).toEqual({ pin: null });
  });

  it('lists those that go with the process, and more than one page of them', async () => {
    await run('new', '--meeting', 'short', '--temporary');
    const { meetings } = await json<Listed>('list');
    expect(meetings.find(({ id }) => id === 'short')?.kept).toBe(false);
    const asked: string[] = [];
    const item = { ...meetings[0], createdAt: 0, pins: [] };
    const server = createServer(({ url = '' }, answer) => {
      asked.push(url);
      const next = url.includes('cursor=two') ? null : 'two';
      answer.setHeader('content-type', 'application/json').end(JSON.stringify({ items: [item], next }));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const listed = await json<Listed>('list', '--url', `http://127.0.0.1:${port}`);
    await new Promise((done) => server.close(done));
    expect(listed.meetings).toHaveLength(2);
    expect(asked).toHaveLength(2);
  });

  it('closes a meeting, and every action is in the ledger by the key that did it', async () => {
    expect(await run('close', '--meeting', 'board')).toBe('Closed.\n');
    expect(stage.recorded.map(({ data }) => (data as { action: string }).action)).toEqual(
      expect.arrayContaining(['meeting-create', 'pin-issue', 'pin-revoke', 'pins-rotate', 'meeting-close']),
    );
  });

  it('takes the key from a file that others cannot read', async () => {
    const file = join(folder, 'key');
    writeFileSync(file, `${keys.reader}\n`, { mode: 0o600 });
    vi.stubEnv('LATCHKEY_ADMIN_KEY', '');
    expect(await json<Listed>('list', '--key-file', file)).toHaveProperty('meetings');
    await expect(run('close', '--meeting', 'short', '--key-file', file)).rejects.toMatchObject({
      code: 'admin-refused',
      message: 'Your role does not permit this.',
    });
    chmodSync(file, 0o644);
    await expect(run('list', '--key-file', file)).rejects.toMatchObject({ code: 'key-secret' });
    await expect(run('list')).rejects.toThrow(/no API key: set LATCHKEY_ADMIN_KEY/);
  });

  it('says what the connector says, and never the key', async () => {
    await expect(run('close', '--meeting', 'nowhere')).rejects.toMatchObject({
      code: 'admin-refused',
      message: 'There is nothing at this address.',
    });
    await expect(run('new', '--meeting', 'short')).rejects.toThrow('A meeting of that name exists.');
    const closed = meetingCommand(['list', '--url', 'http://127.0.0.1:2']);
    await expect(closed).rejects.toThrow('127.0.0.1:2 does not answer: ECONNREFUSED');
  });

  it('sends the key over no network in clear', async () => {
    await expect(meetingCommand(['list', '--url', 'http://192.0.2.1:9080'])).rejects.toThrow(/in clear/);
    await expect(meetingCommand(['list', '--url', 'http://127.evil.example'])).rejects.toThrow(/in clear/);
    await expect(meetingCommand(['list', '--url', 'nonsense'])).rejects.toMatchObject({ code: 'usage' });
  });

  it.each([
    ['close'],
    ['pin', '--meeting', 'x'],
    ['pin', '--meeting', 'x', '--holder', 'A', '--revoke', 'b'],
    ['list', '--meeting', 'x'],
    ['new', '--rotate-hours', '0'],
    ['close', '--meeting', 'x', '--rotate-each'],
    ['open'],
    ['list', 'board'],
  ])('is not understood: %s %s', async (...args) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 'usage' });
  });
});
