/**
 * How a list was computed. `user`: from the trained factors of the user. `history`: from the items that the user has.
 * `popular` or `average`: neither the user nor any item is known (`Popular.basis`).
 */
export const bases = ['user', 'history', 'popular', 'average'] as const;
export type Basis = (typeof bases)[number];
