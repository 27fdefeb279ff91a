import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRtpTrace } from '../../../src/admin/rtp-trace.ts';
import type { LegId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import { openTraceFile } from '../../../src/base/trace-file.ts';
import type { RtpPacket } from '../../../src/media/rtp/packet.ts';
import { RtpTrace } from '../../../src/media/rtp/trace.ts';
import { manualClock } from '../../support/clock.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'latchkey-rtp-trace-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const packet = (sequence: number, payloadType: number): RtpPacket => ({
  ...{ marker: false, payloadType, sequence, timestamp: 0, ssrc: 0x0a11ce },
  payload: Buffer.from([5, 10, 0, 160]),
});
const totals = { lost: 0, late: 0, jitterMs: 1.25 };

describe('facts of a leg’s RTP', () => {
  it('are those since the last ones: numbers and kinds, and of keys only that there were some', () => {
    const trace = new RtpTrace();
    for (const sequence of [10, 11, 13]) trace.packet(packet(sequence, 0), false);
    trace.packet(packet(14, 101), true);
    trace.count('unauthentic');
    expect(trace.take({ ...totals, lost: 1 })).toEqual({
      ...{ packets: 4, first: 10, last: 14, ssrc: 0x0a11ce, payloadTypes: [0, 101], events: 1 },
      ...{ lost: 1, late: 0, jitterMs: 1.25, sources: 0, refused: 0, unauthentic: 1 },
    });
    expect(trace.take({ ...totals, lost: 1 })).toMatchObject({
      ...{ packets: 0, first: null, last: null, payloadTypes: [], events: 0, lost: 0, unauthentic: 0 },
    });
  });

  it('hold no more payload types than eight, whatever comes', () => {
    const trace = new RtpTrace();
    for (let type = 0; type < 128; type++) trace.packet(packet(type, type), false);
    expect(trace.take(totals).payloadTypes).toHaveLength(8);
  });

  it('are a line each beside the trace of SIP, in a file of mode 0600', async () => {
    const file = join(folder, 'sip.trace');
    const trace = openRtpTrace({ file, maxMiB: 1 }, { clock: manualClock(), log: createLog('x', 'silent') })!;
    const facts = new RtpTrace();
    facts.packet(packet(7, 0), false);
    facts.packet(packet(8, 101), true);
    const event = { kind: 'leg-rtp', leg: 'leg-1' as LegId, where: 'lobby' } as const;
    trace.onEvent({ ...event, facts: facts.take({ ...totals, late: 2 }) });
    trace.onEvent({ ...event, facts: facts.take({ ...totals, late: 2 }) });
    trace.onEvent({ kind: 'leg-ended', leg: 'leg-1' as LegId, reason: 'x' });
    await trace.stop();
    expect(statSync(`${file}.rtp`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${file}.rtp`, 'utf8')).toBe(
      '2023-11-14T22:13:20.000Z leg leg-1 lobby packets 2, sequence 7-8, ssrc 000a11ce, types 0,101, jitter 1.3 ms, events 1, late 2\n' +
        '2023-11-14T22:13:20.000Z leg leg-1 lobby packets 0\n',
    );
  });
});

describe('a trace’s file', () => {
  it('is written in the background: who adds does not wait, and a path that cannot be written is told once', async () => {
    const clock = manualClock();
    const faults: unknown[] = [];
    const where = { maxMiB: 1, clock, onGivenUp: (error: unknown) => void faults.push(error) };
    const good = openTraceFile({ ...where, file: join(folder, 'good') });
    expect(good.add('one\n')).toBe(true);
    expect(existsSync(join(folder, 'good'))).toBe(false);
    await good.stop();
    expect(readFileSync(join(folder, 'good'), 'utf8')).toBe('one\n');
    const bad = openTraceFile({ ...where, file: join(folder, 'missing', 'bad') });
    bad.add('one\n');
    await bad.stop();
    expect(bad.add('two\n')).toBe(false);
    await bad.stop();
    expect(faults).toHaveLength(1);
  });
});
