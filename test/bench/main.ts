/**
 * `npm run bench -- <name> [--json]`: measures one part. With --json the last line is one JSON object; ratios are taken
 * within one run, so that they mean the same on any machine.
 */
const benches: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<object>>>> = {
  consent: async () => (await import('./consent.ts')).benchConsent,
  ledger: async () => (await import('./ledger.ts')).benchLedger,
  sip: async () => (await import('./sip.ts')).benchSip,
};

const [name, ...args] = process.argv.slice(2);
const load = name === undefined ? undefined : benches[name];
if (load === undefined) {
  console.error(`Usage: npm run bench -- <${Object.keys(benches).join('|')}> [--json]`);
  process.exitCode = 2;
} else {
  const result = await (await load())(args.filter((arg) => arg !== '--json'));
  console.log(args.includes('--json') ? JSON.stringify(result) : JSON.stringify(result, null, 2));
}
