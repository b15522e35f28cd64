// Checks dashboards against the types that Grafana publishes for one of its versions, turned into JSON Schema.
//   node dashboard_schema.mjs NODE_MODULES VERSION DASHBOARD.json...
// Prints a fault a line; exits 1 if there is one. Where the types are wider than what Grafana reads, they are
// taken as they are; where they are narrower, LOOSER says so.
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [folderOfModules, version, ...files] = process.argv.slice(2);
const nodeModules = path.resolve(folderOfModules);
const modules = createRequire(path.join(nodeModules, 'here.js'));
const Ajv = modules('ajv').default;

// A version's package bears its version in its name here; 10 and 11 lay their types out in another way.
const home = path.join(nodeModules, `grafana-schema-${version}`, 'dist');
const types = fs.existsSync(path.join(home, 'types')) ? path.join(home, 'types') : path.join(home, 'esm');

function typeFile(folder) {
  const found = fs.readdirSync(path.join(types, folder)).filter((name) => name.endsWith('types.gen.d.ts'));
  if (found.length !== 1) throw new Error(`${folder} of version ${version} holds ${found}`);
  return path.join(types, folder, found[0].replace(/\.d\.ts$/, ''));
}

// Panels whose options have a type; those that also have one for fieldConfig.defaults.custom.
const PANELS = ['bargauge', 'gauge', 'heatmap', 'piechart', 'stat', 'table', 'timeseries'];
const CUSTOM = ['heatmap', 'timeseries', 'table', 'piechart'];

// What each datasource adds to a query and to a variable is in no type of its own.
const LOOSER = {
  AnnotationQuery: ['expr', 'step', 'titleFormat', 'textFormat', 'tagKeys', 'useValueForTime'],
  VariableModel: ['definition'],
};

// A query of Prometheus; its type is in no package that all versions have.
const QUERY = {
  type: 'object', additionalProperties: false, required: ['datasource', 'expr', 'refId'],
  properties: {
    datasource: { type: 'object', required: ['type', 'uid'] },
    editorMode: { enum: ['builder', 'code'] }, expr: { type: 'string' }, refId: { type: 'string' },
    legendFormat: { type: 'string' }, format: { enum: ['time_series', 'table', 'heatmap'] },
    exemplar: { type: 'boolean' }, instant: { type: 'boolean' }, range: { type: 'boolean' },
  },
};

// TypeScript that names all that is to be checked. Each panel is a type of its own: they all say "Options".
function wanted() {
  const lines = [
    `import type {Dashboard, Panel, RowPanel} from '${typeFile('raw/dashboard/x')}';`,
    'export interface Board { dashboard: Dashboard; panel: Panel; row: RowPanel }',
  ];
  for (const panel of PANELS) {
    const custom = CUSTOM.includes(panel);
    lines.push(
      `import type {Options as ${panel}Options${custom ? `, FieldConfig as ${panel}Custom` : ''}} from '${
        typeFile(`raw/composable/${panel}/panelcfg/x`)}';`,
      `export interface ${panel} { options: ${panel}Options; custom: ${custom ? `${panel}Custom` : '{}'} }`);
  }
  return lines.join('\n');
}

function schemas(folder) {
  const generator = modules('ts-json-schema-generator');
  fs.writeFileSync(path.join(folder, 'all.ts'), wanted());
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({
    compilerOptions: {
      strict: true, skipLibCheck: true, module: 'esnext', moduleResolution: 'node', target: 'es2022', types: [],
      baseUrl: folder, paths: { '@grafana/schema': [path.join(types, 'index.d.ts')] },
    },
    files: ['all.ts'],
  }));
  const config = {
    ...generator.DEFAULT_CONFIG, path: path.join(folder, 'all.ts'), tsconfig: path.join(folder, 'tsconfig.json'),
    skipTypeCheck: true, additionalProperties: false, encodeRefs: false,
  };
  const program = generator.createProgram(config);
  const maker = new generator.SchemaGenerator(
    program, generator.createParser(program, config), generator.createFormatter(config), config);
  return Object.fromEntries(['Board', ...PANELS].map((name) => [name, maker.createSchema(name)]));
}

function loosen(all) {
  for (const [name, more] of Object.entries(LOOSER)) {
    for (const property of more) all.Board.definitions[name].properties[property] ??= {};
  }
  // Panels are checked one by one: their union would only say that none of its members fits.
  all.Board.definitions.Dashboard.properties.panels = { type: 'array' };
  // Grafana fills in what options leave out, at any depth.
  const optional = (node) => {
    if (!node || typeof node !== 'object') return;
    if (Array.isArray(node.required)) delete node.required;
    Object.values(node).forEach(optional);
  };
  PANELS.forEach((panel) => optional(all[panel]));
  return all;
}

// Making schemas takes seconds, so they are kept beside the packages, by what they are made from.
function kept() {
  const versions = fs.readFileSync(path.join(nodeModules, '.package-lock.json'));
  const key = crypto.createHash('sha256').update(fs.readFileSync(process.argv[1])).update(versions).digest('hex');
  const file = path.join(nodeModules, `.grafana-${version}-${key.slice(0, 16)}.json`);
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8'));
  const folder = fs.mkdtempSync(path.join(nodeModules, '.schema-'));
  try {
    const all = loosen(schemas(folder));
    fs.writeFileSync(path.join(folder, 'schemas.json'), JSON.stringify(all));
    fs.renameSync(path.join(folder, 'schemas.json'), file);
    return all;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema({ definitions: { Query: { properties: { query: QUERY } } } }, 'Query');
for (const [name, schema] of Object.entries(kept())) ajv.addSchema(schema, name);
let faults = 0;

function check(type, property, value, where) {
  const validate = ajv.getSchema(`${type}#/definitions/${type}/properties/${property}`);
  if (validate(value)) return;
  faults += validate.errors.length;
  for (const error of validate.errors) {
    console.log(`${where}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`);
  }
}

function checkPanel(panel, where) {
  if (panel.type === 'row') return check('Board', 'row', panel, where);
  check('Board', 'panel', panel, where);
  for (const query of panel.targets ?? []) check('Query', 'query', query, `${where}: query ${query.refId}`);
  if (PANELS.includes(panel.type)) {
    check(panel.type, 'options', panel.options, `${where}: options`);
    return check(panel.type, 'custom', panel.fieldConfig.defaults.custom ?? {}, `${where}: custom`);
  }
  faults += 1;
  return console.log(`${where}: there is no panel type ${panel.type}`);
}

for (const file of files) {
  const dashboard = JSON.parse(fs.readFileSync(file, 'utf8'));
  const where = `Grafana ${version}: ${path.basename(file)}`;
  check('Board', 'dashboard', dashboard, where);
  dashboard.panels.forEach((panel) => checkPanel(panel, `${where}: panel "${panel.title}"`));
}
console.log(`Grafana ${version}: ${files.length} dashboards, ${faults} faults`);
process.exitCode = faults ? 1 : 0;
