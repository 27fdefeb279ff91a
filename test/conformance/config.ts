/** What drachtio-srf's suite uses of the package `config`: where the servers under test listen for their apps. */
const config = {
  get(name: string): Record<string, unknown> {
    const port = Number(
      process.env[name === 'drachtio-uas' ? 'CONFORMANCE_UAS_PORT' : 'CONFORMANCE_SUT_PORT'],
    );
    const pinging = name === 'drachtio-sut' ? { enablePing: true, pingInterval: 5_000 } : {};
    return { host: '127.0.0.1', port, secret: 'cymru', ...pinging };
  },
};

export { config as 'module.exports' };
