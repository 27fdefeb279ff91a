import {
  eventRules,
  itemKinds,
  maxFew,
  maxItems,
  opaqueKinds,
  patterns,
  type EventRule,
  type Kind,
} from './event-rules.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (2020-12) of a leaf, one alternative a type; `docs/schemas/ledger-leaf.schema.json` is this, and a test
 * compares. The canonical form of the bytes is not JSON Schema's to say (docs/ledger.md).
 */
export function leafSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A leaf of the Latchkey consent ledger',
    $defs: {
      hash: kindSchema('hash'),
      id: kindSchema('id'),
      jws: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$',
        maxLength: 22_528,
      },
      opaque: { anyOf: opaqueKinds.map(kindSchema) },
    },
    oneOf: Object.entries(eventRules).map(([type, rule]) => typeSchema(type, rule)),
  };
}

const count: Schema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

function kindSchema(kind: Kind): Schema {
  if (kind === 'count') return count;
  if (kind === 'few') return { ...count, maximum: maxFew };
  if (kind === 'flag') return { type: 'boolean' };
  if (kind in itemKinds) {
    const item = itemKinds[kind as keyof typeof itemKinds];
    return { type: 'array', maxItems, items: { type: 'string', pattern: patterns[item] } };
  }
  return { type: 'string', pattern: patterns[kind as keyof typeof patterns] };
}

function typeSchema(type: string, rule: EventRule): Schema {
  const id = { $ref: '#/$defs/id' };
  const required = Object.keys(rule.data).filter((name) => !name.endsWith('?'));
  return {
    title: type,
    type: 'object',
    properties: {
      v: { const: 1 },
      seq: count,
      at: { ...count, description: 'Wall clock, milliseconds since 1970.' },
      mono: { ...count, description: 'Monotonic milliseconds since this run of the writer began.' },
      run: id,
      type: { const: type },
      meeting: { $ref: '#/$defs/hash' },
      bridge: id,
      leg: id,
      ...(rule.jws === 'none' ? {} : { jws: { $ref: '#/$defs/jws' } }),
      data: {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(rule.data).map(([name, kinds]) => [
            name.replace('?', ''),
            typeof kinds === 'string' ? kindSchema(kinds) : { anyOf: kinds.map(kindSchema) },
          ]),
        ),
        required,
        propertyNames: { pattern: '^[a-z][A-Za-z0-9]{0,63}$' },
        additionalProperties: { $ref: '#/$defs/opaque' },
      },
    },
    required: [
      'v',
      'seq',
      'at',
      'mono',
      'run',
      'type',
      ...rule.about,
      ...(rule.jws === 'required' ? ['jws'] : []),
      ...(required.length > 0 ? ['data'] : []),
    ],
    additionalProperties: false,
  };
}
