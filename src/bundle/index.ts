export * from '../student/parse-bundle.js';
export {
  type BundleNotes,
  type BundleOptions,
  bundleBytes,
  bundleBytesOf,
  convertBundle,
  countingBundle,
  isBundleFile,
  itemsBytes,
  readBundle,
  writeBundle,
  writingBundle,
} from './bundle.js';
export { writeLabels } from './bundle-labels.js';
export { withoutHistories, withoutUsers } from './without-users.js';
