import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBaresip } from '../support/baresip.ts';
import {
  startSipServerProcess,
  startTestGateway,
  type SipServerProcess,
  type TestGateway,
} from '../support/sip-server.ts';
import { waitUntil } from '../support/sip-until.ts';
import { runSipp } from '../support/sipp.ts';

describe('inbound calls', () => {
  let server: SipServerProcess;
  let gateway: TestGateway;

  beforeAll(async () => {
    server = await startSipServerProcess();
    gateway = await startTestGateway(server);
  });
  afterAll(async () => {
    await gateway.stop();
    await server.stop();
  });

  for (const transport of ['udp', 'tcp'] as const) {
    test(`sipp over ${transport}: twenty calls answered and ended by the caller`, async () => {
      const before = gateway.calls.length;
      const result = await runSipp({
        target: server.target,
        scenario: 'uac',
        transport,
        calls: 20,
        durationMs: 200,
      });
      expect(result.exitCode, result.output).toBe(0);
      const calls = gateway.calls.slice(before);
      expect(calls).toHaveLength(20);
      await waitUntil(() => calls.every((c) => c.ends.length === 1), 'every call ended once');
      expect(calls.map((c) => c.ends[0])).toEqual(calls.map(() => ({ by: 'caller', reason: 'hangup' })));
      expect(calls[0]!.call.source).toMatchObject({ address: '127.0.0.1', transport });
      expect(calls[0]!.call.offer).toMatchObject({ codec: { name: 'PCMU' }, receives: true, sends: true });
    });

    test(`baresip over ${transport}: answered, ended by us, the caller hears why`, async () => {
      const phone = await startBaresip({ transport });
      try {
        const before = gateway.calls.length;
        await phone.dial(`sip:meet@${server.target};transport=${transport}`);
        await phone.event('CALL_ESTABLISHED');
        await waitUntil(() => gateway.calls[before]?.dialog != null, 'our dialog');
        const seen = gateway.calls[before]!;
        expect(seen.call.from.user).toBe('alice');
        expect(seen.call.to.user).toBe('meet');
        expect(seen.call.offer.events?.payloadType).toBe(101);
        seen.dialog!.end({ cause: 16, text: 'test over' });
        await phone.event('CALL_CLOSED');
        expect(seen.ends).toEqual([{ by: 'us', reason: 'test over' }]);
      } finally {
        await phone.stop();
      }
    });
  }
});
