import type { Bar, MarkKind } from './picture.ts';

/** What each event is called on this page. One that the table does not know is shown by its stable name. */
const events: Readonly<Record<string, string>> = {
  start: 'The connector started',
  stop: 'The connector stopped',
  recovered: 'The connector came back after a crash',
  drain: 'The connector began to shut down',
  'registration-seen': 'The meeting was registered',
  'instance-start': 'The host opened the meeting',
  'instance-end': 'The host ended the meeting',
  request: 'The bridge asked for the key',
  grant: 'The host granted the key',
  denial: 'The host said no',
  expired: 'Nobody answered the bridge',
  'leg-asked': 'The bridge asked to let callers in',
  'leg-admitted': 'The host let the caller in',
  'leg-refused': 'The caller’s wait ended without a yes',
  'leg-joined': 'The caller joined the room',
  'leg-left': 'The caller left the room',
  'leg-muted': 'The host ended or muted the caller',
  'notice-answered': 'The caller answered the notice',
  'call-ended': 'The call ended',
  'pin-refused': 'A PIN was refused',
  'key-opened': 'The bridge opened the key',
  rekeyed: 'The host gave the bridge the next key',
  'key-destroyed': 'The bridge destroyed its key',
  receipt: 'The bridge signed a receipt',
  revoked: 'The host took the key back',
  'gate-closed': 'The bridge closed its gate',
  'heartbeat-lost': 'The bridge lost sight of the host',
  refused: 'A message was refused',
  'operator-action': 'The operator did something',
};

export const eventWords = (type: string): string =>
  Object.hasOwn(events, type) ? (events[type] ?? type) : type;

export const markWords: Readonly<Record<MarkKind, string>> = {
  request: 'asked',
  grant: 'granted or let in',
  no: 'refused, or no answer',
  revoked: 'taken back or ended',
  crash: 'host lost',
};

export function couldWords({ hear, speak }: Pick<Bar, 'hear' | 'speak'>): string {
  if (hear && speak) return 'hear and speak';
  return hear ? 'hear only' : 'speak only';
}

export const endWords: Readonly<Record<Bar['end'], string>> = {
  proven: 'Ended by what host and members signed.',
  claimed: 'Ended by the connector’s own word only.',
  lasting: 'No end is recorded.',
};

/** To the millisecond, UTC: two readers see the same. */
export const timeText = (ms: number): string =>
  ms <= 8_640_000_000_000_000
    ? new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC')
    : String(ms);

export const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

export function durationText(ms: number): string {
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const shortId = (id: string): string => (id.length > 10 ? `${id.slice(0, 8)}…` : id);
export const plural = (count: number, one: string): string =>
  `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
