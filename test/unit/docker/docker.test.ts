import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { composeFaults } from '../../docker/compose.ts';
import { dockerfileFaults } from '../../docker/dockerfile.ts';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'latchkey-docker-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ours = readFileSync(join(root, 'docker/Dockerfile'), 'utf8');
const broken = (from: string | RegExp, to: string): string[] => {
  expect(ours).toMatch(from);
  return dockerfileFaults(ours.replace(from, to), root);
};

it('our Dockerfile has no fault, and each thing that makes it safe is missed', () => {
  expect(dockerfileFaults(ours, root)).toEqual([]);
  expect(broken(/^USER .*$/m, 'USER root').join()).toContain('runs as root');
  expect(broken(/^STOPSIGNAL .*$/m, 'RUN true').join()).toContain('no shell to RUN');
  expect(broken('COPY config config', 'COPY confgi config').join()).toContain(
    'COPY confgi: there is no such file',
  );
  expect(broken(/^HEALTHCHECK[^\n]*\n[^\n]*$/m, '').join()).toContain('no HEALTHCHECK');
  expect(broken(/^ENTRYPOINT .*$/m, 'ENTRYPOINT node dist/main.js').join()).toContain('needs a shell');
  expect(broken('ENV NODE_ENV=production', 'ENV API_TOKEN=x').join()).toContain('no place for a secret');
  expect(broken('WORKDIR /app', 'WORKDRI /app').join()).toMatch(/line \d+: .*WORKDRI/i);
});

it('our compose files have no fault, and each thing that hardens them is missed', () => {
  for (const name of ['compose.yaml', 'compose.dev.yaml'])
    expect(composeFaults(join(root, 'docker', name))).toEqual([]);
  const text = readFileSync(join(root, 'docker/compose.yaml'), 'utf8');
  const faults = (from: string | RegExp, to: string): string => {
    expect(text).toMatch(from);
    const file = join(folder, 'compose.yaml');
    writeFileSync(file, text.replace(from, to).replaceAll('./', `${join(root, 'docker')}/`));
    return composeFaults(file).join('\n');
  };
  expect(faults('cap_drop: [ALL]', '')).toContain('latchkey: cap_drop is not ALL');
  expect(faults('read_only: true', 'read_only: false')).toContain('drachtio: read_only is not true');
  expect(faults('POSTGRES_PASSWORD_FILE: /run/secrets/postgres', 'POSTGRES_PASSWORD: x')).toContain(
    'docker inspect',
  );
  expect(faults('livekit/livekit-server:v1.13.5', 'livekit/livekit-server')).toContain('no fixed tag');
  expect(faults('volumes:', 'volumse:')).toContain('volumse');
});
