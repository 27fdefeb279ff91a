import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCallMetrics } from '../../../src/admin/metrics/call-metrics.ts';
import { metricMarkdown, metricTable } from '../../../src/admin/metrics/metric-table.ts';
import { createProcessMetrics, readProcess } from '../../../src/admin/metrics/processes.ts';
import { Counter, expose, Histogram } from '../../../src/base/metrics.ts';
import type { CallEvent } from '../../../src/call/call-events.ts';
import type { LegId, MeetingId } from '../../../src/base/ids.ts';

const leg = 'leg' as LegId;
const meeting = 'meeting' as MeetingId;
const label = { display: '+49 30 ···· 123', verification: 'absent', transport: 'udp+rtp' } as const;
const answered: CallEvent = {
  ...{
    kind: 'call-answered',
    direction: 'in',
    leg,
    call: 'c',
    trunk: 'local',
    transport: 'udp',
    srtp: false,
  },
  ...{ codec: 'PCMU', label, setupMs: 40 },
};
const counts = {
  packetsReceived: 500,
  packetsSent: 500,
  packetsLost: 5,
  concealedFrames: 5,
  invalidPackets: 0,
};
const quality = { mos: 4.1, lossIn: 0.01, lossOut: null, jitterMs: 4, roundTripMs: 30, echoDb: null };

function shown(...events: CallEvent[]): string {
  const metrics = createCallMetrics(() => 0);
  for (const event of events) metrics.onEvent(event);
  return expose(metrics.families());
}

describe('the exposition', () => {
  it('sums up the buckets and ends with +Inf', () => {
    const histogram = new Histogram([0.1, 1]);
    for (const value of [0.05, 0.5, 0.7, 5]) histogram.observe(value);
    const text = expose([
      { name: 'x_seconds', help: 'h', type: 'histogram', distributions: histogram.distributions },
    ]);
    expect(text).toBe(
      [
        '# HELP x_seconds h',
        '# TYPE x_seconds histogram',
        'x_seconds_bucket{le="0.1"} 1',
        'x_seconds_bucket{le="1"} 3',
        'x_seconds_bucket{le="+Inf"} 4',
        'x_seconds_sum 6.25',
        'x_seconds_count 4',
        '',
      ].join('\n'),
    );
  });

  it('escapes what stands in labels', () => {
    const counter = new Counter();
    counter.add({ trunk: 'a"b\\c\nd' });
    const text = expose([{ name: 'x_total', help: 'h', type: 'counter', samples: counter.samples }]);
    expect(text).toContain('x_total{trunk="a\\"b\\\\c\\nd"} 1');
  });

  it('cannot be made to grow: what is beyond the limit is counted together', () => {
    const counter = new Counter();
    for (let i = 0; i < 1_000; i += 1) counter.add({ what: `w${i}` });
    expect(counter.samples.length).toBe(201);
    expect(counter.samples.find(({ labels }) => labels['what'] === 'other')?.value).toBe(800);
  });
});

describe('calls', () => {
  it('are counted by result, with their set-up time', () => {
    const text = shown(
      answered,
      { kind: 'call-refused', trunk: 'local', reason: 'full' },
      { kind: 'call-unanswered', trunk: 'local', cancelled: true },
    );
    expect(text).toContain('latchkey_calls_total{trunk="local",result="answered"} 1');
    expect(text).toContain('latchkey_calls_total{trunk="local",result="full"} 1');
    expect(text).toContain('latchkey_calls_total{trunk="local",result="cancelled"} 1');
    expect(text).toContain('latchkey_call_setup_seconds_bucket{le="0.05"} 1');
    expect(text).toContain('latchkey_call_setup_seconds_bucket{le="0.025"} 0');
  });

  it('add what is new of a leg’s totals, once', () => {
    const text = shown(
      answered,
      { kind: 'leg-quality', leg, quality, counts },
      { kind: 'leg-quality', leg, quality, counts: { ...counts, packetsReceived: 750 } },
      { kind: 'leg-stats', leg, stats: { ...counts, packetsReceived: 800, quality } },
    );
    expect(text).toContain('latchkey_rtp_packets_total{what="received"} 800');
    expect(text).toContain('latchkey_rtp_packets_total{what="lost"} 5');
    expect(text).toContain('latchkey_rtp_mos_bucket{le="4"} 0');
    expect(text).toContain('latchkey_rtp_mos_bucket{le="4.2"} 2');
    expect(text).toContain('latchkey_rtp_loss_ratio_count{direction="in"} 2');
    expect(text).not.toContain('direction="out"');
  });

  it('tell what hosts said, why gates closed, and how long a revoke took', () => {
    const text = shown(
      { kind: 'bridge-fact', meeting, fact: { kind: 'legs-admitted', legIds: [leg, leg] } },
      { kind: 'bridge-fact', meeting, fact: { kind: 'legs-refused', legIds: [leg], reason: 'denied' } },
      { kind: 'bridge-fact', meeting, fact: { kind: 'gate-closed', reason: 'revoked' } },
      { kind: 'bridge-fact', meeting, fact: { kind: 'revoke-done', tookMs: 2 } },
    );
    expect(text).toContain('latchkey_consent_legs_total{result="admitted"} 2');
    expect(text).toContain('latchkey_consent_legs_total{result="denied"} 1');
    expect(text).toContain('latchkey_gate_closed_total{reason="revoked"} 1');
    expect(text).toContain('latchkey_revoke_seconds_bucket{le="0.0025"} 1');
  });

  it('have no caller, no id and no meeting in any label', () => {
    const text = shown(
      answered,
      { kind: 'leg-label', leg, label },
      { kind: 'leg-quality', leg, quality, counts },
      { kind: 'pin-checked', leg, verdict: 'wrong' },
      {
        kind: 'bridge-fact',
        meeting,
        fact: { kind: 'alarm', what: 'plaintext-track', detail: 'p-somebody' },
      },
    );
    for (const secret of ['+49', 'p-somebody', '"leg"', '"meeting"', '"c"'])
      expect(text).not.toContain(secret);
  });
});

describe('processes', () => {
  it('are read from the operating system', () => {
    const own = readProcess(process.pid);
    expect(own?.residentBytes).toBeGreaterThan(10_000_000);
    expect(own?.cpuSeconds).toBeGreaterThan(0);
    expect(readProcess(2 ** 30)).toBeNull();
  });

  it('keep what ended ones used, so that the counter never goes back', () => {
    let alive = [
      { name: 'meeting worker', pid: 1 },
      { name: 'meeting worker', pid: 2 },
    ];
    const families = createProcessMetrics({
      processes: () => alive,
      read: (pid) => ({ cpuSeconds: pid * 10, residentBytes: 1_000 }),
    });
    expect(expose(families())).toContain('cpu_seconds_total{process="meeting-worker"} 30');
    alive = [{ name: 'meeting worker', pid: 2 }];
    const text = expose(families());
    expect(text).toContain('cpu_seconds_total{process="meeting-worker"} 30');
    expect(text).toContain('latchkey_processes{process="meeting-worker"} 1');
    expect(text).toContain('resident_memory_bytes{process="meeting-worker"} 1000');
  });
});

describe('the table of metrics', () => {
  it('is documented, from the table itself', () => {
    const page = readFileSync(new URL('../../../docs/operating.md', import.meta.url), 'utf8');
    expect(page).toContain(metricMarkdown());
  });

  it('names units and kinds as Prometheus wants it', () => {
    for (const [name, [type]] of Object.entries(metricTable)) {
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_(seconds|ratio|mos)$/);
    }
  });
});
