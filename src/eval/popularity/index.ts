export * from './item-groups.js';
export {
  type PopularityLift,
  popularityLift,
  type UserPopularity,
  userPopularity,
  userThirds,
} from './lift.js';
export * from './summary.js';
export { joinedPopularity, type PopularityValues, popularityColumns, popularityValues } from './values.js';
