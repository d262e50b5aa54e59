/** Agreement in numbers, per topic and over all. */
import type { Comparison, FileReport } from "./run.js";

export interface Figures {
  readonly statements: number;
  /** Agree in rows, column names and types, tag and SQLSTATE. */
  readonly agree: number;
  /** Agree in everything, texts included. */
  readonly equal: number;
  /** Statements that the judge answers with an error. */
  readonly errors: number;
  /** Errors with the same texts. */
  readonly equalErrors: number;
  /** Same errors that the judge places in the statement, and those that stand at the same place here. */
  readonly placed: number;
  readonly samePlace: number;
  /** Marked in the file as known to differ. */
  readonly known: number;
}

export function figuresOf(reports: readonly FileReport[]): Figures {
  const all = reports.flatMap((report) => report.comparisons);
  const count = (test: (comparison: Comparison) => boolean) => all.filter(test).length;
  return {
    statements: all.length,
    agree: count((one) => one.essentiallyEqual),
    equal: count((one) => one.equal),
    errors: count((one) => one.isError),
    equalErrors: count((one) => one.isError && one.equal),
    placed: count((one) => one.positions !== undefined && one.positions[1] > 0),
    samePlace: count((one) => one.positions !== undefined && one.positions[1] > 0 && one.positions[0] === one.positions[1]),
    known: count((one) => one.step.differs !== undefined),
  };
}

export function figuresLine(name: string, figures: Figures): string {
  const share = (part: number, whole: number) => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(2)} %`);
  const { statements, agree, equal, errors, equalErrors, placed, samePlace, known } = figures;
  return (
    `${name.padEnd(16)} ${String(statements).padStart(6)} statements  agree ${share(agree, statements).padStart(8)}  ` +
    `texts too ${share(equal, statements).padStart(8)}  error texts ${share(equalErrors, errors).padStart(8)} of ${errors}  positions ${share(samePlace, placed).padStart(8)} of ${placed}  known ${known}`
  );
}

/** A statement without a mark that differs, or one with a mark that does not. */
export const isUnexpected = (comparison: Comparison) => comparison.equal === (comparison.step.differs !== undefined);
