/** The columns that an SQL condition uses, and how. Works on the syntax tree from DuckDB's `json_serialize_sql`. */

export interface ConditionColumn {
  /** The name, split at dots. */
  readonly path: readonly string[];
  /** The column is compared with a number or used in arithmetic. */
  readonly asNumber: boolean;
  /** The column is compared with text by order (`<`, `BETWEEN`). */
  readonly inOrder: boolean;
}

export interface Fault {
  /** Why the tree is not a condition on a single row. */
  readonly fault: string;
}

/** Volatile functions. With them, the same file would give a different data set at each load. */
const VOLATILE = new Set([
  ...['random', 'setseed', 'uuid', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'nextval', 'currval'],
  ...[
    'now',
    'get_current_timestamp',
    'transaction_timestamp',
    'current_date',
    'today',
    'current_time',
    'get_current_time',
  ],
  ...['current_localtime', 'current_localtimestamp'],
]);
/** Arithmetic functions, whose operands are numbers. */
const ARITHMETIC = new Set([
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '^',
  '**',
  'abs',
  'round',
  'floor',
  'ceil',
  'sqrt',
  'ln',
  'log',
  'mod',
]);
const ORDER = new Set([
  'COMPARE_LESSTHAN',
  'COMPARE_GREATERTHAN',
  'COMPARE_LESSTHANOREQUALTO',
  'COMPARE_GREATERTHANOREQUALTO',
  'COMPARE_BETWEEN',
]);
const NUMBERS = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DECIMAL|FLOAT|DOUBLE)$/;

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const partsOf = (node: Node): Node[] =>
  Object.values(node).flatMap((v) => (Array.isArray(v) ? v.filter(isNode) : isNode(v) ? [v] : []));

/** The columns of a condition, each once, or why it is not a valid condition. */
export function columnsOf(tree: unknown): readonly ConditionColumn[] | Fault {
  const found = new Map<string, ConditionColumn>();
  let fault: string | undefined;
  const visit = (node: Node, asNumber: boolean, inOrder: boolean): void => {
    const kind = String(node.class);
    const name = String(node.function_name).toLowerCase();
    if (kind === 'SUBQUERY') fault ??= 'subqueries are not supported';
    if (kind === 'PARAMETER') fault ??= 'parameters such as ? and $1 are not supported';
    if (kind === 'WINDOW') fault ??= 'window functions are not supported';
    if (kind === 'STAR') fault ??= '* is not supported';
    if (kind === 'FUNCTION' && VOLATILE.has(name))
      fault ??= `${name}() is volatile: it would give a different data set at each load`;
    if (kind === 'COLUMN_REF' && Array.isArray(node.column_names)) {
      const path = node.column_names.map(String);
      const key = path.join('.').toLowerCase();
      const before = found.get(key);
      found.set(key, {
        path,
        asNumber: asNumber || before?.asNumber === true,
        inOrder: inOrder || before?.inOrder === true,
      });
      return;
    }
    const parts = partsOf(node);
    const compares =
      kind === 'COMPARISON' || kind === 'BETWEEN' || (kind === 'OPERATOR' && /IN$/.test(String(node.type)));
    const columns = parts.filter((part) => part.class === 'COLUMN_REF');
    const number = compares && (parts.some(isNumber) || columns.length === parts.length);
    const counts = kind === 'FUNCTION' && ARITHMETIC.has(name);
    const order = ORDER.has(String(node.type)) && parts.some(isText);
    for (const part of parts) visit(part, number || counts, order);
  };
  if (isNode(tree)) visit(tree, false, false);
  return fault === undefined ? [...found.values()] : { fault };
}

const typeOf = (node: Node): string => {
  const value = isNode(node.value) ? node.value : undefined;
  const type = value && isNode(value.type) ? value.type : undefined;
  return node.class === 'CONSTANT' ? String(type?.id) : '';
};
const isNumber = (node: Node): boolean =>
  NUMBERS.test(typeOf(node)) || (node.class === 'FUNCTION' && ARITHMETIC.has(String(node.function_name).toLowerCase()));
const isText = (node: Node): boolean => typeOf(node) === 'VARCHAR';
