import { expect, test } from 'vitest';
import { parsePostgresUrl } from '../../../src/ledger/postgres-place.ts';

test.each([
  ['postgres://u@localhost/d', { host: 'localhost', port: 5432, user: 'u', database: 'd', tls: null }],
  ['postgresql://u@127.0.0.1:6000/d', { host: '127.0.0.1', port: 6000, tls: null }],
  ['postgres://u@[::1]/d?sslmode=disable', { host: '::1', tls: null }],
  ['postgres://u@localhost/d?host=/run/postgresql', { host: '/run/postgresql', tls: null }],
  ['postgres://u%40x@db.example/d?sslmode=verify-full', { user: 'u@x', tls: { rootCertFile: null } }],
  [
    'postgres://u@db.example/d?sslmode=verify-full&sslrootcert=/etc/ca.pem',
    { host: 'db.example', tls: { rootCertFile: '/etc/ca.pem' } },
  ],
])('%s is an address', (url, address) => {
  expect(parsePostgresUrl(url)).toMatchObject({ ok: true, value: address });
});

test.each([
  ['postgres://u:s3cret@localhost/d', 'passwordFile'],
  ['postgres://u@localhost/d?password=s3cret', 'passwordFile'],
  ['postgres://u@localhost/d?options=s3cret', 'parameters'],
  ['mysql://u@localhost/s3cret', 'postgres://'],
  ['s3cret', 'not a URL'],
  ['postgres://localhost/d', 'a user and a database'],
  ['postgres://u@localhost', 'a user and a database'],
  ['postgres://u@db.example/d', 'verify-full'],
  ['postgres://u@db.example/d?sslmode=disable', 'verify-full'],
  ['postgres://u@localhost/d?sslmode=require', 'do not check'],
  ['postgres://u@localhost/d?host=db.example', 'Unix socket'],
])('%s is refused, and the reason quotes nothing of it', (url, reason) => {
  const parsed = parsePostgresUrl(url);
  expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining(reason) as string });
  expect(JSON.stringify(parsed)).not.toContain('s3cret');
});
