/** PostgreSQL's interval: months and days are kept apart from microseconds because their length varies. */
export class Interval {
  constructor(
    readonly months: number,
    readonly days: number,
    readonly micros: number | bigint,
  ) {}
}
