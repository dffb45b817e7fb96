/** Report on a file of rankings: everything that was skipped or corrected, with counts and examples. */

export interface RankingReport {
  readonly path: string;
  /** Column name by role. */
  readonly columns: Readonly<Record<string, string>>;
  /** Number of rows in the file. */
  readonly rows: number;
  /** Users of the file that are not in the data set. Their rows are skipped. */
  readonly unknownUsers: UnknownIds;
  /** Items of the file that are not in the data set. Their rows are skipped. */
  readonly unknownItems: UnknownIds;
  /** Items that occur twice in a user's list. The better rank counts. */
  readonly duplicates: CountedExample;
  /** Lists with missing ranks. They are allowed: only the order counts. */
  readonly gaps: CountedExample;
  readonly teachers: readonly TeacherReport[];
}

export interface UnknownIds {
  readonly ids: number;
  readonly rows: number;
  /** The first ones, in file order. */
  readonly examples: readonly string[];
}

export interface CountedExample {
  readonly count: number;
  /** Description of the first one. */
  readonly example?: string;
}

export interface TeacherReport {
  readonly teacher: string;
  /** Earliest first. */
  readonly checkpoints: readonly CheckpointReport[];
  /** Users of the data set without candidate items at any checkpoint. Their lists are empty. */
  readonly usersWithoutRanking: UnrankedUsers;
  /** Number of users whose train items are also ranked at the last checkpoint. */
  readonly usersWithObserved: number;
}

export interface UnrankedUsers {
  readonly count: number;
  readonly examples: readonly string[];
}

export interface CheckpointReport {
  /** Label in the file. Absent without a checkpoint column. */
  readonly checkpoint?: string;
  /** Epoch in the trajectory: the label itself if all are whole numbers, else 1, 2, ... */
  readonly epoch: number;
  readonly rows: number;
  /** Number of users with at least one candidate item. */
  readonly nUsers: number;
  /** Number of users without a list here, who get the list of the nearest checkpoint. */
  readonly filled: number;
  /** Number of ranked users whose list is shorter than both the depth and their number of candidate items. */
  readonly shorter: number;
}
