import { parseArgs } from 'node:util';

/** Of one bench: what it measures, its options (numbers, or lists of numbers, with what they are without being named). */
interface Bench {
  readonly measures: string;
  readonly options: Readonly<Record<string, { readonly default: string; readonly says: string }>>;
  load(): Promise<(values: Readonly<Record<string, string>>) => Promise<object>>;
}

const benches: Readonly<Record<string, Bench>> = {
  consent: {
    measures:
      'approve, talk and revoke with pages, members and a phone: click to sound, to closed gate, to new epoch',
    options: {
      rounds: { default: '50', says: 'calls from approve to revoke' },
      members: { default: '20', says: 'people in the meeting, two of them in browser tabs' },
      realtime: {
        default: '1',
        says: '1: pages, connector and phone ahead of the others, where chrt may; 0: not',
      },
    },
    load: async () => (await import('./consent.ts')).benchConsent,
  },
  ledger: {
    measures: 'durable appends against a bare loop of the same store, and verifying a large log',
    options: { events: { default: '1000000', says: 'leaves of the log that is verified' } },
    load: async () => (await import('./ledger.ts')).benchLedger,
  },
  media: {
    measures:
      'CPU, memory, delay and ticks of the media worker with real sockets, SFU, people and telephones',
    options: {
      seconds: { default: '10', says: 'of each measurement' },
      legs: { default: '50,100,200', says: 'in one meeting, all publishing; 0: none' },
      gated: { default: '50,200,300', says: 'in one meeting, one in five talks; 0: none' },
      calls: { default: '40', says: 'with a meeting each' },
      parts: { default: 'idle,conference,gated,codecs,one-to-one,delay,rtpengine', says: 'which to run' },
    },
    load: async () => (await import('./media.ts')).benchMedia,
  },
  sip: {
    measures: 'calls through the embedded SIP server and drachtio-srf, from sipp over UDP on loopback',
    options: {
      seconds: { default: '20', says: 'of each rate' },
      rates: { default: '1000,1250,1500,1750,2000', says: 'calls a second to try in turn' },
      calls: { default: '100000', says: 'of the run that looks for growth; 0: none' },
      realtime: { default: '1', says: '1: ahead of all else on the machine, where chrt may; 0: not' },
    },
    load: async () => (await import('./sip.ts')).benchSip,
  },
};

function usage(): string {
  const lines = Object.entries(benches).flatMap(([name, { measures, options }]) => [
    `  ${name}: ${measures}`,
    ...Object.entries(options).map(
      ([option, { default: value, says }]) => `    --${`${option} N`.padEnd(12)} ${says} (default ${value})`,
    ),
  ]);
  return [
    'npm run bench -- NAME [--json] [options]: measures one part, by ratios taken within one run',
    '',
    ...lines,
    '',
    '  With --json the last line is one JSON object.',
    '',
  ].join('\n');
}

/** The values of a bench's options; null where something is wrong, which has been said. */
function read(
  bench: Bench,
  args: readonly string[],
): { json: boolean; values: Record<string, string> } | null {
  const own = Object.entries(bench.options).map(
    ([name, { default: value }]) => [name, { type: 'string', default: value }] as const,
  );
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, ...Object.fromEntries(own) },
    });
    const { json, ...rest } = values as Record<string, string> & { json: boolean };
    for (const [name, value] of Object.entries(rest)) {
      if (name === 'parts' ? /^[a-z-]+(,[a-z-]+)*$/.test(value) : /^\d+(,\d+)*$/.test(value)) continue;
      throw new Error(`--${name} takes ${name === 'parts' ? 'names' : 'a number'}, not “${value}”`);
    }
    return { json, values: rest };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return null;
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage());
    return 0;
  }
  const [name = '', ...more] = args;
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  const asked = bench === undefined ? null : read(bench, more);
  if (bench === undefined || asked === null) {
    console.error(usage());
    return 2;
  }
  const result = await (await bench.load())(asked.values);
  console.log(asked.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
