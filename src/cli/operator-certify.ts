import { systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { wipe } from '../base/bytes.ts';
import { loadConfig } from '../config/load.ts';
import { thumbprint } from '../consent/messages/keys.ts';
import { signCertificateRequest } from '../consent/messages/operator-statements.ts';
import { writeDurably } from '../keys/durable-file.ts';
import { loadOrCreate, openKeeper } from '../keys/keeper.ts';
import { certify, readRequestFile } from '../operator/certify.ts';
import { openOperator, operatorSigner, readRecord } from '../operator/folder.ts';
import { vaultOptions } from '../vault/options.ts';
import { print } from './ledger-options.ts';
import { dateText, endAfter, must, operatorHelp, parseOperator } from './operator-options.ts';
import { operatorPassphrase } from './passphrase.ts';
import { helpTail } from './table.ts';

const requestHelp = `latchkey operator request: on the connector, ask its operator for a certificate

Usage: latchkey operator request [--config FILE] --out FILE [--json]

  --config FILE   the connector's configuration: dataDir, keys, connector.name
  --out FILE      the request: public keys and a name, signed by both private keys; nothing secret

Makes the connector's keys where there are none yet. Compare the thumbprint that it prints with what "certify" shows.
${helpTail('operator request')}`;

export async function requestCommand(args: readonly string[]): Promise<number> {
  const options = parseOperator(args, { config: { type: 'string' }, out: { type: 'string' } });
  if (options.help) {
    print(requestHelp.trimEnd());
    return 0;
  }
  const out = must('out', options.out);
  const { dataDir, keys, connectorName } = vaultOptions(loadConfig(options.config ?? null));
  const keeper = openKeeper(dataDir, keys);
  try {
    const identity = loadOrCreate(keeper, 'identity');
    const ledger = loadOrCreate(keeper, 'ledger');
    const jws = await signCertificateRequest(operatorSigner(identity), operatorSigner(ledger), connectorName);
    writeDurably(out, `${jws}\n`);
    const key = await thumbprint(identity.publicKey);
    const ledgerKey = await thumbprint(ledger.publicKey);
    if (options.json)
      print(JSON.stringify({ file: out, connectorName, thumbprint: key, ledgerThumbprint: ledgerKey }));
    else print(`${out}: request of “${connectorName}”\n  identity  ${key}\n  ledger    ${ledgerKey}`);
    return 0;
  } finally {
    keeper.close();
  }
}

const certifyHelp = `latchkey operator certify: sign that a connector and its ledger are this operator's

Usage: latchkey operator certify --dir DIR --request FILE --out FILE [options]

  --request FILE          what "latchkey operator request" wrote on the connector
  --out FILE              the certificate, with the newest revocation list and rotation, one JWS a line
  --days N                how long it is valid, from now; default 365, 0 for no end
  --check THUMBPRINT      refuse unless the request is of this identity key
${operatorHelp}
Hosts learn of a revocation only from a connector of the same operator that carries the list. A certificate that ends is
the other half of the protection: prefer days over no end.
${helpTail('operator certify')}`;

export async function certifyCommand(args: readonly string[]): Promise<number> {
  const options = parseOperator(args, {
    request: { type: 'string' },
    out: { type: 'string' },
    days: { type: 'string', default: '365' },
    check: { type: 'string' },
  });
  if (options.help) {
    print(certifyHelp.trimEnd());
    return 0;
  }
  const dir = must('dir', options.dir);
  const out = must('out', options.out);
  const { name } = readRecord(dir);
  const request = await readRequestFile(must('request', options.request));
  await checkThumbprint(options.check, request.key);
  const now = systemClock.wallMs();
  // An hour back, for hosts whose clocks are behind.
  const validity = { notBefore: now - 3_600_000, notAfter: endAfter(options.days, now) };
  const secret = await operatorPassphrase(options['passphrase-file'], false);
  try {
    const { record, file } = await certify(dir, openOperator(dir, secret), request, validity);
    writeDurably(out, file);
    const { connectorName, serial, thumbprint: key, notAfter } = record;
    if (options.json)
      print(JSON.stringify({ file: out, operator: name, connectorName, serial, thumbprint: key, notAfter }));
    else
      print(
        `${out}: “${connectorName}” is certified by “${name}” until ${dateText(notAfter)}\n` +
          `  identity  ${key}\n  serial    ${serial}\nPut it into the connector's dataDir as certificate.jws, then start the connector.`,
      );
    return 0;
  } finally {
    wipe(secret.bytes);
  }
}

async function checkThumbprint(wanted: string | undefined, key: Uint8Array<ArrayBuffer>): Promise<void> {
  const found = await thumbprint(key);
  if (wanted !== undefined && wanted !== found) {
    throw new LatchkeyError('usage', `the request is of identity key ${found}, not of ${wanted}`);
  }
}
