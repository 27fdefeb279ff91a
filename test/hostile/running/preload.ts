/**
 * Loaded into every process of the connector by NODE_OPTIONS=--import. In the embedded SFU's it puts the hostile server between
 * the SFU's own code and its clients; everywhere else it does nothing.
 */
const port = Number(process.env.LATCHKEY_HOSTILE_PORT ?? '0');

if (port !== 0 && process.argv[1]?.endsWith('/src/sfu/main.ts') === true) {
  const { takeOver } = await import('./hostile-sfu.ts');
  await takeOver(port);
}
