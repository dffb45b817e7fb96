/**
 * Where a list comes from: `user`, the factors of a user of the training data; `history`, fold-in of the items given; `popular` or
 * `average`, nothing is known of them (`Popular.basis`).
 */
export const bases = ['user', 'history', 'popular', 'average'] as const;
export type Basis = (typeof bases)[number];
