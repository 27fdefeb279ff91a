import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { addressOf, all, header, parseSip, statusOf, uriOf, writeSip } from './sip-message.ts';
import type { SipAddress, SipMessage } from './sip-message.ts';

export interface CallerEvents {
  onProgress(status: number): void;
  /** The 200 came and is acknowledged: where our audio goes. */
  onAnswered(audio: SipAddress): void;
  /** `contact`: of a redirection, as it stands in the header; empty where there is none. */
  onRefused(status: number, contact: string): void;
  onEnded(by: 'us' | 'them', reason: string): void;
}

export interface CallerOptions {
  readonly host: string;
  /** `sip:meet@127.0.0.1:5060` */
  readonly target: string;
  readonly from: string;
  readonly sdp: string;
  readonly events: CallerEvents;
}

const agent = 'latchkey-demo-caller';
/** RFC 3261 §17.1.1.1 */
const t1 = 500;
const tries = 7;

/** One outgoing call over UDP (RFC 3261): INVITE, ACK, and BYE from either side, with retransmissions. */
export class SipCaller {
  readonly #options: CallerOptions;
  readonly #socket: Socket = createSocket('udp4');
  readonly #callId = randomBytes(12).toString('hex');
  readonly #tag = randomBytes(6).toString('hex');
  readonly #inviteBranch = newBranch();
  #local = '';
  #peer: SipAddress = { host: '', port: 0 };
  #to: string;
  #target: string;
  #route: readonly string[] = [];
  #cseq = 1;
  #retransmit: NodeJS.Timeout | null = null;
  #ack: Buffer | null = null;
  #over = false;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#target = options.target;
    this.#to = `<${options.target}>`;
  }

  async call(): Promise<void> {
    const peer = addressOf(this.#options.target);
    if (peer === null) throw new Error(`not a SIP address: ${this.#options.target}`);
    this.#peer = peer;
    this.#socket.on('message', (datagram) => this.#receive(datagram));
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind(0, this.#options.host, resolve);
    });
    this.#local = `${this.#options.host}:${this.#socket.address().port}`;
    this.#sendUntilAnswered(this.#request('INVITE', this.#options.sdp, this.#inviteBranch));
  }

  hangUp(): void {
    this.#cseq++;
    this.#over = true;
    this.#sendUntilAnswered(this.#request('BYE', ''));
  }

  close(): void {
    this.#settled();
    this.#socket.close();
  }

  /** `branch`: a new transaction's by default; the ACK of a refusal belongs to the INVITE's own (§17.1.1.3). */
  #request(method: string, body: string, branch = newBranch()): Buffer {
    return writeSip({
      start: `${method} ${this.#target} SIP/2.0`,
      headers: [
        ['Via', `SIP/2.0/UDP ${this.#local};rport;branch=${branch}`],
        ['Max-Forwards', '70'],
        ...this.#route.map((route) => ['Route', route] as const),
        ['From', `<${this.#options.from}>;tag=${this.#tag}`],
        ['To', this.#to],
        ['Call-ID', this.#callId],
        ['CSeq', `${this.#cseq} ${method}`],
        ['Contact', `<sip:caller@${this.#local}>`],
        ['User-Agent', agent],
        ['Allow', 'INVITE, ACK, BYE, CANCEL, OPTIONS'],
        ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
      ],
      body,
    });
  }

  #sendUntilAnswered(request: Buffer): void {
    this.#settled();
    const send = (left: number, wait: number): void => {
      this.#transmit(request);
      this.#retransmit = setTimeout(() => {
        if (left > 0) send(left - 1, wait * 2);
        else this.#end('us', 'no answer from the SIP server');
      }, wait);
    };
    send(tries, t1);
  }

  #settled(): void {
    if (this.#retransmit !== null) clearTimeout(this.#retransmit);
    this.#retransmit = null;
  }

  #transmit(datagram: Buffer): void {
    this.#socket.send(datagram, this.#peer.port, this.#peer.host);
  }

  #receive(datagram: Buffer): void {
    const message = parseSip(datagram);
    if (message === null || header(message, 'call-id') !== this.#callId) return;
    const status = statusOf(message);
    if (status === null) this.#onRequest(message);
    else if (header(message, 'cseq').endsWith(' INVITE')) this.#onInviteResponse(message, status);
    else if (status >= 200 && header(message, 'cseq').endsWith(' BYE')) this.#end('us', 'hung up');
  }

  #onInviteResponse(message: SipMessage, status: number): void {
    if (status >= 200 && this.#ack !== null) {
      this.#transmit(this.#ack);
      return;
    }
    this.#settled();
    if (status < 200) {
      this.#options.events.onProgress(status);
      return;
    }
    this.#to = header(message, 'to');
    // A 2xx makes a dialog (§12.1.2); its ACK goes to the contact along the recorded route (§13.2.2.4).
    if (status < 300) {
      this.#target = uriOf(header(message, 'contact'));
      this.#route = [...all(message, 'record-route')].reverse();
    }
    this.#ack = this.#request('ACK', '', status < 300 ? newBranch() : this.#inviteBranch);
    this.#transmit(this.#ack);
    if (status >= 300) {
      this.#options.events.onRefused(status, header(message, 'contact'));
      return;
    }
    const audio = audioAddress(message.body);
    if (audio === null) {
      this.#end('us', 'the answer has no audio');
      return;
    }
    this.#options.events.onAnswered(audio);
  }

  #onRequest(request: SipMessage): void {
    const method = request.start.split(' ')[0];
    if (method === 'ACK') return;
    const known = method === 'BYE' || method === 'OPTIONS' || method === 'INVITE' || method === 'INFO';
    const body = method === 'INVITE' ? this.#options.sdp : '';
    this.#transmit(
      writeSip({
        start: known ? 'SIP/2.0 200 OK' : 'SIP/2.0 501 Not Implemented',
        headers: [
          ...['via', 'from', 'to', 'call-id', 'cseq'].flatMap((name) =>
            all(request, name).map((value) => [name, value] as const),
          ),
          ['Contact', `<sip:caller@${this.#local}>`],
          ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
        ],
        body,
      }),
    );
    if (method === 'BYE') this.#end('them', header(request, 'reason'));
  }

  #end(by: 'us' | 'them', reason: string): void {
    this.#settled();
    if (by === 'them' && this.#over) return;
    this.#over = true;
    this.#options.events.onEnded(by, reason);
  }
}

const newBranch = (): string => `z9hG4bK${randomBytes(8).toString('hex')}`;

/** RFC 4566: the connection address and port of the first audio stream. */
function audioAddress(sdp: string): SipAddress | null {
  const host = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1];
  const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1] ?? 0);
  return host === undefined || port === 0 ? null : { host, port };
}
