import defaults from '../../config/default.json' with { type: 'json' };
import { isReloaded } from './reload.ts';
import { configSchema } from './schema.ts';

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
  readonly anyOf?: readonly Described[];
}

/** The configuration keys as a Markdown table: docs/configuration.md holds exactly this. */
export function configTable(): string {
  const rows = ['| key | default | new value | meaning |', '|---|---|---|---|'];
  const walk = (schema: Described, path: string, value: unknown): void => {
    const object = [
      schema,
      ...(schema.anyOf ?? []),
      ...(schema.items === undefined ? [] : [schema.items]),
    ].find((s) => s.properties !== undefined);
    const inner = (schema.anyOf ?? []).find((s) => s.description !== undefined);
    const meaning = schema.description ?? inner?.description ?? '';
    const suffix = schema.items === undefined ? '' : '[]';
    const isPlainObject = object === schema;
    if (path !== '')
      rows.push(
        `| \`${path}${suffix}\` | ${isPlainObject ? '' : shown(value)} | ${when(path, object)} | ${meaning} |`,
      );
    for (const [key, child] of Object.entries(object?.properties ?? {})) {
      const below = isPlainObject ? (value as Record<string, unknown> | undefined)?.[key] : undefined;
      walk(child, path === '' ? key : `${path}${suffix}.${key}`, below);
    }
  };
  walk(configSchema as Described, '', defaults);
  return rows.join('\n');
}

/** Of a key that holds a value; a group of keys has none. */
const when = (path: string, group: Described | undefined): string =>
  group !== undefined ? '' : isReloaded(path) ? 'reload' : 'restart';

function shown(value: unknown): string {
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``;
}
