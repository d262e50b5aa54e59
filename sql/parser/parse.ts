/** Text to statements: splitting, error positions, the guards around the grammar. */
import { DbError, notSupported, stackDepthExceeded, statementTooLong, syntaxError } from "../../src/types/index.js";
import { convertStatement } from "./convert-statement.js";
import { Converter } from "./converter.js";
import { Locator } from "./locator.js";
import { bodyOf, child, integer, kindOf, list, type RawNode, text as textField } from "./raw.js";
import type { Expr, Query, Statement } from "./syntax-tree.js";
import { WasmParser } from "./wasm-parser.js";

/** The grammar's instance must hold the text, its tree and the tree's JSON in its memory. */
const STATEMENT_LENGTH_MAX = 128 * 1024 * 1024;

/** One per process: the instance holds no state between calls. */
let wasm: WasmParser | undefined;
export async function loadParser(): Promise<void> {
  wasm ??= await WasmParser.create();
}
export const parserSettled = (): Promise<void> => wasm!.settled();
/** Bytes that the grammar's instance holds. */
export const parserHeap = (): number => wasm!.heapBytes;
export const parserReplacements = (): number => wasm!.replacements;

/** A statement as the grammar left it; converted when it is bound, so that an unsupported one fails alone. */
export class SyntaxTree {
  #statement: Statement | undefined;
  constructor(
    private readonly raw: RawNode | undefined,
    private readonly converter: Converter,
  ) {}
  get statement(): Statement {
    this.#statement ??= this.raw === undefined ? { kind: "Empty" } : guardStack(() => convertStatement(this.converter, this.raw!));
    return this.#statement;
  }
  get rawKind(): string {
    return this.raw === undefined ? "" : kindOf(this.raw);
  }
  get rawBody(): RawNode {
    return this.raw === undefined ? {} : bodyOf(this.raw);
  }
}

export interface SourceStatement {
  readonly text: string;
  readonly offset: number;
  readonly tree: SyntaxTree;
}

/** JavaScript's own stack may end first. */
export function guardStack<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw stackDepthExceeded();
    throw error;
  }
}

export function parseStatements(source: string): readonly SourceStatement[] {
  if (source.length > STATEMENT_LENGTH_MAX) throw statementTooLong(STATEMENT_LENGTH_MAX);
  const nul = source.indexOf("\0");
  if (nul >= 0) throw new DbError({ sqlstate: "22021", message: 'invalid byte sequence for encoding "UTF8": 0x00' });
  if (source === "") return [];
  const result = wasm!.parse(source);
  if ("message" in result) {
    const message = result.message;
    if (message.startsWith("memory exhausted") || message.startsWith("stack depth limit")) throw stackDepthExceeded();
    throw errorFromGrammar(message, result.position);
  }
  const locator = new Locator(source);
  const parsed = JSON.parse(result.json) as RawNode;
  return list(parsed, "stmts").map((item) => {
    const start = locator.index(integer(item, "stmt_location"));
    const length = integer(item, "stmt_len");
    const end = length === 0 ? source.length : locator.index(integer(item, "stmt_location") + length);
    const whole = source.slice(start, end);
    const leading = whole.length - whole.trimStart().length;
    return { text: whole.trim(), offset: start + leading, tree: new SyntaxTree(child(item, "stmt"), new Converter(locator, whole)) };
  });
}

/** The grammar gives texts and positions, SQLSTATEs are ours; most are syntax errors. */
function errorFromGrammar(message: string, position: number | undefined): DbError {
  const sqlstate = GRAMMAR_STATES.find(([pattern]) => pattern.test(message))?.[1];
  const error = syntaxError(message, position);
  return sqlstate === undefined ? error : new DbError({ ...error.fields, sqlstate });
}
const GRAMMAR_STATES: readonly (readonly [RegExp, string])[] = [
  [/is not yet implemented|not implemented|not supported|unimplemented/i, "0A000"],
  [/^invalid Unicode|^unsafe use of string/, "22025"],
  [/^invalid byte sequence|invalid Unicode surrogate/, "22021"],
  [/^frame (start|end)/, "42P20"],
  [/must be unique|specified more than once/, "42601"],
  [/^(number of|interval).*precision|precision.*must be/, "22023"],
  [/^role name ".*" is reserved|cannot be used as a role name here$/, "42939"],
  [/^parameter number too large|^there is no parameter/, "42P02"],
];

/** One expression, as the catalog keeps them. */
export function parseExpressionText(sql: string): Expr {
  const query = parseQueryText(`SELECT ${sql}`);
  if (query.kind !== "Select") throw syntaxError("not an expression");
  return query.targets[0]!.expr;
}
export function parseQueryText(sql: string): Query {
  const statement = parseStatements(sql)[0]?.tree.statement;
  if (statement?.kind !== "Query") throw notSupported("this stored query");
  return statement.query;
}
export { textField };
