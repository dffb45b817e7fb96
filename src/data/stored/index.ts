export { folderOf as storedDataFolder, type PartName } from './layout.js';
export { openDataset, storedFolderOf, verifyStoredData } from './lazy.js';
export { openStored, type StoredData } from './open.js';
export { readStored } from './read.js';
export { storeDataset } from './write.js';
