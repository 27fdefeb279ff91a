import { createSocket } from 'node:dgram';

/** A small name server on loopback that answers what a test tells it, and counts what it was asked. */
export interface DnsServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** `SRV _sip._udp.example.com`, in order. */
  readonly asked: readonly string[];
  /** Takes the place of all records before. */
  set(records: readonly DnsRecord[]): void;
  /** From now on nothing is answered. */
  silence(): void;
  stop(): Promise<void>;
}

export type DnsRecord = { readonly name: string; readonly ttl?: number } & (
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | {
      readonly type: 'NAPTR';
      readonly order: number;
      readonly preference: number;
      readonly flags: string;
      readonly service: string;
      readonly replacement: string;
    }
);

const types = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const;

export async function startDnsServer(first: readonly DnsRecord[] = []): Promise<DnsServer> {
  let records = first;
  let silent = false;
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = question(query);
    const kind = Object.entries(types).find(([, code]) => code === type)?.[0] ?? String(type);
    asked.push(`${kind} ${name}`);
    if (silent) return;
    const named = records.filter((record) => record.name.toLowerCase() === name.toLowerCase());
    const answers = named.filter((record) => record.type === kind).map(answer);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    // Response, authoritative; no such name where there is no record of any type.
    head.writeUInt16BE(named.length > 0 ? 0x8580 : 0x8583, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers]), from.port, from.address);
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    set(given) {
      records = given;
    },
    silence() {
      silent = true;
    },
    stop: () => new Promise((done) => socket.close(() => done())),
  };
}

/** RFC 1035 §4.1.2 */
function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** RFC 1035 §4.1.3, its name a pointer to the question's. */
function answer(record: DnsRecord): Buffer {
  const data = dataOf(record);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(types[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(record.ttl ?? 60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'AAAA':
      return v6(record.address);
    case 'SRV':
      return Buffer.concat([shorts(record.priority, record.weight, record.port), domain(record.target)]);
    case 'NAPTR':
      return Buffer.concat([
        shorts(record.order, record.preference),
        text(record.flags),
        text(record.service),
        text(''),
        domain(record.replacement),
      ]);
  }
}

function shorts(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, 2 * i);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from([value.length, ...Buffer.from(value, 'latin1')]);
}

function domain(name: string): Buffer {
  return Buffer.concat([
    ...name
      .split('.')
      .filter((label) => label !== '')
      .map(text),
    Buffer.from([0]),
  ]);
}

function v6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [left, right] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return shorts(...[...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16)));
}
