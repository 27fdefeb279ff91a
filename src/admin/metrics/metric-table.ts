/**
 * Every metric that `/metrics` has, without the prefix `latchkey_`: its type, its labels and what it says. `docs/operating.md`
 * holds the same table, and a test compares.
 */
export const metricTable = {
  build_info: ['gauge', ['version'], 'Always 1.'],
  ready: ['gauge', [], '1 where new calls are taken.'],
  calls_total: [
    'counter',
    ['trunk', 'result'],
    'Calls that a trunk let in, by result: answered, cancelled, failed, full, draining, no-lobby, elsewhere, no-sharing.',
  ],
  call_setup_seconds: ['histogram', [], 'From the INVITE to the answered dialog.'],
  call_duration_seconds: ['histogram', [], 'From answer to end.'],
  legs: ['gauge', ['state'], 'Phone legs now, by what their caller is in.'],
  pin_attempts_total: ['counter', ['verdict'], 'PINs entered: accepted, wrong, locked-out.'],
  notice_answers_total: ['counter', ['answer'], 'What callers said to the notice: accepted, refused.'],
  consent_requests_total: ['counter', [], 'Bridge and leg requests sent to hosts.'],
  consent_legs_total: [
    'counter',
    ['result'],
    'Legs by the host’s answer: admitted, denied, no-answer, host-absent, locked, request-invalid, too-many, ended.',
  ],
  gate_closed_total: ['counter', ['reason'], 'Gates that closed, by reason.'],
  revoke_seconds: [
    'histogram',
    [],
    'From a revocation’s arrival at the worker until nobody was admitted and no key was left.',
  ],
  bridges: ['gauge', [], 'Bridges in meetings now.'],
  keys_held: ['gauge', [], 'Bridges whose worker holds frame keys now, by its own word.'],
  grants_active: ['gauge', [], 'Bridges with a grant in force, by the ledger. Fewer than keys_held: alarm.'],
  frame_keys: ['gauge', [], 'Frame keys of all senders in all workers.'],
  meeting_frames_total: [
    'counter',
    ['what'],
    'Frames of meetings: opened, sealed, and dropped as undecryptable, replayed, plaintext, no-key, not-sealed.',
  ],
  alarms_total: ['counter', ['what'], 'Alarms of meeting workers, for instance plaintext-track.'],
  workers_lost_total: ['counter', ['role'], 'Media workers that ended by themselves.'],
  one_way_audio_total: [
    'counter',
    ['from'],
    'One-way audio noticed: from the caller nothing, or from us nothing.',
  ],
  rtp_mos: ['histogram', [], 'Mean opinion score of a leg, every five seconds (E-model, 1 to 4.5).'],
  rtp_loss_ratio: ['histogram', ['direction'], 'Packets lost or late of a leg, 0 to 1, every five seconds.'],
  rtp_jitter_seconds: ['histogram', [], 'Interarrival jitter of a leg (RFC 3550), every five seconds.'],
  rtp_round_trip_seconds: ['histogram', [], 'Round trip of a leg by RTCP, every five seconds.'],
  leg_echo_ratio: [
    'histogram',
    [],
    'Power of what a phone gives back against what it is sent, every five seconds where an echo was found.',
  ],
  rtp_packets_total: ['counter', ['what'], 'RTP packets of legs: received, sent, lost, invalid.'],
  rtp_concealed_frames_total: ['counter', [], 'Frames of callers that were made up in place of lost ones.'],
  media_ticks_total: ['counter', [], '20 ms ticks of media workers.'],
  media_late_ticks_total: ['counter', [], 'Ticks that came late.'],
  trunk_up: [
    'gauge',
    ['trunk'],
    '1 where the trunk answers OPTIONS, 0 where not; absent where it is not asked.',
  ],
  trunk_registered: ['gauge', ['trunk'], 'Registrations at the trunk’s registrar that stand.'],
  trunk_registrations: ['gauge', ['trunk'], 'Registrations that are configured.'],
  trunk_calls: ['gauge', ['trunk'], 'Calls on the trunk now.'],
  trunk_accepted_total: ['counter', ['trunk'], 'Calls that the trunk’s rules let in.'],
  trunk_refused_total: ['counter', ['trunk', 'cause'], 'Calls that the trunk’s rules turned away.'],
  sip_unknown_source_total: ['counter', [], 'Requests from outside all trunks.'],
  sip_reachable: ['gauge', [], '1 where the SIP server is connected.'],
  sip_server_messages_total: ['counter', [], 'Messages that the embedded SIP server received.'],
  sip_server_dropped_total: [
    'counter',
    ['cause'],
    'Messages that it did not take: over-rate, unknown-source, unusable, turned-away.',
  ],
  sip_server_held: ['gauge', ['what'], 'What it holds: transactions, dialogs, pendings, connections.'],
  sharing_up: ['gauge', [], '1 where what connectors share can be reached; absent where nothing is shared.'],
  meetings_owned: ['gauge', [], 'Meetings that this connector serves among those that share them.'],
  leases_lost_total: [
    'counter',
    [],
    'Leases of meetings that were not renewed in time: their calls were ended.',
  ],
  leases_taken_over_total: ['counter', [], 'Meetings taken because another connector’s lease had run out.'],
  ledger_size: ['gauge', [], 'Leaves in the ledger.'],
  ledger_up: ['gauge', [], '1 where the ledger can be written.'],
  ledger_append_seconds: ['histogram', [], 'From an append’s hand-in to its place on disk.'],
  ledger_refused_total: ['counter', [], 'Appends that the ledger refused.'],
  ledger_waiting: ['gauge', [], 'Appends that are handed in and not on disk.'],
  ledger_lag_seconds: ['gauge', [], 'How long the oldest of them has waited.'],
  process_cpu_seconds_total: [
    'counter',
    ['process'],
    'CPU time of each kind of process, ended ones included.',
  ],
  process_resident_memory_bytes: ['gauge', ['process'], 'Resident memory of each kind of process.'],
  processes: ['gauge', ['process'], 'Processes of each kind.'],
  admin_requests_total: [
    'counter',
    ['route', 'status'],
    'Requests to the admin listener, by route and status.',
  ],
  admin_sign_in_failures_total: ['counter', [], 'Requests with a key or token that was not taken.'],
} as const satisfies Readonly<
  Record<string, readonly ['counter' | 'gauge' | 'histogram', readonly string[], string]>
>;

export type MetricName = keyof typeof metricTable;

/** The table as Markdown. */
export function metricMarkdown(): string {
  const rows = Object.entries(metricTable).map(
    ([name, [type, labels, help]]) =>
      `| \`latchkey_${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return ['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
