/** The plan of all cases: two teachers, three methods, two seeds. */

/** @param epochs of each training; more for cases that need a job at work for seconds */
export const studyYaml = (epochs: number): string => `
name: small
data: { data: ['synthetic:300x200x8000'] }
teachers:
  - { model: bpr-mf, dim: 8, epochs: ${epochs} }
  - { model: lightgcn, dim: 8, epochs: ${Math.ceil(epochs / 2)} }
student: { model: bpr-mf, dim: 4, epochs: ${epochs} }
matched: []
entries: [{ method: none }, { method: de }, { method: hetcomp }]
seeds: [0, 1]
evaluation: { at: [10] }
`;
