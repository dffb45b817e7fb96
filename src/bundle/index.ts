export * from '../student/parse-bundle.js';
export * from './bundle.js';
export { writeLabels } from './bundle-labels.js';
export { popularItems, withoutHistories, withoutUsers } from './without-users.js';
