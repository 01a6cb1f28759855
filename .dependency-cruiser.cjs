/** The arrows of the house (ARCHITECTURE.md): domain <- ports <- rooms of duties <- main. */
const duties = [
  'steps',
  'engine',
  'intake',
  'mail',
  'receipts',
  'copies',
  'catalog',
  'shelf',
  'operations',
  'staff',
  'reconciliation',
  'guardrails',
  'store',
  'providers',
  'telemetry',
];

const rooms = duties.map((room) => ({
  name: `${room}-meets-others-only-in-ports`,
  comment: `${room}/ may import domain/, ports/ and itself; what it needs from elsewhere is a port, wired in main/.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: [`^src/${room}/`, '^src/domain/', '^src/ports/'] },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'domain-is-pure',
      comment: 'domain/ imports nothing but itself: no I/O, no clock, no vendor.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'ports-are-types',
      severity: 'error',
      from: { path: '^src/ports/' },
      to: { pathNot: ['^src/ports/', '^src/domain/'] },
    },
    ...rooms,
    {
      name: 'faces-know-types-of-duties-only',
      comment: 'http/ and cli/ receive ready duties from main/ and import no more than their types.',
      severity: 'error',
      from: { path: '^src/(http|cli)/' },
      to: {
        path: `^src/(${duties.join('|')}|sandbox|main)/`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'product-never-knows-the-sandbox',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/sandbox/', '^src/main/'] },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'sandbox-speaks-protocols',
      comment: 'The stand-ins speak the vendors’ wire protocols and share no code with the product.',
      severity: 'error',
      from: { path: '^src/sandbox/' },
      to: { path: '^src/', pathNot: '^src/sandbox/' },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/main/', '^src/index\\.ts$'] },
      to: { path: '^src/main/' },
    },
    {
      name: 'vendors-live-in-providers',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/providers/', '^src/sandbox/', '^src/main/', '\\.test\\.ts$'] },
      // nodemailer's composer builds MIME and sends nothing: mail/ may use it.
      to: {
        path: 'node_modules/(stripe|nodemailer|jose|imapflow)/',
        pathNot: 'node_modules/nodemailer/dist/[a-z]+/mail-composer/',
      },
    },
    {
      name: 'sql-lives-in-store',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/store/', '^src/sandbox/', '^src/main/', '\\.test\\.ts$'] },
      to: { path: 'node_modules/pg/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
