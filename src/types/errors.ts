/**
 * Every error a client can get, once, with both faces: SQLSTATE and text for SQL, prefix and text for RESP.
 *
 * Rooms add their constructors here (or in a file beside this one for a family, re-exported); nobody builds a DbError elsewhere.
 */
export interface DbErrorFields {
  readonly sqlstate: string;
  readonly message: string;
  /** RESP error prefix; `ERR` when absent. */
  readonly resp?: string;
  readonly severity?: "ERROR" | "FATAL" | "PANIC";
  readonly detail?: string;
  readonly hint?: string;
  /** Character (not byte) position in the statement, from 1. */
  readonly position?: number;
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  /** The place in PostgreSQL's source, where drivers tell errors of one SQLSTATE apart by it. */
  readonly routine?: string;
}

export class DbError extends Error {
  readonly fields: DbErrorFields;
  constructor(fields: DbErrorFields) {
    super(fields.message);
    this.name = "DbError";
    this.fields = fields;
  }
  get sqlstate(): string {
    return this.fields.sqlstate;
  }
  /** The same error, saying where in the statement; keeps a position that is already there. */
  at(position: number | undefined): DbError {
    if (position === undefined || this.fields.position !== undefined) return this;
    return new DbError({ ...this.fields, position });
  }
}

/** What Orrery does not do (yet): never a silent success. `feature` completes "… is not supported". */
export const notSupported = (feature: string, hint?: string) =>
  new DbError({ sqlstate: "0A000", message: `${feature} is not supported`, ...(hint === undefined ? {} : { hint }) });

export const dimensionMismatch = (left: number, right: number) =>
  new DbError({ sqlstate: "22000", message: `different vector dimensions ${left} and ${right}` });

export const wrongType = () =>
  new DbError({
    sqlstate: "42809",
    resp: "WRONGTYPE",
    message: "Operation against a key holding the wrong kind of value",
  });

export * from "./errors-data.js";
export * from "./errors-vector.js";
