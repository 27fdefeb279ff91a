// Whether the connector whose configuration is named is alive: exit code 0 or 1. For containers, which have no shell.
import { readFileSync } from 'node:fs';
import { request as overHttp } from 'node:http';
import { request as overTls } from 'node:https';

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const file = process.argv[2] ?? '/etc/latchkey/config.json';
const http = { ...read(new URL('../config/default.json', import.meta.url)).http, ...read(file).http };
const host = http.host === '0.0.0.0' ? '127.0.0.1' : http.host === '::' ? '::1' : http.host;

// The certificate is not checked: it is for the name that browsers use, and this never leaves the machine.
const options = { host, port: http.port, path: '/livez', timeout: 2_000, rejectUnauthorized: false };
const request = (http.tls == null ? overHttp : overTls)(options, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
});
request.on('timeout', () => request.destroy(new Error('no answer')));
request.on('error', () => process.exit(1));
request.end();
