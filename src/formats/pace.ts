/** Tests of what happens after a lease or the lock of a queue has expired cannot wait for a minute. */

/** Factor of all these times. All processes that share a folder or a queue must have the same. */
const VARIABLE = 'RECDISTILL_TEST_PACE';

const given = Number(process.env[VARIABLE] ?? 1);

/** Seconds of a lease or a lock, at the pace of this process. */
export const paced = (seconds: number): number => seconds * (given > 0 && given <= 1 ? given : 1);
