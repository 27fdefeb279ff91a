import type { Family } from '../../base/metrics.ts';
import type { OwnershipFigures } from '../../call/ownership.ts';
import type { SipGateway } from '../../sip/gateway.ts';
import type { SipServerReport } from '../../sip-server/options.ts';
import { appendBounds } from '../../vault/ledger-watch.ts';
import type { LedgerStatus } from '../../vault/protocol.ts';
import { distributed, figure, figures } from './described.ts';

/** Figures that others hold, as they are at the moment of the question. */

export function trunkFamilies({ door, links }: Pick<SipGateway, 'door' | 'links'>): Family[] {
  const asked = links.filter(({ health }) => health !== null && health !== 'unknown');
  const registering = links.filter(({ registrations }) => registrations.length > 0);
  return [
    figures(
      'trunk_up',
      asked.map(({ trunk, health }) => ({ labels: { trunk }, value: health === 'up' ? 1 : 0 })),
    ),
    figures(
      'trunk_registered',
      registering.map(({ trunk, registrations }) => ({
        labels: { trunk },
        value: registrations.filter(({ registered }) => registered).length,
      })),
    ),
    figures(
      'trunk_registrations',
      registering.map(({ trunk, registrations }) => ({ labels: { trunk }, value: registrations.length })),
    ),
    figures(
      'trunk_calls',
      door.trunks.map(({ name, calls }) => ({ labels: { trunk: name }, value: calls })),
    ),
    figures(
      'trunk_accepted_total',
      door.trunks.map(({ name, accepted }) => ({ labels: { trunk: name }, value: accepted })),
    ),
    figures(
      'trunk_refused_total',
      door.trunks.flatMap(({ name, refused }) =>
        Object.entries(refused).map(([cause, value]) => ({ labels: { trunk: name, cause }, value })),
      ),
    ),
    figure('sip_unknown_source_total', door.unknownSource),
  ];
}

/** Of what connectors share; nothing where this one is alone. */
export function sharingFamilies(figures: OwnershipFigures | null): Family[] {
  if (figures === null) return [];
  const { owned, lost, takenOver, reachable } = figures;
  return [
    figure('sharing_up', reachable ? 1 : 0),
    figure('meetings_owned', owned),
    figure('leases_lost_total', lost),
    figure('leases_taken_over_total', takenOver),
  ];
}

/** Of the embedded SIP server; nothing where it did not answer. */
export function sipServerFamilies(report: SipServerReport | null): Family[] {
  if (report === null) return [];
  const { counts, tally } = report;
  const dropped = {
    'over-rate': tally.overRate,
    'unknown-source': tally.unknownSource,
    unusable: tally.unusable,
    'turned-away': tally.turnedAway,
  };
  const held = {
    'server-transactions': counts.serverTransactions,
    'client-transactions': counts.clientTransactions,
    dialogs: counts.dialogs,
    pendings: counts.pendings,
    connections: counts.connections,
  };
  return [
    figure('sip_server_messages_total', tally.received),
    figures(
      'sip_server_dropped_total',
      Object.entries(dropped).map(([cause, value]) => ({ labels: { cause }, value })),
    ),
    figures(
      'sip_server_held',
      Object.entries(held).map(([what, value]) => ({ labels: { what }, value })),
    ),
  ];
}

/** Null: the vault did not answer, and nothing can be recorded. */
export function ledgerFamilies(status: LedgerStatus | null): Family[] {
  if (status === null) return [figure('ledger_up', 0)];
  const { append } = status;
  return [
    figure('ledger_up', status.failed ? 0 : 1),
    figure('ledger_size', status.size),
    figure('ledger_waiting', status.waiting),
    figure('ledger_lag_seconds', status.lagMs / 1_000),
    figure('ledger_refused_total', append.refused),
    figure('grants_active', status.grants),
    distributed('ledger_append_seconds', [
      { labels: {}, bounds: appendBounds, buckets: append.buckets, count: append.count, sum: append.seconds },
    ]),
  ];
}
