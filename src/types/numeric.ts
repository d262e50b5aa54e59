/**
 * PostgreSQL's numeric: an integer coefficient and a display scale, or NaN or an infinity. value = coefficient / 10^scale.
 * Pure data; arithmetic with PostgreSQL's scale rules lives in src/functions/numeric.
 */
export class Numeric {
  constructor(
    readonly coefficient: bigint,
    readonly scale: number, // >= 0: digits after the point that are shown
    readonly special: "finite" | "NaN" | "Infinity" | "-Infinity" = "finite",
  ) {}
}
