/** What was found in a file of rankings: everything that was left out or mended, in numbers and with examples. */

export interface RankingReport {
  readonly path: string;
  /** Which column was read as what. */
  readonly columns: Readonly<Record<string, string>>;
  /** Rows of the file. */
  readonly rows: number;
  /** Users of the file that the data set lacks. Their rows were left out. */
  readonly unknownUsers: UnknownIds;
  /** Items of the file that the data set lacks. Their rows were left out. */
  readonly unknownItems: UnknownIds;
  /** A user's item given again in one list: the best rank counts. */
  readonly duplicates: Oddity;
  /** Lists in which ranks are skipped: allowed, only the order counts. */
  readonly gaps: Oddity;
  readonly teachers: readonly TeacherReport[];
}

export interface UnknownIds {
  readonly ids: number;
  readonly rows: number;
  /** The first ones, in the order of the file. */
  readonly examples: readonly string[];
}

export interface Oddity {
  readonly count: number;
  /** The first one, in words. */
  readonly example?: string;
}

export interface TeacherReport {
  readonly teacher: string;
  /** Earliest first. */
  readonly checkpoints: readonly CheckpointReport[];
  /** Users of the data set for whom no checkpoint ranks a candidate: their lists are empty. */
  readonly usersWithoutRanking: UnrankedUsers;
  /** Users whose own train items the last checkpoint ranks, too. */
  readonly usersWithObserved: number;
}

export interface UnrankedUsers {
  readonly count: number;
  readonly examples: readonly string[];
}

export interface CheckpointReport {
  /** As the file has it; absent without such a column. */
  readonly checkpoint?: string;
  /** Its place in the trajectory: the number itself, or 1, 2, ... where checkpoints are no whole numbers. */
  readonly epoch: number;
  readonly rows: number;
  /** Users for whom it ranks a candidate. */
  readonly nUsers: number;
  /** Users whom it lacks, and who got the list of the nearest checkpoint that has them. */
  readonly filled: number;
  /** Users of `users` whose list is shorter than could be: than the depth, and than their candidates. */
  readonly shorter: number;
}
