/** timetz: microseconds since midnight of the place, and its offset in seconds east of UTC. */
export class TimeTz {
  constructor(
    readonly micros: number,
    readonly offset: number,
  ) {}
}
