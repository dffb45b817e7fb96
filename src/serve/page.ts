/** Renders the OpenAPI document as plain HTML, without scripts and external resources. */

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>>;
}

/** @param document an OpenAPI 3 document */
export function pageOf(document: object): string {
  const { info, paths = {} } = document as {
    info: { title: string; version: string; description?: string };
    paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const parts = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method, path, operation)),
  );
  const title = text(`${info.title} ${info.version}`);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
h2 { font-size: 1.1rem; margin-top: 2.5rem } code { font: 0.95em ui-monospace, monospace }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-top: 1px solid #ddd }
</style>
<h1>${title}</h1><p>${text(info.description ?? '')} The same as <a href="/openapi.json">OpenAPI document</a>.</p>
${parts.join('\n')}
</html>
`;
}

function section(
  method: string,
  path: string,
  { summary = '', parameters = [], requestBody, responses = {} }: Operation,
): string {
  const given = parameters.map((p) =>
    row(p.name, p.in, { ...p.schema, ...(p.description && { description: p.description }) }, p.required),
  );
  const body = fields(Object.values(requestBody?.content ?? {})[0]?.schema, 'body');
  const answer = fields(Object.values(responses['200']?.content ?? {})[0]?.schema, '');
  const statuses = Object.keys(responses).join(', ');
  return [
    `<h2><code>${method.toUpperCase()} ${text(path)}</code></h2><p>${text(summary)}.</p>`,
    given.length + body.length > 0 ? table(['name', 'in', 'what'], [...given, ...body]) : '',
    answer.length > 0 ? `<p>Answer:</p>${table(['name', '', 'what'], answer)}` : '',
    statuses ? `<p>Statuses: ${text(statuses)}.</p>` : '',
  ].join('');
}

const table = (heads: readonly string[], rows: readonly string[]): string =>
  `<table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows.join('')}</table>`;

/** Rows for the fields of an object. Nested fields are written as `a.b`, those in lists of objects as `a[].b`. */
function fields(schema: Schema | undefined, where: string, prefix = ''): string[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([name, field]) => {
    const inner = field.properties
      ? fields(field, where, `${prefix}${name}.`)
      : fields(field.items, where, `${prefix}${name}[].`);
    return [row(`${prefix}${name}`, where, field, schema?.required?.includes(name)), ...inner];
  });
}

function row(name: string, where: string, schema: Schema, required = false): string {
  const bounds = [
    kindOf(schema),
    ...(schema.minimum !== undefined && Math.abs(schema.minimum) < 2 ** 53 - 1 ? [`from ${schema.minimum}`] : []),
    ...(schema.maximum !== undefined && schema.maximum < 2 ** 53 - 1 ? [`to ${schema.maximum}`] : []),
    ...(schema.maxLength === undefined ? [] : [`at most ${schema.maxLength} characters`]),
    ...(schema.maxItems === undefined ? [] : [`at most ${schema.maxItems}`]),
    ...(schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
    ...(required ? ['always there'] : []),
  ];
  const what = [schema.description, `(${bounds.join(', ')})`].filter(Boolean).join(' ');
  return `<tr><td><code>${text(name)}</code></td><td>${where}</td><td>${text(what)}</td></tr>`;
}

const kindOf = ({ type = 'value', items }: Schema): string =>
  type === 'array' ? `list of ${items?.type ?? 'value'}` : type;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (raw: string): string => raw.replace(/[&<>"]/g, (c) => entities[c]!);
