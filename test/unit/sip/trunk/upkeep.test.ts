import { expect, it } from 'vitest';
import { createLog } from '../../../../src/base/log.ts';
import type { FinalResponse, OwnRequest } from '../../../../src/sip/trunk/requests.ts';
import { createUpkeep, trunkLinks } from '../../../../src/sip/trunk/upkeep.ts';
import { manualClock } from '../../../support/clock.ts';

const links = trunkLinks(
  [
    {
      name: 'pbx',
      sources: ['192.0.2.1'],
      health: { target: 'sip:192.0.2.1', intervalSeconds: 10, downAfter: 2, upAfter: 1 },
      registrations: [
        {
          user: 'office',
          domain: 'pbx.example',
          servers: ['sip:192.0.2.1;transport=tcp'],
          passwordFile: 'f',
        },
      ],
    },
  ],
  () => 'open sesame',
);

function stage() {
  const clock = manualClock();
  const sent: OwnRequest[] = [];
  let answer: (request: OwnRequest) => number | null | 'never' = () => 200;
  const upkeep = createUpkeep({
    links,
    clock,
    log: createLog('test', 'silent'),
    random: (bytes) => Buffer.alloc(bytes, 1),
    send(request) {
      sent.push(request);
      const status = answer(request);
      if (status === 'never') return new Promise(() => undefined);
      const response: FinalResponse | null =
        status === null ? null : { status, get: () => null, sent: (name) => request.headers[name] ?? null };
      return Promise.resolve(response);
    },
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  const count = (method: string): number => sent.filter((request) => request.method === method).length;
  return { upkeep, sent, settle, pass, count, answers: (how: typeof answer) => (answer = how) };
}

it('a trunk is up with its first answer, down after two silences, and up again', async () => {
  const { upkeep, settle, pass, answers, count } = stage();
  expect(upkeep.states[0]!.health).toBe('unknown');
  upkeep.start();
  await settle();
  expect(upkeep.states[0]!.health).toBe('up');
  answers(() => null);
  await pass(10_000);
  expect(upkeep.states[0]!.health).toBe('up');
  await pass(10_000);
  expect(upkeep.states[0]!.health).toBe('down');
  answers(() => 404);
  await pass(10_000);
  expect(upkeep.states[0]!.health).toBe('up');
  expect(count('OPTIONS')).toBe(4);
});

it('an account is registered, renewed in time, begun anew behind a lost SIP server, and taken back', async () => {
  const { upkeep, sent, settle, pass, count } = stage();
  upkeep.start();
  await settle();
  expect(upkeep.states[0]!.registrations).toEqual([{ registered: true, failure: null }]);
  await pass(540_000);
  expect(count('REGISTER')).toBe(2);
  upkeep.lost();
  expect(upkeep.states[0]!.registrations[0]!.registered).toBe(false);
  await pass(3_600_000);
  expect(count('REGISTER')).toBe(2);
  upkeep.start();
  await settle();
  expect(count('REGISTER')).toBe(3);
  await upkeep.stop(1_000);
  const registers = sent.filter(({ method }) => method === 'REGISTER');
  expect(registers.map(({ headers }) => headers['CSeq'])).toEqual([1, 2, 3, 4].map((n) => `${n} REGISTER`));
  expect(new Set(registers.map(({ headers }) => headers['Call-ID'])).size).toBe(1);
  expect(registers.map(({ headers }) => headers['Expires'])).toEqual(['600', '600', '600', '0']);
  expect(registers[0]).toMatchObject({
    uri: 'sip:pbx.example',
    to: 'sip:192.0.2.1;transport=tcp',
    headers: { Contact: '<sip:office@localhost;transport=tcp>;expires=600', To: '<sip:office@pbx.example>' },
  });
  const before = sent.length;
  await pass(3_600_000);
  expect(sent).toHaveLength(before);
});

it('a registrar that never answers holds no stop', async () => {
  const { upkeep, settle, pass, answers } = stage();
  upkeep.start();
  await settle();
  let stopped = false;
  answers(() => 'never');
  void upkeep.stop(1_000).then(() => (stopped = true));
  expect(stopped).toBe(false);
  await pass(1_000);
  expect(stopped).toBe(true);
});
