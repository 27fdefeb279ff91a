import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { explainCommand } from '../../../src/cli/explain.ts';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-explain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = join(folder, 'latchkey.json');
writeFileSync(
  config,
  JSON.stringify({
    trunks: [
      {
        name: 'carrier',
        sources: ['192.0.2.0/24'],
        numbers: { countryCode: '49' },
        called: [{ number: '+4930987*', to: 'meeting:first' }],
        maxCalls: 2,
      },
      { name: 'phones', sources: [], digest: { users: [{ name: 'office', passwordFile: '/is/not/read' }] } },
    ],
  }),
);

async function explain(...args: string[]): Promise<string> {
  let output = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    output += String(chunk);
    return true;
  });
  try {
    expect(await explainCommand(args)).toBe(0);
  } finally {
    write.mockRestore();
  }
  return output;
}

it('says trunk, rule, meeting and code, from the configuration alone', async () => {
  const call = ['--from', '03012345', '--to', '030987-1', '--source', '192.0.2.10', '--config', config];
  expect(JSON.parse(await explain(...call, '--json'))).toMatchObject({
    verdict: 'accept',
    code: 200,
    trunk: 'carrier',
    rule: { number: '+4930987*', to: 'meeting:first' },
    meeting: 'first',
    caller: { kind: 'e164', text: '+493012345', header: 'from' },
    called: { kind: 'e164', text: '+49309871' },
  });
  const full = await explain(...call, '--calls', '2');
  expect(full).toMatch(/NO {2}capacity {7}2 calls of at most 2/);
  expect(full).toContain('Answer   503: trunk-full');
});

it('says what is missing where the answer is no', async () => {
  const stranger = [
    '--from',
    'sip:bob@example.com',
    '--to',
    'sip:meet@192.0.2.1',
    '--source',
    '198.51.100.7',
  ];
  expect(await explain(...stranger)).toContain('Answer   403: unknown-source');
  const asked = await explain(...stranger, '--config', config);
  expect(asked).toContain('Answer   401: credentials-missing');
  expect(asked).toContain('--user NAME');
  expect(await explain(...stranger, '--config', config, '--user', 'office')).toContain('Answer   200');
  expect(await explain(...stranger, '--config', config, '--user', 'nobody')).toContain('Answer   403');
});

it('knows who has to show a certificate before anything is read', async () => {
  const mutual = join(folder, 'mutual.json');
  writeFileSync(
    mutual,
    JSON.stringify({
      sip: {
        listen: [{ transport: 'tls', host: '127.0.0.1', port: 5061 }],
        tls: { certFile: '/a', keyFile: '/b', hosts: [], caFile: null, clientCaFile: '/c' },
      },
      trunks: [
        {
          ...{ name: 'sbc', sources: ['192.0.2.0/24'], transports: ['tls'] },
          tls: { clientNames: ['sbc.example.com'] },
        },
        { name: 'others', sources: ['198.51.100.0/24'] },
      ],
    }),
  );
  const call = (source: string, ...more: string[]): Promise<string> =>
    explain(
      '--from',
      '1',
      '--to',
      '2',
      '--source',
      source,
      '--config',
      mutual,
      '--transport',
      'tls',
      ...more,
    );
  expect(await call('192.0.2.1')).toMatch(/NO {2}certificate .*sbc\.example\.com; no --client-name is given/);
  expect(JSON.parse(await call('192.0.2.1', '--client-name', 'evil.example.com', '--json'))).toMatchObject({
    ...{ verdict: 'closed', code: null, cause: 'client-certificate' },
  });
  expect(await call('192.0.2.1', '--client-name', 'SBC.example.com')).toMatch(
    /ok {2}certificate [^]*Trunk {4}sbc\nAnswer {3}200/,
  );
  expect(await call('198.51.100.1')).not.toContain('certificate');
});

it('teaches, and refuses what it does not understand', async () => {
  expect(await explain('--help')).toContain('Examples:');
  const wrong = (...args: string[]) => expect(() => explainCommand(args)).toThrow();
  wrong('--from', '1', '--to', '2');
  wrong('--from', '1', '--to', '2', '--source', 'example.com');
  wrong('--from', '1', '--to', '2', '--source', '192.0.2.1', '--transport', 'sctp');
  wrong('--from', '1', '--to', '2', '--source', '192.0.2.1', '--media', 'video');
  wrong('--from', '1', '--to', '2', '--source', '192.0.2.1', '--calls', '-1');
});
