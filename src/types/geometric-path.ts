/** path: points as x, y pairs, and whether the last is joined to the first. */
export class GeometricPath {
  constructor(
    readonly closed: boolean,
    readonly coordinates: Float64Array,
  ) {}
}
