import type { Config } from '../config/schema.ts';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { adminClient, type AdminClient } from './admin-client.ts';
import { parseCommandLine } from './command-line.ts';
import { print } from './ledger-options.ts';
import { helpTail } from './table.ts';

const help = `latchkey meeting: meetings of the running connector, their codes and PINs

Usage: latchkey meeting <command> [options] [--config FILE | --url URL] [--key-file FILE] [--json]

  list                                        meetings with code, holders of PINs and age; PINs are stored nowhere
  new [--meeting NAME]                        a meeting that is kept: prints host link, code and room PIN once
  close --meeting NAME                        callers are told, keys destroyed, code and PINs void
  pin --meeting NAME --holder TEXT            a personal PIN, which names its holder to the host; printed once
  pin --meeting NAME --revoke ID              that personal PIN is void; calls that came in by it go on
  rotate --meeting NAME                       a new room PIN; the old one is void
  new-pin --meeting NAME                      the room PIN that a rotation by itself has drawn, printed once

  --meeting NAME    its name; left out with new: drawn
  --holder TEXT     as the host sees it, at most 24 characters
  --revoke ID       id of a personal PIN, from list
  --temporary       new: gone when the connector stops
  --rotate-hours N  new: the room PIN is replaced after so many hours; otherwise as callers.pinRotation says
  --rotate-each     new: the room PIN is replaced whenever the host has ended the meeting
  --url URL         of the operators' listener; otherwise that of the configuration
  --key-file FILE   file with the API key, one line, not readable by others
  --config FILE     configuration with admin.host, admin.port and http.publicUrl
  --json            one JSON object on standard output

The API key ("latchkey admin-key new --role operator" makes one; a reader's is enough for list) is in the environment variable
LATCHKEY_ADMIN_KEY or in --key-file. It is no argument, because other users of the machine can read those.
${helpTail('meeting')}`;

interface Issued {
  readonly pinId: string;
  readonly pin: string;
}

interface Meeting {
  readonly id: string;
  readonly code: string;
  readonly createdAt: number;
  readonly kept: boolean;
  readonly meetingId: string | null;
  readonly pins: readonly { readonly pinId: string; readonly holder: string | null }[];
}

interface Values {
  readonly meeting?: string | undefined;
  readonly holder?: string | undefined;
  readonly revoke?: string | undefined;
  readonly temporary: boolean;
  readonly 'rotate-hours'?: string | undefined;
  readonly 'rotate-each': boolean;
}

interface Context {
  readonly api: AdminClient;
  readonly config: Config;
  readonly values: Values;
}

/** What is printed: an object for programs, lines for people. */
interface Outcome {
  readonly json: object;
  readonly lines: readonly string[];
}

const commands: Readonly<Record<string, (context: Context) => Promise<Outcome>>> = {
  list,
  new: create,
  close,
  pin,
  rotate: (context) => roomPin(context, 'rotate-pin'),
  'new-pin': (context) => roomPin(context, 'new-pin'),
};

/** Which options belong to which command, beside the common ones. */
const takes: Readonly<Record<string, readonly (keyof Values)[]>> = {
  list: [],
  new: ['meeting', 'temporary', 'rotate-hours', 'rotate-each'],
  close: ['meeting'],
  pin: ['meeting', 'holder', 'revoke'],
  rotate: ['meeting'],
  'new-pin': ['meeting'],
};

export async function meetingCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args,
    {
      ...{ config: { type: 'string' }, url: { type: 'string' }, 'key-file': { type: 'string' } },
      ...{ meeting: { type: 'string' }, holder: { type: 'string' }, revoke: { type: 'string' } },
      temporary: { type: 'boolean', default: false },
      'rotate-hours': { type: 'string' },
      'rotate-each': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
    { names: true },
  );
  const [name = '', ...more] = positionals;
  if (values.help || positionals.length === 0) {
    print(help.trimEnd());
    return values.help ? 0 : 2;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined || more.length > 0)
    throw new LatchkeyError('usage', `there is no command “meeting ${positionals.join(' ')}”`);
  refuseStrays(name, values);
  const config = loadConfig(values.config ?? null);
  const api = adminClient({ config, url: values.url, keyFile: values['key-file'] });
  const { json, lines } = await command({ api, config, values });
  if (values.json) print(JSON.stringify(json));
  else for (const line of lines) print(line);
  return 0;
}

/** An option that the command does not take would otherwise be ignored, and somebody would believe that it did something. */
function refuseStrays(name: string, values: Values): void {
  const own: readonly string[] = takes[name] ?? [];
  for (const option of ['meeting', 'holder', 'revoke', 'temporary', 'rotate-hours', 'rotate-each'] as const) {
    const given = values[option] !== undefined && values[option] !== false;
    if (given && !own.includes(option))
      throw new LatchkeyError('usage', `“meeting ${name}” takes no --${option}`);
  }
}

async function list({ api }: Context): Promise<Outcome> {
  const meetings: Meeting[] = [];
  let next: string | null = null;
  do {
    const query: string = next === null ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page = await api.ask<{ items: readonly Meeting[]; next: string | null }>(
      'GET',
      `/v1/meetings?limit=100${query}`,
    );
    meetings.push(...page.items);
    ({ next } = page);
  } while (next !== null);
  return { json: { meetings }, lines: meetings.flatMap(rows) };
}

function rows({ id, code, createdAt, kept, meetingId, pins }: Meeting): string[] {
  const day = new Date(createdAt).toISOString().slice(0, 10);
  const state = meetingId === null ? 'no host yet' : 'has a host';
  return [
    `${id.padEnd(20)}  code ${code}  since ${day}  ${kept ? 'kept     ' : 'temporary'}  ${state}`,
    ...pins.flatMap(({ pinId, holder }) => (holder === null ? [] : [`  PIN of ${holder}  ${pinId}`])),
  ];
}

async function create({ api, config, values }: Context): Promise<Outcome> {
  const { meeting: name, temporary } = values;
  const rotation = rotationOf(values, config);
  const body = {
    kept: !temporary,
    ...(name === undefined ? {} : { name }),
    ...(rotation === null ? {} : { rotation }),
  };
  const made = await api.ask<{ meeting: Meeting; claim: string; pin: string }>('POST', '/v1/meetings', body);
  const { claim, pin: roomPin, meeting } = made;
  const hostLink = `${pagesUrl(config)}/host#${claim}`;
  return {
    json: { meeting, hostLink, pin: roomPin },
    lines: [
      ...[`meeting    ${meeting.id}`, `host link  ${hostLink}`],
      ...[`number     ${config.sip.dialInNumber}`, `code       ${meeting.code}`, `PIN        ${roomPin}`],
      ...['', 'Shown this once: whoever opens the host link first is the host, and sees the PIN there.'],
    ],
  };
}

function rotationOf(
  { 'rotate-hours': hours, 'rotate-each': eachMeeting }: Values,
  { callers }: Config,
): { readonly hours: number | null; readonly eachMeeting: boolean } | null {
  if (hours === undefined && !eachMeeting) return null;
  if (hours === undefined) return { hours: callers.pinRotation.hours, eachMeeting };
  const count = /^[1-9][0-9]{0,3}$/.test(hours) ? Number(hours) : 0;
  if (count < 1 || count > 8_760) throw new LatchkeyError('usage', '--rotate-hours takes 1 to 8760');
  return { hours: count, eachMeeting };
}

function pagesUrl({ http }: Config): string {
  const scheme = http.tls === null ? 'http' : 'https';
  const host = http.host.includes(':') ? `[${http.host}]` : http.host;
  return http.publicUrl ?? `${scheme}://${host}:${http.port}`;
}

async function close({ api, values }: Context): Promise<Outcome> {
  const name = named(values);
  await api.ask('DELETE', `/v1/meetings/${name}`);
  return { json: { closed: name }, lines: ['Closed.'] };
}

async function pin({ api, values }: Context): Promise<Outcome> {
  const path = `/v1/meetings/${named(values)}/pins`;
  const { holder, revoke } = values;
  if ((holder === undefined) === (revoke === undefined))
    throw new LatchkeyError('usage', '“meeting pin” takes --holder TEXT or --revoke ID');
  if (revoke !== undefined) {
    await api.ask('DELETE', `${path}/${encodeURIComponent(revoke)}`);
    return { json: { revoked: revoke }, lines: ['Revoked.'] };
  }
  const issued = await api.ask<Issued>('POST', path, { holder });
  return { json: { ...issued, holder }, lines: [issued.pin, '', `Shown this once. Its id: ${issued.pinId}`] };
}

async function roomPin({ api, values }: Context, what: 'rotate-pin' | 'new-pin'): Promise<Outcome> {
  const issued = await api.ask<{ readonly pin: string | null }>(
    'POST',
    `/v1/meetings/${named(values)}/${what}`,
  );
  const lines = issued.pin === null ? ['There is no new PIN to tell.'] : [issued.pin, '', 'Shown this once.'];
  return { json: { pin: issued.pin }, lines };
}

function named({ meeting }: Values): string {
  if (meeting === undefined) throw new LatchkeyError('usage', '--meeting NAME is missing');
  return encodeURIComponent(meeting);
}
