/** The flag that names modules with units of a user's own. */
export const USE_FLAG = '--use';

/** Whether a word of the command line is this flag. */
export const isUseFlag = (word: string): boolean => word.split('=')[0] === USE_FLAG;
