/** Subject `model-mult-vae`: rows are users. */
export { vaeChecker as modelMultVae } from './_vae.js';
