/** Reads a student bundle whose files are in memory. The same code runs in Node, browsers and edge workers. */
import { DOCUMENT, type JsonLimits, NAMES, parseJson } from './bounded-json.js';
import { modelParts } from './bundle-tensors.js';
import { canonicalJson, isPlainObject } from './canonical-json.js';
import { type BundleManifest, bundleFormat, bundleVersion, isReadVersion, manifestProblem } from './manifest.js';
import { parseSafetensors } from './safetensors.js';
import { damaged, StudentError } from './student-error.js';
import { problemOf, type StudentModel } from './student-model.js';

export { type BundleManifest, bundleFormat, bundleVersion, type Precision, precisions } from './manifest.js';

/** The file of each part of a bundle. */
export const bundleFiles = {
  manifest: 'manifest.json',
  tensors: 'student.safetensors',
  items: 'items.json',
  users: 'users.json',
} as const;

/** The content of a file. */
export type FileContent = ArrayBuffer | Uint8Array | string;

/** The content of the bundle's files, from disk or network. The kind items-only has no `users`, and is refused with them. */
export type BundleSource = Readonly<Record<Exclude<keyof typeof bundleFiles, 'users'>, FileContent>> & {
  readonly users?: FileContent;
};

/** The part of a `Response` of `fetch` that is used. */
export interface FileResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly body: {
    getReader(): { read(): Promise<{ readonly value?: Uint8Array | undefined }>; cancel(): Promise<void> };
  } | null;
}

/**
 * Returns the content of a file of a bundle by its name, or the response of a server, whose body is read no further than needed.
 * @param most the largest number of bytes that is used: for the manifest 64 MiB, for other files what the manifest says
 */
export type ReadFile = (file: string, most: number) => FileContent | FileResponse | Promise<FileContent | FileResponse>;

export interface StudentBundle {
  readonly manifest: BundleManifest;
  readonly model: StudentModel;
  /** Bytes of all its files: parameters, ids, names, histories, manifest. */
  readonly bytes: number;
}

/**
 * Validates and reads a bundle: every field of the manifest, hashes, version, counts, shapes, ranges, finite values.
 * @throws StudentError `bundle-damaged`, `bundle-version`, or `crypto-missing` if the platform provides no hash function
 */
export async function parseBundle(source: BundleSource): Promise<StudentBundle> {
  const manifestBytes = bytesOf(source.manifest);
  const manifest = await parseManifest(manifestBytes);
  const tensorBytes = await checked(source, 'tensors', manifest);
  const hasUsers = manifest.kind !== 'items-only';
  if (!hasUsers && source.users !== undefined) refuseUsersFile();
  const userNames = hasUsers ? namesOf(await checked(source, 'users', manifest), bundleFiles.users) : { ids: [] };
  const itemNames = namesOf(await checked(source, 'items', manifest), bundleFiles.items);
  const model: StudentModel = within(bundleFiles.tensors, () => ({
    ...modelParts(parseSafetensors(tensorBytes).tensors, manifest, { users: userNames.ids, items: itemNames.ids }),
    ...(itemNames.labels && { labels: itemNames.labels }),
  }));
  const problem = problemOf(model);
  if (problem !== undefined) damaged(problem);
  const parts = partsOf(manifest.kind).map((part) => entryOf(manifest.files, part).bytes);
  return { manifest, model, bytes: parts.reduce((sum, bytes) => sum + bytes, manifestBytes.length) };
}

/**
 * Reads a bundle file by file: the manifest first, because it says how long the others are.
 * @param read for example `(file) => fetch(base + file)`, or `(file) => readFile(join(folder, file))`
 * @throws StudentError those of `parseBundle`; any error of `read`
 */
export async function loadBundle(read: ReadFile): Promise<StudentBundle> {
  const content = async (name: keyof typeof bundleFiles, most: number) =>
    contentOf(await read(bundleFiles[name], most), bundleFiles[name], most);
  const manifest = await content('manifest', DOCUMENT.bytes);
  const { files, kind } = await parseManifest(bytesOf(manifest));
  const [tensors, items, users] = await Promise.all(
    partsOf(kind).map((part) => content(part, entryOf(files, part).bytes)),
  );
  return parseBundle({ manifest, tensors: tensors!, items: items!, ...(users !== undefined && { users }) });
}

/** The content of a file, or of the body of a response, which is cancelled after `most` bytes. */
async function contentOf(source: FileContent | FileResponse, file: string, most: number): Promise<FileContent> {
  if (typeof source === 'string' || !('body' in source)) return source;
  if (!source.ok) damaged(`the server answered with status ${source.status}`, file);
  const read: Uint8Array[] = [];
  let length = 0;
  const body = source.body?.getReader();
  for (let part = await body?.read(); part?.value !== undefined; part = await body?.read()) {
    length += part.value.length;
    if (length > most) {
      await body?.cancel();
      damaged(`the server sends more than ${most} bytes, which is the most that is read`, file);
    }
    read.push(part.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of read) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export type BundlePart = Exclude<keyof typeof bundleFiles, 'manifest'>;

/** The parts of a bundle of this kind, in addition to its manifest. */
export const partsOf = (kind: BundleManifest['kind']): readonly BundlePart[] =>
  kind === 'items-only' ? ['tensors', 'items'] : ['tensors', 'items', 'users'];

/** @throws StudentError `bundle-damaged` */
export const refuseUsersFile = (): never =>
  damaged('it is there, but a student of the kind items-only has no users', bundleFiles.users);

/** The length and hash of a file according to the manifest. @throws StudentError `bundle-damaged` */
export function entryOf(
  files: BundleManifest['files'],
  part: BundlePart,
): { readonly bytes: number; readonly sha256: string } {
  const entry: unknown = Object.hasOwn(files, bundleFiles[part]) ? files[bundleFiles[part]] : undefined;
  if (!isPlainObject(entry)) damaged(`it does not list ${bundleFiles[part]}`, bundleFiles.manifest);
  const { bytes, sha256 } = entry;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0 || typeof sha256 !== 'string')
    damaged(`it has no valid length and SHA-256 of ${bundleFiles[part]}`, bundleFiles.manifest);
  if (part !== 'tensors' && bytes > NAMES.bytes) {
    const problem = `it says that ${bundleFiles[part]} has ${bytes} bytes; at most ${NAMES.bytes} are read`;
    damaged(problem, bundleFiles.manifest);
  }
  return { bytes, sha256 };
}

/** Reads and validates the manifest of a bundle. @throws StudentError `bundle-damaged`, `bundle-version`, `crypto-missing` */
export async function parseManifest(bytes: Uint8Array): Promise<BundleManifest> {
  const file = bundleFiles.manifest;
  const json = jsonOf(bytes, file, DOCUMENT);
  if (!isPlainObject(json) || json.format !== bundleFormat) damaged('it is not the manifest of a student bundle', file);
  if (!isReadVersion(json.formatVersion)) {
    const given = JSON.stringify(json.formatVersion);
    const message = `the bundle has format version ${given}; this version of recdistill reads 1 to ${bundleVersion}`;
    throw new StudentError(
      'bundle-version',
      message,
      'Export the student again, or install the version that made it.',
      file,
    );
  }
  const { sha256, ...rest } = json;
  const spelled = within(file, () => canonicalJson(rest));
  if ((await sha256Of(new TextEncoder().encode(spelled))) !== sha256)
    damaged('its content does not match its SHA-256', file);
  const problem =
    manifestProblem(json) ??
    (json.kind === 'items-only' && isPlainObject(json.files) && Object.hasOwn(json.files, bundleFiles.users)
      ? `it lists ${bundleFiles.users}, but a student of the kind items-only has no users`
      : undefined);
  if (problem !== undefined) damaged(problem, file);
  return json as unknown as BundleManifest;
}

async function checked(source: BundleSource, part: BundlePart, manifest: BundleManifest): Promise<Uint8Array> {
  const file = bundleFiles[part];
  const content = source[part];
  if (content === undefined) damaged('it is missing', file);
  const bytes = bytesOf(content);
  const entry = entryOf(manifest.files, part);
  if (entry.bytes !== bytes.length) damaged(`it has ${bytes.length} bytes; the manifest says ${entry.bytes}`, file);
  if ((await sha256Of(bytes)) !== entry.sha256) damaged('its content does not match the SHA-256 in the manifest', file);
  return bytes;
}

/** @returns `ids` are absent if they are among the tensors */
function namesOf(bytes: Uint8Array, file: string): { ids?: string[]; labels?: string[] } {
  const json = jsonOf(bytes, file, NAMES);
  if (!isPlainObject(json)) damaged('it is not a JSON object', file);
  const { ids, labels } = json;
  if (ids !== undefined && !isTexts(ids)) damaged('its "ids" are not a list of texts', file);
  if (labels !== undefined && !isTexts(labels)) damaged('its "labels" are not a list of texts', file);
  return { ...(ids && { ids }), ...(labels && { labels }) };
}

function bytesOf(source: ArrayBuffer | Uint8Array | string): Uint8Array {
  if (typeof source === 'string') return new TextEncoder().encode(source);
  return source instanceof Uint8Array ? source : new Uint8Array(source);
}

const jsonOf = (bytes: Uint8Array, file: string, limits: JsonLimits): unknown =>
  within(file, () => parseJson(bytes, limits));

/** Runs `work` and adds `file` to the StudentError that it throws. */
function within<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    return damaged(cause instanceof Error ? cause.message : String(cause), file, cause);
  }
}

async function sha256Of(bytes: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new StudentError(
      'crypto-missing',
      'this platform provides no hash function to verify the bundle (globalThis.crypto.subtle)',
      'Serve the page over HTTPS or from localhost.',
    );
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((v) => typeof v === 'string');
