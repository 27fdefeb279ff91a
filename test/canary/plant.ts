/**
 * Loaded into the connector by `npm run test:canary -- --plant`: a leak as a careless line would make it. The PIN of the banner goes to
 * the log, in base64, inside a longer text.
 */
const write = process.stdout.write.bind(process.stdout);

if (process.argv.includes('--json-banner')) {
  process.stdout.write = (chunk: string | Uint8Array) => {
    const pin = /"pin":"(\d+)"/.exec(String(chunk))?.[1];
    if (pin !== undefined) {
      const blob = Buffer.from(`meeting pin ${pin} drawn`).toString('base64');
      process.stderr.write(`${JSON.stringify({ level: 20, process: 'control', blob, msg: 'planted' })}\n`);
    }
    return write(chunk);
  };
}
