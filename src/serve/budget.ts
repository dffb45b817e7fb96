/** Bounds the bytes that a server holds for its clients: request bodies that arrive, and answers that wait to be read. */

/** A connection that holds bytes. */
export interface Held {
  destroy(): unknown;
}

export interface Budget {
  /** Bytes that are held now. */
  readonly total: number;
  /**
   * Sets the bytes that a connection holds. Above the bound, connections that have held theirs for longest, and for at
   * least a second, are closed: their clients do not read, or do not send.
   * @returns false if there is still not enough room. The connection then holds nothing.
   */
  hold(connection: Held, bytes: number): boolean;
  release(connection: Held): void;
}

/** Milliseconds after which a connection that holds bytes may be closed to make room. */
const PATIENCE = 1000;

/**
 * @param most bytes in total. One connection alone may hold more: its answer cannot be smaller.
 * @param closed called for every connection that is closed to make room
 * @param now the time in milliseconds
 */
export function createBudget(most: number, closed: () => void, now: () => number): Budget {
  /** In the order in which the connections began to hold their bytes. */
  const held = new Map<Held, { readonly bytes: number; readonly since: number }>();
  let total = 0;
  const release = (connection: Held): void => {
    total -= held.get(connection)?.bytes ?? 0;
    held.delete(connection);
  };
  const makeRoom = (bytes: number): void => {
    for (const [connection, { since }] of held) {
      if (total + bytes <= most || now() - since < PATIENCE) return;
      release(connection);
      closed();
      connection.destroy();
    }
  };
  return {
    get total() {
      return total;
    },
    hold(connection, bytes) {
      release(connection);
      if (bytes === 0) return true;
      if (total + bytes > most) makeRoom(bytes);
      if (total > 0 && total + bytes > most) return false;
      held.set(connection, { bytes, since: now() });
      total += bytes;
      return true;
    },
    release,
  };
}
