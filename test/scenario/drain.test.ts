import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { latchkey } from '../support/cli.ts';
import { udpPeer } from '../support/sip-peer.ts';
import { sdpOffer, sipRequest } from '../support/sip-text.ts';
import { makeDir, removeDir } from '../support/vault.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

interface Banner {
  readonly sip: string;
  readonly pin: string;
}

interface Leaf {
  readonly type: string;
  readonly leg?: string;
}

let dir: string;
beforeEach(async () => {
  dir = await makeDir();
});
afterEach(() => removeDir(dir));

/** A caller who enters the PIN and says yes to the notice by INFO, waits for a host who never comes, and hangs up. */
async function callAndGiveUp(banner: Banner, logged: (what: RegExp) => Promise<void>): Promise<void> {
  const port = Number(/:(\d+)$/.exec(banner.sip)?.[1]);
  const phone = await udpPeer({ host: '127.0.0.1', port });
  try {
    const { host } = phone;
    phone.send(sipRequest({ uri: banner.sip, host, port: phone.port, body: sdpOffer() }));
    const answer = await phone.next(/^SIP\/2\.0 200 /, 'the answer');
    const to = /^To: (.*)$/im.exec(answer)?.[1] ?? '';
    const uri = /^Contact: *<([^>]*)>/im.exec(answer)?.[1] ?? banner.sip;
    let cseq = 1;
    const within = (method: string, body = ''): string =>
      sipRequest({
        method,
        uri,
        to,
        host,
        port: phone.port,
        body,
        cseq: `${method === 'ACK' ? 1 : ++cseq} ${method}`,
        branch: `z9hG4bK${method}${cseq}`,
      }).replace('application/sdp', 'application/dtmf');
    phone.send(within('ACK'));
    for (const digit of banner.pin) phone.send(within('INFO', digit));
    await logged(/"to":"notice"/);
    phone.send(within('INFO', '1'));
    await logged(/"to":"waiting"/);
    phone.send(within('BYE'));
    await logged(/"msg":"leg ended"/);
  } finally {
    await phone.stop();
  }
}

test('a caller who gave up, then a signal to the whole group, handed on twice: one drain, all of it recorded', async () => {
  const config = join(dir, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      dataDir: dir,
      http: { port: 0 },
      admin: { port: 0 },
      sip: { listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] },
      sfu: { port: 0 },
    }),
  );
  // A group of its own, as a terminal and a service manager give it.
  const connector = spawn(
    process.execPath,
    [main, 'start', '--config', config, '--json-banner', '--log', 'info'],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const group = -(connector.pid ?? 0);
  let log = '';
  connector.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  try {
    const [line] = (await once(connector.stdout, 'data')) as [Buffer];
    const { banner } = JSON.parse(line.toString()) as { readonly banner: Banner };
    await callAndGiveUp(banner, async (what) => {
      await expect.poll(() => log, { timeout: 20_000 }).toMatch(what);
    });
    const exited = once(connector, 'exit');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(group, signal);
    expect(await exited).toEqual([0, null]);
    await expect
      .poll(() => {
        try {
          return process.kill(group, 0);
        } catch {
          return false; // Nobody of the group is left.
        }
      })
      .toBe(false);
    const exported = await latchkey('ledger', 'export', '--config', config);
    const leaves = exported.stdout
      .split('\n')
      .filter((text) => text.startsWith('{"kind":"leaf"'))
      .map((text) => JSON.parse((JSON.parse(text) as { leaf: string }).leaf) as Leaf);
    expect(leaves.map(({ type }) => type)).toEqual([
      'start',
      'notice-answered',
      'call-ended',
      'drain',
      'stop',
    ]);
    expect(leaves[2]).toMatchObject({ leg: leaves[1]?.leg, data: { reason: 'hangup' } });
  } finally {
    if (connector.exitCode === null) process.kill(group, 'SIGKILL');
  }
}, 60_000);
