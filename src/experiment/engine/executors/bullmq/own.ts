/** What a process says of itself: version, revisions of its units, modules of the user. */
import { existsSync } from 'node:fs';
import { digestOf } from '../../../../formats/index.js';
import { packageVersion } from '../../../../formats/package-version.js';
import { filesOf, registryOf, unitKinds } from '../../../../options/registry.js';
import { moduleHash, usedModules } from '../../../../options/use.js';
import { revisionsOf } from '../../../../runs/index.js';
import type { UsedModule } from './requirement.js';

/** Version and revisions above 1 of the code of this process. Units of the user are compared by their files. */
export function ownCode(): { readonly version: string; readonly revisions: Readonly<Record<string, number>> } {
  const units = unitKinds.flatMap((kind) => registryOf(kind)?.all() ?? []);
  return { version: packageVersion, revisions: revisionsOf(units.filter((unit) => filesOf([unit]).length === 0)) };
}

/** The modules with units of the user in this process. */
export const ownModules = (): readonly UsedModule[] =>
  usedModules().map((path) => ({ path, sha256: moduleHash(path) ?? '' }));

/** Whether this machine has the module at the same path. */
export const hasModule = ({ path, sha256 }: UsedModule): boolean =>
  existsSync(path) && digestOf(path).sha256 === sha256;

/** The paths on this machine of the modules that a job needs. */
export function localModules(uses: readonly UsedModule[]): readonly string[] {
  const own = ownModules();
  return uses.map(({ path, sha256 }) => own.find((module) => module.sha256 === sha256)?.path ?? path);
}
