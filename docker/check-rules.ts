import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { metricTable } from '../src/admin/metrics/metric-table.ts';

const folder = fileURLToPath(new URL('prometheus/', import.meta.url));
const dashboards = new URL('grafana/', import.meta.url);

/** What is wrong with rules and dashboard; `skipped`: promtool (Debian: prometheus) is not there. */
export function checkRules(): { readonly faults: readonly string[]; readonly skipped: boolean } {
  const faults = unknownMetrics();
  const runs = [
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'latchkey.rules.yml'],
    ['test', 'rules', 'latchkey.test.yml'],
  ].map((args) => ({ args, run: spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' }) }));
  const skipped = runs.some(({ run }) => (run.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT');
  for (const { args, run } of skipped ? [] : runs)
    if (run.status !== 0) faults.push(`promtool ${args.join(' ')}: ${run.stdout}${run.stderr}`);
  return { faults, skipped };
}

/** Names in rules and dashboard that the connector does not have. */
function unknownMetrics(): string[] {
  const files = [
    ...readdirSync(folder).map((name) => new URL(`prometheus/${name}`, import.meta.url)),
    ...readdirSync(dashboards).map((name) => new URL(name, dashboards)),
  ];
  return files.flatMap((file) => {
    const names = readFileSync(file, 'utf8').match(/\blatchkey_[a-z_]+\b/g) ?? [];
    const wrong = [...new Set(names)].filter((name) => !isMetric(name.slice('latchkey_'.length)));
    return wrong.map((name) => `${file.pathname.split('/').at(-1) ?? ''}: there is no metric ${name}`);
  });
}

function isMetric(name: string): boolean {
  if (Object.hasOwn(metricTable, name)) return true;
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return Object.hasOwn(metricTable, base) && metricTable[base as keyof typeof metricTable][0] === 'histogram';
}

if (import.meta.main) {
  const { faults, skipped } = checkRules();
  for (const fault of faults) console.error(fault);
  if (skipped)
    console.log('promtool is not here (Debian: prometheus): names were checked, rules were not tried');
  else if (faults.length === 0) console.log('rules and dashboard are good');
  process.exitCode = faults.length === 0 ? 0 : 1;
}
