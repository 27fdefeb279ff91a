/** Which folder may import which: an allow-list (docs/architecture.md). Anything not named here is an error. */
const folders = {
  base: [],
  config: ['base'],
  media: ['base'],
  e2ee: ['base'],
  ledger: ['base'],
  keys: ['base', 'consent/messages/labels.ts'],
  operator: ['base', 'consent/messages', 'keys'],
  sip: ['base', 'media'],
  'sip-server': ['base'],
  webrtc: ['base'],
  sfu: ['base', 'webrtc'],
  consent: ['base', 'e2ee', 'ledger'],
  meeting: ['base', 'webrtc', 'e2ee', 'media'],
  witness: ['base'],
  vault: ['base', 'consent', 'ledger', 'config', 'keys'],
  worker: ['base', 'media', 'e2ee', 'meeting', 'consent', 'vault'],
  call: ['base', 'sip', 'media', 'consent', 'meeting', 'worker', 'vault', 'config', 'ledger'],
  http: ['base', 'call', 'consent', 'ledger', 'config'],
  web: ['base', 'consent', 'e2ee', 'ledger/verify'],
  cli: [
    'base',
    'config',
    'consent/messages',
    'ledger',
    'keys',
    'operator',
    'vault/handle.ts',
    'vault/options.ts',
    'http/verify-file.ts',
    'sip/trunk',
    'sip/identity.ts',
    'app.ts',
  ],
};
const rules = Object.entries(folders).map(([name, allowed]) => ({
  name: `imports-of-${name}`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: [`^src/${name}/`, ...allowed.map((a) => `^src/${a}(/|$)`)] },
}));
module.exports = {
  forbidden: [
    ...rules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'verifier-shares-no-code-with-the-writer',
      severity: 'error',
      from: { path: '^src/ledger/verify/' },
      to: { path: '^(src|node_modules)/', pathNot: ['^src/ledger/verify/', '^node_modules/@types/node'] },
    },
    {
      name: 'writer-does-not-use-the-verifier',
      severity: 'error',
      from: { path: '^src/(ledger/[^/]+\\.ts|vault/)' },
      to: { path: '^src/ledger/verify/' },
    },
    {
      name: 'pages-use-the-public-host-library',
      comment:
        'What our own pages need, another app needs: they take it from the entries that package.json exports.',
      severity: 'error',
      from: { path: '^src/web/(pages/|gallery/|livekit\\.ts$)' },
      to: {
        path: '^src/(consent/|e2ee/|web/host/(?!(index|session)\\.ts$)|web/adapters/(?!(browser|livekit)\\.ts$)|web/browser/(database|key-slots)\\.ts$|web/worker-clock\\.ts$)',
      },
    },
    {
      name: 'one-importer-of-drachtio-srf',
      severity: 'error',
      from: { pathNot: '^src/sip/drachtio\\.ts$' },
      to: { path: 'drachtio-srf' },
    },
    {
      name: 'the-ledger-alone-imports-pg',
      severity: 'error',
      from: { pathNot: '^src/ledger/postgres[^/]*\\.ts$' },
      to: { path: 'node_modules/(@types/)?pg/' },
    },
    {
      name: 'one-importer-of-node-datachannel',
      severity: 'error',
      from: { pathNot: '^src/webrtc/peer\\.ts$' },
      to: { path: 'node-datachannel' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
