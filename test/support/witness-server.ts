import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { concat, fromBase64url, utf8 } from '../../src/base/bytes.ts';
import { keyId, openCheckpoint } from '../../src/ledger/checkpoint.ts';
import { verifyConsistency, type Hash } from '../../src/ledger/merkle.ts';
import { testKey, type TestKey } from './consent-peers.ts';

/** How a witness misbehaves. */
export type Manner =
  'honest' | 'wrong-key' | 'wrong-size' | 'silent' | 'huge' | 'redirect' | 'broken' | 'nonsense';

export interface WitnessServer {
  readonly url: string;
  readonly name: string;
  /** As its operator publishes it. */
  readonly vkey: string;
  readonly key: TestKey;
  manner: Manner;
  /** What it has cosigned last. */
  state: { size: number; root: Hash } | null;
  readonly statuses: number[];
  /** Resolves with the first call. */
  readonly called: Promise<void>;
  stop(): Promise<void>;
}

const name = 'witness.example/w1';

/** A small C2SP tlog-witness on loopback for one log. */
export async function witnessServer(ledgerKey: string): Promise<WitnessServer> {
  const key = testKey();
  const id = keyId(name, 0x04, key.publicKey);
  const cosign = (body: string, signer = key): string => {
    const time = 1_800_000_000;
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const signature = signer.signNow(utf8(`cosignature/v1\ntime ${String(time)}\n${body}`));
    return `— ${name} ${Buffer.from(concat(id, stamp, signature)).toString('base64')}\n`;
  };
  const tell = (response: ServerResponse, status: number, body: string, type = 'text/plain'): void => {
    witness.statuses.push(status);
    response.writeHead(status, { 'content-type': type }).end(body);
  };
  const add = (text: string, response: ServerResponse): void => {
    const [head = '', ...rest] = text.split('\n\n');
    const checkpoint = rest.join('\n\n');
    const [oldLine = '', ...proof] = head.split('\n');
    const old = Number(/^old (0|[1-9]\d*)$/.exec(oldLine)?.[1] ?? '-1');
    const opened = openCheckpoint(checkpoint, fromBase64url(ledgerKey)!);
    if (!opened.ok || old < 0) {
      tell(response, 403, 'unknown\n');
      return;
    }
    const { size, root } = opened.value;
    const last = witness.state?.size ?? 0;
    if (old !== last) {
      tell(response, 409, `${String(last)}\n`, 'text/x.tlog.size');
      return;
    }
    const path = proof.map((line) => Buffer.from(line, 'base64'));
    const claim = {
      first: last,
      second: size,
      firstRoot: witness.state?.root ?? root,
      secondRoot: root,
      path,
    };
    if (last > 0 && !verifyConsistency(claim)) {
      tell(response, 422, 'inconsistent\n');
      return;
    }
    witness.state = { size, root };
    const body = `${checkpoint.split('\n').slice(0, 3).join('\n')}\n`;
    tell(response, 200, cosign(body));
  };
  const misbehave = (manner: Manner, text: string, response: ServerResponse): void => {
    const body = `${text.split('\n\n')[1]!.split('\n').slice(0, 3).join('\n')}\n`;
    if (manner === 'wrong-key') tell(response, 200, cosign(body, testKey()));
    if (manner === 'wrong-size') tell(response, 200, cosign(body.replace(/\n\d+\n/, '\n77\n')));
    if (manner === 'huge') tell(response, 200, '—'.repeat(1 << 20));
    if (manner === 'redirect') {
      witness.statuses.push(307);
      response.writeHead(307, { location: `${witness.url}/elsewhere` }).end();
    }
    if (manner === 'broken') tell(response, 500, 'no\n');
    if (manner === 'nonsense') tell(response, 200, 'thank you\n');
  };
  let noteCall = (): void => undefined;
  const called = new Promise<void>((resolve) => (noteCall = resolve));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      noteCall();
      const text = Buffer.concat(chunks).toString();
      if (request.url !== '/w/add-checkpoint' || request.method !== 'POST') tell(response, 404, 'no\n');
      else if (witness.manner === 'honest') add(text, response);
      else misbehave(witness.manner, text, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const witness: WitnessServer = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/w`,
    name,
    vkey: `${name}+${Buffer.from(id).toString('hex')}+${Buffer.from(concat(Uint8Array.of(4), key.publicKey)).toString('base64')}`,
    key,
    manner: 'honest',
    state: null,
    statuses: [],
    called,
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
  return witness;
}
