export { canonicalJson } from './canonical-json.js';
export * from './list-options.js';
export * from './parse-bundle.js';
export type { Profile, ProfileOptions } from './profile.js';
export { parseSafetensors, type Safetensors, type Tensor, type TensorData } from './safetensors.js';
export * from './student.js';
export { StudentError, type StudentErrorCode } from './student-error.js';
export * from './student-model.js';
