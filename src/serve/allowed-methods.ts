/** The methods that a path answers, for 405 with the header Allow. */

export interface Routes {
  add(method: string | readonly string[], pattern: string): void;
  /** The methods of the patterns that match a path; empty if none does. */
  methodsAt(path: string): readonly string[];
}

export function createRoutes(): Routes {
  const routes = new Map<string, Set<string>>();
  return {
    add(method, pattern) {
      const methods = routes.get(pattern) ?? new Set();
      for (const name of [method].flat()) methods.add(name);
      routes.set(pattern, methods);
    },
    methodsAt(path) {
      const parts = path.split('/');
      const matching = [...routes].filter(([pattern]) => {
        const wanted = pattern.split('/');
        return (
          wanted.length === parts.length && wanted.every((p, n) => (p.startsWith(':') ? parts[n] : p === parts[n]))
        );
      });
      return [...new Set(matching.flatMap(([, methods]) => [...methods]))].sort();
    },
  };
}
