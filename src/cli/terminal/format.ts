/** Numbers are written the same in terminals and in reports. */
export * from '../../report/format.js';
