/** Subject `model-item-autoencoder`: rows are items; also the variant that is not variational. */
export { vaeChecker as modelItemAutoencoder } from './_vae.js';
