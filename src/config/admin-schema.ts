import { Type } from 'typebox';
import { object, orNull, port, text } from './schema-parts.ts';

const roleName = (role: string) =>
  Type.String({ description: `What stands in the claim for ${role}; empty: nobody.`, maxLength: 200 });

/** The operators' listener (docs/operating.md). */
export const adminSchema = object('Metrics, REST API and operator page, on a listener of their own.', {
  enabled: Type.Boolean({ description: 'Whether it listens at all.' }),
  host: text('Address to listen on. Loopback unless operators sit elsewhere; then set tls too.'),
  port: port('TCP port.'),
  hostNames: Type.Array(Type.String({ pattern: '^[a-z0-9.-]{1,253}$' }), {
    description:
      'Host names in requests that are answered, beside addresses and localhost: what is not named is refused (DNS rebinding).',
    maxItems: 16,
  }),
  tls: orNull(
    object('Serve https.', {
      certFile: text('PEM file with the certificate chain.'),
      keyFile: text('PEM file with the private key.'),
    }),
  ),
  keysFile: orNull(
    text(
      'File of hashed API keys (latchkey admin-key); null: admin-keys.json in dataDir. Read again when it changes.',
    ),
  ),
  openMetrics: Type.Boolean({ description: 'Answer /metrics without a key. It holds no personal data.' }),
  oidc: orNull(
    object('Take access tokens of this identity provider beside API keys.', {
      issuer: text('Exactly what stands in iss.'),
      audience: text('What has to stand in aud.'),
      jwksUrl: Type.String({
        description: 'Its signing keys: https://, or http:// on loopback.',
        pattern: '^(https://|http://(127\\.0\\.0\\.1|localhost|\\[::1\\])[:/])',
        maxLength: 500,
      }),
      roleClaim: text('Claim of the token that names roles, a text or a list of texts.'),
      roles: object('Roles by what the claim says.', {
        reader: roleName('reader'),
        auditor: roleName('auditor'),
        operator: roleName('operator'),
      }),
    }),
  ),
});
