/**
 * The connections of a server. Each is answered one request at a time, so that a client that sends many requests and reads
 * nothing holds one answer. A connection ends once its client has everything that was written.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

/** Requests that may wait behind an answer: on one connection, and on all of them. Beyond, the connection ends after those that wait. */
const WAITING = { connection: 1024, all: 4096 } as const;
/** Milliseconds for the client to close its side after it was sent the end of the connection. */
const LINGER = 1000;
/** A connection is idle after this many milliseconds without a request. A request may be on its way when shutdown begins. */
const IDLE = 100;

interface State {
  current: ServerResponse | undefined;
  readonly waiting: [IncomingMessage, ServerResponse][];
  /** No further request of this connection is answered. */
  ending: boolean;
  /** Bytes that had been read when the most recent request was complete. More of them begin the next request. */
  read: number;
  idleSince: number;
}

export interface Connections {
  /** Follows the connections of a server, and passes their requests to `handle` one at a time. */
  follow(server: Server, handle: RequestListener): void;
  /** Whether a connection of this server. Injected requests have none. */
  has(socket: Socket): boolean;
  /** Whether requests wait behind the current one. */
  hasWaiting(socket: Socket): boolean;
  /** Whether the current request is the last one that is answered, because too many were sent behind it. */
  isLast(socket: Socket): boolean;
  /** Ends connections without a request since `since` (`performance.now()`). Those in the middle of a request stay. */
  endIdle(since: number): void;
  /** Sends `last` and ends the connection once the client has it. */
  end(socket: Socket, last?: string): void;
  destroyAll(): void;
}

/** @param released called when a connection has sent its answer, or is closed */
export function createConnections(released: (socket: Socket) => void): Connections {
  const states = new Map<Socket, State>();
  const ended = new WeakSet<Socket>();
  let waitingInAll = 0;

  const end = (socket: Socket, last?: string): void => {
    const state = states.get(socket);
    // Answers with "Connection: close" end it, too.
    if (socket.destroyed || ended.has(socket)) return;
    ended.add(socket);
    if (state) state.ending = true;
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    // What still arrives is read and dropped. If it were left unread, the system would reset the connection, and the
    // client could lose the end of its answer.
    socket.removeAllListeners('data');
    socket.on('data', () => undefined);
    socket.resume();
    const linger = (): void => {
      const timer = setTimeout(() => socket.destroy(), LINGER);
      socket.once('close', () => clearTimeout(timer));
    };
    socket.once('finish', linger);
    if (last !== undefined) socket.write(last);
    socket.end();
  };

  const begin = (socket: Socket, state: State, request: IncomingMessage, response: ServerResponse, run: Run): void => {
    state.current = response;
    state.read = socket.bytesRead;
    response.once('close', () => {
      state.idleSince = performance.now();
      if (request.complete) state.read = socket.bytesRead;
      else
        request.once('close', () => {
          state.read = socket.bytesRead;
        });
      released(socket);
      if (socket.destroyed) return;
      // In a later turn of the event loop: an answer that the system takes at once is closed in this one, and then all
      // that wait here would be answered before any other connection.
      if (state.waiting.length > 0) setImmediate(() => proceed(socket, state, run));
      else proceed(socket, state, run);
    });
    run(request, response);
  };

  const proceed = (socket: Socket, state: State, run: Run): void => {
    state.current = undefined;
    if (socket.destroyed) return;
    const next = state.waiting.shift();
    if (next) {
      waitingInAll -= 1;
      begin(socket, state, ...next, run);
    } else if (state.ending) end(socket);
    else socket.resume();
  };

  return {
    follow(server, handle) {
      server.on('connection', (socket: Socket) => {
        const state: State = { current: undefined, waiting: [], ending: false, read: 0, idleSince: performance.now() };
        states.set(socket, state);
        // node:http calls it after an answer with "Connection: close", and would not wait for the client.
        socket.destroySoon = () => end(socket);
        socket.once('close', () => {
          waitingInAll -= state.waiting.length;
          state.waiting.length = 0;
          states.delete(socket);
          released(socket);
        });
      });
      server.on('request', (request: IncomingMessage, response: ServerResponse) => {
        const { socket } = request;
        const state = states.get(socket);
        if (!state || state.ending) return;
        if (!state.current) {
          begin(socket, state, request, response, handle);
          return;
        }
        socket.pause();
        if (state.waiting.length >= WAITING.connection || waitingInAll >= WAITING.all) state.ending = true;
        else {
          waitingInAll += 1;
          state.waiting.push([request, response]);
        }
      });
    },
    has: (socket) => states.has(socket),
    hasWaiting: (socket) => (states.get(socket)?.waiting.length ?? 0) > 0,
    isLast(socket) {
      const state = states.get(socket);
      return state?.ending === true && state.waiting.length === 0;
    },
    endIdle(since) {
      for (const [socket, state] of states) {
        const partial = socket.bytesRead > state.read;
        const idle = performance.now() - Math.max(since, state.idleSince);
        if (!state.current && !state.ending && !partial && idle >= IDLE) end(socket);
      }
    },
    end,
    destroyAll() {
      for (const socket of states.keys()) socket.destroy();
    },
  };
}

type Run = (request: IncomingMessage, response: ServerResponse) => void;
