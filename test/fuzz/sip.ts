import { readFileSync } from 'node:fs';
import { createFrameReader, writeFrame } from '../../src/sip-server/app/frame.ts';
import { limits } from '../../src/sip-server/limits.ts';
import { readRequest, readResponse } from '../../src/sip-server/message/inbound.ts';
import { parseMessage, writeMessage } from '../../src/sip-server/message/message.ts';
import { startSipServer } from '../../src/sip-server/server.ts';
import { createFramer } from '../../src/sip-server/transport/framer.ts';
import { sdpOffer, sipRequest } from '../support/sip-text.ts';
import { chance, type Chance } from './chance.ts';
import { mutated } from './mutate.ts';
import { openSipStage, type SipStage } from './sip-stage.ts';
import { turnedClock, type TurnedClock } from './turned-clock.ts';

/**
 * Fuzzing of the SIP server: mutated messages at its parsers, and whole calls with mutated steps at the server, in which
 * the app answers at random. What counts as a finding: an exception; a message of ours, or one shown to the app, that
 * cannot be read; the same bytes read differently when they come in other pieces; anything that is still held, or a timer
 * that still runs, after every call has been ended and all time-outs have passed; an execution that takes a second of
 * processor time; memory that grows from round to round.
 */
export interface FuzzOptions {
  readonly seed: number;
  /** Ends the run; asked before each execution. */
  readonly enough: (executions: number, findings: number) => boolean;
  /** Told each input before it is run, for a watchdog that has to say what hung. */
  readonly onInput?: (input: string) => void;
  /** The parts under test; a test plants bugs by handing in others. */
  readonly parse?: typeof parseMessage;
  readonly clock?: TurnedClock;
}

export interface FuzzResult {
  readonly executions: number;
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly what: string;
  readonly execution: number;
  /** One character a byte. */
  readonly input: string;
}

/** After so many executions everything is ended, and nothing may be left. */
const roundLength = 2_000;
const hangMs = 1_000;
const growthBytes = 48 * 1024 * 1024;

export async function fuzzSip(options: FuzzOptions): Promise<FuzzResult> {
  const random = chance(options.seed);
  const clock = options.clock ?? turnedClock();
  const findings = new Map<string, Finding>();
  let executions = 0;
  let input = '';
  const find = (what: string): void => {
    // The same fault is told once, by the first input that showed it.
    const key = what.replaceAll(/[0-9]+/g, '#').slice(0, 160);
    if (!findings.has(key)) findings.set(key, { what, execution: executions, input });
  };
  const stage = await openSipStage({ start: startSipServer, clock, onFault: find });
  const run: Run = { random, clock, stage, find, parse: options.parse ?? parseMessage, calls: [] };
  const idleTimers = clock.waiting();
  const memory: number[] = [];
  while (!options.enough(executions, findings.size)) {
    executions += 1;
    const attempt = nextAttempt(run);
    input = attempt.input;
    options.onInput?.(input);
    const started = process.cpuUsage();
    try {
      attempt.play();
    } catch (error) {
      find(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const used = process.cpuUsage(started);
    if ((used.user + used.system) / 1_000 > hangMs) find('took more than a second');
    if (executions % roundLength === 0) endRound(run, idleTimers, memory);
  }
  endRound(run, idleTimers, memory);
  await stage.server.stop();
  return { executions, findings: [...findings.values()] };
}

interface Run {
  readonly random: Chance;
  readonly clock: TurnedClock;
  readonly stage: SipStage;
  readonly find: (what: string) => void;
  readonly parse: typeof parseMessage;
  /** Calls in which more may be sent: what the next step needs. */
  calls: Call[];
}

interface Call {
  readonly callId: string;
  readonly branch: string;
  readonly to: string;
  seq: number;
}

interface Attempt {
  readonly input: string;
  play(): void;
}

const torture = JSON.parse(readFileSync(new URL('../vectors/rfc4475.json', import.meta.url), 'utf8')) as {
  readonly messages: Readonly<Record<string, readonly string[]>>;
};

const corpus: readonly string[] = [
  ...Object.values(torture.messages).map((lines) => lines.join('\r\n')),
  sipRequest({ body: sdpOffer(), headers: ['Supported: 100rel, timer', 'Session-Expires: 1800'] }),
  ...['OPTIONS', 'REGISTER', 'SUBSCRIBE', 'MESSAGE', 'REFER'].map((method) => sipRequest({ method })),
  sipRequest({
    method: 'BYE',
    to: '<sip:meet@127.0.0.1>;tag=x',
    headers: ['Route: <sip:127.0.0.1:5060;lr>'],
  }),
  'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n' +
    'To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:e@f>\r\nContent-Length: 0\r\n\r\n',
];

function nextAttempt(run: Run): Attempt {
  const { random } = run;
  switch (random.whole(8)) {
    case 0: {
      const text = mutated(random.pick(corpus), corpus, random);
      return { input: text, play: () => inPieces(run, text) };
    }
    case 1: {
      const text = mutated(random.pick(corpus), corpus, random);
      return { input: text, play: () => readAndWrite(run, text) };
    }
    case 2: {
      const text = mutated(random.pick(corpus), corpus, random);
      return { input: text, play: () => receive(run, text) };
    }
    case 3: {
      const text = appCommand(run);
      return { input: text, play: () => void run.stage.command(Buffer.from(text, 'latin1')) };
    }
    case 4: {
      const ms = random.pick([1, 20, 500, 4_000, 32_000, 70_000]);
      return { input: `(${ms} ms pass)`, play: () => run.clock.turn(ms) };
    }
    default: {
      const text = callStep(run);
      return { input: text, play: () => receive(run, text) };
    }
  }
}

/** A step of a call as a peer would send it, damaged in one of four cases. */
function callStep(run: Run): string {
  const { random } = run;
  const fresh = `${random.whole(2 ** 30)}`;
  const call = random.oneIn(3) || run.calls.length === 0 ? null : random.pick(run.calls);
  const reliable = random.oneIn(2) ? ['Supported: 100rel'] : [];
  let text: string;
  if (call === null) {
    text = sipRequest({
      method: random.oneIn(6) ? random.pick(['OPTIONS', 'SUBSCRIBE', 'REGISTER', 'MESSAGE']) : 'INVITE',
      callId: `call-${fresh}`,
      branch: `z9hG4bK-${fresh}`,
      headers: reliable,
      body: random.oneIn(4) ? '' : sdpOffer(),
    });
  } else {
    const method = random.pick([
      'ACK',
      'ACK',
      'BYE',
      'INVITE',
      'CANCEL',
      'UPDATE',
      'PRACK',
      'INFO',
      'NOTIFY',
    ]);
    const again = method === 'ACK' || method === 'CANCEL' || random.oneIn(8);
    if (!again) call.seq += 1;
    text = sipRequest({
      method,
      callId: call.callId,
      to: method === 'CANCEL' ? '<sip:meet@127.0.0.1>' : call.to,
      cseq: `${method === 'PRACK' ? call.seq + 1 : call.seq} ${method}`,
      branch: method === 'CANCEL' || random.oneIn(6) ? call.branch : `z9hG4bK-${fresh}`,
      headers:
        method === 'PRACK' ? [`RAck: ${random.pick([call.seq, random.whole(2 ** 20)])} 1 INVITE`] : reliable,
      body: random.oneIn(2) ? '' : sdpOffer(),
    });
  }
  return random.oneIn(4) ? mutated(text, corpus, random) : text;
}

/** To the whole server; then what it sent and said is read, answered by chance, and remembered for later steps. */
function receive(run: Run, text: string): void {
  const { random, stage } = run;
  const bytes = Buffer.from(text, 'latin1');
  stage.receive(bytes, random.oneIn(3) ? 'tcp' : 'udp');
  if (random.oneIn(8)) stage.receive(bytes, 'udp');
  settle(run);
}

/** Lets app and peer answer what the server told and sent, a few times over. */
function settle(run: Run): void {
  const { random, stage } = run;
  for (let rounds = 0; rounds < 3; rounds += 1) {
    for (const sent of stage.sent()) onSent(run, sent);
    for (const { fields, sip } of stage.told()) {
      if (fields[0] !== 'sip' || sip === null || random.oneIn(5)) continue;
      if (/^[A-Z]/.test(sip) && !sip.startsWith('SIP/')) answer(run, fields[7] ?? '');
    }
  }
}

function onSent(run: Run, sent: string): void {
  const { random, stage } = run;
  const bytes = Buffer.from(sent, 'latin1');
  // What the app adds may bring a message over what we would take; the peer's limits are not ours.
  const head = sent.slice(0, sent.indexOf('\r\n\r\n'));
  if (head.length > limits.headerBytes || head.split('\r\n').some((l) => l.length > limits.fieldBytes))
    return;
  const parsed = run.parse(bytes, 'datagram');
  if (!parsed.ok || parsed.value.fault !== null) {
    run.find(`the server sent what it could not read itself: ${sent.slice(0, 200)}`);
    return;
  }
  const { message } = parsed.value;
  if (message.kind === 'request') {
    if (message.method === 'ACK' || random.oneIn(4)) return;
    const status = random.pick([100, 180, 183, 200, 200, 200, 302, 401, 486, 491, 500, 603]);
    const kept = message.headers.filter((h) => ['via', 'from', 'to', 'call-id', 'cseq'].includes(h.id));
    const text = [
      `SIP/2.0 ${status} X`,
      ...kept.map((h) =>
        h.id === 'to' && !h.value.includes('tag=')
          ? `To: ${h.value};tag=${random.whole(4)}`
          : `${h.name}: ${h.value}`,
      ),
      'Contact: <sip:peer@192.0.2.1>',
      ...(status === 183 ? ['Require: 100rel', `RSeq: ${random.whole(9)}`] : []),
      'Content-Length: 0\r\n\r\n',
    ].join('\r\n');
    stage.receive(Buffer.from(random.oneIn(4) ? mutated(text, corpus, random) : text, 'latin1'), 'udp');
    return;
  }
  const read = readResponse(message);
  if (!read.ok || read.value.toTag === null || read.value.cseq.method !== 'INVITE') return;
  const { callId, cseq, via } = read.value;
  const to = message.headers.find((h) => h.id === 'to')?.value ?? '';
  const branch = via.params.find((p) => p.name === 'branch')?.value ?? '';
  run.calls.push({ callId, to, branch, seq: cseq.seq });
  if (run.calls.length > 40) run.calls.shift();
}

function answer(run: Run, transactionId: string): void {
  const { random } = run;
  const status = random.pick([
    '200 OK',
    '200 OK',
    '180 Ringing',
    '183 Progress',
    '404 Not Found',
    '486 Busy',
  ]);
  const reliable = status.startsWith('18') && random.oneIn(2) ? 'Require: 100rel\r\n' : '';
  const body = status.startsWith('200') ? sdpOffer() : '';
  const text = `SIP/2.0 ${status}\r\n${reliable}Content-Length: 0\r\n\r\n${body}`;
  const payload = `m|sip|${transactionId}||\r\n${random.oneIn(10) ? mutated(text, corpus, random) : text}`;
  run.stage.command(Buffer.from(payload, 'latin1'));
}

/** The app's own requests, in a dialog or not, and what is no command at all. */
function appCommand(run: Run): string {
  const { random } = run;
  const call = run.calls.length === 0 ? null : random.pick(run.calls);
  const dialog = call === null || random.oneIn(4) ? '' : `${call.callId};from-tag=from1`;
  const method = random.pick([
    'INVITE',
    'BYE',
    'INFO',
    'UPDATE',
    'ACK',
    'OPTIONS',
    'PRACK',
    'REGISTER',
    'CANCEL',
  ]);
  const text = `m|sip||${dialog}|\r\n${method} sip:peer@192.0.2.1 SIP/2.0\r\nContent-Length: 0\r\n\r\n`;
  const proxied = `m|proxy|x|remainInDialog|fullResponse||serial|1s|2s|sip:192.0.2.9\r\nINVITE sip:x@y SIP/2.0\r\n\r\n`;
  const chosen = random.oneIn(10) ? proxied : text;
  return random.oneIn(4) ? mutated(chosen, corpus, random) : chosen;
}

/** What is read is written and read again: nothing may change. */
function readAndWrite(run: Run, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  for (const framing of ['datagram', 'stream', 'frame'] as const) {
    const parsed = run.parse(bytes, framing);
    if (!parsed.ok) continue;
    const { message, fault } = parsed.value;
    if (message.kind === 'request') readRequest(message, fault);
    else readResponse(message);
    if (fault !== null) continue;
    const written = writeMessage(message);
    const again = run.parse(written, 'datagram');
    if (!again.ok || again.value.fault !== null || !writeMessage(again.value.message).equals(written))
      run.find('what is written is not read as it was');
  }
}

/** A stream is cut the same wherever its pieces end, and so are the frames of the app. */
function inPieces(run: Run, text: string): void {
  const { random } = run;
  const bytes = Buffer.from(text + text, 'latin1');
  const whole = createFramer().push(bytes).messages;
  const framer = createFramer();
  const cut: Buffer[] = [];
  const frames = Buffer.concat([writeFrame('a|b', bytes.subarray(0, 9_000)), writeFrame('c|d')]);
  const reader = createFrameReader();
  const read: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = at + 1 + random.whole(random.oneIn(3) ? 4 : 700);
    const framed = framer.push(bytes.subarray(at, next));
    cut.push(...framed.messages);
    if (framed.broken) break;
    at = next;
  }
  for (let at = 0; at < frames.length; at += 500)
    read.push(...(reader.push(frames.subarray(at, at + 500)) ?? []));
  if (!Buffer.concat(cut).equals(Buffer.concat(whole.slice(0, cut.length))) || cut.length !== whole.length)
    run.find('a stream is read differently in other pieces');
  if (read.length !== 2) run.find('frames of the app are read differently in other pieces');
}

/** The app goes, which ends every call; then all time-outs pass. */
function endRound(run: Run, idleTimers: number, memory: number[]): void {
  const { stage, clock, find } = run;
  stage.appGone();
  run.calls = [];
  for (let i = 0; i < 8; i += 1) clock.turn(100_000);
  stage.sent();
  stage.told();
  const held = Object.entries(stage.server.counts()).filter(([, n]) => n > 0);
  if (held.length > 0) find(`still held when all is over: ${held.map(([what]) => what).join(', ')}`);
  if (clock.waiting() > idleTimers) find('timers still run when all is over');
  globalThis.gc?.();
  memory.push(process.memoryUsage().heapUsed);
  // The first rounds are the compiler's.
  const early = memory[4];
  if (early !== undefined && globalThis.gc && memory.at(-1)! > early + growthBytes) find('memory grows');
}
