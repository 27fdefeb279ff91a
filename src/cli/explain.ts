import { isIP } from 'node:net';
import { parseCommandLine } from './command-line.ts';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { partyOf } from '../sip/identity.ts';
import { statedCallers } from '../sip/trunk/caller.ts';
import {
  decide,
  destinationText,
  type CallFacts,
  type Check,
  type OfferedMedia,
  type Verdict,
} from '../sip/trunk/decision.ts';
import { clientRules, wantedNames } from '../sip/trunk/client-rules.ts';
import { planTrunks } from '../sip/trunk/trunk.ts';
import { helpTail } from './table.ts';

const help = `latchkey explain: what would become of a call, and why

Usage: latchkey explain --from WHO --to WHO --source ADDRESS [options]

  --from WHO         the From header: a number, a SIP URI, or "Name" <sip:…>
  --to WHO           the number or URI that is called
  --source ADDRESS   where the packet comes from: IPv4 or IPv6

  --transport NAME   udp, tcp or tls; otherwise udp
  --media KIND       rtp, srtp, both, or late (no offer in the INVITE); otherwise rtp
  --pai WHO          P-Asserted-Identity, a number or the header's value
  --rpid WHO         Remote-Party-ID, likewise
  --privacy WORDS    the Privacy header, such as id
  --user NAME        as if the digest credentials of this user were right
  --client-name NAME as if the caller had shown a certificate for this name (tls.clientNames)
  --calls N          as if the trunk had N calls already; otherwise 0
  --config FILE      the configuration to ask; otherwise the defaults
  --json             one JSON object on standard output
  -h, --help         this text

Nothing is sent and nothing has to run: the configuration is read, and asked the question that the running connector
asks it for each call, by the same function. Every check is shown in order; the first that fails decides. The meeting of a
start is called first. What a trunk is, docs/sip.md tells.
${helpTail('explain')}`;

const options = {
  from: { type: 'string' },
  to: { type: 'string' },
  source: { type: 'string' },
  transport: { type: 'string', default: 'udp' },
  media: { type: 'string', default: 'rtp' },
  pai: { type: 'string' },
  rpid: { type: 'string' },
  privacy: { type: 'string' },
  user: { type: 'string' },
  'client-name': { type: 'string' },
  calls: { type: 'string', default: '0' },
  config: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const parse = (args: readonly string[]) => parseCommandLine(args, options).values;
type Asked = ReturnType<typeof parse>;

export function explainCommand(args: readonly string[]): Promise<number> {
  const asked = parse(args);
  if (asked.help) {
    process.stdout.write(help);
    return Promise.resolve(0);
  }
  const facts = factsOf(asked);
  const calls = wholeOf(asked.calls);
  const config = loadConfig(asked.config ?? null);
  const plan = planTrunks(config);
  const certificate = certificateCheck(config, facts.source, asked['client-name'] ?? null);
  if (certificate?.passed === false) {
    process.stdout.write(
      asked.json ? `${JSON.stringify(unheard(certificate))}\n` : unheardText(facts, certificate),
    );
    return Promise.resolve(0);
  }
  const judged = decide(plan, facts, {
    callsOn: () => calls,
    hasMeeting: (name) => name === 'first',
    verify: ({ digest }) => {
      if (facts.claimedUser === null) return 'absent';
      return digest?.users.has(facts.claimedUser) === true ? 'right' : 'wrong';
    },
  });
  const verdict = { ...judged, checks: [...(certificate === null ? [] : [certificate]), ...judged.checks] };
  process.stdout.write(asked.json ? `${JSON.stringify(explanation(verdict))}\n` : text(facts, verdict));
  return Promise.resolve(0);
}

/** What the SIP server asks of a connection before it reads a message; null: nothing. */
function certificateCheck(
  { sip, trunks }: Config,
  { address, transport }: CallFacts['source'],
  shown: string | null,
): Check | null {
  const wanted = transport === 'tls' && sip.tls !== null ? wantedNames(clientRules(trunks), address) : null;
  if (wanted === null) return null;
  const passed = wanted.some((name) => name.toLowerCase() === shown?.toLowerCase());
  const said = shown === null ? 'no --client-name is given' : `“${shown}” is none of them`;
  return {
    ...{ name: 'certificate' as const, passed },
    text: `${address} needs one for ${wanted.join(' or ')}; ${passed ? `“${shown}” it is` : said}`,
  };
}

/** A connection that is ended is not asked about trunks. */
function unheard(certificate: Check) {
  return {
    ...{ verdict: 'closed', code: null, cause: 'client-certificate', trunk: null, rule: null },
    ...{ meeting: null, caller: null, called: null, checks: [certificate] },
  };
}

function unheardText({ source }: CallFacts, { text: why }: Check): string {
  return `A call from ${source.address} over ${source.transport}:

  NO  ${'certificate'.padEnd(14)} ${why}

Answer   none at all: the connection is ended before anything is read (tls.clientNames)
`;
}

function factsOf({ from, to, source, transport, ...asked }: Asked): CallFacts {
  if (from === undefined || to === undefined || source === undefined)
    throw new LatchkeyError('usage', '--from, --to and --source are needed');
  if (isIP(source) === 0)
    throw new LatchkeyError('usage', `--source takes an address, and “${source}” is none`);
  if (!['udp', 'tcp', 'tls'].includes(transport))
    throw new LatchkeyError('usage', '--transport takes udp, tcp or tls');
  return {
    source: { address: source, transport },
    callers: statedCallers({
      from: partyOfText(from),
      asserted: headerOf(asked.pai),
      remoteParty: headerOf(asked.rpid),
      privacy: asked.privacy ?? null,
    }),
    called: partyOfText(to).user,
    media: mediaOf(asked.media),
    claimedUser: asked.user ?? null,
  };
}

/** A number or name alone, a URI, or an address with a name and angle brackets. */
function partyOfText(given: string) {
  const bracketed = /^(.*)<([^>]*)>/.exec(given);
  if (bracketed !== null) return partyOf({ name: bracketed[1], uri: bracketed[2] ?? '' });
  return /^(sips?|tel):/i.test(given) ? partyOf({ uri: given }) : { user: given, displayName: '' };
}

function headerOf(given: string | undefined): string | null {
  if (given === undefined) return null;
  return given.includes(':') ? given : `<tel:${given}>`;
}

function mediaOf(kind: string): OfferedMedia {
  if (!['rtp', 'srtp', 'both', 'late'].includes(kind))
    throw new LatchkeyError('usage', '--media takes rtp, srtp, both or late');
  return { rtp: kind === 'rtp' || kind === 'both', srtp: kind === 'srtp' || kind === 'both' };
}

function wholeOf(given: string): number {
  if (!/^[0-9]{1,6}$/.test(given)) throw new LatchkeyError('usage', '--calls takes a whole number');
  return Number(given);
}

/** The SIP code of the answer; null: there is none. */
function codeOf(verdict: Verdict): number | null {
  switch (verdict.kind) {
    case 'accept':
      return 200;
    case 'challenge':
      return 401;
    case 'reject':
      return verdict.status;
    case 'drop':
      return null;
  }
}

function explanation(verdict: Verdict) {
  const accepted = verdict.kind === 'accept' ? verdict : null;
  const rule = 'rule' in verdict ? verdict.rule : null;
  return {
    verdict: verdict.kind,
    code: codeOf(verdict),
    cause: accepted === null && 'cause' in verdict ? verdict.cause : null,
    trunk: 'trunk' in verdict ? (verdict.trunk?.name ?? null) : null,
    rule: rule === null ? null : { number: rule.number, to: ruleTarget(rule.to) },
    meeting: accepted !== null && 'name' in accepted.destination ? accepted.destination.name : null,
    caller: accepted === null ? null : { ...accepted.caller.number, header: accepted.caller.source },
    called: accepted?.called ?? null,
    checks: verdict.checks,
  };
}

function ruleTarget(to: { readonly kind: string; readonly name?: string }): string {
  return to.name === undefined ? to.kind : `${to.kind}:${to.name}`;
}

function text(facts: CallFacts, verdict: Verdict): string {
  const { code, cause, trunk } = explanation(verdict);
  const lines = verdict.checks.map(
    ({ name, passed, text: why }) => `  ${passed ? 'ok' : 'NO'}  ${name.padEnd(14)} ${why}`,
  );
  const outcome = verdict.kind === 'accept' ? destinationText(verdict.destination) : (cause ?? '');
  return `A call from ${facts.source.address} over ${facts.source.transport}:

${lines.join('\n')}

Trunk    ${trunk ?? 'none'}
Answer   ${code === null ? 'none at all' : code}: ${outcome}
${hint(verdict)}`;
}

/** What to try next, where the answer is no. */
function hint(verdict: Verdict): string {
  if (verdict.kind === 'accept') return '';
  if (verdict.cause === 'unknown-source')
    return '\nTo take its calls, put the address into sources of a trunk (docs/sip.md).\n';
  if (verdict.kind === 'challenge')
    return '\nWith --user NAME the question is asked as if credentials had come.\n';
  return '';
}
