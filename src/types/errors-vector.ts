/** Errors of vectors and their indexes. Texts are pgvector 0.8's. */
import { DbError } from "./errors.js";

const error = (sqlstate: string, message: string, detail?: string) =>
  new DbError({ sqlstate, message, ...(detail === undefined ? {} : { detail }) });

/** `type` is the SQL type that refuses: vector, halfvec, sparsevec. */
export const invalidVector = (type: string, text: string, detail?: string) =>
  error("22P02", `invalid input syntax for type ${type}: "${text}"`, detail);
export const vectorElementOutOfRange = (type: string, text: string) => error("22003", `"${text}" is out of range for type ${type}`);
export const vectorNan = (type: string) => error("22000", `NaN not allowed in ${type}`);
export const vectorInfinite = (type: string) => error("22000", `infinite value not allowed in ${type}`);
export const vectorEmpty = (type: string) => error("22000", `${type} must have at least 1 dimension`);
export const vectorTooLong = (type: string, limit: number) => error("54000", `${type} cannot have more than ${limit} dimensions`);
/** Of k-means, in bytes; maintenance_work_mem in kilobytes. */
export const vectorBuildMemory = (required: number, allowed: number) =>
  error("54000", `memory required is ${Math.floor(required / 2 ** 20) + 1} MB, maintenance_work_mem is ${Math.floor(allowed / 1024)} MB`);
export const sparseTooManyElements = (limit: number) => error("54000", `sparsevec cannot have more than ${limit} non-zero elements`);
export const sparseTooManyForIndex = (limit: number) =>
  error("54000", `sparsevec cannot have more than ${limit} non-zero elements for hnsw index`);
export const sparseIndexOutOfBounds = () => error("22000", "sparsevec index out of bounds");
export const sparseIndexDuplicate = () => error("22000", "sparsevec indices must not contain duplicates");
export const sparseIndexDescending = () => error("22000", "sparsevec indices must be in ascending order");
export const sparseZeroValue = () => error("22000", "binary representation of sparsevec cannot contain zero values");
export const vectorDimensionsDiffer = (type: string, left: number, right: number) =>
  error("22000", `different ${type} dimensions ${left} and ${right}`);
export const bitLengthsDiffer = (left: number, right: number) => error("22000", `different bit lengths ${left} and ${right}`);
export const unexpectedDimensions = (expected: number, actual: number) => error("22000", `expected ${expected} dimensions, not ${actual}`);
export const vectorUnusedNotZero = (value: number) => error("22000", `expected unused to be 0, not ${value}`);
export const vectorModifierInvalid = () => error("22023", "invalid type modifier");
export const vectorModifierNotInteger = (text: string) => error("22P02", `invalid input syntax for type integer: "${text}"`);
export const vectorModifierTooSmall = (type: string) => error("22023", `dimensions for type ${type} must be at least 1`);
export const vectorModifierTooLarge = (type: string, limit: number) => error("22023", `dimensions for type ${type} cannot exceed ${limit}`);
export const vectorArrayDimensions = () => error("22000", "array must be 1-D");
export const vectorArrayNulls = () => error("22004", "array must not contain nulls");

export const indexColumnWithoutDimensions = () => error("22023", "column does not have dimensions");
export const indexTooManyDimensions = (limit: number, method: string) =>
  error("54000", `column cannot have more than ${limit} dimensions for ${method} index`);
export const indexOptionOutOfBounds = (value: string, name: string, low: number, high: number) =>
  error("22023", `value ${value} out of bounds for option "${name}"`, `Valid values are between "${low}" and "${high}".`);
export const indexOptionNotInteger = (value: string, name: string) =>
  error("22023", `invalid value for integer option "${name}": ${value}`);
/** As PostgreSQL says it of its own enumerated options. */
export const indexOptionNotOneOf = (name: string, value: string, values: readonly string[]) =>
  error("22023", `invalid value for enum option "${name}": ${value}`, `Valid values are ${values.map((v) => `"${v}"`).join(", ")}.`);
export const indexQuantizationUnfit = (quantization: string, operatorClass: string) =>
  error("22023", `quantization "${quantization}" does not go with operator class "${operatorClass}"`);
export const indexOptionUnknown = (name: string) => error("22023", `unrecognized parameter "${name}"`);
export const efConstructionTooSmall = () => error("XX000", "ef_construction must be greater than or equal to 2 * m");
